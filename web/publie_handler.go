package web

import (
	"errors"
	"net/http"

	"bourg/internal/town"
)

// Publie says that a piece of news is out, and offers to take it back for as long as it has not left.
func (h *Handlers) Publie(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r.Context())
	post, err := h.ownPost(r, v)
	if err != nil {
		return err
	}
	p := PagePublie{
		Entry: h.entry(h.renderer.Locale(r.Context()), post, true), LeavesAt: post.Leaves,
		EditURL: newsPath(post.ID, "modifier"), DeleteURL: newsPath(post.ID, "supprimer"),
		Silent: post.Silent(), ForwardURL: h.acts(post).ForwardURL,
	}
	if g, ok := genreOf(post.Kind); ok {
		p.BrowserKey = post.Merchant.ID.String() + ":" + g.name
	}
	if !post.Left(h.config.Now()) {
		p.UndoURL = newsPath(post.ID, "annuler")
	} else {
		reach, err := h.config.Courier.Reach(r.Context(), v.author(), post)
		if err != nil {
			return err
		}
		p.Remise = remise(h.renderer.Locale(r.Context()), reach, newsPath(post.ID, "envois"))
	}
	return h.show(w, r, http.StatusOK, p)
}

// Annuler takes a piece of news back before it leaves: it is a draft again. Afterwards the page says that it has left.
func (h *Handlers) Annuler(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r.Context())
	if _, err := readForm(w, r); err != nil {
		return err
	}
	id, err := idIn(r, "post")
	if err != nil {
		return err
	}
	draft, err := h.config.Publisher.Undo(r.Context(), v.author(), id)
	switch {
	case errors.Is(err, town.ErrTooLate):
		return h.goTo(w, r, newsPath(id, "publie"))
	case errors.Is(err, town.ErrNotFound): // a second tap
		return h.goTo(w, r, pathPublier)
	case err != nil:
		return hidden(err)
	}
	return h.goTo(w, r, pathPublier+"?brouillon="+draft.ID.String()+"&annule=1")
}

// DemanderSuppression shows the news and asks.
func (h *Handlers) DemanderSuppression(w http.ResponseWriter, r *http.Request) error {
	post, err := h.ownPost(r, visitorOf(r.Context()))
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, PageSupprimer{
		Entry: h.entry(h.renderer.Locale(r.Context()), post, true), Action: newsPath(post.ID, "supprimer"),
	})
}

// Supprimer withdraws a piece of news for good.
func (h *Handlers) Supprimer(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r.Context())
	if _, err := readForm(w, r); err != nil {
		return err
	}
	post, err := h.ownPost(r, v)
	if errors.Is(err, town.ErrGone) { // a second tap
		return h.goTo(w, r, pathFil)
	}
	if err != nil {
		return err
	}
	if err := h.config.Publisher.Withdraw(r.Context(), v.author(), post.ID); err != nil {
		return err
	}
	return h.goTo(w, r, "/@"+post.Merchant.Handle)
}
