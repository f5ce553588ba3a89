package web

import "bourg/web/locale"

// PageInstallation is the first visit: the town is described once. The form is POST to Action: "nom", "insee", "latitude",
// "longitude", "identifiant", "email", "telephone".
type PageInstallation struct {
	Action              string // holds the one-time link that the log printed
	Domain              string // host of the town, behind its handle
	Name, INSEE         string
	Latitude, Longitude string
	Handle              string
	Email, Phone        string
	Errors              Erreurs
}

func (p PageInstallation) head(l *locale.Locale) head {
	return head{template: "installation", title: l.T("installation.title"), doors: noDoors, errors: p.Errors, secret: true}
}
