package web

import (
	"bourg/internal/town"
	"bourg/web/locale"
)

// away are entries of neighbouring towns of all kinds, some with little that is known of their shops.
func away() []Avis {
	fromPont := func(a Avis) Avis {
		a.Away = "Pont-Saint-Vérain"
		return a
	}
	plain := Commerce{Name: "@gabare", URL: "https://bastide.example/@gabare/1", Town: "La Bastide-Neuve"} // its actor is not known yet
	return []Avis{
		fromPont(Avis{ID: "0193f1", Shop: chevrerie, URL: "https://pont-saint-verain.example/@chevrerie/1", Published: ago(0, 9, 5),
			Text:   paragraph("Les tommes d’octobre sortent de cave. Nous serons aussi sur la place de Saint-Laurent samedi matin, à côté du banc de miel."),
			Photos: []Photo{photo("fromage", "Tommes et bûches de chèvre sur une planche de bois.")}}),
		fromPont(Avis{ID: "0193f2", Shop: chevrerie, URL: "https://pont-saint-verain.example/@chevrerie/2", Published: ago(0, 8, 5), Text: paragraph("La bûche cendrée."),
			Offer: &Ardoise{Title: "Trois fromages pour deux", Price: "9\u00a0€", Prior: "13,50\u00a0€", Until: in(3, 23, 59)}}),
		fromPont(Avis{ID: "0193f3", Shop: chevrerie, URL: "https://pont-saint-verain.example/@chevrerie/3", Published: ago(1, 8, 5),
			Product: &Etiquette{Title: "Tomme de six mois", Price: "24\u00a0€", Unit: "le kilo", How: "in_store"}}),
		fromPont(Avis{ID: "0193f4", Shop: chevrerie, URL: "https://pont-saint-verain.example/@chevrerie/4", Published: ago(1, 7, 5), Cut: true, Text: paragraph("Au petit jour, la traite."),
			Article: &Papier{Title: "Une année de lait", Minutes: 6}}),
		fromPont(Avis{ID: "0193f5", Shop: chevrerie, URL: "https://pont-saint-verain.example/@chevrerie/5", Published: ago(2, 7, 5),
			Notice: &Fermeture{Title: "Fermé lundi matin", From: in(4, 0, 0), To: in(4, 23, 59)}}),
		{ID: "0193f6", Shop: plain, Away: "La Bastide-Neuve", URL: "https://bastide.example/@gabare/1", Published: ago(2, 7, 0), Text: paragraph("La terrasse rouvre samedi.")},
	}
}

// awayEvents are coming events of neighbouring towns.
func awayEvents() []Avis {
	return []Avis{{
		ID: "0193f7", Shop: chevrerie, Away: "Pont-Saint-Vérain", URL: "https://pont-saint-verain.example/@chevrerie/7", Published: ago(2, 7, 0),
		Event: &RendezVous{Title: "Fête des lumières", Start: in(1, 18, 30), Place: "au port"},
	}}
}

func nearSignsOf() []Panneau {
	return []Panneau{{"La Bastide-Neuve", metres(6.2)}, {"Pont-Saint-Vérain", metres(9)}, {"Vernède", nil}}
}

func surroundingsPage(l *locale.Locale) PageFil {
	return PageFil{
		Part: town.PartAround, Today: 2, Shops: 32, Days: ByDay(append(away(), entries()[6]), paris), Near: nearSignsOf(),
		Filters: partChips(l, pathFil, filParts, town.PartAround), OlderURL: "/?avant=0193a9&l=voisins", Families: Families(l, groups()),
	}
}

func agendaAround(l *locale.Locale) PageAgenda {
	return PageAgenda{
		Around: true, Filters: agendaChips(l, true, town.PartAll, false), ICSURL: calendarOf(true, town.PartAll, false),
		Spans: BySpan(l, append(agenda()[:2], append(awayEvents(), agenda()[2:4]...)...), now, paris),
	}
}
