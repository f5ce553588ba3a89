package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"

	"bourg/internal/town"
)

// pageWithDocument are the paths of pages that other servers can get: a shop's, and a post's. The handle of a post's page says
// nothing, its id does.
var pageWithDocument = regexp.MustCompile(`^(?:/en)?/@([a-zA-Z0-9_]{1,30})(?:/([0-9a-f-]{36}))?$`)

// Envoi shows what other servers get of a page. What is private, or has not left yet, is sent to nobody, and shown to nobody here.
func (h *Handlers) Envoi(w http.ResponseWriter, r *http.Request) error {
	p, document, err := h.sentOf(r, r.URL.Query().Get("de"))
	if errors.Is(err, town.ErrNotFound) {
		p = PageEnvoi{}
		document, err = h.config.Documents.SentServer(r.Context())
	}
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, document, "", "  "); err != nil {
		return fmt.Errorf("indent what is sent: %w", err)
	}
	p.Document = indented.String()
	return h.show(w, r, http.StatusOK, p)
}

// sentOf finds what is sent of the page with a path; ErrNotFound for nothing.
func (h *Handlers) sentOf(r *http.Request, path string) (p PageEnvoi, document []byte, err error) {
	ctx, match := r.Context(), pageWithDocument.FindStringSubmatch(path)
	switch {
	case match == nil:
		return p, nil, town.ErrNotFound
	case match[2] == "":
		m, err := h.merchantCalled(r, match[1])
		if err != nil {
			return p, nil, err
		}
		p.Title, p.BackURL = m.Name, "/@"+m.Handle
		document, err = h.config.Documents.SentProfile(ctx, m.Handle)
		return p, document, err
	}
	id, err := readID(match[2])
	if err != nil {
		return p, nil, err
	}
	if document, err = h.config.Documents.SentPost(ctx, id); err != nil {
		return p, nil, err
	}
	post, _, err := h.config.Timeline.Post(ctx, id)
	if err != nil {
		return p, nil, err
	}
	p.Title, p.BackURL = orWords(titleOfPost(post), post.Merchant.Name), pathOf(post)
	return p, document, nil
}
