package web

import "bourg/web/locale"

// pagesToFollow are one of each kind, as lists show them.
func pagesToFollow() []Suivie {
	page := func(kind, name, handle, mark, paint, note string) Suivie {
		return Suivie{Kind: kind, Name: name, URL: "/@" + handle, Handle: "@" + handle + "@saint-laurent.example", FollowName: handle, Mark: mark, Paint: paint, Note: note}
	}
	return []Suivie{
		page("town", "Saint-Laurent-sur-Cèze", "saintlaurent", "mairie", "nuit", ""),
		page("around", "Saint-Laurent et alentours", "alentours", "route", "sapin", ""),
		page("market", "Marché du samedi", "marche_du_samedi", "marche", "brique", "le samedi de 8 h à 12 h 30, place de la Fontaine"),
		page("collective", "Les vitrines de la Grand-Rue", "vitrines", "sac", "prune", ""),
		page("trade", "Boulangeries", "boulangeries", "pain", "brique", ""),
	}
}

// cannedGroups are the pages about what people follow in the place of single shops.
func cannedGroups() []canned {
	quota := Quota{Most: 12, OfOne: 2, Today: 9, Evening: "19\u00a0h"}
	group := func(i int) PageGroupe {
		g := pagesToFollow()[i]
		return PageGroupe{Group: g, ActorID: "https://saint-laurent.example/actors/" + g.FollowName, Quota: quota, AtomURL: g.URL + "/atom.xml", ICSURL: g.URL + "/agenda.ics"}
	}
	boxes := []Case{
		{"0193f1", fournil.Name, fournil.Trade, true, false}, {"0193f2", potager.Name, potager.Trade, true, true}, {"0193f3", cycles.Name, cycles.Trade, false, false},
	}
	edited := func(i int, genre string) PageMairieGroupe {
		g := pagesToFollow()[i]
		return PageMairieGroupe{Action: "/mairie/groupes/0193f0", Genre: genre, Group: g, Name: g.Name, Members: boxes, Most: 12}
	}
	return []canned{
		{"groupe-commune", "/@saintlaurent", 200, func(l *locale.Locale) Page {
			p := group(0)
			p.Days, p.Shops, p.Quota.Today, p.Quota.Waiting = ByDay(entries(), paris), 32, 12, 5
			p.Recaps = []Lien{{"/@saintlaurent/0193f9", "mercredi 25 novembre", ""}, {"/@saintlaurent/0193f8", "mardi 24 novembre", ""}}
			p.Older, p.Newest = "/@saintlaurent?avant=0193a9", "/@saintlaurent"
			return p
		}},
		{"groupe-alentours", "/@alentours", 200, func(l *locale.Locale) Page {
			p := group(1)
			p.Towns = []Lien{{"https://bastide.example/", "La Bastide-Neuve", "6\u00a0km"}, {"https://castelvieil.example/", "Castelvieil", ""}}
			p.Shops, p.Days, p.ICSURL = 32, ByDay(kinds(), paris), ""
			return p
		}},
		{"groupe-marche", "/@marche_du_samedi", 200, func(l *locale.Locale) Page {
			p := group(2)
			p.Where, p.When, p.Members = "place de la Fontaine", "le samedi de 8 h à 12 h 30", allShops
			p.Words = paragraph("Vingt étals l’hiver, quarante l’été. La buvette de l’école tient le café.")
			p.Days = ByDay(entries()[:3], paris)
			return p
		}},
		{"groupe-metier", "/@boulangeries", 200, func(l *locale.Locale) Page {
			p := group(4)
			p.Members, p.AtomURL = []Commerce{fournil, maison}, ""
			p.Quota.Today = 0
			return p
		}},
		{"groupe-arrete", "/@vitrines", 200, func(l *locale.Locale) Page {
			p := group(3)
			p.Off, p.Others, p.AtomURL, p.ICSURL = true, pagesToFollow()[:2], "", ""
			return p
		}},
		{"recap", "/@saintlaurent/0193f9", 200, func(l *locale.Locale) Page {
			return PageRecap{Group: pagesToFollow()[0], ObjectID: "https://saint-laurent.example/posts/0193f9", Day: ago(1, 0, 0), Published: ago(1, 19, 0), Further: 3, Lines: []LigneRecap{
				{fournil.Name, "/@fournil/1", "Il reste trois tourtes de seigle, on ferme à 19 h.", ""}, {chevrerie.Name, "https://pont-saint-verain.example/@chevrerie/1", "Les tommes sortent de cave.", "Pont-Saint-Vérain"}}}
		}},
		{"recap-vide", "/@saintlaurent/0193f8", 200, func(l *locale.Locale) Page {
			return PageRecap{Group: pagesToFollow()[0], Day: ago(2, 19, 0)}
		}},
		{"suivre-commune", "/suivre", 200, func(l *locale.Locale) Page {
			return PageSuivre{Handle: "@saintlaurent@saint-laurent.example", Act: GesteSuivre, Groups: pagesToFollow()[1:], PageURL: "https://saint-laurent.example/@saintlaurent", ICSURL: "/agenda.ics",
				Shops: []Lien{{"/suivre?qui=fournil", fournil.Name, "@fournil"}, {"/suivre?qui=cycles", cycles.Name, "@cycles"}}}
		}},
		{"suivre-marche", "/suivre?qui=marche_du_samedi", 200, func(l *locale.Locale) Page {
			g := pagesToFollow()[2]
			return PageSuivre{Name: g.Name, Who: g.FollowName, Act: GesteSuivre, Handle: g.Handle, AtomURL: g.URL + "/atom.xml", PageURL: "https://saint-laurent.example" + g.URL, Groups: pagesToFollow()[1:]}
		}},
		{"fil-pages", "/", 200, func(l *locale.Locale) Page {
			return PageFil{Today: 3, Shops: 32, Days: ByDay(entries()[:2], paris), Families: Families(l, groups()), Follow: pagesToFollow()[1:]}
		}},
		{"commerces-pages", "/commerces", 200, func(l *locale.Locale) Page {
			return PageCommerces{Total: 32, Shops: allShops, Filters: Filters(l, 32, groups(), ""), Follow: pagesToFollow()}
		}},
		{"commerce-pages", "/@fournil", 200, func(l *locale.Locale) Page {
			return PageCommerce{Shop: fournil, FollowName: "fournil", Groups: pagesToFollow()[2:4], Entries: []Avis{seigle()}}
		}},
		{"mairie-groupes", "/mairie/groupes", 200, func(l *locale.Locale) Page {
			p := PageMairieGroupes{Most: 12, Saved: true, Trades: []Metier{{"boulangerie", "Boulangerie", 2, true}, {"primeur", "Primeur", 1, false}, {"fleuriste", "Fleuriste", 0, true}}}
			for i, g := range pagesToFollow() {
				one := GroupeTenu{Suivie: g, Followers: 100 - 25*i, Today: 9 - i}
				switch i {
				case 0:
					one.Waiting = 5
				case 2, 3:
					one.EditURL, one.Off = "/mairie/groupes/0193f"+g.FollowName, i == 3
				}
				p.Groups = append(p.Groups, one)
			}
			return p
		}},
		{"mairie-groupes-neufs", "/mairie/groupes", 422, func(l *locale.Locale) Page {
			return PageMairieGroupes{Most: 12, Errors: Erreurs{{"metiers", l.T("trade.unknown")}}, Trades: []Metier{{"boulangerie", "Boulangerie", 1, false}}}
		}},
		{"mairie-groupes-vides", "/mairie/groupes", 200, func(*locale.Locale) Page { return PageMairieGroupes{Most: 12} }},
		{"mairie-groupe", "/mairie/groupes/0193f0", 200, func(l *locale.Locale) Page {
			p := edited(2, "marche")
			p.Where, p.When, p.Words, p.Saved = "place de la Fontaine", "le samedi de 8 h à 12 h 30", "Vingt étals l’hiver.", true
			return p
		}},
		{"mairie-groupe-arrete", "/mairie/groupes/0193f0", 200, func(l *locale.Locale) Page {
			p := edited(3, "collectif")
			p.Off = true
			return p
		}},
		{"mairie-groupe-neuf", "/mairie/groupes/nouveau?genre=marche", 200, func(*locale.Locale) Page {
			return PageMairieGroupe{New: true, Genre: "marche", Action: "/mairie/groupes/nouveau", Key: "0192f3b0", Members: boxes, Most: 12}
		}},
		{"mairie-groupe-erreur", "/mairie/groupes/nouveau", 422, func(l *locale.Locale) Page {
			return PageMairieGroupe{New: true, Genre: "collectif", Action: "/mairie/groupes/nouveau", Key: "0192f3b0", Most: 12, Errors: Erreurs{
				{"nom", l.T("name.wrong")}, {"mots", l.T("summary.long")}, {"membres", l.T("summary.long")}}}
		}},
	}
}
