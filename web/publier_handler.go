package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/google/uuid"
)

// A draft that was broken off is put back without being asked for as long as this; the others are in the list.
const restoredFor = 7 * 24 * time.Hour

// ComposerPath is where a merchant writes; "texte" fills in the text.
const ComposerPath = pathPublier

// Publier shows the composer: empty, with an opening ("debut"), with a text that another site hands over ("texte", see
// FEP-3b86), with a draft ("brouillon"), or with what was broken off.
func (h *Handlers) Publier(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v, query := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()), r.URL.Query()
	drafts, err := h.drafts(r, v)
	if err != nil {
		return err
	}
	p, draft := h.composer(l, v), town.Draft{Reach: v.merchant.Reach}
	switch {
	case query.Has("brouillon"):
		id, err := readID(query.Get("brouillon"))
		if err != nil {
			return err
		}
		found, err := h.config.Publisher.Draft(ctx, v.author(), v.merchant.ID, id)
		if err != nil {
			return err
		}
		draft, p.Undone = *found, query.Has("annule")
	case query.Has("garde"):
		p.Kept = true
	case query.Has("supprime"):
		p.Deleted = true
	case query.Has("debut"):
		if draft.Text = Starter(l, query.Get("debut")); draft.Text != "" {
			draft.Text += " "
		}
	case query.Has("texte"):
		draft.Text = handedOver(query.Get("texte"))
	case query.Has("neuf"):
	default:
		if len(drafts) > 0 && brokenOff(drafts[0]) && h.config.Now().Sub(drafts[0].Saved) < restoredFor {
			draft, p.Restored = drafts[0], true
		}
	}
	h.fillComposer(&p, draft)
	p.Drafts = draftLinks(drafts, draft.ID)
	return h.show(w, r, http.StatusOK, p)
}

// handedOver is the text that another site would like to be published, as much of it as a piece of news holds. It
// waits in the form: nothing is published, nor kept, before the merchant says so.
func handedOver(text string) string {
	text = strings.TrimSpace(clean(text))
	if runes := []rune(text); len(runes) > town.MaxTextLength {
		text = string(runes[:town.MaxTextLength])
	}
	return text
}

// brokenOff tells whether a draft was kept because publishing did not succeed. It bears the key of its form; what somebody
// keeps for later on purpose has none.
func brokenOff(d town.Draft) bool { return d.Once != uuid.Nil }

// composer is the page of the composer with nothing in it yet.
func (h *Handlers) composer(l *locale.Locale, v *visitor) PagePublier {
	return PagePublier{
		Shop: h.shop(l, v.merchant), Action: pathPublier, Key: newKey(), BrowserKey: v.merchant.ID.String() + ":nouvelle",
		Reach: string(v.merchant.Reach), MaxRunes: town.MaxTextLength, Starters: Starters(l),
	}
}

// fillComposer puts a draft into the page.
func (h *Handlers) fillComposer(p *PagePublier, d town.Draft) {
	if d.ID != uuid.Nil {
		p.Draft, p.SavedAt = d.ID.String(), d.Saved
	}
	if brokenOff(d) {
		p.Key = d.Once.String()
	}
	if d.Reach.Valid() {
		p.Reach = string(d.Reach)
	}
	p.Text, p.PreviewOf = d.Text, h.written(d.Text)
	if len(d.Photos) > 0 {
		photo := h.photo(&d.Photos[0])
		p.Photo, p.PhotoBytes, p.Alt = &photo, d.Photos[0].Bytes, d.Photos[0].Alt
	}
}

// keepAlt keeps the description of a photo that did not arrive: no draft holds it, and it is to be there for the next try.
func (p *PagePublier) keepAlt(form *uploaded) {
	if p.Photo == nil {
		p.Alt = form.Get("alt")
	}
}

// drafts are the merchant's drafts of news, newest first.
func (h *Handlers) drafts(r *http.Request, v *visitor) ([]town.Draft, error) {
	all, err := h.config.Publisher.Drafts(r.Context(), v.author(), v.merchant.ID)
	if err != nil {
		return nil, err
	}
	kept := all[:0]
	for _, d := range all {
		if d.Kind == town.News {
			kept = append(kept, d)
		}
	}
	return kept, nil
}

// draftLinks lists drafts without the one that is open.
func draftLinks(drafts []town.Draft, open uuid.UUID) []Brouillon {
	var all []Brouillon
	for _, d := range drafts {
		if d.ID != open {
			all = append(all, Brouillon{
				URL: pathPublier + "?brouillon=" + d.ID.String(), Title: title(d.Text), SavedAt: d.Saved,
				DeleteURL: pathEspace + "/brouillons/" + d.ID.String() + "/supprimer",
			})
		}
	}
	return all
}

// SupprimerBrouillon throws a draft away. One that is gone already, or another's, is no matter: it is not there afterwards.
func (h *Handlers) SupprimerBrouillon(w http.ResponseWriter, r *http.Request) error {
	v := visitorOf(r.Context())
	id, err := idIn(r, "draft")
	if err != nil {
		return err
	}
	err = h.config.Publisher.DeleteDraft(r.Context(), v.author(), v.merchant.ID, id)
	if err != nil && !errors.Is(err, town.ErrNotFound) {
		return err
	}
	return h.goTo(w, r, pathPublier+"?supprime=1")
}

// EnvoyerNouvelle publishes what was written, keeps it for later, or takes its photo away. A photo lies in a draft before
// anything else is looked at, so that no mistake loses it. The same form twice is one piece of news.
func (h *Handlers) EnvoyerNouvelle(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	form, err := h.readUpload(w, r, v, "photo")
	if err != nil {
		return err
	}
	draft, err := h.draftIn(r, v, form)
	if err != nil {
		return err
	}
	gesture := form.Get("geste")
	if form.photo != nil || form.fault != nil || gesture != "publier" {
		kept := draft
		switch {
		case gesture == "retirer":
			kept.Photos = nil
		case gesture == "garder" && form.fault == nil:
			kept.Once = uuid.Nil
		}
		if draft.ID, err = h.config.Publisher.SaveDraft(ctx, v.author(), v.merchant.ID, kept); err != nil {
			return err
		}
	}
	switch {
	case form.fault != nil:
		key, status, _ := photoFault(form.fault)
		return h.refuseNews(w, r, v, form, draft, status, Erreurs{{"photo", l.T(key)}})
	case gesture == "retirer":
		return h.goTo(w, r, pathPublier+"?brouillon="+draft.ID.String())
	case gesture == "garder":
		return h.goTo(w, r, pathPublier+"?garde=1")
	case gesture != "publier":
		return refusal{status: http.StatusBadRequest, why: "unknown gesture"}
	}
	post, err := h.config.Publisher.Publish(ctx, v.author(), v.merchant.ID, draft, true)
	if all, ok := faults(l, err, newsFields()...); ok {
		if post, err := h.publishedWith(r, v, draft.Once); err != nil || post != nil {
			return h.published(w, r, post, err)
		}
		return h.refuseNews(w, r, v, form, draft, http.StatusUnprocessableEntity, all)
	}
	if err != nil { // what was written waits in a draft until things work again
		_, saveErr := h.config.Publisher.SaveDraft(ctx, v.author(), v.merchant.ID, draft)
		return errors.Join(err, saveErr)
	}
	return h.published(w, r, post, h.forget(r, v, draft.Once))
}

// newsFields are the fields of the composer, in their order.
func newsFields() []fieldName {
	return []fieldName{{"photo", "photo"}, {"text", "texte"}, {"reach", "portee"}}
}

// draftIn puts together what the form holds and the draft that it names. A draft that is no longer there was published by the
// same form a moment ago, see EnvoyerNouvelle.
func (h *Handlers) draftIn(r *http.Request, v *visitor, form *uploaded) (town.Draft, error) {
	draft := town.Draft{Kind: town.News, Reach: v.merchant.Reach}
	if id, err := readID(form.Get("brouillon")); err == nil {
		stored, err := h.config.Publisher.Draft(r.Context(), v.author(), v.merchant.ID, id)
		if err != nil && !errors.Is(err, town.ErrNotFound) {
			return draft, err
		}
		if err == nil {
			draft = *stored
		}
	}
	draft.Once = readKey(form.Get("cle"))
	if form.Has("portee") {
		draft.Reach = town.Reach(form.Get("portee"))
	}
	draft.Text = form.Get("texte")
	var err error
	draft.Photos, err = h.withPhoto(r, v, draft.Photos, form)
	return draft, err
}

// withPhoto puts the photo of a form in the place of the first one, and the description beside it.
func (h *Handlers) withPhoto(r *http.Request, v *visitor, photos []town.Photo, form *uploaded) ([]town.Photo, error) {
	if form.photo != nil {
		photos = append([]town.Photo{*form.photo}, photos[min(1, len(photos)):]...)
	}
	if len(photos) == 0 || !form.Has("alt") {
		return photos, nil
	}
	if alt := form.Get("alt"); alt != photos[0].Alt {
		photos[0].Alt = alt
		return photos, h.config.Publisher.DescribePhoto(r.Context(), v.author(), v.merchant.ID, photos[0].ID, alt)
	}
	return photos, nil
}

// refuseNews shows the composer again with everything in it.
func (h *Handlers) refuseNews(
	w http.ResponseWriter, r *http.Request, v *visitor, form *uploaded, draft town.Draft, status int, all Erreurs,
) error {
	drafts, err := h.drafts(r, v)
	if err != nil {
		return err
	}
	p := h.composer(h.renderer.Locale(r.Context()), v)
	h.fillComposer(&p, draft)
	p.keepAlt(form)
	p.Drafts, p.Errors, p.Alt = draftLinks(drafts, draft.ID), all, form.Get("alt")
	return h.show(w, r, status, p)
}

// publishedWith finds the news that a form with this key has published already; nil for none.
func (h *Handlers) publishedWith(r *http.Request, v *visitor, key uuid.UUID) (*town.Post, error) {
	if key == uuid.Nil {
		return nil, nil
	}
	posts, _, err := h.config.Timeline.MerchantFeed(r.Context(), v.merchant.ID, town.Cursor{})
	for _, p := range posts {
		if p.Once == key {
			return p, nil
		}
	}
	return nil, err
}

// forget throws away the drafts that were kept on the way of a form: two taps leave two.
func (h *Handlers) forget(r *http.Request, v *visitor, key uuid.UUID) error {
	if key == uuid.Nil {
		return nil
	}
	drafts, err := h.config.Publisher.Drafts(r.Context(), v.author(), v.merchant.ID)
	for _, d := range drafts {
		if d.Once != key {
			continue
		}
		gone := h.config.Publisher.DeleteDraft(r.Context(), v.author(), v.merchant.ID, d.ID)
		if gone != nil && !errors.Is(gone, town.ErrNotFound) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// published leads to the page that says so.
func (h *Handlers) published(w http.ResponseWriter, r *http.Request, post *town.Post, err error) error {
	if err != nil {
		return err
	}
	return h.goTo(w, r, newsPath(post.ID, "publie"))
}
