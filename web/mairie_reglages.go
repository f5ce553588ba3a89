package web

import "bourg/web/locale"

// PageMairieReglages is where the town hall says what the town's pages need to know, GET /mairie/reglages. The form is POST to
// the same address: "telephone", "heures", "couleur" ("#rrggbb"), "editeur", "directeur", "hebergeur", "contact", "etat" (one of
// States), "charte", "audit" (a day, "12/03/2026"), "auditeur", "defauts", "contact_acces", and "approuver" = "1" where replies wait.
type PageMairieReglages struct {
	Town, INSEE, Handle string // shown: they do not change any more

	HelpPhone, HelpHours               string
	Colour                             string  // "#rrggbb"
	Nuance                             *Nuance // what becomes of it; nil for a colour that cannot be read
	Publisher, Director, Host, Contact string
	Charter                            string
	State                              string // one of States
	Audited                            string // as typed: "12/03/2026"
	Auditor, Faults                    string
	AccessContact                      string
	Approve                            bool
	ApproveFixed                       bool // the operator has decided that replies wait
	Saved                              bool
	Errors                             Erreurs
}

// States are the choices of "etat", with the words of the footer.
func (p PageMairieReglages) States() []Conformity {
	return []Conformity{NotConforming, PartlyConforming, FullyConforming}
}

func (p PageMairieReglages) head(l *locale.Locale) head {
	return head{
		template: "mairie-reglages", title: l.T("reglages.title"), doors: townHallDoors, door: pathMairie,
		errors: p.Errors, private: true,
	}
}
