package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestMetadata plants what must not come out again.
func TestMetadata(t *testing.T) {
	t.Parallel()
	const secret = "SECRET-48.5134N-2.7653W"
	photo := asJPEG(t, landscape(1400, 900, 4), 90)
	photo = segment(photo, 0xE1, append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, 1, secret)...))
	photo = segment(photo, 0xE1, []byte("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+secret+"</x:xmpmeta>"))
	photo = segment(photo, 0xED, []byte("Photoshop 3.0\x008BIM\x04\x04"+secret))
	photo = segment(photo, 0xE2, []byte("ICC_PROFILE\x00\x01\x01"+secret))
	photo = segment(photo, 0xFE, []byte(secret))
	photo = append(photo, secret...)
	picture := asPNG(t, landscape(400, 300, 4))
	picture = chunk(picture, "eXIf", exif(binary.BigEndian, 1, secret))
	picture = chunk(picture, "tEXt", []byte("GPS\x00"+secret))
	picture = chunk(picture, "iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+secret))
	picture = append(picture, secret...)

	payloads := map[string][]byte{
		"W12/JPEG":         photo,
		"W12/PNG":          picture,
		"X9/GIF and JS":    append(asGIF(t, 1), "*/=1;alert('"+secret+"')//"...),
		"X9/GIF comment":   slices.Concat(asGIF(t, 1)[:len(asGIF(t, 1))-1], []byte("\x21\xfe"+string(byte(len(secret)))+secret+"\x00;")),
		"X9/JPEG and HTML": segment(asJPEG(t, landscape(400, 300, 0), 90), 0xFE, []byte("--><script>alert('"+secret+"')</script><!--")),
		"X9/PNG and PHP":   chunk(asPNG(t, landscape(400, 300, 0)), "teXt", []byte("<?php system('"+secret+"'); ?>")),
		"X9/JPEG and ZIP":  append(asJPEG(t, landscape(400, 300, 0), 90), "PK\x03\x04"+secret...),
	}
	forbidden := []string{secret, "Exif", "EXIF", "XMP ", "xmp", "Photoshop", "ICC", "<script", "<?php", "PK\x03\x04"}
	s := open(t)
	for name, upload := range payloads {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !bytes.Contains(upload, []byte(secret)) {
				t.Fatal("the upload has no secret to begin with")
			}
			for _, v := range add(t, s, upload).Variants {
				b := content(t, s, v)
				for _, f := range forbidden {
					if bytes.Contains(b, []byte(f)) {
						t.Errorf("%s contains %q", v.File, f)
					}
				}
				if v.MediaType != JPEG {
					continue
				}
				for marker := range jpegSegments(b) {
					if marker >= 0xE0 && marker <= 0xEF || marker == 0xFE {
						t.Errorf("%s has a segment %#x", v.File, marker)
					}
				}
			}
		})
	}
}

// TestRefused sends what is not a photo, or too much of one.
func TestRefused(t *testing.T) {
	t.Parallel()
	bomb := func(w, h uint32, depth byte) []byte {
		b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
		b = binary.BigEndian.AppendUint32(b, w)
		b = binary.BigEndian.AppendUint32(b, h)
		b = append(b, depth, 6, 0, 0, 0)
		b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
		return append(b, "\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e"...)
	}
	frame := asJPEG(t, landscape(64, 64, 0), 90)
	at := bytes.Index(frame, []byte{0xFF, 0xC0}) + 5
	hugeJPEG := slices.Clone(frame)
	copy(hugeJPEG[at:], "\xff\xff\xff\xff")
	flatJPEG := slices.Clone(frame)
	copy(flatJPEG[at:], "\x00\x00\x00\x40")
	hugeGIF := asGIF(t, 1)
	copy(hugeGIF[6:], "\xff\xff\xff\xff")
	tests := []struct {
		name   string
		upload string
		want   error
		kind   string
	}{
		{"U1/PNG of 30000 x 30000", string(bomb(30000, 30000, 8)), ErrTooManyPixels, ""},
		{"U1/PNG of 6000 x 6000 with 16 bits", string(bomb(6000, 6000, 16)), ErrTooManyPixels, ""},
		{"U1/PNG of one line", string(bomb(2_000_000_000, 1, 8)), ErrTooManyPixels, ""},
		{"U1/JPEG of 65535 x 65535", string(hugeJPEG), ErrTooManyPixels, ""},
		{"U1/GIF of 65535 x 65535", string(hugeGIF), ErrTooManyPixels, ""},
		{"U1/WebP of 16384 x 16384", "RIFF\x20\x00\x00\x00WEBPVP8L\x0a\x00\x00\x00\x2f\xff\xff\xff\x0f\x00\x00\x00\x00\x00", ErrTooManyPixels, ""},
		{"U1/animated WebP", "RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00", ErrNotAPhoto, "animated webp"},
		{"U1/PNG with a text of 4 GB", string(asPNG(t, landscape(9, 9, 0))[:33]) + "\xff\xff\xff\xffzTXt" + strings.Repeat("a", 1000), ErrDamaged, ""},
		{"U1/PNG without width", string(bomb(0, 5, 8)), ErrDamaged, ""},
		{"U1/JPEG without height", string(flatJPEG), ErrDamaged, ""},
		{"U2/JPEG header alone", string(frame[:20]), ErrDamaged, ""},
		{"U2/truncated JPEG", string(frame[:len(frame)/2]), ErrDamaged, ""},
		{"U2/truncated PNG", string(asPNG(t, landscape(64, 64, 90))[:500]), ErrDamaged, ""},
		{"U2/truncated GIF", string(asGIF(t, 1)[:30]), ErrDamaged, ""},
		{"U2/truncated WebP", string(asWebP(t)[:24]), ErrDamaged, ""},
		{"U3/25 MiB and one byte", string(append(frame, make([]byte, MaxBytes+1-len(frame))...)), ErrTooLarge, ""},
		{"U3/empty", "", ErrNotAPhoto, "empty"},
		{"X8/SVG", `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, ErrNotAPhoto, "svg"},
		{"X8/SVG with prolog", "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg/>", ErrNotAPhoto, "svg"},
		{"X8/XML with DOCTYPE", `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>`, ErrNotAPhoto, "xml"},
		{"X9/PDF", "%PDF-1.4\n%\xe2\xe3", ErrNotAPhoto, "pdf"},
		{"X10/HTML", "<!DOCTYPE html><script>alert(1)</script>", ErrNotAPhoto, "html"},
		{"X10/HTML after a mark", "\xef\xbb\xbf <script>alert(1)</script>", ErrNotAPhoto, "html"},
		{"X10/magic number alone", "\x89PNG\r\n\x1a\n<?php system('id'); ?>", ErrDamaged, ""},
		{"X10/script", "#!/bin/sh\n", ErrNotAPhoto, "unknown"},
		{"HEIC", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", ErrHEIC, "heic"},
		{"HEIC is no photo", "\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic", ErrNotAPhoto, "heic"},
		{"AVIF", "\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", ErrNotAPhoto, "avif"},
		{"video", "\x00\x00\x00\x18ftypqt  \x00\x00\x00\x00", ErrNotAPhoto, "video"},
		{"TIFF", "II*\x00\x08\x00\x00\x00", ErrNotAPhoto, "tiff"},
	}
	s := open(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := s.Add(t.Context(), strings.NewReader(tt.upload))
			if !errors.Is(err, tt.want) || p.Variants != nil {
				t.Errorf("got photo %+v and error %v, want %v", p, err, tt.want)
			}
			kind := ""
			if not := (*NotAPhotoError)(nil); errors.As(err, &not) {
				kind = not.Kind
			}
			if kind != tt.kind {
				t.Errorf("got kind %q, want %q", kind, tt.kind)
			}
			if heic := tt.kind == "heic"; errors.Is(err, ErrHEIC) != heic || heic && !errors.Is(err, ErrNotAPhoto) {
				t.Errorf("got HEIC %t, not a photo %t, want HEIC %t", errors.Is(err, ErrHEIC), errors.Is(err, ErrNotAPhoto), heic)
			}
		})
	}
	t.Cleanup(func() {
		if names := kept(t, s); len(names) != 0 {
			t.Errorf("refused uploads left files: %v", names)
		}
	})
}

// TestBombTakesNoMemory is the T10 upload: decoding it would take 3.4 GB. It counts all memory ever asked for.
func TestBombTakesNoMemory(t *testing.T) {
	s := open(t)
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x75\x30\x00\x00\x75\x30\x08\x06\x00\x00\x00")
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
	b = append(b, "\x00\x00\x00\x00IDAT\x35\xaf\x06\x1e\x00\x00"...)
	if len(b) != 47 {
		t.Fatalf("bomb has %d bytes, want 47", len(b))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := s.Add(t.Context(), bytes.NewReader(b))
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrTooManyPixels) {
		t.Errorf("got error %v, want %v", err, ErrTooManyPixels)
	}
	if got, want := after.TotalAlloc-before.TotalAlloc, uint64(64<<20); got > want {
		t.Errorf("allocated %d bytes, want less than %d", got, want)
	}
}

// TestFlippedBits: whatever happens to a photo's bytes, Add returns a photo or says that it is damaged.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.vips = "" // WebP adds nothing here but time
	r := rand.New(rand.NewPCG(3, 4))
	for name, upload := range map[string][]byte{
		"jpeg": segment(asJPEG(t, landscape(64, 48, 30), 90), 0xE1, append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, 6, "x")...)),
		"png":  asPNG(t, landscape(64, 48, 30)),
		"gif":  asGIF(t, 3),
		"webp": asWebP(t),
	} {
		t.Run("U2/"+name, func(t *testing.T) {
			for range 60 {
				broken := slices.Clone(upload)
				for range 1 + r.IntN(4) {
					broken[r.IntN(len(broken))] ^= 1 << r.IntN(8)
				}
				_, err := s.Add(t.Context(), bytes.NewReader(broken))
				if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNotAPhoto) && !errors.Is(err, ErrTooManyPixels) {
					t.Errorf("got error %v", err)
				}
			}
		})
	}
}

// FuzzHeader holds inspect to its promise: what it lets through has few pixels, and it takes little memory to say so.
func FuzzHeader(f *testing.F) {
	f.Add(asJPEG(f, landscape(9, 9, 0), 50))
	f.Add(asPNG(f, landscape(9, 9, 0)))
	f.Add(asGIF(f, 2))
	f.Add(asWebP(f))
	f.Add([]byte("\x00\x00\x00\x18ftypheic"))
	f.Add([]byte("<svg"))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := inspect(data)
		if err != nil {
			if !errors.Is(err, ErrNotAPhoto) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrTooManyPixels) {
				t.Errorf("got error %v", err)
			}
			return
		}
		c, err := k.config(bytes.NewReader(data))
		if err != nil || c.Width > MaxSide || c.Height > MaxSide || c.Width*c.Height > MaxPixels {
			t.Errorf("let through %s of %d x %d, error %v", k.name, c.Width, c.Height, err)
		}
		if c.Width*c.Height < 1<<16 {
			pictures(data)
		}
	})
}
