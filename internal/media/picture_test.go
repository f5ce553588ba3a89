package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"testing"
)

// TestFirstFrame: of an animation, the first picture stays.
func TestFirstFrame(t *testing.T) {
	t.Parallel()
	s := open(t)
	if r, g, _, _ := largest(t, s, add(t, s, asGIF(t, 3))).At(4, 4).RGBA(); r < 0xF000 || g > 0x1000 {
		t.Errorf("got red %#x and green %#x, want red alone", r, g)
	}
}

// TestTransparent: what can be seen through becomes white.
func TestTransparent(t *testing.T) {
	t.Parallel()
	s := open(t)
	if r, g, b, _ := largest(t, s, add(t, s, asPNG(t, image.NewNRGBA(image.Rect(0, 0, 2000, 50))))).At(9, 9).RGBA(); min(r, g, b) < 0xFE00 {
		t.Errorf("got %#x %#x %#x, want white", r, g, b)
	}
}

// TestHalvingKeepsThePicture compares each layout of planes, halved and not, with the picture itself.
func TestHalvingKeepsThePicture(t *testing.T) {
	t.Parallel()
	for ratio := image.YCbCrSubsampleRatio444; ratio <= image.YCbCrSubsampleRatio410; ratio++ {
		t.Run(ratio.String(), func(t *testing.T) {
			t.Parallel()
			whole := landscape(801, 603, 0)
			planes := image.NewYCbCr(whole.Rect, ratio)
			for y := range 603 {
				for x := range 801 {
					c := whole.RGBAAt(x, y)
					i := planes.COffset(x, y)
					planes.Y[planes.YOffset(x, y)], planes.Cb[i], planes.Cr[i] = color.RGBToYCbCr(c.R, c.G, c.B)
				}
			}
			small := halve(planes, 150, 113)
			if ratio <= image.YCbCrSubsampleRatio440 && small.Bounds().Dx() != 201 {
				t.Errorf("halved twice: got width %d, want 201", small.Bounds().Dx())
			}
			got, want := resize(small, 150, 113), resize(whole, 150, 113)
			for i, v := range got.Pix {
				if d := int(v) - int(want.Pix[i]); d > 6 || d < -6 {
					t.Fatalf("byte %d: got %d, want about %d", i, v, want.Pix[i])
				}
			}
		})
	}
}

// TestOrientation looks for the four corners of a picture that a camera held in each of eight ways.
func TestOrientation(t *testing.T) {
	t.Parallel()
	red, green, blue, white := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.RGBA{255, 255, 255, 255}
	stored := image.NewRGBA(image.Rect(0, 0, 96, 64))
	for y := range 64 {
		for x := range 96 {
			switch {
			case y < 32 && x < 48:
				stored.SetRGBA(x, y, red)
			case y < 32:
				stored.SetRGBA(x, y, green)
			case x < 48:
				stored.SetRGBA(x, y, blue)
			default:
				stored.SetRGBA(x, y, white)
			}
		}
	}
	// Upper left, upper right, lower left, lower right, as the picture is to be seen (Exif 2.32, section 4.6.4 A).
	want := map[int][4]color.RGBA{
		0: {red, green, blue, white},
		1: {red, green, blue, white},
		2: {green, red, white, blue},
		3: {white, blue, green, red},
		4: {blue, white, red, green},
		5: {red, blue, green, white},
		6: {blue, red, white, green},
		7: {white, green, blue, red},
		8: {green, white, red, blue},
		9: {red, green, blue, white},
	}
	s := open(t)
	for o, corners := range want {
		for name, upload := range map[string][]byte{
			"JPEG, little-endian": segment(asJPEG(t, stored, 95), 0xE1, append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, o, "x")...)),
			"JPEG, big-endian":    segment(asJPEG(t, stored, 95), 0xE1, append([]byte("Exif\x00\x00"), exif(binary.BigEndian, o, "x")...)),
			"PNG":                 chunk(asPNG(t, stored), "eXIf", exif(binary.BigEndian, o, "x")),
		} {
			t.Run(fmt.Sprintf("%d/%s", o, name), func(t *testing.T) {
				t.Parallel()
				p := add(t, s, upload)
				if sideways := p.Width == 64 && p.Height == 96; sideways != (o >= 5 && o <= 8) || p.Width+p.Height != 160 {
					t.Fatalf("got %d x %d", p.Width, p.Height)
				}
				img := largest(t, s, p)
				for i, at := range []image.Point{{12, 12}, {p.Width - 12, 12}, {12, p.Height - 12}, {p.Width - 12, p.Height - 12}} {
					r, g, b, _ := img.At(at.X, at.Y).RGBA()
					c := corners[i]
					for _, d := range []int{int(r>>8) - int(c.R), int(g>>8) - int(c.G), int(b>>8) - int(c.B)} {
						if d < -24 || d > 24 {
							t.Errorf("corner %d: got %d %d %d, want %v", i, r>>8, g>>8, b>>8, c)
							break
						}
					}
				}
			})
		}
	}
}

// TestWebPOrientation reads the tag from a WebP file, where it follows the picture.
func TestWebPOrientation(t *testing.T) {
	t.Parallel()
	payload := exif(binary.LittleEndian, 6, "odd")
	upload := append(asWebP(t), "EXIF"...)
	upload = binary.LittleEndian.AppendUint32(upload, uint32(len(payload)))
	upload = append(upload, payload...)
	if got := orientation("webp", upload); got != 6 {
		t.Errorf("got %d, want 6", got)
	}
}

// TestDisplayP3: a photo's colours are seen as they were taken, though the profile goes.
func TestDisplayP3(t *testing.T) {
	t.Parallel()
	// Primary colours of Display P3 under D50, as Apple's profile has them.
	icc := make([]byte, 128, 300)
	copy(icc[16:], "RGB XYZ ")
	icc = binary.BigEndian.AppendUint32(icc, 3)
	for i, name := range []string{"rXYZ", "gXYZ", "bXYZ"} {
		icc = append(icc, name...)
		icc = binary.BigEndian.AppendUint32(icc, uint32(168+20*i))
		icc = binary.BigEndian.AppendUint32(icc, 20)
	}
	for _, xyz := range [][3]float64{{0.515121, 0.241196, -0.001053}, {0.291977, 0.692245, 0.041885}, {0.157104, 0.066574, 0.784073}} {
		icc = append(icc, "XYZ \x00\x00\x00\x00"...)
		for _, v := range xyz {
			icc = binary.BigEndian.AppendUint32(icc, uint32(int32(v*65536)))
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for i := range 64 * 32 {
		c := []byte{200, 100, 50, 255}
		if i%64 >= 32 {
			c = []byte{128, 128, 128, 255}
		}
		copy(img.Pix[4*i:], c)
	}
	s := open(t)
	got := largest(t, s, add(t, s, segment(asJPEG(t, img, 100), 0xE2, append([]byte("ICC_PROFILE\x00\x01\x01"), icc...))))
	// Worked out with the matrices of CSS Color 4, section 18: color(display-p3 0.784 0.392 0.196) is rgb(215 93 31).
	for x, want := range map[int][3]int{16: {215, 93, 31}, 48: {128, 128, 128}} {
		r, g, b, _ := got.At(x, 16).RGBA()
		for i, v := range []uint32{r, g, b} {
			if d := int(v>>8) - want[i]; d < -4 || d > 4 {
				t.Errorf("at %d: got %d %d %d, want about %v", x, r>>8, g>>8, b>>8, want)
				break
			}
		}
	}
}

func FuzzOrientation(f *testing.F) {
	for _, format := range []string{"jpeg", "png", "webp"} {
		f.Add(format, segment([]byte("\xff\xd8\xff\xda"), 0xE1, append([]byte("Exif\x00\x00"), exif(binary.LittleEndian, 6, "x")...)))
		f.Add(format, chunk(bytes.Repeat([]byte("\x89PNG\r\n\x1a\n"), 6), "eXIf", exif(binary.BigEndian, 3, "x")))
		f.Add(format, append([]byte("RIFF\x00\x00\x00\x00WEBPEXIF\x27\x00\x00\x00"), exif(binary.BigEndian, 8, "x")...))
	}
	f.Fuzz(func(t *testing.T, format string, data []byte) {
		if o := orientation(format, data); o < 1 || o > 8 {
			t.Errorf("got %d", o)
		}
		if o := tiffOrientation(data); o < 1 || o > 8 {
			t.Errorf("TIFF: got %d", o)
		}
		profile(format, data)
		primaries(data)
	})
}
