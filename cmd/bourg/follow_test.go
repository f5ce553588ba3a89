package main_test

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// photo returns the bytes of a JPEG of that size, as large as phones make them.
func photo(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = byte(i*7 + i/width*13)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = byte(i/97), byte(i/131)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatalf("make a photo: %v", err)
	}
	return out.Bytes()
}

// photoFile writes a photo to a file and returns its path.
func photoFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fournee.jpg")
	if err := os.WriteFile(path, photo(t, 1600, 1200), 0o600); err != nil {
		t.Fatalf("write a photo: %v", err)
	}
	return path
}

// checkPicture fetches an upload as other servers do, unsigned, and holds it to what is
// promised of uploads: a picture that cannot be anything else.
func checkPicture(t *testing.T, address string) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatalf("fetch the picture: %v", err)
	}
	defer res.Body.Close()
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'",
	} {
		if got := res.Header.Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("picture %s: got %s %q, want %q", address, name, got, want)
		}
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("fetch the picture: %v", err)
	}
	decoded, err := jpeg.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("picture %s: got status %d and no JPEG: %v", address, res.StatusCode, err)
	}
	if decoded.Bounds().Dx() > 1280 {
		t.Errorf("picture %s: got %v, want at most 1280 pixels across", address, decoded.Bounds())
	}
}

// People on two servers elsewhere, one strict as Mastodon and one made of Fedify, follow
// the bakery and get what it posts, edits and withdraws, until they do not want to any more.
func TestAFollowerElsewhereGetsWhatTheBakeryPosts(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("boulangerie_martin", "Boulangerie Martin", "boulangerie", "--phone", "04 65 71 20 12")
	mastodon, other, fedify := newFollower(t), newFollower(t), startPeer(t, cavage)

	found := mastodon.discover("boulangerie_martin@" + tw.host)
	if found.ID != bakery.Actor {
		t.Fatalf("webfinger led to %s, want %s", found.ID, bakery.Actor)
	}
	checkActor(mastodon, found)
	follow := mastodon.follow("odile", found)
	other.follow("marc", other.discover("boulangerie_martin@"+tw.host))
	fedifyFollow := fedify.does("follow", fields{"name": "anna", "merchant": bakery.Actor})
	if _, at := fedify.await("Accept", text(fedifyFollow, "id")); at < 0 {
		t.Error("the peer got no Accept")
	}
	if read := fedify.does("fetch", fields{"name": "anna", "url": bakery.Actor}); text(read, "type") != "Organization" {
		t.Errorf("Fedify reads the bakery as %q, want Organization", text(read, "type"))
	}

	const first = "Horaires : demain, fournée de seigle à 9h. Reste: 20 pains <b>chauds</b> & des fougasses #Seigle"
	began := time.Now()
	post := tw.publish("boulangerie_martin", first, "--image", photoFile(t), "--alt", "Deux boules de seigle.")
	create := mastodon.await("Create", post.ID)
	t.Logf("the Create arrived %v after `bourg publish` began, %v after it had answered", create.at.Sub(began), time.Since(create.at))
	note, _ := dig(create.activity, "object").(map[string]any)
	checkNote(mastodon, note, bakery.Actor)
	for _, want := range []string{"Horaires : demain", "9h. Reste: 20 pains", "&lt;b&gt;chauds&lt;/b&gt; &amp; des"} {
		if got := plain.Replace(text(note, "content")); !strings.Contains(got, want) {
			t.Errorf("got content %q, want %q in it", got, want)
		}
	}
	if got := text(note, "attachment", "name"); got != "Deux boules de seigle." {
		t.Errorf("got the picture's description %q", got)
	}
	checkPicture(t, text(note, "attachment", "url"))

	journal, at := fedify.await("Create", post.ID)
	if got := journal.Activities[at]; !strings.Contains(plain.Replace(got.Content), "9h. Reste: 20 pains") || got.AttributedTo != bakery.Actor ||
		len(got.Attachments) != 1 || got.Attachments[0].Alt != "Deux boules de seigle." || got.ActorRead != "Organization" {
		t.Errorf("Fedify reads the Create as %+v", got)
	}
	read := fedify.does("fetch", fields{"name": "anna", "url": post.ID})
	if got := text(read, "document", "content"); got != text(note, "content") {
		t.Errorf("the object says %q, the Create %q", got, text(note, "content"))
	}

	tw.run("edit", post.ID, "--text", "Fournée de seigle à 10h.")
	update := mastodon.await("Update", post.ID)
	if got := text(update.activity, "object", "content"); !strings.Contains(plain.Replace(got), "à 10h.") {
		t.Errorf("the Update says %q", got)
	}
	if !laterThan(t, text(update.activity, "object", "updated"), text(update.activity, "object", "published")) {
		t.Errorf("got updated %q, want later than published %q", text(update.activity, "object", "updated"), text(update.activity, "object", "published"))
	}
	if got := text(update.activity, "object", "attachment", "name"); got != "Deux boules de seigle." {
		t.Errorf("the edited post has the picture %q, want the one that it had", got)
	}
	fedify.await("Update", post.ID)
	tw.open().visit(post.URL).must("à 10h.")

	tw.run("withdraw", post.URL)
	gone := mastodon.await("Delete", post.ID)
	if got := text(gone.activity, "object", "type"); got != "Tombstone" {
		t.Errorf("the Delete is of a %q, want a Tombstone", got)
	}
	fedify.await("Delete", post.ID)
	status, _, body, err := mastodon.fetch(post.ID, mastodonAccepts[0])
	if err != nil || status != http.StatusGone || !strings.Contains(string(body), "Tombstone") {
		t.Errorf("the withdrawn object: got status %d, %s, %v, want 410 and a Tombstone", status, body, err)
	}
	if got := tw.open().get(post.URL).status; got != http.StatusGone {
		t.Errorf("the withdrawn page: got status %d, want 410", got)
	}
	for _, d := range mastodon.got("Create", post.ID) {
		if string(d.body) != string(create.body) {
			t.Error("the Create came a second time with other bytes")
		}
	}

	mastodon.undo("odile", found.Inbox, follow)
	fedify.does("undo", fields{"name": "anna", "merchant": bakery.Actor, "activity": text(fedifyFollow, "id")})
	eventually(t, "only one follower is left", func() error { return followersOf(mastodon, found, 1) })
	last := tw.publish("boulangerie_martin", "La boulangerie ferme en août.")
	other.await("Create", last.ID)
	tw.settled()
	if got := mastodon.got("Create", last.ID); len(got) != 0 {
		t.Error("who does not follow any more got a post")
	}
	for _, a := range fedify.journal().Activities {
		if a.Object == last.ID {
			t.Error("who does not follow any more on the Fedify server got a post")
		}
	}
}

// followersOf compares the size of a merchant's followers collection.
func followersOf(f *follower, of remoteActor, want int) error {
	collection, err := f.get(text(of.document, "followers"))
	if err != nil {
		return err
	}
	if got := number(collection, "totalItems"); got != want {
		return fmt.Errorf("got %d followers, want %d", got, want)
	}
	return nil
}

func laterThan(t *testing.T, a, b string) bool {
	t.Helper()
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	if errX != nil || errY != nil {
		t.Errorf("got the times %q and %q, want RFC 3339", a, b)
		return false
	}
	return x.After(y)
}

// Who subscribes on a server that was down, or answers with errors, gets the news when it
// is well again, each post in its order; the others do not wait for it.
func TestAServerThatWasDownGetsTheNewsLater(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.addMerchant("fleurs", "Fleurs du pont", "fleuriste")
	faults := map[string]fault{
		"server error":   {status: http.StatusInternalServerError, times: 1},
		"too many":       {status: http.StatusTooManyRequests, retryAfter: "2", times: 1},
		"not authorised": {status: http.StatusForbidden, times: 1},
	}
	well := newFollower(t)
	well.follow("odile", well.discover("fleurs@"+tw.host))
	ill := map[string]*follower{"down": newFollower(t)}
	for name := range faults {
		ill[name] = newFollower(t)
	}
	for name, f := range ill {
		f.follow("odile", f.discover("fleurs@"+tw.host))
		f.misbehave(faults[name])
	}
	ill["down"].down()

	post := tw.publish("fleurs", "Les premières anémones.")
	well.await("Create", post.ID)
	tw.run("edit", post.ID, "--text", "Les premières anémones, et du mimosa.")
	well.await("Update", post.ID)
	queue := tw.run("queue")
	if number(queue, "waiting") == 0 {
		t.Errorf("got queue %v, want what the ill servers have not got", queue)
	}
	ill["down"].up()
	for name, f := range ill {
		within(t, 4*time.Minute, "the server that was ill ("+name+") gets the edit", func() error {
			if len(f.got("Update", post.ID)) == 0 {
				return fmt.Errorf("got %d Creates and no Update; queue %v", len(f.got("Create", post.ID)), tw.run("queue"))
			}
			return nil
		})
		created, updated := f.got("Create", post.ID), f.got("Update", post.ID)
		if len(created) != 1 || len(updated) != 1 || created[0].at.After(updated[0].at) {
			t.Errorf("%s: got %d Creates and %d Updates, want one each, in that order", name, len(created), len(updated))
		}
	}
	tw.settled()
}

// A server that answers 410 has no such inbox any more: it is not asked again.
func TestAServerThatIsGoneIsForgotten(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.addMerchant("fleurs", "Fleurs du pont", "fleuriste")
	gone, well := newFollower(t), newFollower(t)
	shop := gone.discover("fleurs@" + tw.host)
	gone.follow("odile", shop)
	well.follow("marc", shop)
	gone.misbehave(fault{status: http.StatusGone})
	well.await("Create", tw.publish("fleurs", "Lilas.").ID)
	tw.settled()
	if err := followersOf(well, shop, 1); err != nil {
		t.Error(err)
	}
	gone.misbehave(fault{})
	next := tw.publish("fleurs", "Pivoines.")
	well.await("Create", next.ID)
	tw.settled()
	if got := gone.got("Create", ""); len(got) != 0 {
		t.Errorf("the server that is gone got %d posts", len(got))
	}
}

// The old signature scheme and the new one are both read at the first knock, and a server
// that takes only the new one gets its news, at the first knock once it is known.
func TestAnOldSignatureSchemeAndANewOne(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil", "boulangerie")
	for _, how := range []scheme{cavage, rfc9421} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			f := newFollower(t)
			f.answerSignedOnly()
			shop := f.discover("fournil@" + tw.host)
			if got := f.post(shop.Inbox, f.act("odile", "Follow", shop.ID), how); !taken(got) {
				t.Errorf("Follow: got status %d, want 2xx", got)
			}
			f.await("Accept", "")
			p := startPeer(t, how)
			p.set(fields{"secure": true})
			follow := p.does("follow", fields{"name": "bert", "merchant": bakery.Actor})
			p.await("Accept", text(follow, "id"))
			for _, r := range p.journal().Requests {
				if r.Method == http.MethodPost && (r.Scheme != string(how) || !taken(r.Status)) {
					t.Errorf("Fedify's POST with %s: got status %d for %s, want 2xx at the first knock", how, r.Status, r.Scheme)
				}
			}
		})
	}
	t.Run("only the new one", func(t *testing.T) {
		t.Parallel()
		f := newFollower(t)
		f.takeOnly(rfc9421)
		f.follow("odile", f.discover("fournil@"+tw.host))
		for _, words := range []string{"Pain d'épices.", "Brioche."} {
			if got := f.await("Create", tw.publish("fournil", words).ID); got.scheme != rfc9421 {
				t.Errorf("got %s, want rfc9421", got.scheme)
			}
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if len(f.refused) != 1 {
			t.Errorf("knocked %d times with the old scheme, want once: %v", len(f.refused), f.refused)
		}
	})
}
