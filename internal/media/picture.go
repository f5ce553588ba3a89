package media

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"os"

	"golang.org/x/image/draw"
)

const (
	// quality is that of JPEG: at 1280 pixels, artefacts cannot be seen and a photo has about 200 kB.
	quality = 78
	// maxWidth and maxHeight are the greatest of a variant. A long strip, as some screenshots are, gets narrower.
	maxWidth, maxHeight = 1280, 2560
)

// smaller are the widths of variants besides the largest.
var smaller = [...]int{320, 640}

// decode turns an upload into upright pictures in sRGB, the largest last. They hold pixels and nothing else.
func (s *Store) decode(ctx context.Context, upload *os.File) ([]*image.RGBA, error) {
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	data, err := readAll(upload)
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	return pictures(data)
}

// readAll reads a file into exactly as much memory as it takes.
func readAll(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(f, data)
	return data, err
}

// pictures decodes an upload. Decoders of the standard library are not known to panic; should one, the upload is
// damaged and the town goes on.
func pictures(data []byte) (sizes []*image.RGBA, err error) {
	defer func() {
		if r := recover(); r != nil {
			sizes, err = nil, fmt.Errorf("%w: decoder panics: %v", ErrDamaged, r)
		}
	}()
	k, err := inspect(data)
	if err != nil {
		return nil, err
	}
	img, err := k.decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: decode %s: %w", ErrDamaged, k.name, err)
	}
	orient := orientation(k.name, data)
	width, height := img.Bounds().Dx(), img.Bounds().Dy()
	if orient >= 5 {
		width, height = height, width
	}
	width, height = fit(width, height)
	if orient >= 5 {
		width, height = height, width
	}
	largest := resize(halve(img, width, height), width, height)
	if m, ok := profile(k.name, data); ok {
		m.apply(largest)
	}
	largest = turn(largest, orient)
	for _, w := range smaller {
		if size := largest.Rect.Size(); w < size.X {
			sizes = append(sizes, resize(largest, w, max(1, (w*size.Y+size.X/2)/size.X)))
		}
	}
	return append(sizes, largest), nil
}

// fit returns the size of the largest variant of a picture; it is never larger than the picture.
func fit(width, height int) (int, int) {
	scale := min(1, maxWidth/float64(width), maxHeight/float64(height))
	side := func(n int) int { return max(1, int(math.Round(float64(n)*scale))) }
	return side(width), side(height)
}

// resize draws a picture in another size on white, which is what transparent places become.
func resize(img image.Image, width, height int) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	if img.Bounds().Size() == out.Rect.Size() {
		draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(out, out.Rect, img, img.Bounds(), draw.Over, nil)
	}
	return out
}

// halve makes a photo smaller by means of two pixels each way, for as long as it stays at least as large as asked for.
// It only does so for the layouts of planes that JPEG photos have. CatmullRom would do all of it, but takes three
// times as long and the triple memory for a photo of 12 megapixels, with no difference that an eye finds.
func halve(img image.Image, width, height int) image.Image {
	p, ok := img.(*image.YCbCr)
	for ok && p.Rect.Dx()/2 >= width && p.Rect.Dy()/2 >= height {
		across, down := 2, 2 // by how much the planes of colour shrink: not where they are small already
		switch p.SubsampleRatio {
		case image.YCbCrSubsampleRatio444:
		case image.YCbCrSubsampleRatio422:
			across = 1
		case image.YCbCrSubsampleRatio440:
			down = 1
		case image.YCbCrSubsampleRatio420:
			across, down = 1, 1
		default:
			return p
		}
		w, h := p.Rect.Dx(), p.Rect.Dy()
		cw, ch := (w+2/across-1)/(2/across), (h+2/down-1)/(2/down)
		half := &image.YCbCr{
			SubsampleRatio: image.YCbCrSubsampleRatio444,
			Rect:           image.Rect(0, 0, (w+1)/2, (h+1)/2),
			YStride:        (w + 1) / 2,
			CStride:        (w + 1) / 2,
		}
		half.Y = means(p.Y[p.YOffset(p.Rect.Min.X, p.Rect.Min.Y):], p.YStride, w, h, 2, 2)
		colours := p.COffset(p.Rect.Min.X, p.Rect.Min.Y)
		half.Cb = means(p.Cb[colours:], p.CStride, cw, ch, across, down)
		half.Cr = means(p.Cr[colours:], p.CStride, cw, ch, across, down)
		p = half
	}
	if ok {
		return p
	}
	return img
}

// means shrinks one plane of w x h bytes: each byte of the result is the mean of across x down. Beyond an edge the last
// byte counts again.
func means(plane []byte, stride, w, h, across, down int) []byte {
	ow, oh := (w+across-1)/across, (h+down-1)/down
	out := make([]byte, ow*oh)
	for y := range oh {
		upper := plane[y*down*stride:]
		lower := plane[min(y*down+down-1, h-1)*stride:]
		for x := range ow {
			left, right := x*across, min(x*across+across-1, w-1)
			sum := int(upper[left]) + int(upper[right]) + int(lower[left]) + int(lower[right])
			out[y*ow+x] = byte((sum + 2) / 4)
		}
	}
	return out
}

// turn brings a picture upright, as its orientation says.
func turn(img *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			var sx, sy int
			switch orientation {
			case 2:
				sx, sy = w-1-x, y
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sx, sy = x, h-1-y
			case 5:
				sx, sy = y, x
			case 6:
				sx, sy = y, h-1-x
			case 7:
				sx, sy = w-1-y, h-1-x
			case 8:
				sx, sy = w-1-y, x
			}
			copy(out.Pix[out.PixOffset(x, y):][:4], img.Pix[img.PixOffset(sx, sy):][:4])
		}
	}
	return out
}

// An encoded is a variant that is not kept yet.
type encoded struct {
	mediaType string
	width     int
	height    int
	content   []byte
}

// variant describes it as a part of the photo of that name.
func (e encoded) variant(photo string) Variant {
	ending := "jpg"
	if e.mediaType == WebP {
		ending = "webp"
	}
	return Variant{
		File:  fmt.Sprintf("%s/%s-%d.%s", photo[:2], photo, e.width, ending),
		Width: e.width, Height: e.height, MediaType: e.mediaType, Size: int64(len(e.content)),
	}
}

// encodeJPEG encodes each size. The encoder writes pixels and nothing else.
func encodeJPEG(sizes []*image.RGBA) ([]encoded, error) {
	var out []encoded
	for _, img := range sizes {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("encode photo: %w", err)
		}
		out = append(out, encoded{JPEG, img.Rect.Dx(), img.Rect.Dy(), b.Bytes()})
	}
	return out, nil
}
