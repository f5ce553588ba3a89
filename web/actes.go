package web

import (
	"time"

	"bourg/web/locale"
)

// Actes are the addresses of what a merchant can do with a post; empty where that makes no sense now.
type Actes struct{ CloseURL, CancelURL, MoveURL, ForwardURL string }

// PageFinir asks how an offer ends before its day, GET /espace/nouvelles/<id>/finir. POST to the same address, "geste" = one of
// OfferEnds.
type PageFinir struct {
	Entry  Avis
	Action string
	Errors Erreurs
}

// Ends are the choices.
func (p PageFinir) Ends() []string { return OfferEnds() }

func (p PageFinir) head(l *locale.Locale) head {
	return head{template: "finir", title: l.T("finir.title"), doors: merchantDoors, door: pathPublier, errors: p.Errors, private: true}
}

// PageAnnulation asks before an event is called off, GET /espace/nouvelles/<id>/annulation. POST to the same address, "geste" =
// "annuler".
type PageAnnulation struct {
	Entry  Avis
	Action string
}

func (p PageAnnulation) head(l *locale.Locale) head {
	return head{template: "annulation", title: l.T("annulation.title"), doors: merchantDoors, door: pathPublier, private: true}
}

// PageReport asks for the new time of an event that is put off, GET /espace/nouvelles/<id>/report. POST to the same address: "jour",
// "debut", "fin", "dernier_jour", and "geste" = "reporter", or "sans_date" when no day is known yet.
type PageReport struct {
	Entry  Avis
	Action string
	Typed  Saisie
	Errors Erreurs
}

func (p PageReport) head(l *locale.Locale) head {
	return head{template: "reporter", title: l.T("report.title"), doors: merchantDoors, door: pathPublier, errors: p.Errors, private: true}
}

// PageAvant asks before a product is put forward, GET /espace/nouvelles/<id>/avant. POST to the same address, "geste" = "avant".
type PageAvant struct {
	Entry  Avis
	Action string
	Again  bool // it was put forward before
	Errors Erreurs
}

func (p PageAvant) head(l *locale.Locale) head {
	return head{template: "avant", title: l.T("avant.title"), doors: merchantDoors, door: pathPublier, errors: p.Errors, private: true}
}

// PageVersions is what a post said before it was edited, newest first, GET /@handle/<id>/versions.
type PageVersions struct {
	Entry    Avis // as it is now
	Title    string
	Versions []Version
}

// Version is what a post said from one time to another.
type Version struct {
	From, Until time.Time
	Entry       Avis
}

func (p PageVersions) head(l *locale.Locale) head {
	return head{template: "versions", title: l.T("versions.page_title", p.Title), door: pathFil}
}
