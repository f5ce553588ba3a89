package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"bourg/internal/media"
	"bourg/internal/town"
)

// The greatest forms.
const (
	maxForm   = 1 << 20                // bytes
	maxUpload = media.MaxBytes + 1<<20 // bytes of a form with a photo
	maxFields = 1000
	maxField  = 64 << 10 // bytes of one field beside a photo
)

// Protect refuses forms that another site sends in a visitor's name. It stands around every POST of people. Beyond net/http's
// rule it wants a browser's word for it, Sec-Fetch-Site or Origin, which all browsers send with a POST.
func (h *Handlers) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		silent := r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == ""
		if silent || h.guard.Check(r) != nil {
			h.ErrorPage(w, r, http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// readForm reads a form without files.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, refusal{status: http.StatusUnsupportedMediaType, why: "not a form"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		return nil, err
	}
	if strings.Count(string(body), "&") >= maxFields {
		return nil, refusal{status: http.StatusBadRequest, why: "too many fields"}
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, refusal{status: http.StatusBadRequest, why: "malformed form"}
	}
	for _, all := range values {
		for i := range all {
			all[i] = clean(all[i])
		}
	}
	return values, nil
}

// clean leaves out of what was typed what no text has: NUL, and bytes that are no UTF-8.
func clean(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "") }

// uploaded is a form with at most one photo.
type uploaded struct {
	url.Values
	photo *town.Photo // kept already, as a loose photo of the merchant; nil where none was sent, or it was refused
	fault error       // why the photo was refused
}

// readUpload reads a form that may bring a photo in the named field. The photo goes from the network into the store and is
// the merchant's from then on. Where it is refused, the rest of the form is read all the same, so that nothing else is lost.
func (h *Handlers) readUpload(w http.ResponseWriter, r *http.Request, v *visitor, field string) (*uploaded, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		values, err := readForm(w, r)
		return &uploaded{Values: values}, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, refusal{status: http.StatusBadRequest, why: "malformed form"}
	}
	form := &uploaded{Values: url.Values{}}
	total := 0
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return form, nil
		}
		if err != nil {
			return nil, malformed(err)
		}
		if n >= maxFields {
			return nil, refusal{status: http.StatusBadRequest, why: "too many fields"}
		}
		if part.FormName() == field && part.FileName() != "" {
			if err := h.addPhoto(r, v, form, part); err != nil {
				return nil, err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, maxField+1))
		if err != nil {
			return nil, malformed(err)
		}
		if total += len(value); len(value) > maxField || total > maxForm {
			return nil, refusal{status: http.StatusRequestEntityTooLarge, why: "a field is too long"}
		}
		form.Add(part.FormName(), clean(string(value)))
	}
}

// malformed keeps the error of a form that is too large, and takes the others for the sender's mistake.
func malformed(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return refusal{status: http.StatusBadRequest, why: "malformed form: " + err.Error()}
}

// errQuota means that a merchant has sent as many bytes of photos as a day allows.
var errQuota = errors.New("too many photos for one day")

// counter counts what is read through it.
type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}

func (h *Handlers) addPhoto(r *http.Request, v *visitor, form *uploaded, part *multipart.Part) error {
	if form.photo != nil || form.fault != nil {
		return refusal{status: http.StatusBadRequest, why: "two photos"}
	}
	merchant := v.merchant.ID.String()
	if err := h.limits.uploads.take(merchant); err != nil {
		return err
	}
	if h.limits.bytes.spent(merchant) {
		form.fault = errQuota
		return nil
	}
	counted := &counter{r: part}
	stored, err := h.config.Photos.Add(r.Context(), counted)
	h.limits.bytes.charge(merchant, counted.n)
	if _, _, known := photoFault(err); known {
		form.fault = err
		return nil
	}
	if err != nil {
		return err
	}
	photo := PhotoOf(stored)
	if err := h.config.Publisher.AddPhoto(r.Context(), v.author(), v.merchant.ID, photo); err != nil {
		return err
	}
	form.photo = photo
	return nil
}
