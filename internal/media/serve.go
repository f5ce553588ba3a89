package media

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

// Prefix is the path below which Handler serves files: Prefix + Variant.File.
const Prefix = "/media/"

// Handler serves the files of photos below Prefix. It looks at the path and at nothing else to decide what to send:
// exactly the names that Add gives are served, as JPEG or WebP, and the rest is not found. A file never changes, so
// answers may be kept for ever; a browser that opens one directly may run nothing in it.
func (s *Store) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		// The path as it was sent: a name that must be decoded first is none of ours.
		name, below := strings.CutPrefix(r.URL.EscapedPath(), Prefix)
		contentType, ok := mediaType(name)
		if !below || !ok {
			notFound(w)
			return
		}
		file, err := s.files.Open(r.Context(), name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			notFound(w)
			return
		case err != nil:
			s.log.ErrorContext(r.Context(), "open photo", "file", name, "error", err)
			h.Set("Cache-Control", "no-store")
			http.Error(w, "photo cannot be read", http.StatusInternalServerError)
			return
		}
		defer file.Close()
		h.Set("Content-Type", contentType)
		h.Set("Content-Disposition", "inline")
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("ETag", `"`+path.Base(name)+`"`)
		http.ServeContent(w, r, "", time.Time{}, file)
	})
}

func notFound(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "not found", http.StatusNotFound)
}

// mediaType returns the type of a file by its name, and false for a name that Add does not give: two digits, a slash,
// the same two and thirty more, a dash, a width, an ending.
func mediaType(name string) (string, bool) {
	dir, file, ok := strings.Cut(name, "/")
	if !ok || len(dir) != 2 || len(file) < 32 || file[:2] != dir || strings.Trim(file[:32], "0123456789abcdef") != "" {
		return "", false
	}
	width, ending, ok := strings.Cut(file[32:], ".")
	if !ok || len(width) < 2 || len(width) > 5 || width[0] != '-' || width[1] == '0' || strings.Trim(width[1:], "0123456789") != "" {
		return "", false
	}
	for _, f := range []struct{ ending, mediaType string }{{"jpg", JPEG}, {"webp", WebP}} {
		if ending == f.ending {
			return f.mediaType, true
		}
	}
	return "", false
}
