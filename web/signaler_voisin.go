package web

import (
	"errors"
	"html/template"
	"net/http"
	"time"

	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// PageSignalerVoisin is where the town hall hides news of another town and reports it to that town's hall, GET
// /mairie/signaler/voisin/<id>. The form is POST to the same address: "motif" (one of Reasons), "explication".
type PageSignalerVoisin struct {
	Action, Shop, Town string
	URL                string // of the news at home
	At                 time.Time
	Title              string
	Text               template.HTML // sanitised
	Lang               string        // of Text when it is not the page's
	Reasons            []string
	Reason, Words      string // as chosen and typed
	Errors             Erreurs
}

func (p PageSignalerVoisin) head(l *locale.Locale) head {
	return head{template: "signaler-voisin", title: l.T("hall.title"), doors: townHallDoors, door: pathMairie, errors: p.Errors, private: true}
}

// Reasons are the names of the reasons for which news can be reported.
func Reasons() []string {
	var names []string
	for _, c := range town.Categories() {
		names = append(names, string(c))
	}
	return names
}

// SignalerVoisin shows what is to be hidden and reported.
func (h *Handlers) SignalerVoisin(w http.ResponseWriter, r *http.Request) error {
	return h.showHallReport(w, r, http.StatusOK, PageSignalerVoisin{})
}

func (h *Handlers) showHallReport(w http.ResponseWriter, r *http.Request, status int, p PageSignalerVoisin) error {
	id, err := idIn(r, "post")
	if err != nil {
		return err
	}
	post, err := h.config.Halls.Post(r.Context(), visitorOf(r.Context()).author(), id)
	if err != nil {
		return err
	}
	l := h.renderer.Locale(r.Context())
	p.Action, p.Shop, p.Town, p.URL = pathSignalerVoisin+"/"+id.String(), post.ShopName(), post.Town, string(post.URL)
	if p.Town == "" {
		p.Town = awayName(post)
	}
	p.At, p.Title, p.Text, p.Lang, p.Reasons = post.Published, sanitize.Line(post.Title), trusted(post.Content), foreign(l, post.Language), Reasons()
	return h.show(w, r, status, p)
}

// EnvoyerSignalementVoisin hides news of another town and reports it.
func (h *Handlers) EnvoyerSignalementVoisin(w http.ResponseWriter, r *http.Request) error {
	l, by := h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, err := idIn(r, "post")
	if err != nil {
		return err
	}
	err = h.config.Halls.Report(r.Context(), by, id, town.Category(form.Get("motif")), form.Get("explication"))
	if all, ok := faults(l, err, fieldName{"category", "motif"}, fieldName{"words", "explication"}); ok {
		return h.showHallReport(w, r, http.StatusUnprocessableEntity, PageSignalerVoisin{Reason: form.Get("motif"), Words: form.Get("explication"), Errors: all})
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathEnvoyes+"?fait=masque")
}

// RemontrerVoisin shows news of another town again that was hidden: POST /mairie/signalements/envoyes, "objet".
func (h *Handlers) RemontrerVoisin(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	err = h.config.Halls.Show(r.Context(), visitorOf(r.Context()).author(), form.Get("objet"))
	if err != nil && !errors.Is(err, town.ErrNotFound) { // a second tap
		return err
	}
	return h.goTo(w, r, pathEnvoyes+"?fait=montre")
}
