package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/image/webp"
)

const (
	// webpTimeout is how long vipsthumbnail may take for all sizes of a photo. It takes about a second.
	webpTimeout = 20 * time.Second
	// maxWebP is how much of a WebP file is read, in bytes.
	maxWebP = 4 << 20
)

// encodeWebP encodes each size by vipsthumbnail, and returns nothing where that is not installed. The program never
// sees an upload: it gets pixels that were decoded here, in the plainest of formats (PPM), in a folder of its own, and
// of what it writes only the picture is taken over.
func (s *Store) encodeWebP(ctx context.Context, sizes []*image.RGBA) ([]encoded, error) {
	if s.vips == "" {
		return nil, nil
	}
	select {
	case s.webping <- struct{}{}:
		defer func() { <-s.webping }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	name := path.Join(temporary, newName())
	if err := s.folder.root.Mkdir(name, 0o700); err != nil {
		return nil, fmt.Errorf("encode WebP: %w", err)
	}
	out, err := s.runVips(ctx, name, sizes)
	if err := errors.Join(err, s.folder.root.RemoveAll(name)); err != nil {
		return nil, fmt.Errorf("encode WebP: %w", err)
	}
	return out, nil
}

// runVips does so within the temporary folder of that name.
func (s *Store) runVips(ctx context.Context, name string, sizes []*image.RGBA) ([]encoded, error) {
	dir := filepath.Join(s.folder.path, name)
	// The size is a bound that none of the pictures exceeds, so that each stays as large as it is.
	args := []string{"--size", fmt.Sprintf("%dx%d>", maxWidth, maxHeight), "--output", "%s.webp[Q=72,strip]"}
	for _, img := range sizes {
		file := fmt.Sprintf("%d.ppm", img.Rect.Dx())
		args = append(args, file)
		if err := s.folder.root.WriteFile(path.Join(name, file), ppm(img), 0o600); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, webpTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.vips, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir, "HOME=" + dir, "LC_ALL=C", "VIPS_CONCURRENCY=1"}
	cmd.WaitDelay = time.Second
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("vipsthumbnail: %w: %.500s", err, said)
	}
	var out []encoded
	for _, img := range sizes {
		content, err := s.readWebP(path.Join(name, fmt.Sprintf("%d.webp", img.Rect.Dx())), img.Rect.Size())
		if err != nil {
			return nil, err
		}
		out = append(out, encoded{WebP, img.Rect.Dx(), img.Rect.Dy(), content})
	}
	return out, nil
}

// readWebP reads what vipsthumbnail wrote, if it is WebP of the size that was asked for, and keeps the picture of it:
// the program adds Exif data, some versions even where "strip" is said.
func (s *Store) readWebP(name string, size image.Point) ([]byte, error) {
	file, err := s.folder.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	written, err := io.ReadAll(io.LimitReader(file, maxWebP))
	if err != nil {
		return nil, err
	}
	content := bare(written)
	c, err := webp.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("read what vipsthumbnail wrote: %w", err)
	}
	if c.Width != size.X || c.Height != size.Y {
		return nil, fmt.Errorf("vipsthumbnail wrote %d x %d pixels, want %d x %d", c.Width, c.Height, size.X, size.Y)
	}
	return content, nil
}

// bare returns a WebP file with the chunk of the picture and no other (RFC 9649, sections 2.5 and 2.6), or nothing if
// there is none.
func bare(file []byte) []byte {
	for name, payload := range chunks(file[min(12, len(file)):], binary.LittleEndian, false) {
		if name != "VP8 " && name != "VP8L" {
			continue
		}
		padded := len(payload) + len(payload)&1
		out := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len("WEBP")+8+padded))
		out = append(append(out, "WEBP"...), name...)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(payload)))
		out = append(out, payload...)
		return append(out, 0)[:20+padded]
	}
	return nil
}

// ppm writes a picture as a portable pixmap: a line of text and three bytes for each pixel.
func ppm(img *image.RGBA) []byte {
	out := fmt.Appendf(nil, "P6\n%d %d\n255\n", img.Rect.Dx(), img.Rect.Dy())
	for i := 0; i < len(img.Pix); i += 4 {
		out = append(out, img.Pix[i:i+3]...)
	}
	return out
}
