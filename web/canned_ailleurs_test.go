package web

import "bourg/web/locale"

// elsewherePages are the town hall's page of accounts on other servers, in its states.
func elsewherePages() []canned {
	listed := func() PageAilleurs {
		return PageAilleurs{
			Home: "https://saint-laurent.example/", Trades: []Choix{{"agenda", "Agenda (ses rendez-vous seulement)"}, {"fleuriste", "Fleuriste"}},
			Waiting: []CompteAilleurs{{
				ID: "1", Name: "Fleurs d’Anna", Handle: "@anna@mastodon.example", URL: "https://mastodon.example/@anna", Host: "mastodon.example",
				What: "Un compte Mastodon", Trade: "Fleuriste", State: &Etat{Soon, "Attend"}, Notes: []string{"Interrogé une fois."},
				Answer: "Qui êtes-vous ?", MayAsk: true, MayRemove: true, Since: ago(2, 9, 0),
			}},
			Shown: []CompteAilleurs{{
				ID: "2", Name: "L’agenda des vallées", Handle: "@relay@agenda.example", URL: "https://agenda.example/", Host: "agenda.example",
				What: "Un agenda ou un site entier Gancio", Trade: "Agenda", State: &Etat{Open, "Montré"}, Notes: []string{"D’accord par un lien dans son profil."},
				MayRemove: true, Since: ago(9, 9, 0),
			}},
			Ended: []CompteAilleurs{{
				ID: "3", Name: "Le vieux compte", Handle: "@vieux@pixelfed.example", URL: "https://pixelfed.example/vieux", Host: "pixelfed.example",
				What: "Un compte Pixelfed", Trade: "Poterie", State: &Etat{Closed, "Terminé"}, Notes: []string{"Il a déménagé."},
				Moved: "https://pixelfed.example/users/neuf", Since: ago(20, 9, 0),
			}},
		}
	}
	return []canned{
		{"ailleurs", "/mairie/ailleurs", 200, func(*locale.Locale) Page { return listed() }},
		{"ailleurs-vide", "/mairie/ailleurs", 200, func(*locale.Locale) Page {
			return PageAilleurs{Home: "https://saint-laurent.example/", Done: "C’est fait."}
		}},
		{"ailleurs-trouve", "/mairie/ailleurs", 200, func(l *locale.Locale) Page {
			p := listed()
			p.Account, p.Found = "@anna@mastodon.example", &CompteTrouve{
				Name: "Fleurs d’Anna", Handle: "@anna@mastodon.example", URL: "https://mastodon.example/@anna", Host: "mastodon.example",
				What: "Un compte Mastodon", How: l.T("ailleurs.how_ask"), Action: l.T("ailleurs.ask"), Stands: l.T("ailleurs.stands_expired"),
			}
			return p
		}},
		{"ailleurs-erreur", "/mairie/ailleurs", 422, func(l *locale.Locale) Page {
			return PageAilleurs{Account: "anna", Home: "https://saint-laurent.example/", Errors: Erreurs{{"compte", l.T("account.wrong")}}}
		}},
	}
}
