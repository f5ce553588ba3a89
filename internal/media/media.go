// Package media keeps photos: it takes what people upload and keeps what is safe to serve.
//
// Nothing of an upload is served as it came. Its kind is found by reading its header, never by a name or a claim; its
// size in pixels is known before anything is decoded; the pixels are turned upright, brought to sRGB, resized, and
// encoded anew. So position, serial numbers, thumbnails and whatever else hides in a file's bytes stay behind. What is
// kept are variants of a photo: JPEG always, and WebP where the program vipsthumbnail (Debian package libvips-tools)
// is installed.
//
// Decoding takes memory: about 100 MB for a photo of 12 megapixels. A Store decodes two at a time, whatever is asked
// of it; other uploads wait on disk.
package media

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"syscall"
)

const (
	// MaxBytes is the greatest size of an upload.
	MaxBytes = 25 << 20
	// MaxPixels is the greatest area of an upload, in pixels; one with 16 bits per channel may have half of it.
	MaxPixels = 40_000_000
	// MaxSide is the greatest width or height of an upload, in pixels.
	MaxSide = 20_000

	// JPEG and WebP are the media types of variants.
	JPEG = "image/jpeg"
	WebP = "image/webp"
)

// decoders is how many uploads are decoded at a time.
const decoders = 2

// A Photo is an upload that is kept. It holds all there is to know and is made to lie in a database as JSON.
type Photo struct {
	// Name is 128 random bits in 32 hexadecimal digits.
	Name string `json:"name"`
	// Width and Height are those of the largest variant, in pixels, upright.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Bytes is what all variants take on disk.
	Bytes int64 `json:"bytes"`
	// Variants are sorted by media type, JPEG first, then by width.
	Variants []Variant `json:"variants"`
}

// A Variant is a photo in one size and one format.
type Variant struct {
	// File is the name to serve it by, below Prefix: "ab/ab…-640.jpg".
	File string `json:"file"`
	// Width and Height are in pixels.
	Width  int `json:"width"`
	Height int `json:"height"`
	// MediaType is JPEG or WebP.
	MediaType string `json:"mediaType"`
	// Size is in bytes.
	Size int64 `json:"size"`
}

// Pick returns the smallest variant of a media type that is at least width wide, or the largest if none is. It returns
// false if there is none of that type.
func (p Photo) Pick(mediaType string, width int) (Variant, bool) {
	var best Variant
	found := false
	for _, v := range p.Variants {
		if v.MediaType == mediaType && (!found || best.Width < width) {
			best, found = v, true
		}
	}
	return best, found
}

// A Store keeps photos in a folder. It is safe for concurrent use, also by several processes on one folder.
type Store struct {
	folder   *folder
	files    Files
	space    func() (free, total uint64, err error)
	vips     string // path of vipsthumbnail, or empty
	log      *slog.Logger
	decoding chan struct{}
	webping  chan struct{}
}

// Open opens the folder dir, and makes it where it is missing. It looks for vipsthumbnail on the PATH once.
func Open(dir string, log *slog.Logger) (*Store, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("open media folder: %w", err)
	}
	s := &Store{
		folder: f, files: f, space: f.space, log: log,
		decoding: make(chan struct{}, decoders), webping: make(chan struct{}, 1),
	}
	if path, err := exec.LookPath("vipsthumbnail"); err == nil {
		s.vips = path
	}
	return s, nil
}

// Close lets go of the folder. Photos stay.
func (s *Store) Close() error { return s.folder.Close() }

// Add reads an upload and keeps it. When it returns without an error the photo is on disk and stays there, whatever
// happens to the process. The errors that a caller explains to people are ErrTooLarge, ErrTooManyPixels, ErrNotAPhoto
// (and ErrHEIC, which is one), ErrDamaged and ErrDiskFull; when it returns any error, nothing is kept.
func (s *Store) Add(ctx context.Context, r io.Reader) (Photo, error) {
	p, err := s.add(ctx, r)
	switch tooLarge := (*http.MaxBytesError)(nil); {
	case err == nil:
		return p, nil
	case errors.As(err, &tooLarge):
		err = fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		err = fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return Photo{}, fmt.Errorf("add photo: %w", err)
}

func (s *Store) add(ctx context.Context, r io.Reader) (Photo, error) {
	if err := s.checkSpace(); err != nil {
		return Photo{}, err
	}
	upload, err := s.folder.spool(ctx, r)
	if err != nil {
		return Photo{}, err
	}
	defer upload.Close()
	sizes, err := s.decode(ctx, upload)
	if err != nil {
		return Photo{}, err
	}

	largest := sizes[len(sizes)-1].Rect
	p := Photo{Name: newName(), Width: largest.Dx(), Height: largest.Dy()}
	encoded, err := encodeJPEG(sizes)
	if err != nil {
		return Photo{}, err
	}
	webp, err := s.encodeWebP(ctx, sizes)
	if err != nil {
		s.log.WarnContext(ctx, "photo is kept without WebP", "photo", p.Name, "error", err)
	}
	// WebP is there to be smaller. Where it is not, for a photo or a size of it, JPEG does.
	for i := range webp {
		if len(webp[i].content) < len(encoded[i].content) {
			encoded = append(encoded, webp[i])
		}
	}
	for _, e := range encoded {
		v := e.variant(p.Name)
		if err := s.files.Put(ctx, v.File, e.content); err != nil {
			// What was put already is taken back even where the caller went away.
			return Photo{}, errors.Join(err, s.Remove(context.WithoutCancel(ctx), p))
		}
		p.Variants = append(p.Variants, v)
		p.Bytes += v.Size
	}
	return p, nil
}

// checkSpace keeps a part of the disk free for what matters more than photos.
func (s *Store) checkSpace() error {
	free, total, err := s.space()
	if err != nil {
		return err
	}
	if free < 200<<20 || free < total/50 {
		return fmt.Errorf("%w: %d of %d bytes free", ErrDiskFull, free, total)
	}
	return nil
}

// Remove deletes a photo's files. Those that are gone already are no error.
func (s *Store) Remove(ctx context.Context, p Photo) error {
	var errs []error
	for _, v := range p.Variants {
		if _, ok := mediaType(v.File); !ok {
			errs = append(errs, fmt.Errorf("remove photo: %q is no name of a photo's file", v.File))
			continue
		}
		if err := s.files.Remove(ctx, v.File); err != nil {
			errs = append(errs, fmt.Errorf("remove photo: %w", err))
		}
	}
	return errors.Join(errs...)
}

// newName returns 128 random bits in hexadecimal digits.
func newName() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: the process ends if the system has no randomness
	return hex.EncodeToString(b[:])
}
