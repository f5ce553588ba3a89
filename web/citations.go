package web

import (
	"html/template"
	"net/http"
	"strings"
	"time"

	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// Citation is a publication elsewhere that quotes a piece of news: a card that leads there.
type Citation struct {
	ID, Author, Handle string
	URL                string
	At                 time.Time
	// TakeBackURL is where the shop takes it off its page by a POST; set for those who may.
	TakeBackURL string
}

// citations are those of a post. mine: the visitor speaks for the shop.
func (h *Handlers) citations(r *http.Request, post *town.Post, mine bool) ([]Citation, error) {
	quotes, err := h.config.Timeline.Quotes(r.Context(), post.ID)
	if err != nil {
		return nil, err
	}
	list := make([]Citation, 0, len(quotes))
	for _, q := range quotes {
		c := Citation{ID: q.ID.String(), Author: peerName(q.Actor), Handle: peerHandle(q.Actor), URL: string(q.URL), At: q.At}
		if mine {
			c.TakeBackURL = pathEspace + "/citations/" + c.ID
		}
		list = append(list, c)
	}
	return list, nil
}

// RetirerCitation takes a quote off the shop's page and ends the leave under which it stands elsewhere,
// POST /espace/citations/<id>.
func (h *Handlers) RetirerCitation(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), visitorOf(r.Context())
	id, err := idIn(r, "quote")
	if err != nil {
		return err
	}
	postID, err := h.config.Quotes.Revoke(ctx, v.author(), v.merchant.ID, id)
	if err != nil {
		return hidden(err)
	}
	post, _, err := h.config.Timeline.Post(ctx, postID)
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathOf(post))
}

// objectKinds are what a publication of another server may be called, beside a plain one.
func objectKinds() []string {
	return []string{"article", "audio", "event", "image", "page", "poll", "video", "other"}
}

// objectKind is one of objectKinds for a type of ActivityStreams, or of whoever made one up.
func objectKind(of string) string {
	switch of {
	case "Question":
		return "poll"
	case "Article", "Audio", "Event", "Image", "Page", "Video":
		return strings.ToLower(of)
	}
	return "other"
}

// objectCard is what stands in front of the words of what is no plain publication: what it is, its name, and the way there.
func objectCard(l *locale.Locale, r *town.Reply) string {
	if r.Type == "" || r.Type == "Note" {
		return ""
	}
	name := sanitize.Line(r.Name)
	if name == "" {
		name = l.T("object.open")
	}
	return `<p><strong>` + template.HTMLEscapeString(l.T("object."+objectKind(r.Type))) + `</strong><br><a href="` +
		template.HTMLEscapeString(string(r.URL)) + `" rel="nofollow noopener ugc">` + template.HTMLEscapeString(name) + `</a></p>`
}
