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

// PageEnvoyes lists what was reported to other sites, GET /mairie/signalements/envoyes. What was hidden with it is shown again
// by POST to the same address: "objet".
type PageEnvoyes struct {
	Reports []SignalementEnvoye
	Done    string // what has just been done, a sentence
}

// SignalementEnvoye is a report that was sent.
type SignalementEnvoye struct {
	Handle, Site string
	URL          string // of what was reported
	By           string // name of the shop; empty: the town hall
	Words        string
	At           time.Time
	Hall         *EnvoiMairie // set for what was reported to another town hall
}

// EnvoiMairie is what a report to another town hall is about, and what came of it.
type EnvoiMairie struct {
	Title    string
	Reason   string // one of Reasons
	Answer   string // one line; empty: none yet
	Answered time.Time
	Hidden   bool   // the news is hidden here
	Object   string // for the form that shows it again
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
	p, l := PageEnvoyes{}, h.renderer.Locale(r.Context())
	switch r.URL.Query().Get("fait") {
	case "1":
		p.Done = l.T("envoyes.done")
	case "masque":
		p.Done = l.T("hall.done")
	case "montre":
		p.Done = l.T("hall.shown")
	}
	for _, one := range reports {
		p.Reports = append(p.Reports, reported(one))
	}
	return h.show(w, r, http.StatusOK, p)
}

func reported(r town.SentReport) SignalementEnvoye {
	sent := SignalementEnvoye{
		Handle: peerHandle(r.Actor), Site: r.Actor.Host, URL: string(r.Object), By: r.Shop, Words: r.Words, At: r.At,
	}
	if r.Hall != "" {
		sent.Hall = &EnvoiMairie{
			Title: r.Title, Reason: string(r.Category), Answer: r.Answer, Answered: r.Answered, Hidden: r.Hidden, Object: string(r.Object),
		}
	}
	return sent
}
