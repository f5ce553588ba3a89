package web

import "bourg/web/locale"

// hallPages are those on which town halls report to each other.
func hallPages() []canned {
	return []canned{
		{"signaler-voisin", "/mairie/signaler/voisin/1", 200, func(*locale.Locale) Page {
			return PageSignalerVoisin{Action: "/mairie/signaler/voisin/1", Shop: "La Chèvrerie du Moulin", Town: "Pont-Saint-Vérain", URL: "https://pont-saint-verain.example/@chevrerie/1",
				At: ago(1, 9, 0), Title: "Tomme au rabais", Text: paragraph("Moins 90 %, aujourd’hui seulement."), Lang: "oc", Reasons: Reasons()}
		}},
		{"signaler-voisin-erreur", "/mairie/signaler/voisin/1", 422, func(l *locale.Locale) Page {
			return PageSignalerVoisin{Action: "/mairie/signaler/voisin/1", Shop: "La Chèvrerie du Moulin", Town: "Pont-Saint-Vérain", URL: "https://pont-saint-verain.example/@chevrerie/1", At: ago(1, 9, 0), Text: paragraph("Moins 90 %."),
				Reasons: Reasons(), Reason: "misleading", Errors: Erreurs{{"motif", l.T("hall.no_reason")}, {"explication", l.T("report.empty")}}}
		}},
		{"envoyes-mairies", "/mairie/signalements/envoyes", 200, func(l *locale.Locale) Page {
			report := func(hidden bool, answer string) SignalementEnvoye {
				return SignalementEnvoye{Handle: "@chevrerie@pont-saint-verain.example", Site: "pont-saint-verain.example", URL: "https://pont-saint-verain.example/posts/1", Words: "Jamais vendu à ce prix.", At: ago(2, 9, 0),
					Hall: &EnvoiMairie{Title: "Tomme au rabais", Reason: "misleading", Answer: answer, Answered: ago(1, 9, 0), Hidden: hidden, Object: "https://pont-saint-verain.example/posts/1"}}
			}
			return PageEnvoyes{Done: l.T("hall.done"), Reports: []SignalementEnvoye{report(true, ""), report(false, "Le prix a été corrigé.")}}
		}},
		{"mairie-signalements-mairie", "/mairie/signalements", 200, func(*locale.Locale) Page {
			return PageMairieSignalements{Open: []Signalement{{Number: "13", Shop: Lien{URL: "/@cycles", Text: cycles.Name}, From: "Vernède", Handle: "@relay@vernede.example", Hall: "Vernède", Reason: "misleading",
				Words: "Prix barré jamais pratiqué.", At: ago(1, 9, 12), Field: "decision-13"}}}
		}},
		{"blocages", "/mairie/reseau/blocages", 200, func(*locale.Locale) Page { return PageBlocages{} }},
		{"blocages-apercu", "/mairie/reseau/blocages", 200, func(l *locale.Locale) Page {
			return PageBlocages{Preview: &ApercuBlocages{List: "#domain\n</textarea>promo.example", New: []Bloque{{Domain: "pire.example", Reason: "Haine"}, {Domain: "promo.example"}}, Count: 1204, More: 1202,
				Neighbours: []string{"Vernède", "Uzès"}, Already: 3, NotTaken: []LigneEcartee{{4, "ex*mple.org", l.T("blocklist.obfuscated")}, {9, "", l.T("blocklist.domain")}}, Others: 2}}
		}},
		{"blocages-rien", "/mairie/reseau/blocages", 200, func(*locale.Locale) Page { return PageBlocages{Preview: &ApercuBlocages{Already: 1}} }},
		{"blocages-erreur", "/mairie/reseau/blocages", 422, func(l *locale.Locale) Page {
			return PageBlocages{Errors: Erreurs{{"liste", l.T("list.encoding")}}}
		}},
	}
}
