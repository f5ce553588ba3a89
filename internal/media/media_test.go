package media

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/webp"
)

func TestAdd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		upload []byte
		widths []int
		height int // of the largest
	}{
		{"JPEG", asJPEG(t, landscape(2000, 1500, 0), 90), []int{320, 640, 1280}, 960},
		{"upright JPEG", asJPEG(t, landscape(1500, 2000, 0), 90), []int{320, 640, 1280}, 1707},
		{"odd size", asJPEG(t, landscape(2567, 1441, 0), 90), []int{320, 640, 1280}, 719},
		{"PNG", asPNG(t, landscape(700, 500, 0)), []int{320, 640, 700}, 500},
		{"width of a variant", asPNG(t, landscape(640, 10, 0)), []int{320, 640}, 10},
		{"small PNG", asPNG(t, landscape(5, 4, 0)), []int{5}, 4},
		{"one pixel", asPNG(t, landscape(1, 1, 0)), []int{1}, 1},
		{"long strip", asPNG(t, landscape(100, 10_000, 0)), []int{26}, 2560},
		{"flat strip", asPNG(t, landscape(10_000, 1, 0)), []int{320, 640, 1280}, 1},
		{"grey", asJPEG(t, image.NewGray(image.Rect(0, 0, 400, 300)), 90), []int{320, 400}, 300},
		{"16 bits", asPNG(t, image.NewNRGBA64(image.Rect(0, 0, 400, 300))), []int{320, 400}, 300},
		{"GIF", asGIF(t, 1), []int{8}, 8},
		{"U1/GIF of many frames", asGIF(t, 1000), []int{8}, 8},
		{"WebP", asWebP(t), []int{8}, 8},
		{"X10/no end of file marker", append(asJPEG(t, landscape(400, 300, 0), 90), "trailing bytes"...), []int{320, 400}, 300},
	}
	s := open(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := add(t, s, tt.upload)
			var widths []int
			total := int64(0)
			for _, v := range p.Variants {
				b := content(t, s, v)
				total += int64(len(b))
				decode := jpeg.DecodeConfig
				if v.MediaType == WebP {
					decode = webp.DecodeConfig
				} else {
					widths = append(widths, v.Width)
				}
				c, err := decode(bytes.NewReader(b))
				if err != nil || c.Width != v.Width || c.Height != v.Height || int64(len(b)) != v.Size {
					t.Errorf("%s: got %d x %d pixels, %d bytes, error %v; want %+v", v.File, c.Width, c.Height, len(b), err, v)
				}
			}
			if !slices.Equal(widths, tt.widths) || p.Width != tt.widths[len(tt.widths)-1] || p.Height != tt.height {
				t.Errorf("got widths %v of %d x %d, want %v of height %d", widths, p.Width, p.Height, tt.widths, tt.height)
			}
			if p.Bytes != total {
				t.Errorf("Bytes: got %d, want %d", p.Bytes, total)
			}
			var again Photo
			if b, err := json.Marshal(p); err != nil {
				t.Error(err)
			} else if err := json.Unmarshal(b, &again); err != nil || fmt.Sprint(again) != fmt.Sprint(p) {
				t.Errorf("JSON and back: got %+v, error %v, want %+v", again, err, p)
			}
		})
	}
}

// TestPhonePhoto is what a phone sends: 12 megapixels, 5 MB, held upright.
func TestPhonePhoto(t *testing.T) {
	s := open(t)
	upload := asJPEG(t, landscape(4032, 3024, 40), 92)
	upload = segment(upload, 0xE1, append([]byte("Exif\x00\x00"), exif(binary.BigEndian, 6, "x")...))
	if len(upload) < 5_000_000 || len(upload) > MaxBytes {
		t.Fatalf("the upload has %d bytes, want about 5 MB or more", len(upload))
	}
	p := add(t, s, upload)
	if p.Width != 1280 || p.Height != 1707 {
		t.Errorf("got %d x %d, want 1280 x 1707", p.Width, p.Height)
	}
	// Upper left of what is seen is lower left of what is stored: no red, much green.
	if r, g, _, _ := largest(t, s, p).At(30, 30).RGBA(); r>>8 > 70 || g>>8 < 170 {
		t.Errorf("upper left: got red %d, green %d", r>>8, g>>8)
	}
}

// TestWebP needs vipsthumbnail where it is; where it is not, there is none, and photos are kept all the same.
func TestWebP(t *testing.T) {
	t.Parallel()
	upload := asJPEG(t, landscape(1500, 1000, 20), 92)
	t.Run("with the program that is installed, or without", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		want := 0
		if _, err := exec.LookPath("vipsthumbnail"); err == nil {
			want = 3
		}
		p := add(t, s, upload)
		got := 0
		for _, v := range p.Variants {
			if v.MediaType == WebP {
				got++
				if j, _ := p.Pick(JPEG, v.Width); j.Width != v.Width || j.Size <= v.Size {
					t.Errorf("got WebP %+v beside JPEG %+v, want it smaller", v, j)
				}
			}
		}
		if got != want {
			t.Errorf("got %d WebP variants, want %d", got, want)
		}
	})
	for name, script := range map[string]string{
		"fails":               "#!/bin/sh\necho broken >&2\nexit 1\n",
		"writes nothing":      "#!/bin/sh\nexit 0\n",
		"writes other things": "#!/bin/sh\nfor f in 320 640 1280; do echo '<script>' >$f.webp; done\n",
		"writes other sizes":  "#!/bin/sh\nfor f in 320 640 1280; do cp \"$HOME/../../red.webp\" $f.webp; done\n",
		"writes links":        "#!/bin/sh\nfor f in 320 640 1280; do ln -s /etc/passwd $f.webp; done\n",
	} {
		t.Run("a program that "+name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.vips = filepath.Join(t.TempDir(), "vipsthumbnail")
			if err := os.WriteFile(s.vips, []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(s.folder.path, "red.webp"), asWebP(t), 0o644); err != nil {
				t.Fatal(err)
			}
			p := add(t, s, upload)
			if len(p.Variants) != 3 || p.Variants[0].MediaType != JPEG || p.Variants[2].MediaType != JPEG {
				t.Errorf("got variants %+v, want three JPEG", p.Variants)
			}
			if left := kept(t, s); len(left) != 4 {
				t.Errorf("got files %v, want three and the one of the test", left)
			}
		})
	}
}

func TestPick(t *testing.T) {
	t.Parallel()
	p := Photo{Variants: []Variant{{Width: 320, MediaType: JPEG}, {Width: 640, MediaType: JPEG}, {Width: 320, MediaType: WebP}}}
	for _, tt := range []struct {
		mediaType   string
		width, want int
		ok          bool
	}{{JPEG, 1, 320, true}, {JPEG, 320, 320, true}, {JPEG, 321, 640, true}, {JPEG, 9999, 640, true}, {WebP, 640, 320, true}, {"image/gif", 1, 0, false}} {
		if got, ok := p.Pick(tt.mediaType, tt.width); got.Width != tt.want || ok != tt.ok {
			t.Errorf("Pick(%s, %d): got %d %t, want %d %t", tt.mediaType, tt.width, got.Width, ok, tt.want, tt.ok)
		}
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	s := open(t)
	p, other := add(t, s, asJPEG(t, landscape(700, 500, 0), 90)), add(t, s, asGIF(t, 1))
	for range 2 {
		if err := s.Remove(t.Context(), p); err != nil {
			t.Errorf("Remove: %v", err)
		}
	}
	if got, want := len(kept(t, s)), len(other.Variants); got != want {
		t.Errorf("got %d files, want the %d of the other photo", got, want)
	}
	outside := filepath.Join(filepath.Dir(s.folder.path), "outside.jpg")
	if err := os.WriteFile(outside, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../outside.jpg", outside, "", ".", "tmp", "ab"} {
		if err := s.Remove(t.Context(), Photo{Variants: []Variant{{File: name}}}); err == nil {
			t.Errorf("U4: Remove of %q: got no error", name)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("U4: file outside: %v", err)
	}
}

func BenchmarkAdd(b *testing.B) {
	upload := asJPEG(b, landscape(4032, 3024, 20), 90)
	for _, program := range []string{"JPEG", "JPEG and WebP"} {
		b.Run(program, func(b *testing.B) {
			s := open(b)
			if program == "JPEG" {
				s.vips = ""
			}
			b.SetBytes(int64(len(upload)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Add(b.Context(), bytes.NewReader(upload)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
