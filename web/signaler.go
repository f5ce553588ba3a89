package web

import (
	"html/template"
	"net/http"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/google/uuid"
)

// PageSignaler is where the town hall reports a public reply to the site from which it came, GET /mairie/signaler/<id>. The
// form is POST to the same address: "motif".
type PageSignaler struct {
	Action, Author, Handle, Site string
	At                           time.Time
	Text                         template.HTML // sanitised
	Words                        string        // as typed
	Errors                       Erreurs
}

func (p PageSignaler) head(l *locale.Locale) head {
	return head{template: "signaler", title: l.T("signaler.title"), doors: townHallDoors, door: pathMairie, errors: p.Errors, private: true}
}

// PageEnvoyes lists what was reported to other sites, GET /mairie/signalements/envoyes.
type PageEnvoyes struct {
	Reports []SignalementEnvoye
	Done    bool // one more has just been sent
}

// SignalementEnvoye is a report that was sent.
type SignalementEnvoye struct {
	Handle, Site string
	URL          string // of what was reported
	By           string // name of the shop; empty: the town hall
	Words        string
	At           time.Time
}

func (p PageEnvoyes) head(l *locale.Locale) head {
	return head{template: "envoyes", title: l.T("envoyes.title"), doors: townHallDoors, door: pathMairie, private: true}
}

// Signaler shows what is to be reported.
func (h *Handlers) Signaler(w http.ResponseWriter, r *http.Request) error {
	return h.showReport(w, r, http.StatusOK, PageSignaler{})
}

func (h *Handlers) showReport(w http.ResponseWriter, r *http.Request, status int, p PageSignaler) error {
	id, err := idIn(r, "reply")
	if err != nil {
		return err
	}
	reply, err := h.config.People.Public(r.Context(), visitorOf(r.Context()).author(), id)
	if err != nil {
		return err
	}
	p.Action, p.Author, p.Handle, p.Site = pathSignaler+"/"+id.String(), peerName(reply.Actor), peerHandle(reply.Actor), reply.Actor.Host
	p.At, p.Text = reply.Published, h.remote(h.renderer.Locale(r.Context()), reply)
	return h.show(w, r, status, p)
}

// EnvoyerSignalement reports a reply.
func (h *Handlers) EnvoyerSignalement(w http.ResponseWriter, r *http.Request) error {
	l, by := h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, err := idIn(r, "reply")
	if err != nil {
		return err
	}
	err = h.config.People.Report(r.Context(), by, uuid.Nil, id, form.Get("motif"))
	if all, ok := faults(l, err, fieldName{"words", "motif"}); ok {
		return h.showReport(w, r, http.StatusUnprocessableEntity, PageSignaler{Words: form.Get("motif"), Errors: all})
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathEnvoyes+"?fait=1")
}

// Envoyes lists what was reported.
func (h *Handlers) Envoyes(w http.ResponseWriter, r *http.Request) error {
	reports, err := h.config.People.Reports(r.Context(), visitorOf(r.Context()).author())
	if err != nil {
		return err
	}
	p := PageEnvoyes{Done: r.URL.Query().Has("fait")}
	for _, one := range reports {
		p.Reports = append(p.Reports, reported(one))
	}
	return h.show(w, r, http.StatusOK, p)
}

func reported(r town.SentReport) SignalementEnvoye {
	return SignalementEnvoye{
		Handle: peerHandle(r.Actor), Site: r.Actor.Host, URL: string(r.Object), By: r.Shop, Words: r.Words, At: r.At,
	}
}
