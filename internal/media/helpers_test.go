package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestMain is also the process that TestKilled kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv("MEDIA_TEST_ADD_TO"); dir != "" {
		os.Exit(addForEver(dir))
	}
	os.Exit(m.Run())
}

func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "media"), slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	// What the disk of the machine holds is no matter of these tests, except of the one that asks for it.
	s.space = func() (uint64, uint64, error) { return 1 << 40, 1 << 41, nil }
	return s
}

// add adds an upload that must be taken.
func add(t testing.TB, s *Store, upload []byte) Photo {
	t.Helper()
	p, err := s.Add(t.Context(), bytes.NewReader(upload))
	if err != nil {
		t.Fatalf("Add: %v", err)
	}
	return p
}

// content reads a variant as it is served.
func content(t testing.TB, s *Store, v Variant) []byte {
	t.Helper()
	f, err := s.files.Open(t.Context(), v.File)
	if err != nil {
		t.Fatalf("open variant: %v", err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatalf("read variant: %v", err)
	}
	return b
}

// largest decodes the largest JPEG of a photo.
func largest(t testing.TB, s *Store, p Photo) image.Image {
	t.Helper()
	v, ok := p.Pick(JPEG, 1<<20)
	if !ok {
		t.Fatalf("photo has no JPEG: %+v", p)
	}
	img, err := jpeg.Decode(bytes.NewReader(content(t, s, v)))
	if err != nil {
		t.Fatalf("decode %s: %v", v.File, err)
	}
	return img
}

// landscape draws a smooth picture with some noise, which a camera's is.
func landscape(w, h, noise int) *image.RGBA {
	r := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			n := 0
			if noise > 0 {
				n = int(r.Uint32() % uint32(noise))
			}
			copy(img.Pix[img.PixOffset(x, y):], []byte{byte(x*200/w + n), byte(y*200/h + n), byte(120 + n), 255})
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatalf("encode JPEG: %v", err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatalf("encode PNG: %v", err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, frames int) []byte {
	t.Helper()
	var g gif.GIF
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}})
		for j := range p.Pix {
			p.Pix[j] = byte(min(i+1, 2))
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 1)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatalf("encode GIF: %v", err)
	}
	return b.Bytes()
}

// asWebP is a WebP picture of 8 x 8 red pixels, lossless, encoded by libvips 8.14.
func asWebP(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/red.webp")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// segment puts a segment behind the start of a JPEG.
func segment(upload []byte, marker byte, payload []byte) []byte {
	s := []byte{0xFF, marker, 0, 0}
	binary.BigEndian.PutUint16(s[2:], uint16(len(payload)+2))
	return slices.Concat(upload[:2], s, payload, upload[2:])
}

// chunk puts a chunk behind the header of a PNG.
func chunk(upload []byte, name string, payload []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	c = append(append(c, name...), payload...)
	c = binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	return slices.Concat(upload[:33], c, upload[33:])
}

// exif returns a TIFF structure with an orientation and a text, which stands for a position.
func exif(order binary.AppendByteOrder, orientation int, text string) []byte {
	b := []byte("II*\x00")
	if order.String() == binary.BigEndian.String() {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, uint16(orientation))
	b = order.AppendUint16(b, 0)
	b = order.AppendUint16(b, 0x8825)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint32(b, uint32(len(text)))
	b = order.AppendUint32(b, 38)
	b = order.AppendUint32(b, 0)
	return append(b, text...)
}

// kept lists the files of a store, those that are not finished included.
func kept(t testing.TB, s *Store) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(s.folder.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatalf("list files: %v", err)
	}
	return names
}

// addForEver adds photos and prints each one that was kept.
func addForEver(dir string) int {
	s, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s.vips = ""
	s.space = func() (uint64, uint64, error) { return 1 << 40, 1 << 41, nil }
	var upload bytes.Buffer
	if err := jpeg.Encode(&upload, landscape(400, 300, 9), nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for {
		p, err := s.Add(context.Background(), bytes.NewReader(upload.Bytes()))
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(p)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
}
