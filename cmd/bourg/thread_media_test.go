package main_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// picture is a photo of one colour, with something hidden behind it.
func picture(t *testing.T, format string, hidden string) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	img.Set(1, 1, color.Black)
	var out bytes.Buffer
	var err error
	if format == "png" {
		err = png.Encode(&out, img)
	} else {
		err = jpeg.Encode(&out, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	out.WriteString(hidden)
	return out.Bytes()
}

// copies are the addresses of our own pictures on a page.
func copies(p *page) []string {
	return regexp.MustCompile(`src="(/media/[^"]+)"`).FindAllString(p.body, -1)
}

// withPictures makes a reply with pictures, each [name, address].
func (f *follower) withPictures(name, post, merchant, words string, pictures ...[2]string) map[string]any {
	create := f.reply(name, post, merchant, words)
	list := []any{}
	for _, p := range pictures {
		list = append(list, map[string]any{"type": "Document", "mediaType": "image/jpeg", "name": p[0], "url": f.at(p[1])})
	}
	dig(create, "object").(map[string]any)["attachment"] = list
	return create
}

// What people elsewhere attach is shown as a copy of our own, made anew, once it is here, and
// nobody's browser is sent to their servers. What is no picture stays a link. All of it goes with the words.
func TestPicturesBelowAReply(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	f := newFollower(t)
	const payload = "<script>alert('caché')</script>"
	f.serve("/faces/odile.png", "image/png", picture(t, "png", payload))
	f.serve("/1.jpg", "image/jpeg", picture(t, "jpeg", payload))
	f.serve("/page.jpg", "text/html", []byte(payload))
	f.serve("/huge.jpg", "image/jpeg", append(picture(t, "jpeg", ""), make([]byte, 8<<20)...))
	f.serve("/empty.jpg", "image/jpeg", []byte(payload))
	f.send(bakery.Actor+"/inbox", f.withPictures("odile", post.ID, bakery.Actor, "<p>La mienne.</p>",
		[2]string{"Une miche", "/1.jpg"}, [2]string{"Une page", "/page.jpg"}, [2]string{"Une grosse", "/huge.jpg"}, [2]string{"Rien", "/empty.jpg"}))

	reader := tw.open()
	first := reader.visit(post.URL).must("La mienne.", "Une miche")
	if got := copies(first); len(got) != 0 {
		t.Errorf("the first page waited for %v", got)
	}
	var shown *page
	eventually(t, "the copies are on the page", func() error {
		shown = reader.visit(post.URL)
		if got := copies(shown); len(got) != 2 {
			return fmt.Errorf("got the pictures %v, want the face and the loaf", got)
		}
		return nil
	})
	shown.must("Une page", "Une grosse", "Rien")
	if !strings.Contains(shown.body, `alt="Une miche"`) || strings.Contains(shown.body, `src="http`) || strings.Contains(shown.body, f.at("/1.jpg")) {
		t.Errorf("got a page without the alternative text, or that sends the browser elsewhere:\n%s", shown.body)
	}
	var files []string
	for _, src := range copies(shown) {
		path := strings.TrimSuffix(strings.TrimPrefix(src, `src="`), `"`)
		files = append(files, path)
		got := reader.get(path)
		if got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), "image/jpeg") || strings.Contains(got.body, "alert") {
			t.Errorf("%s: got status %d, %q, hidden words %t", path, got.status, got.header.Get("Content-Type"), strings.Contains(got.body, "alert"))
		}
	}
	// With the account goes everything.
	f.send(bakery.Actor+"/inbox", f.act("odile", "Delete", f.user("odile")))
	eventually(t, "the files are gone", func() error {
		for _, path := range files {
			if got := reader.get(path); got.status != http.StatusNotFound {
				return fmt.Errorf("%s: got status %d, want 404", path, got.status)
			}
		}
		return nil
	})
	if got := reader.visit(post.URL); got.says("La mienne.") {
		t.Error("the reply of a deleted account is on the page")
	}
}

// A picture behind a warning is not seen before somebody opens it; it goes when its words are deleted.
func TestPicturesBehindAWarning(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	f := newFollower(t)
	f.serve("/1.jpg", "image/jpeg", picture(t, "jpeg", ""))
	create := f.withPictures("odile", post.ID, bakery.Actor, "<p>Aïe.</p>", [2]string{"Un doigt", "/1.jpg"})
	note := dig(create, "object").(map[string]any)
	note["summary"], note["sensitive"] = "Du sang", true
	f.send(bakery.Actor+"/inbox", create)
	reader := tw.open()
	var path string
	eventually(t, "the copy is on the page", func() error {
		got := reader.visit(post.URL).must("Du sang")
		list := copies(got)
		if len(list) != 1 {
			return fmt.Errorf("got the pictures %v, want one", list)
		}
		path = strings.TrimSuffix(strings.TrimPrefix(list[0], `src="`), `"`)
		before, _, _ := strings.Cut(got.body, list[0])
		if open, closed := strings.LastIndex(before, "<details"), strings.LastIndex(before, "</details>"); open < 0 || closed > open {
			t.Error("the picture does not stand behind its warning")
		}
		return nil
	})
	f.send(bakery.Actor+"/inbox", f.act("odile", "Delete", note["id"]))
	eventually(t, "the file is gone", func() error {
		if got := reader.get(path); got.status != http.StatusNotFound {
			return fmt.Errorf("got status %d, want 404", got.status)
		}
		return nil
	})
}
