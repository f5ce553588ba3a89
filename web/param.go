package web

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"bourg/internal/town"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// idIn reads an id in the address. What is none is not found, as an unknown one is.
func idIn(r *http.Request, name string) (uuid.UUID, error) { return readID(chi.URLParam(r, name)) }

// readID takes the one spelling that we write.
func readID(s string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil || id.String() != s {
		return uuid.Nil, town.ErrNotFound
	}
	return id, nil
}

var handlePattern = regexp.MustCompile(`^[a-z0-9_]{1,30}$`)

// merchantIn finds the merchant whose handle stands in the address, in any letter case.
func (h *Handlers) merchantIn(r *http.Request) (*town.Merchant, error) {
	return h.merchantCalled(r, chi.URLParam(r, "handle"))
}

func (h *Handlers) merchantCalled(r *http.Request, handle string) (*town.Merchant, error) {
	if handle = strings.ToLower(handle); !handlePattern.MatchString(handle) {
		return nil, town.ErrNotFound
	}
	return h.config.Directory.MerchantByHandle(r.Context(), handle)
}

// ownPost finds the post in the address if the visitor may change it. What is another's is not found.
func (h *Handlers) ownPost(r *http.Request, v *visitor) (*town.Post, error) {
	id, err := idIn(r, "post")
	if err != nil {
		return nil, err
	}
	post, err := h.config.Publisher.Own(r.Context(), v.author(), id)
	return post, hidden(err)
}

// newKey makes the value of "cle" in a form.
func newKey() string { return uuid.NewString() }

// readKey reads "cle"; zero for none.
func readKey(s string) uuid.UUID {
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// hidden makes "not yours" into "not found": whoever guesses ids learns nothing from the difference.
func hidden(err error) error {
	if errors.Is(err, town.ErrForbidden) {
		return town.ErrNotFound
	}
	return err
}
