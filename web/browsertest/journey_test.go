package browsertest

import (
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// device is what somebody holds in their hands.
type device struct {
	name          string
	width, height int
	javaScript    bool
}

func devices() []device {
	return []device{
		{"phone", 360, 740, true}, {"phone without JavaScript", 360, 740, false},
		{"wide screen", 1280, 900, true}, {"wide screen without JavaScript", 1280, 900, false},
	}
}

// act lets somebody with this device do one act of journey.mjs in a town, and returns
// what they learnt.
func (d device) act(t *testing.T, m machine, tw *town, folder, name string, more map[string]any) map[string]string {
	t.Helper()
	job := map[string]any{
		"origin": tw.origin, "folder": folder, "name": fmt.Sprintf("%d-javascript-%t", d.width, d.javaScript), "act": name,
		"width": d.width, "height": d.height, "javaScript": d.javaScript,
	}
	for k, v := range more {
		job[k] = v
	}
	step, learnt := "it began", map[string]string{}
	for _, f := range m.script(t, "journey.mjs", job) {
		switch {
		case f.Step != "":
			step = f.Step
		case f.Fault != "":
			t.Errorf("%s: %s: %s", name, f.Check, f.Fault)
		}
		for k, v := range f.Learnt {
			learnt[k] = v
		}
	}
	if t.Failed() {
		t.Fatalf("%s: went wrong; the last step was: %s", name, step)
	}
	return learnt
}

// From the first visit to an approved reply: everything that a town hall and a merchant
// do, on each device, in a town of its own.
func TestJourneys(t *testing.T) {
	t.Parallel()
	m, folder, photo := equipment(t), pictures(t, "journeys"), phonePhoto(t)
	for _, d := range devices() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			tw, odile := newTown(t), newElsewhere(t)
			tw.start("serve")
			shop := map[string]string{
				"name": "Le Fournil de la Halle", "email": "fournil@saint-laurent.example", "password": "seigle fontaine tuile 1911",
			}
			opened := d.act(t, m, tw, folder, "open", map[string]any{
				"link": tw.loggedLink(), "shop": shop,
				"town": map[string]string{"name": "Saint-Laurent-sur-Cèze", "email": "mairie@saint-laurent.example"},
			})
			d.act(t, m, tw, folder, "arrive", map[string]any{"link": opened["signIn"], "shop": shop})
			d.act(t, m, tw, folder, "publish", map[string]any{"shop": shop, "photo": photo})

			post := tw.run("publish", "--as", opened["handle"], "--text", "Pain de mie ce soir.")
			const question = "En reste-t-il à midi ?"
			odile.reply(post["id"], question)
			d.act(t, m, tw, folder, "answer", map[string]any{"shop": shop, "post": post["url"], "question": question})

			tw.stop()
			tw.env = append(tw.env, "BOURG_REPLIES=approve")
			tw.start("serve")
			const second = "Et demain matin ?"
			odile.reply(post["id"], second)
			d.act(t, m, tw, folder, "approve", map[string]any{"shop": shop, "post": post["url"], "question": second})
		})
	}
}

// phonePhoto makes what a phone's camera makes: 12 megapixels, 5 MB, with the noise of a
// dark bakery. It returns the file.
func phonePhoto(t *testing.T) string {
	t.Helper()
	const width, height = 4000, 3000
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	random := rand.New(rand.NewPCG(1911, 4))
	for y := range height {
		for x := range width {
			img.Y[y*img.YStride+x] = uint8(64 + (x+y)*96/(width+height) + random.IntN(30))
		}
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 112, 150
	}
	path := filepath.Join(t.TempDir(), "IMG_20261126_081000.jpg")
	file, err := os.Create(path)
	if err != nil {
		t.Fatalf("make a photo: %v", err)
	}
	if err := jpeg.Encode(file, img, &jpeg.Options{Quality: 94}); err != nil {
		t.Fatalf("make a photo: %v", err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatalf("make a photo: %v", err)
	}
	if err := file.Close(); err != nil {
		t.Fatalf("make a photo: %v", err)
	}
	if got := info.Size(); got < 4_500_000 || got > 8_000_000 {
		t.Fatalf("the photo has %d bytes, want about 5 MB", got)
	}
	return path
}
