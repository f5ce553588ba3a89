package web

import "bourg/web/locale"

// PageConnexion asks for an e-mail address, GET /connexion ("mot_de_passe=1" shows the field of the password). The form is
// POST /connexion: "email", "mot_de_passe", "suite" (where to go afterwards, a local path), "geste" = "lien" or "entrer".
type PageConnexion struct {
	Email        string
	WithPassword bool
	Next         string
	Errors       Erreurs
}

func (p PageConnexion) head(l *locale.Locale) head {
	return head{template: "connexion", title: l.T("connexion.title"), errors: p.Errors, private: true}
}

// PageLienEnvoye says that a link is on its way. It says so for unknown addresses too.
type PageLienEnvoye struct{ Email string }

func (p PageLienEnvoye) head(l *locale.Locale) head {
	return head{template: "lien-envoye", title: l.T("connexion.sent"), private: true}
}

// PageEntrer is where a one-time link leads: programs that look at mail open links, so only the button, POST to Action, uses
// the link up.
type PageEntrer struct {
	Name    string // who enters: the shop, or the town hall
	Action  string
	Expired bool // the link was used already, or is too old
}

func (p PageEntrer) head(l *locale.Locale) head {
	title := l.T("entrer.title")
	if p.Expired {
		title = l.T("entrer.expired")
	}
	return head{template: "entrer", title: title, secret: true}
}
