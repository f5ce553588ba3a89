package media

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// A kind is a format that photos come in.
type kind struct {
	name   string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error) // of an animation, the first picture
}

// inspect finds what an upload is by reading its header, and refuses what must not be decoded. It takes little memory
// whatever the header says.
func inspect(data []byte) (kind, error) {
	k, ok := kindOf(data)
	if !ok {
		return kind{}, &NotAPhotoError{Kind: guess(data)}
	}
	if k.name == "webp" && animated(data) {
		return kind{}, &NotAPhotoError{Kind: "animated webp"}
	}
	c, err := k.config(bytes.NewReader(data))
	if err != nil {
		return kind{}, fmt.Errorf("%w: read %s header: %w", ErrDamaged, k.name, err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return kind{}, fmt.Errorf("%w: %s of %d x %d pixels", ErrDamaged, k.name, c.Width, c.Height)
	}
	limit := int64(MaxPixels)
	switch c.ColorModel {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		limit /= 2
	}
	if c.Width > MaxSide || c.Height > MaxSide || int64(c.Width)*int64(c.Height) > limit {
		return kind{}, fmt.Errorf("%w: %s of %d x %d pixels", ErrTooManyPixels, k.name, c.Width, c.Height)
	}
	return k, nil
}

// kindOf tells the formats by the bytes that they begin with.
func kindOf(data []byte) (kind, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return kind{"jpeg", jpeg.DecodeConfig, jpeg.Decode}, true
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return kind{"png", png.DecodeConfig, png.Decode}, true
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return kind{"gif", gif.DecodeConfig, gif.Decode}, true
	case len(data) >= 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return kind{"webp", webp.DecodeConfig, webp.Decode}, true
	}
	return kind{}, false
}

// animated says whether a WebP file has the animation flag of its VP8X chunk (RFC 9649, section 2.7.1).
func animated(data []byte) bool {
	return len(data) > 20 && string(data[12:16]) == "VP8X" && data[20]&0x02 != 0
}

// guess names what is not a photo, for an error message.
func guess(data []byte) string {
	if len(data) == 0 {
		return "empty"
	}
	if len(data) >= 12 && string(data[4:8]) == "ftyp" {
		// The brand of an ISO base media file (ISO/IEC 14496-12, section 4.3).
		switch string(data[8:12]) {
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "msf1":
			return "heic"
		case "avif", "avis":
			return "avif"
		case "crx ":
			return "raw"
		}
		return "video"
	}
	for _, m := range []struct{ begin, kind string }{
		{"%PDF-", "pdf"}, {"PK\x03\x04", "zip"}, {"II*\x00", "tiff"}, {"MM\x00*", "tiff"}, {"BM", "bmp"}, {"\x1aE\xdf\xa3", "video"},
	} {
		if bytes.HasPrefix(data, []byte(m.begin)) {
			return m.kind
		}
	}
	head := bytes.ToLower(data[:min(len(data), 1024)])
	text := bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"), []byte("<"))
	switch {
	case text && bytes.Contains(head, []byte("<svg")):
		return "svg"
	case text && (bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<!doctype html")) || bytes.Contains(head, []byte("<script"))):
		return "html"
	case text && bytes.Contains(head, []byte("<?xml")):
		return "xml"
	}
	return "unknown"
}
