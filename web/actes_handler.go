package web

import (
	"net/http"
	"time"

	"bourg/internal/sanitize"
	"bourg/internal/town"
)

// What a merchant does with a post beside editing it. Each act has a page that says what happens, and a button.

// actOn finds the visitor's own post of a kind in the address.
func (h *Handlers) actOn(r *http.Request, kind town.Kind) (*town.Post, error) {
	post, err := h.ownPost(r, visitorOf(r.Context()))
	if err == nil && post.Kind != kind {
		return nil, town.ErrNotFound
	}
	return post, err
}

// acts are the acts that a merchant may do with a post now.
func (h *Handlers) acts(post *town.Post) Actes {
	var a Actes
	switch post.Kind {
	case town.Offer:
		if !post.Over() && h.config.Now().Before(post.Ends) {
			a.CloseURL = newsPath(post.ID, "finir")
		}
	case town.Event:
		if post.Event != nil && post.Event.Status != town.EventCancelled {
			a.CancelURL = newsPath(post.ID, "annulation")
		}
		a.MoveURL = newsPath(post.ID, "report")
	case town.Product:
		a.ForwardURL = newsPath(post.ID, "avant")
	}
	return a
}

// DemanderFin asks how an offer ends.
func (h *Handlers) DemanderFin(w http.ResponseWriter, r *http.Request) error {
	post, err := h.actOn(r, town.Offer)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, h.finir(r, post))
}

func (h *Handlers) finir(r *http.Request, post *town.Post) PageFinir {
	return PageFinir{Entry: h.entry(h.renderer.Locale(r.Context()), post, true), Action: newsPath(post.ID, "finir")}
}

// Finir ends an offer before its day.
func (h *Handlers) Finir(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	post, err := h.actOn(r, town.Offer)
	if err != nil {
		return err
	}
	l := h.renderer.Locale(r.Context())
	_, err = h.config.Publisher.CloseOffer(r.Context(), visitorOf(r.Context()).author(), post.ID, town.OfferStatus(form.Get("geste")))
	if all, ok := faults(l, err, fieldName{"status", "gestes"}); ok {
		p := h.finir(r, post)
		p.Errors = all
		return h.show(w, r, http.StatusUnprocessableEntity, p)
	}
	return h.acted(w, r, post, err)
}

// DemanderAnnulation asks before an event is called off.
func (h *Handlers) DemanderAnnulation(w http.ResponseWriter, r *http.Request) error {
	post, err := h.actOn(r, town.Event)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, PageAnnulation{
		Entry: h.entry(h.renderer.Locale(r.Context()), post, true), Action: newsPath(post.ID, "annulation"),
	})
}

// AnnulerEvenement calls an event off.
func (h *Handlers) AnnulerEvenement(w http.ResponseWriter, r *http.Request) error {
	if _, err := readForm(w, r); err != nil {
		return err
	}
	post, err := h.actOn(r, town.Event)
	if err != nil {
		return err
	}
	_, err = h.config.Publisher.CancelEvent(r.Context(), visitorOf(r.Context()).author(), post.ID)
	return h.acted(w, r, post, err)
}

// DemanderReport asks for the new time of an event.
func (h *Handlers) DemanderReport(w http.ResponseWriter, r *http.Request) error {
	post, err := h.actOn(r, town.Event)
	if err != nil {
		return err
	}
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	draft := draftOf(post)
	typed := saisieOf(&draft, h.zone(t))
	delete(typed, "jour") // what is asked for is another one
	delete(typed, "dernier_jour")
	return h.show(w, r, http.StatusOK, h.report(r, post, typed))
}

func (h *Handlers) report(r *http.Request, post *town.Post, typed Saisie) PageReport {
	return PageReport{
		Entry: h.entry(h.renderer.Locale(r.Context()), post, true), Action: newsPath(post.ID, "report"), Typed: typed,
	}
}

// Reporter puts an event off to another time, or to a day that is not known yet.
func (h *Handlers) Reporter(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	values, err := readForm(w, r)
	if err != nil {
		return err
	}
	post, err := h.actOn(r, town.Event)
	if err != nil {
		return err
	}
	by, form, draft := visitorOf(ctx).author(), &uploaded{Values: values}, draftOf(post)
	if values.Get("geste") == "sans_date" {
		_, err = h.config.Publisher.PostponeEvent(ctx, by, post.ID, time.Time{}, time.Time{})
		return h.acted(w, r, post, err)
	}
	if draft.Event != nil { // only the time is asked for
		values.Set("lieu", draft.Event.Place)
	}
	all, err := h.readDetails(r, form, &draft, post.Merchant)
	if err != nil {
		return err
	}
	l := h.renderer.Locale(ctx)
	if len(all) == 0 && draft.Starts.IsZero() { // a zero time would mean that no day is known
		all.Add("jour", l.T("starts.empty"))
	}
	if len(all) == 0 {
		_, err = h.config.Publisher.PostponeEvent(ctx, by, post.ID, draft.Starts, draft.Ends)
		found, wrong := faults(l, err, fieldsOf(town.Event)...)
		if !wrong {
			return h.acted(w, r, post, err)
		}
		all = found
	}
	p := h.report(r, post, saisieIn(form))
	p.Errors = all
	return h.show(w, r, http.StatusUnprocessableEntity, p)
}

// DemanderAvant asks before a product is put forward.
func (h *Handlers) DemanderAvant(w http.ResponseWriter, r *http.Request) error {
	post, err := h.actOn(r, town.Product)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, h.avant(r, post))
}

func (h *Handlers) avant(r *http.Request, post *town.Post) PageAvant {
	return PageAvant{
		Entry: h.entry(h.renderer.Locale(r.Context()), post, true), Action: newsPath(post.ID, "avant"), Again: !post.Silent(),
	}
}

// MettreEnAvant puts a product forward.
func (h *Handlers) MettreEnAvant(w http.ResponseWriter, r *http.Request) error {
	if _, err := readForm(w, r); err != nil {
		return err
	}
	post, err := h.actOn(r, town.Product)
	if err != nil {
		return err
	}
	_, err = h.config.Publisher.Highlight(r.Context(), visitorOf(r.Context()).author(), post.ID)
	if all, ok := faults(h.renderer.Locale(r.Context()), err, fieldName{"product", "gestes"}); ok {
		p := h.avant(r, post)
		p.Errors = all
		return h.show(w, r, http.StatusUnprocessableEntity, p)
	}
	return h.acted(w, r, post, err)
}

// acted leads to the page of the post, where what was done can be seen.
func (h *Handlers) acted(w http.ResponseWriter, r *http.Request, post *town.Post, err error) error {
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathOf(post))
}

// Versions shows what a post said before it was edited.
func (h *Handlers) Versions(w http.ResponseWriter, r *http.Request) error {
	l := h.renderer.Locale(r.Context())
	post, err := h.publicPost(r)
	if err != nil {
		return err
	}
	former, err := h.config.Publisher.Versions(r.Context(), post.ID)
	if err != nil {
		return err
	}
	p := PageVersions{Entry: h.entry(l, post, true), Title: orWords(titleOfPost(post), sanitize.Line(post.Merchant.Name))}
	until := latest(post.Published, post.Updated)
	for _, v := range former {
		was := *post
		was.Text, was.Details, was.Photos, was.Updated = v.Text, v.Details, nil, time.Time{}
		p.Versions = append(p.Versions, Version{From: v.At, Until: until, Entry: h.entry(l, &was, true)})
		until = v.At
	}
	return h.show(w, r, http.StatusOK, p)
}
