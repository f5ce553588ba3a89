package web

import (
	"errors"
	"maps"
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

// Publier shows the composer for a kind ("genre"): empty, with an opening ("debut"), with a text that another site hands over
// ("texte", see FEP-3b86), with a draft ("brouillon"), or with what was broken off.
func (h *Handlers) Publier(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v, query := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()), r.URL.Query()
	if v.merchant.Moved != nil {
		return h.goTo(w, r, pathDemenager)
	}
	drafts, err := h.drafts(r, v)
	if err != nil {
		return err
	}
	var p PagePublier
	draft := town.Draft{Kind: genreCalled(query.Get("genre")).kind, Reach: v.merchant.Reach}
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
	case query.Has("neuf"), query.Has("genre"):
	default:
		if len(drafts) > 0 && brokenOff(drafts[0]) && h.config.Now().Sub(drafts[0].Saved) < restoredFor {
			draft, p.Restored = drafts[0], true
		}
	}
	state := p
	if p, err = h.composer(r, v, draft, nil); err != nil {
		return err
	}
	p.Kept, p.Undone, p.Deleted, p.Restored = state.Kept, state.Undone, state.Deleted, state.Restored
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

// composer is the page of the composer with a draft in it. typed is what stands in its fields; nil for what the draft holds.
func (h *Handlers) composer(r *http.Request, v *visitor, d town.Draft, typed Saisie) (PagePublier, error) {
	l := h.renderer.Locale(r.Context())
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return PagePublier{}, err
	}
	g, _ := genreOf(d.Kind)
	if typed == nil {
		typed = saisieOf(&d, h.zone(t))
	}
	typed.usual(g.kind, v.merchant, h.config.Now().In(h.zone(t)))
	p := PagePublier{
		Shop: h.shop(l, v.merchant), Action: pathPublier, Key: newKey(), BrowserKey: v.merchant.ID.String() + ":" + g.name,
		Reach: string(v.merchant.Reach), MaxRunes: town.MaxTextLength, Genre: g.name, Typed: typed, Carried: typed.beside(g),
	}
	switch g.kind {
	case town.News:
		p.Starters = Starters(l)
	case town.Article:
		p.MaxRunes = town.MaxArticleLength
	case town.Offer:
		if err := h.recall(r, v, &p); err != nil {
			return p, err
		}
	}
	h.fillComposer(l, v, &p, d)
	return p, nil
}

// recall puts beside an offer what the shop itself asked within the last 30 days, and into an empty field for it.
func (h *Handlers) recall(r *http.Request, v *visitor, p *PagePublier) error {
	lowest, err := h.config.Publisher.PriceHistory(r.Context(), v.author(), v.merchant.ID, p.Typed["titre"])
	if err != nil || lowest == nil {
		return err
	}
	p.Lowest = h.renderer.Locale(r.Context()).Euros(int64(*lowest))
	price, ok := town.ParseCents(p.Typed["prix"])
	if ok && price < *lowest && p.Typed["prix_avant"] == "" && p.Typed["perissable"] == "" {
		p.Typed["prix_avant"] = typedAmount(lowest)
	}
	return nil
}

// fillComposer puts a draft into the page.
func (h *Handlers) fillComposer(l *locale.Locale, v *visitor, p *PagePublier, d town.Draft) {
	if d.ID != uuid.Nil {
		p.Draft, p.SavedAt = d.ID.String(), d.Saved
	}
	if brokenOff(d) {
		p.Key = d.Once.String()
	}
	if d.Reach.Valid() {
		p.Reach = string(d.Reach)
	}
	p.Text = d.Text
	if len(d.Photos) > 0 {
		photo := h.photo(&d.Photos[0])
		p.Photo, p.PhotoBytes, p.Alt = &photo, d.Photos[0].Bytes, d.Photos[0].Alt
	}
	p.Preview = h.entry(l, &town.Post{Merchant: v.merchant, Kind: d.Kind, Text: d.Text, Language: "fr", Photos: d.Photos, Details: d.Details}, true)
	p.Preview.ID, p.Preview.URL = "apercu", ""
}

// keepAlt keeps the description of a photo that did not arrive: no draft holds it, and it is to be there for the next try.
func (p *PagePublier) keepAlt(form *uploaded) {
	if p.Photo == nil {
		p.Alt = form.Get("alt")
	}
}

// drafts are the merchant's drafts of what the composer knows, newest first.
func (h *Handlers) drafts(r *http.Request, v *visitor) ([]town.Draft, error) {
	all, err := h.config.Publisher.Drafts(r.Context(), v.author(), v.merchant.ID)
	if err != nil {
		return nil, err
	}
	kept := all[:0]
	for _, d := range all {
		if _, ok := genreOf(d.Kind); ok {
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
				URL: pathPublier + "?brouillon=" + d.ID.String(), Title: orWords(title(d.Title), title(d.Text)), SavedAt: d.Saved,
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

// EnvoyerNouvelle publishes what was written, keeps it for later, takes its photo away, goes on to another kind ("vers"), or shows
// how it looks ("apercu"). A photo lies in a draft before anything else is looked at, so that no mistake loses it. The same form
// twice is one piece of news.
func (h *Handlers) EnvoyerNouvelle(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	form, err := h.readUpload(w, r, v, "photo")
	if err != nil {
		return err
	}
	draft, unread, err := h.draftIn(r, v, form)
	if err != nil {
		return err
	}
	gesture, switched := form.Get("geste"), form.Has("vers")
	if gesture == "apercu" && !switched {
		return h.refuseNews(w, r, v, form, draft, http.StatusOK, nil)
	}
	begun := !switched || draft.ID != uuid.Nil || strings.TrimSpace(draft.Text) != "" || !saisieIn(form).empty()
	if form.photo != nil || form.fault != nil || begun && (switched || gesture != "publier") {
		kept := draft
		switch {
		case switched:
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
	case switched:
		return h.refuseNews(w, r, v, form, draft, http.StatusOK, nil)
	case gesture == "retirer":
		return h.goTo(w, r, pathPublier+"?brouillon="+draft.ID.String())
	case gesture == "garder":
		return h.goTo(w, r, pathPublier+"?garde=1")
	case gesture != "publier":
		return refusal{status: http.StatusBadRequest, why: "unknown gesture"}
	case len(unread) > 0:
		return h.refuseNews(w, r, v, form, draft, http.StatusUnprocessableEntity, unread)
	}
	post, err := h.config.Publisher.Publish(ctx, v.author(), v.merchant.ID, draft, true)
	if all, ok := kindFaults(l, err, draft.Kind); ok {
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

// kindFaults are the sentences about what the domain found wrong with a post of a kind, in the order of the composer's fields.
func kindFaults(l *locale.Locale, err error, kind town.Kind) (Erreurs, bool) {
	var invalid town.Invalid
	if errors.As(err, &invalid) && kind == town.Article && invalid["text"] != "" {
		said := maps.Clone(invalid)
		said["text"] += "_article"
		err = said
	}
	return faults(l, err, fieldsOf(kind)...)
}

// draftIn puts together what the form holds and the draft that it names, and what of the form cannot be read. A draft that is no
// longer there was published by the same form a moment ago, see EnvoyerNouvelle.
func (h *Handlers) draftIn(r *http.Request, v *visitor, form *uploaded) (town.Draft, Erreurs, error) {
	draft := town.Draft{Reach: v.merchant.Reach}
	if id, err := readID(form.Get("brouillon")); err == nil {
		stored, err := h.config.Publisher.Draft(r.Context(), v.author(), v.merchant.ID, id)
		if err != nil && !errors.Is(err, town.ErrNotFound) {
			return draft, nil, err
		}
		if err == nil {
			draft = *stored
		}
	}
	draft.Once = readKey(form.Get("cle"))
	if form.Has("portee") {
		draft.Reach = town.Reach(form.Get("portee"))
	}
	draft.Kind = genreCalled(form.Get("genre")).kind
	if form.Has("vers") {
		draft.Kind = genreCalled(form.Get("vers")).kind
	}
	unread, err := h.readDetails(r, form, &draft, v.merchant)
	if err != nil {
		return draft, nil, err
	}
	draft.Photos, err = h.withPhoto(r, v, draft.Photos, form)
	return draft, unread, err
}

// readDetails puts the words and fields of a form into a draft of any kind, and answers what of them cannot be read.
func (h *Handlers) readDetails(r *http.Request, form *uploaded, d *town.Draft, shop *town.Merchant) (Erreurs, error) {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return nil, err
	}
	d.Text = form.Get("texte")
	reader := &saisieReader{Saisie: saisieIn(form), l: h.renderer.Locale(r.Context()), now: h.config.Now().In(h.zone(t))}
	reader.details(d.Kind, d, shop)
	return reader.faults, nil
}

// withPhoto puts the photo of a form in the place of the first one, and the description beside it.
func (h *Handlers) withPhoto(r *http.Request, v *visitor, photos []town.Photo, form *uploaded) ([]town.Photo, error) {
	if form.photo != nil {
		photos = append([]town.Photo{*form.photo}, photos[min(1, len(photos)):]...)
	}
	if len(photos) == 0 || !form.Has("alt") || form.Get("geste") == "apercu" {
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
	p, err := h.composer(r, v, draft, saisieIn(form))
	if err != nil {
		return err
	}
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
	if err != nil {
		return nil, err
	}
	products, err := h.config.Timeline.Products(r.Context(), v.merchant.ID, town.PageSize) // they are in no feed
	for _, p := range append(posts, products...) {
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
