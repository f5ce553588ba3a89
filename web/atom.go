package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// atomFeed is a feed (RFC 4287).
type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel    string `xml:"rel,attr,omitempty"`
	Type   string `xml:"type,attr,omitempty"`
	Href   string `xml:"href,attr"`
	Length int64  `xml:"length,attr,omitempty"`
}

type atomEntry struct {
	ID        string     `xml:"id"`
	Title     string     `xml:"title"`
	Author    string     `xml:"author>name"`
	Published string     `xml:"published"`
	Updated   string     `xml:"updated"`
	Links     []atomLink `xml:"link"`
	Content   atomText   `xml:"content"`
}

type atomText struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// Atom is the feed of the town.
func (h *Handlers) Atom(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	posts, _, err := h.config.Timeline.Feed(r.Context(), town.Cursor{})
	if err != nil {
		return err
	}
	return h.feed(w, r, atomFeed{
		ID: h.base + "/atom.xml", Title: t.Name, Updated: t.SetUpAt.UTC().Format(time.RFC3339),
		Links: []atomLink{{Rel: "self", Href: h.base + "/atom.xml"}, {Rel: "alternate", Type: "text/html", Href: h.base + "/"}},
	}, h.atomEntries(t, posts))
}

// CommerceAtom is the feed of a shop, or of a page that gathers several.
func (h *Handlers) CommerceAtom(w http.ResponseWriter, r *http.Request) error {
	m, err := h.merchantIn(r)
	if errors.Is(err, town.ErrNotFound) {
		return h.groupeAtom(w, r)
	}
	if err != nil {
		return err
	}
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	posts, _, err := h.config.Timeline.MerchantFeed(r.Context(), m.ID, town.Cursor{})
	if err != nil {
		return err
	}
	page := string(h.config.Addresses.Profile(m.Handle))
	return h.feed(w, r, atomFeed{
		ID: string(h.config.Addresses.Actor(m.ID)), Title: m.Name, Updated: m.Updated.UTC().Format(time.RFC3339),
		Links: []atomLink{{Rel: "self", Href: page + "/atom.xml"}, {Rel: "alternate", Type: "text/html", Href: page}},
	}, h.atomEntries(t, posts))
}

// AlentoursAtom is the feed of the neighbours' news. The town's own feeds hold its own news only: whoever wants both
// reads both, and who reads a neighbour's feed already does not get it twice.
func (h *Handlers) AlentoursAtom(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	around, _, err := h.config.Timeline.Surroundings(r.Context(), town.PartAround, town.Cursor{})
	if err != nil {
		return err
	}
	entries := make([]atomEntry, len(around))
	for i, e := range around {
		entries[i] = h.atomEntryAway(e.Foreign)
	}
	l := h.renderer.locales.For(locale.FR)
	return h.feed(w, r, atomFeed{
		ID: h.base + pathAround, Title: l.T("voisins.feed", t.Name), Updated: t.SetUpAt.UTC().Format(time.RFC3339),
		Links: []atomLink{
			{Rel: "self", Href: h.base + pathAround},
			{Rel: "alternate", Type: "text/html", Href: h.base + listOf(pathFil, map[string]string{"l": partAround})},
		},
	}, entries)
}

// atomEntryAway is a neighbour's post under the id that it has at home.
func (h *Handlers) atomEntryAway(p *town.ForeignPost) atomEntry {
	said := sanitize.Line(p.Title)
	e := atomEntry{
		ID: string(p.ObjectID), Author: joined(", ", sanitize.Line(p.ShopName()), sanitize.Line(p.Town)),
		Title:     orWords(orWords(beginning(said, titleLength), excerpt(p.Content)), sanitize.Line(p.ShopName())),
		Published: p.Published.UTC().Format(time.RFC3339), Updated: p.Changed().UTC().Format(time.RFC3339),
		Links:   []atomLink{{Rel: "alternate", Type: "text/html", Href: string(p.URL)}},
		Content: atomText{Type: "html", Text: p.Content},
	}
	return e
}

// atomEntries are those posts that have left: what may still be called back is not given to readers that keep it.
func (h *Handlers) atomEntries(t *town.Town, posts []*town.Post) []atomEntry {
	now, l := h.config.Now(), h.renderer.locales.For(locale.FR)
	var entries []atomEntry
	for _, p := range posts {
		if p.Left(now) {
			entries = append(entries, h.atomEntry(l, t, p))
		}
	}
	return entries
}

// feed answers with a feed.
func (h *Handlers) feed(w http.ResponseWriter, r *http.Request, f atomFeed, entries []atomEntry) error {
	f.Lang, f.Entries = "fr", entries
	for _, e := range entries {
		if e.Updated > f.Updated { // both are UTC in one form
			f.Updated = e.Updated
		}
	}
	body, err := xml.Marshal(f)
	if err != nil {
		return err
	}
	body = append([]byte(xml.Header), body...)
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:9]) + `"`
	header := w.Header()
	header.Set("Content-Type", "application/atom+xml; charset=utf-8")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader has gone: nobody is left to tell
	}
	return nil
}

func (h *Handlers) atomEntry(l *locale.Locale, t *town.Town, p *town.Post) atomEntry {
	e := atomEntry{
		ID: string(h.config.Addresses.Post(p.ID)), Author: p.Merchant.Name, Title: orWords(titleOfPost(p), p.Merchant.Name),
		Published: p.Published.UTC().Format(time.RFC3339), Updated: p.Published.UTC().Format(time.RFC3339),
		Links:   []atomLink{{Rel: "alternate", Type: "text/html", Href: string(h.config.Addresses.Page(p.Merchant.Handle, p.ID))}},
		Content: atomText{Type: "html", Text: string(h.written(p.Text))},
	}
	if p.Kind != town.Article {
		if said := h.inOneSentence(l, t, p); said != "" {
			e.Content.Text = "<p>" + template.HTMLEscapeString(said) + "</p>" + e.Content.Text
		}
	}
	if !p.Updated.IsZero() {
		e.Updated = p.Updated.UTC().Format(time.RFC3339)
	}
	for i := range p.Photos {
		v := p.Photos[i].JPEG(1280)
		address := absolute(h.base, h.config.MediaURL(v.File))
		e.Links = append(e.Links, atomLink{Rel: "enclosure", Type: v.MediaType, Href: address, Length: v.Size})
		e.Content.Text += `<p><img src="` + template.HTMLEscapeString(address) + `" alt="` +
			template.HTMLEscapeString(sanitize.Line(p.Photos[i].Alt)) + `"></p>`
	}
	return e
}
