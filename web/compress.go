package web

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// pageLevel is the effort for pages, which are compressed while somebody waits: level 5 of this library costs about a fifth of
// the standard library's level 6 for the same size.
const pageLevel = 5

// compress packs content at the given level.
func compress(content []byte, level int) ([]byte, error) {
	var b bytes.Buffer
	zw, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		return nil, err
	}
	if _, err := zw.Write(content); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// packer compresses pages with writers that are used again: a fresh one claims several hundred kilobytes.
type packer struct{ pool sync.Pool }

func (p *packer) pack(content []byte) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(len(content) / 3)
	zw, ok := p.pool.Get().(*gzip.Writer)
	if !ok {
		var err error
		if zw, err = gzip.NewWriterLevel(&b, pageLevel); err != nil {
			return nil, err
		}
	} else {
		zw.Reset(&b)
	}
	defer p.pool.Put(zw)
	if _, err := zw.Write(content); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3): gzip or the star with a weight above zero.
func acceptsGzip(r *http.Request) bool {
	star := false
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name != "gzip" && name != "*" {
			continue
		}
		weight := 1.0
		if q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q="); ok {
			w, err := strconv.ParseFloat(q, 64)
			if err != nil {
				continue
			}
			weight = w
		}
		if name == "gzip" {
			return weight > 0
		}
		star = weight > 0
	}
	return star
}
