package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

//go:embed static
var staticFiles embed.FS

// staticPrefix is the folder of the static files in addresses.
const staticPrefix = "/static/"

// contentTypes are the kinds of static files. A file of another kind is a mistake in the build.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".jpg":   "image/jpeg",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8",
}

// Static serves the files that are built into the program, each under an address that holds a hash of its content, so that
// browsers may keep it for ever. It is an http.Handler for "/static/". It is safe for concurrent use.
type Static struct {
	urls  map[string]string // "bourg.css" -> "/static/bourg.3f2a9c01.css"
	files map[string]asset  // by the last part of the address
}

type asset struct {
	contentType string
	plain, gzip []byte // gzip is nil where it would not be smaller
}

// NewStatic reads, hashes and compresses the files. The style sheet's addresses of fonts are rewritten to the hashed ones.
func NewStatic() (*Static, error) {
	s := &Static{urls: map[string]string{}, files: map[string]asset{}}
	var sheets []string
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if path.Ext(name) == ".css" { // last, because it names the others
			sheets = append(sheets, name)
			return nil
		}
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		return s.add(name, content)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the static files: %w", err)
	}
	for _, name := range sheets {
		content, err := staticFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading the static files: %w", err)
		}
		if err := s.add(name, s.rewrite(content)); err != nil {
			return nil, fmt.Errorf("reading the static files: %w", err)
		}
	}
	return s, nil
}

func (s *Static) add(name string, content []byte) error {
	ext := path.Ext(name)
	contentType, ok := contentTypes[ext]
	if !ok {
		return fmt.Errorf("%s: unknown kind of file", name)
	}
	base := path.Base(name)
	if _, twice := s.urls[base]; twice {
		return fmt.Errorf("%s: the name is taken", name)
	}
	file := strings.TrimSuffix(base, ext) + "." + contentHash(content) + ext
	a := asset{contentType: contentType, plain: content}
	if ext != ".jpg" && ext != ".woff2" {
		packed, err := compress(content, gzip.BestCompression)
		if err != nil {
			return fmt.Errorf("compressing %s: %w", name, err)
		}
		if len(packed) < len(content) {
			a.gzip = packed
		}
	}
	s.urls[base] = staticPrefix + file
	s.files[file] = a
	return nil
}

// rewrite puts the hashed names of fonts into a style sheet, which lies in the same folder.
func (s *Static) rewrite(sheet []byte) []byte {
	for base, url := range s.urls {
		if path.Ext(base) == ".woff2" {
			sheet = bytes.ReplaceAll(sheet, []byte("url(fonts/"+base+")"), []byte("url("+path.Base(url)+")"))
		}
	}
	return sheet
}

// URL gives the address of a file by its plain name ("bourg.css"); it is empty for a name that does not exist.
func (s *Static) URL(name string) string { return s.urls[name] }

// ServeHTTP answers for the static files and for the style sheets of town colours, see [Theme].
func (s *Static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, staticPrefix)
	a, found := s.files[name]
	if !found {
		a, found = themeAsset(name)
	}
	if !ok || !found {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'")
	body := a.plain
	if a.gzip != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body = a.gzip
		}
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func contentHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:6])
}
