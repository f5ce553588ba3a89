package web

import (
	"errors"
	"html/template"
	"math"
	"net/http"
	"strings"
	"time"

	"bourg/internal/media"
	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// This file turns what the domain knows into what pages show.

// The lengths at which words are cut, in runes.
const (
	textInFeed    = 600 // of an entry in a list; the whole is on its page
	titleLength   = 70
	excerptLength = 140
)

// shop is a merchant as it is shown.
func (h *Handlers) shop(l *locale.Locale, m *town.Merchant) Commerce {
	c := Commerce{
		Name: m.Name, URL: "/@" + m.Handle, Handle: "@" + h.config.Addresses.Handle(m.Handle),
		Trade: TradeName(l, m.Trade), Paint: m.Paint, Phone: m.Phone, Address: m.Street(), State: h.state(l, m),
	}
	if trade, err := town.TradeBySlug(m.Trade); err == nil {
		c.Mark = trade.Icon
	}
	return c
}

// entry is a piece of news, whole, or in a list only its beginning.
func (h *Handlers) entry(l *locale.Locale, p *town.Post, whole bool) Avis {
	a := Avis{
		ID: p.ID.String(), Shop: h.shop(l, p.Merchant), URL: pathOf(p),
		Published: p.Published, Edited: p.Updated, Replies: p.Replies, Lang: foreign(l, p.Language),
	}
	text := p.Text
	if !whole {
		text, a.Cut = shorten(p)
	}
	a.Text = h.written(text)
	h.dress(l, &a, p)
	for i := range p.Photos {
		a.Photos = append(a.Photos, h.photo(&p.Photos[i]))
	}
	return a
}

func (h *Handlers) entries(l *locale.Locale, posts []*town.Post) []Avis {
	all := make([]Avis, len(posts))
	for i, p := range posts {
		all[i] = h.entry(l, p, false)
	}
	return all
}

// written is the HTML of words that somebody of the town typed.
func (h *Handlers) written(text string) template.HTML {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return trusted(h.config.Publisher.HTML(text))
}

// pathOf is the page of a post.
func pathOf(p *town.Post) string { return "/@" + p.Merchant.Handle + "/" + p.ID.String() }

// foreign is the language of words where it is not the page's.
func foreign(l *locale.Locale, language string) string {
	if language == string(l.Lang) {
		return ""
	}
	return language
}

// title is the beginning of what was typed, in one line of plain words.
func title(text string) string { return beginning(sanitize.Line(text), titleLength) }

// beginning cuts words to n runes, after a whole word where there is one.
func beginning(words string, n int) string {
	cut := sanitize.Cut(words, n)
	if cut == words {
		return words
	}
	if i := strings.LastIndexAny(cut, " \n"); i > 0 {
		cut = strings.TrimRight(cut[:i], " \n,;:") + "…"
	}
	return cut
}

// photo is a stored photo with its variants. Where uploads are served from here, addresses are paths.
func (h *Handlers) photo(p *town.Photo) Photo {
	shown := Photo{Alt: p.Alt, Width: p.Width, Height: p.Height}
	for _, v := range p.Variants { // ascending, as the store keeps them
		source := Source{URL: strings.TrimPrefix(h.config.MediaURL(v.File), h.base), Width: v.Width}
		switch v.MediaType {
		case media.JPEG:
			shown.JPEG = append(shown.JPEG, source)
		case media.WebP:
			shown.WebP = append(shown.WebP, source)
		}
	}
	return shown
}

// PhotoOf is the domain's view of a photo that has just been stored.
func PhotoOf(p media.Photo) *town.Photo {
	out := &town.Photo{Name: p.Name, Width: p.Width, Height: p.Height, Bytes: p.Bytes}
	for _, v := range p.Variants {
		out.Variants = append(out.Variants, town.Variant{
			File: v.File, Width: v.Width, Height: v.Height, MediaType: v.MediaType, Size: v.Size,
		})
	}
	return out
}

// photoFault tells the words and the status for a photo that was refused.
func photoFault(err error) (key string, status int, known bool) {
	switch {
	case errors.Is(err, media.ErrHEIC):
		return "photo.heic", http.StatusUnprocessableEntity, true
	case errors.Is(err, media.ErrNotAPhoto):
		return "photo.not_a_photo", http.StatusUnprocessableEntity, true
	case errors.Is(err, media.ErrTooLarge):
		return "photo.too_large", http.StatusUnprocessableEntity, true
	case errors.Is(err, media.ErrTooManyPixels):
		return "photo.too_many_pixels", http.StatusUnprocessableEntity, true
	case errors.Is(err, media.ErrDamaged):
		return "photo.damaged", http.StatusUnprocessableEntity, true
	case errors.Is(err, media.ErrDiskFull):
		return "photo.disk_full", http.StatusInsufficientStorage, true
	case errors.Is(err, errQuota):
		return "photo.quota", http.StatusTooManyRequests, true
	}
	return "", 0, false
}

// reply is what a peer or a shop of the town wrote under a piece of news.
func (h *Handlers) reply(l *locale.Locale, e town.ThreadEntry) Reponse {
	if p := e.Answer; p != nil {
		shop := h.shop(l, p.Merchant)
		return Reponse{
			ID: p.ID.String(), Author: shop.Name, Handle: shop.Handle, URL: shop.URL, Published: p.Published,
			Text: h.written(p.Text), Lang: foreign(l, p.Language), Shop: &shop,
		}
	}
	r := e.Reply
	shown := Reponse{
		ID: r.ID.String(), Author: peerName(r.Actor), Handle: peerHandle(r.Actor), URL: string(r.URL), Published: r.Published,
		Text: h.remote(l, r), Lang: foreign(l, r.Language), Pending: r.State == town.ReplyWaiting,
		Warning: r.Summary, Sensitive: r.Sensitive, Edited: r.Updated,
	}
	if r.Face != nil {
		face := h.photo(r.Face)
		shown.Face = &face
	}
	for i, kept := range r.Copies {
		if kept != nil {
			photo := h.photo(kept)
			photo.Alt = sanitize.Line(r.Attachments[i].Name)
			shown.Photos = append(shown.Photos, photo)
		}
	}
	return shown
}

// remote is what a peer wrote: its words, and links to those of its pictures of which there is no copy here.
func (h *Handlers) remote(l *locale.Locale, r *town.Reply) template.HTML {
	var b strings.Builder
	b.WriteString(objectCard(l, r))
	b.WriteString(r.Content)
	for i, a := range r.Attachments {
		if i < len(r.Copies) && r.Copies[i] != nil {
			continue
		}
		if address := string(a.URL); strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
			words := l.T("reply.attachment")
			if a.Name != "" {
				words += " : " + sanitize.Cut(sanitize.Line(a.Name), excerptLength)
			}
			b.WriteString(`<p><a href="` + template.HTMLEscapeString(address) + `" rel="nofollow noopener ugc">` +
				template.HTMLEscapeString(words) + `</a></p>`)
		}
	}
	return trusted(b.String())
}

// warned is what a peer wrote with its warning in front, where there is no cover to put it on.
func warned(r Reponse) template.HTML {
	if r.Warning == "" {
		return r.Text
	}
	return trusted("<p><strong>" + template.HTMLEscapeString(r.Warning) + "</strong></p>" + string(r.Text))
}

// excerpt is the beginning of remote HTML in plain words.
func excerpt(html string) string {
	return beginning(sanitize.Line(sanitize.Text(html)), excerptLength)
}

// peerName is what a peer's actor calls itself, without signs that hide or turn the others.
func peerName(a town.RemoteActor) string {
	if name := sanitize.Line(a.Name); name != "" {
		return name
	}
	return peerHandle(a)
}

// peerHandle is the "@user@host" of a peer's actor. It always stands beside the name: anybody may call themselves as a shop
// of the town does, but not be on its host.
func peerHandle(a town.RemoteActor) string { return "@" + sanitize.Line(a.Handle) }

// today counts the entries of the day that now lies in, in the town's time zone.
func today(entries []town.Entry, now time.Time, zone *time.Location) int {
	n := 0
	for _, e := range entries {
		if sameDay(e.Published(), now, zone) {
			n++
		}
	}
	return n
}

// beginToday counts the events that take place on the day that now lies in.
func beginToday(events []*town.Post, now time.Time, zone *time.Location) int {
	n := 0
	for _, p := range events {
		if sameDay(p.Starts, now, zone) && leaf(p).Status != string(town.EventCancelled) && leaf(p).Dated() {
			n++
		}
	}
	return n
}

func sameDay(a, b time.Time, zone *time.Location) bool {
	ay, am, ad := a.In(zone).Date()
	by, bm, bd := b.In(zone).Date()
	return ay == by && am == bm && ad == bd
}

// apart is the distance between two places on a sphere, both in degrees.
func apart(lat1, lon1, lat2, lon2 float64) float64 {
	const earth, degree = 6_371_000, math.Pi / 180
	dLat, dLon := (lat2-lat1)*degree, (lon2-lon1)*degree
	a := math.Pow(math.Sin(dLat/2), 2) + math.Cos(lat1*degree)*math.Cos(lat2*degree)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * earth * math.Asin(math.Min(1, math.Sqrt(a)))
}

// everyTrade are the choices of a merchant's trade, in the order of the directory.
func everyTrade(l *locale.Locale) []Choix {
	all := make([]Choix, len(town.Trades))
	for i, t := range town.Trades {
		all[i] = Choix{Value: t.Slug, Text: TradeName(l, t.Slug)}
	}
	return all
}

// field pairs what a service calls a field with its id in the form.
type fieldName struct{ service, form string }

// faults are the sentences about what a service found wrong, in the order of the form's fields. ok is false for an error of
// another kind.
func faults(l *locale.Locale, err error, fields ...fieldName) (all Erreurs, ok bool) {
	var invalid town.Invalid
	if !errors.As(err, &invalid) {
		return nil, false
	}
	for _, f := range fields {
		if key, bad := invalid[f.service]; bad {
			all.Add(f.form, l.T(key))
		}
	}
	return all, len(all) > 0
}
