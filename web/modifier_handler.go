package web

import (
	"errors"
	"net/http"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// editing is the kind of a draft that keeps the photo of an edit which was refused. It never shows among the drafts of news.
const editing town.Kind = "edit"

// Modifier shows a piece of news in the composer.
func (h *Handlers) Modifier(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r.Context())
	post, err := h.ownPost(r, v)
	if err != nil {
		return err
	}
	p, err := h.editor(r, v, post, draftOf(post), nil)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p)
}

// draftOf is a post as it is edited.
func draftOf(post *town.Post) town.Draft {
	return town.Draft{Kind: post.Kind, Text: post.Text, Photos: post.Photos, Reach: post.Reach, Details: post.Details}
}

// editor is the composer with a post in it, see composer.
func (h *Handlers) editor(r *http.Request, v *visitor, post *town.Post, d town.Draft, typed Saisie) (PagePublier, error) {
	d.Kind = post.Kind
	p, err := h.composer(r, v.as(post.Merchant), d, typed)
	p.Edit, p.Action, p.BackURL = true, newsPath(post.ID, "modifier"), pathOf(post)
	p.BrowserKey = post.Merchant.ID.String() + ":" + post.ID.String()
	if post.Kind == town.Answer { // it stands in its thread, wherever that is read
		p.Reach = ""
	}
	return p, err
}

// EnregistrerNouvelle changes a piece of news. A new photo lies in a draft until the change is made.
func (h *Handlers) EnregistrerNouvelle(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	post, err := h.ownPost(r, v)
	if err != nil {
		return err
	}
	v = v.as(post.Merchant) // the photo belongs to whose news it is
	form, err := h.readUpload(w, r, v, "photo")
	if err != nil {
		return err
	}
	draft := draftOf(post)
	if id, err := readID(form.Get("brouillon")); err == nil {
		stored, err := h.config.Publisher.Draft(ctx, v.author(), v.merchant.ID, id)
		if err != nil && !errors.Is(err, town.ErrNotFound) {
			return err
		}
		if err == nil && stored.Kind == editing {
			draft.ID, draft.Photos = stored.ID, append(stored.Photos, post.Photos[min(1, len(post.Photos)):]...)
		}
	}
	if form.Has("portee") && post.Kind != town.Answer {
		draft.Reach = town.Reach(form.Get("portee"))
	}
	unread, err := h.readDetails(r, form, &draft, post.Merchant)
	if err != nil {
		return err
	}
	if draft.Photos, err = h.withPhoto(r, v, draft.Photos, form); err != nil {
		return err
	}
	refuse := func(status int, all Erreurs) error {
		if form.photo != nil {
			kept := draft
			kept.Kind = editing
			kept.Photos = draft.Photos[:1]
			if draft.ID, err = h.config.Publisher.SaveDraft(ctx, v.author(), v.merchant.ID, kept); err != nil {
				return err
			}
		}
		p, err := h.editor(r, v, post, draft, saisieIn(form))
		if err != nil {
			return err
		}
		p.keepAlt(form)
		p.Errors, p.Alt = all, form.Get("alt")
		return h.show(w, r, status, p)
	}
	if form.fault != nil {
		key, status, _ := photoFault(form.fault)
		return refuse(status, Erreurs{{"photo", l.T(key)}})
	}
	if form.Get("geste") == "apercu" {
		return refuse(http.StatusOK, nil)
	}
	if len(unread) > 0 {
		return refuse(http.StatusUnprocessableEntity, unread)
	}
	if form.Get("geste") == "retirer" && len(draft.Photos) > 0 {
		draft.Photos = draft.Photos[1:]
	}
	edited, err := h.config.Publisher.Edit(ctx, v.author(), post.ID, draft)
	if all, ok := kindFaults(l, err, post.Kind); ok {
		return refuse(http.StatusUnprocessableEntity, all)
	}
	if err != nil {
		return err
	}
	if draft.ID != uuid.Nil {
		if err := h.config.Publisher.DeleteDraft(ctx, v.author(), v.merchant.ID, draft.ID); err != nil && !errors.Is(err, town.ErrNotFound) {
			return err
		}
	}
	switch {
	case form.Get("geste") == "retirer":
		return h.goTo(w, r, newsPath(post.ID, "modifier"))
	case !edited.Left(h.config.Now()):
		return h.goTo(w, r, newsPath(post.ID, "publie"))
	default:
		return h.goTo(w, r, pathOf(edited))
	}
}

// as is the visitor speaking for a merchant.
func (v *visitor) as(m *town.Merchant) *visitor {
	other := *v
	other.merchant = m
	return &other
}
