package web

import "time"

// in is a moment after now: days, at an hour.
func in(days, hour, minute int) time.Time { return ago(-days, hour, minute) }

// kinds are entries of all kinds but plain news.
func kinds() []Avis {
	return []Avis{
		{ID: "0193b2", Shop: potager, URL: "/@potager/0193b2", Published: ago(0, 7, 42), Text: paragraph("Cultivés aux Aires-Hautes, sans traitement."),
			Offer: &Ardoise{Title: "Potimarrons du plateau", Price: "2,20\u00a0€", Prior: "2,90\u00a0€", Unit: "le kilo", Conditions: "Coupe offerte.", Until: in(2, 23, 59), Stock: 40}},
		{ID: "0193b3", Shop: quincaillerie, URL: "/@quincaillerie/0193b3", Published: ago(0, 7, 15), Text: paragraph("Inventaire. Réouverture samedi à 8 h 30."),
			Notice: &Fermeture{Title: "Fermé vendredi après-midi", From: in(1, 12, 0), To: in(1, 19, 0)}},
		{ID: "0193b4", Shop: librairie, URL: "/@page_cornee/0193b4", Published: ago(1, 18, 20), Replies: 2,
			Text:  paragraph("Pour les enfants dès cinq ans et ceux qui les accompagnent. Entrée libre, tisane offerte."),
			Event: &RendezVous{Title: "Veillée de lecture : contes des deux rives", Start: in(2, 17, 0), End: in(2, 18, 30), Place: "La Page cornée", CalendarURL: "/@page_cornee/0193b4/agenda.ics", Link: "https://page-cornee.example/"}},
		{ID: "0193b5", Shop: poterie, URL: "/@terre_rouge/0193b5", Published: ago(1, 16, 0), Cut: true, Photos: []Photo{photo("poterie", "Vases, bols et jarres de terre rouge et bleue sur une étagère.")},
			Text:    paragraph("On la prend à trois kilomètres d’ici, dans le talus de l’ancienne tuilerie. Il faut la laisser dormir un hiver avant de la tourner. Récit d’une saison d’argile."),
			Article: &Papier{Title: "D’où vient la terre rouge", Minutes: 4}},
		{ID: "0193b6", Shop: miel, URL: "/@miellerie/0193b6", Published: ago(1, 11, 30), Text: paragraph("Récolte de juillet."), Photos: []Photo{photo("legumes", "")},
			Product: &Etiquette{Title: "Miel de châtaignier", Price: "9,50\u00a0€", FromPrice: true, Unit: "le pot de 500 g, soit 19 € le kilo", How: "to_order", Lead: "la veille", Allergens: "Aucun"}},
		{ID: "0193b7", Shop: quincaillerie, URL: "/@quincaillerie/0193b7", Published: ago(3, 9, 0), Notice: &Fermeture{From: in(28, 0, 0), To: in(30, 23, 59)}},
		{ID: "0193b8", Shop: potager, URL: "/@potager/0193b8", Published: ago(3, 8, 0), Photos: []Photo{photo("legumes", "Le banc d’Hortense.")},
			Offer: &Ardoise{Title: "Le panier de la semaine", Price: "15\u00a0€", From: in(1, 0, 0), Until: in(8, 23, 59)}},
		{ID: "0193b9", Shop: miel, URL: "/@miellerie/0193b9", Published: ago(3, 7, 0), Product: &Etiquette{Title: "Bougies"}},
	}
}

// offers are a shop's, in all states.
func offers() []Avis {
	return []Avis{
		{ID: "0193c1", Shop: fournil, URL: "/@fournil/0193c1", Published: ago(0, 7, 0), Text: paragraph("Sur les pains d’hier, dès 17 h."),
			Offer: &Ardoise{Title: "La fournée du soir", Price: "1\u00a0€", Prior: "2,10\u00a0€", Until: in(2, 23, 59)}},
		{ID: "0193c2", Shop: fournil, URL: "/@fournil/0193c2", Published: ago(0, 7, 0), Text: paragraph("Olives, anchois ou nature."),
			Offer: &Ardoise{Title: "Treize fougasses à la douzaine", Price: "24\u00a0€", Unit: "les treize", Until: in(10, 23, 59)}},
		{ID: "0193c3", Shop: fournil, URL: "/@fournil/0193c3", Published: ago(8, 7, 0), Offer: &Ardoise{Title: "Galette charentaise", Price: "9,90\u00a0€", Until: ago(2, 23, 59), End: "ended"}},
		{ID: "0193c4", Shop: fournil, URL: "/@fournil/0193c4", Published: ago(8, 7, 0), Offer: &Ardoise{Title: "Tant qu’il en reste", Stock: 3}},
		{ID: "0193c5", Shop: fournil, URL: "/@fournil/0193c5", Published: ago(8, 7, 0), Offer: &Ardoise{Title: "Bientôt", From: in(3, 0, 0)}},
	}
}

func products() []Avis {
	return []Avis{
		{ID: "0193d1", Shop: fournil, URL: "/@fournil/0193d1", Photos: []Photo{photo("pain", "Boule de seigle.")}, Product: &Etiquette{Title: "Seigle au levain", Price: "4,80\u00a0€", Unit: "La pièce de 900 g", How: "in_store"}},
		{ID: "0193d2", Shop: fournil, URL: "/@fournil/0193d2", Product: &Etiquette{Title: "Croissant", Price: "1,15\u00a0€", Unit: "La pièce", How: "out"}},
		{ID: "0193d3", Shop: fournil, URL: "/@fournil/0193d3", Photos: []Photo{photo("fromage", "")}, Product: &Etiquette{Title: "Rochers du dimanche", Price: "6\u00a0€", FromPrice: true, How: "to_order", Lead: "deux jours avant"}},
	}
}

// agenda are events of this week, the next, and later, in all states.
func agenda() []Avis {
	event := func(id string, shop Commerce, e RendezVous) Avis {
		e.CalendarURL = shop.URL + "/" + id + "/agenda.ics"
		return Avis{ID: id, Shop: shop, URL: shop.URL + "/" + id, Published: ago(3, 9, 0), Event: &e}
	}
	return []Avis{
		event("0193e1", potager, RendezVous{Title: "Marché du jeudi", Start: in(0, 8, 0), End: in(0, 13, 0), Place: "sous la halle"}),
		event("0193e2", librairie, RendezVous{Title: "Tournoi de tarot", Start: in(0, 20, 0), Place: "Café de la Fontaine"}),
		event("0193e3", librairie, RendezVous{Title: "Veillée de lecture : contes des deux rives", Start: in(2, 17, 0), End: in(2, 18, 30), Place: "La Page cornée"}),
		event("0193e4", quincaillerie, RendezVous{Title: "Puces du Pont", Start: in(3, 7, 0), End: in(3, 17, 0), Place: "quai de la Cèze", Status: "cancelled"}),
		event("0193e5", chevrerie, RendezVous{Title: "Les écoles décorent les sapins", Start: in(4, 10, 0), Place: "place de la Fontaine"}),
		event("0193e6", poterie, RendezVous{Title: "Premier bol : tourner la terre", Start: in(6, 14, 0), End: in(6, 16, 0), Place: "Atelier Terre Rouge", Status: "rescheduled"}),
		event("0193e7", poterie, RendezVous{Title: "Fête des lumières", Start: in(8, 18, 30), Place: "Vernède", Status: "postponed"}),
		event("0193e8", fournil, RendezVous{Title: "Bal de la Saint-Sylvestre", Start: in(35, 21, 0), End: in(36, 4, 0), Place: "salle des fêtes"}),
		event("0193e9", fournil, RendezVous{Title: "Foire aux santons", Start: in(40, 9, 0), End: in(42, 18, 0)}),
	}
}

// kindPage is the page of an entry.
func kindPage(a Avis) PageNouvelle {
	return PageNouvelle{
		Entry: a, Title: a.Title(), Summary: "En une phrase.", ObjectID: "https://saint-laurent.example/posts/" + a.ID, FollowName: "fournil", Reach: "everywhere",
		Structured: schema{"@context": "https://schema.org", "@type": "Thing", "name": a.Title() + "</script><script>alert(1)</script>"},
	}
}
