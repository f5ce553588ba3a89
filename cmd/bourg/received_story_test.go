package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// Somebody elsewhere quotes a post as Mastodon does: it asks, is given an authorisation that all its readers can look at, and
// loses it with the post that quotes.
func TestAQuoteIsGrantedAndEnds(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	f := newFollower(t)
	note, err := f.get(post.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := list(note, "interactionPolicy", "canQuote", "automaticApproval"); !slices.Equal(got, []string{"https://www.w3.org/ns/activitystreams#Public"}) {
		t.Errorf("canQuote: got %v, want everybody", got)
	}

	quoting := f.at("/notes/1")
	request := f.act("anna", "QuoteRequest", post.ID)
	request["instrument"] = quoting
	f.send(bakery.Actor+"/inbox", request)
	accept := f.await("Accept", text(request, "id"))
	stamp := text(accept.activity, "result")
	if accept.path != "/users/anna/inbox" || text(accept.activity, "actor") != bakery.Actor || text(accept.activity, "object", "instrument") != quoting || !sameHost(stamp, bakery.Actor) {
		t.Fatalf("got %v to %s, want the Accept with an authorisation on the merchant's host", accept.activity, accept.path)
	}
	document, err := f.get(stamp)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"type": "QuoteAuthorization", "attributedTo": bakery.Actor, "interactingObject": quoting, "interactionTarget": post.ID,
	} {
		if got := text(document, name); got != want {
			t.Errorf("%s of the authorisation: got %q, want %q", name, got, want)
		}
	}
	reader := tw.open()
	if got := reader.visit(post.URL); !got.says("Cité par") || !got.says("@anna@"+f.host) {
		t.Errorf("the page: got\n%s\nwant who quotes", got.words())
	}
	// What nobody may read is not quoted, and looks like what is not there.
	unknown := f.act("anna", "QuoteRequest", post.ID[:len(post.ID)-1]+"0")
	unknown["instrument"] = f.at("/notes/2")
	f.send(bakery.Actor+"/inbox", unknown)

	f.send(bakery.Actor+"/inbox", f.act("anna", "Delete", map[string]any{"id": quoting, "type": "Tombstone"}))
	f.await("Delete", stamp)
	if status, _, _, err := f.fetch(stamp, mastodonAccepts[0]); status != http.StatusNotFound || err != nil {
		t.Errorf("the authorisation after the end: got status %d, %v, want 404", status, err)
	}
	if got := reader.visit(post.URL); got.says("Cité par") {
		t.Errorf("the page after the end: got\n%s", got.words())
	}
	if got := f.got("Accept", text(unknown, "id")); len(got) > 0 {
		t.Errorf("got %v for a post that is not there", got[0].activity)
	}
}

// A Create that names its note without holding it, and a community that passes on what its member wrote: in both cases the note is
// taken from its own server, never from the copy, with three requests at most.
func TestWhatIsOnlyNamedIsReadAtItsOrigin(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	f, community := newFollower(t), newFollower(t)
	reader := tw.open()

	named := f.reply("anna", post.ID, bakery.Actor, "<p>Gardez-m’en deux.</p>")
	named["object"] = f.serveNote(named)
	f.send(bakery.Actor+"/inbox", named)
	eventually(t, "the named reply is on the page", func() error {
		if got := reader.visit(post.URL); !got.says("Gardez-m’en deux.") {
			return fmt.Errorf("got:\n%s", got.words())
		}
		return nil
	})
	if got := f.requests(); len(got) > 3 {
		t.Errorf("got the requests %v, want three at most", got)
	}

	passed := f.reply("bert", post.ID, bakery.Actor, "<p>Moi aussi.</p>")
	f.serveNote(passed)
	dig(passed, "object").(map[string]any)["content"] = "<p>Ce que Bert n’a jamais écrit.</p>"
	community.send(bakery.Actor+"/inbox", community.act("villages", "Announce", passed))
	eventually(t, "what the community passed on is on the page", func() error {
		got := reader.visit(post.URL)
		if got.says("jamais écrit") {
			t.Error("the copy stands on the page in place of the original")
		}
		if !got.says("Moi aussi.") || !got.says("@bert@"+f.host) {
			return fmt.Errorf("got:\n%s", got.words())
		}
		return nil
	})
	// A like that is passed on says nothing of who likes.
	community.send(bakery.Actor+"/inbox", community.act("villages", "Announce", f.act("bert", "Like", post.ID)))
	note, err := f.get(post.ID)
	if err != nil || number(note, "likes", "totalItems") != 0 {
		t.Errorf("after a like that was passed on: got %d, %v, want none", number(note, "likes", "totalItems"), err)
	}
	// Three activities within each other are too many (J9).
	undo := f.act("bert", "Undo", f.act("bert", "Like", post.ID))
	if got := community.post(bakery.Actor+"/inbox", community.act("villages", "Announce", undo), cavage); got != http.StatusBadRequest {
		t.Errorf("Announce of an Undo of a Like: got status %d, want 400", got)
	}
}

// A follower moves. Only once the new account says that it is the same person does the old following end, and whoever follows
// from there is counted once (O13).
func TestAFollowerMoves(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	old, later := newFollower(t), newFollower(t)
	merchant := old.discover("fournil@" + tw.host)
	old.follow("anna", merchant)
	old.follow("bert", merchant)
	followers := func() int {
		t.Helper()
		collection, err := old.get(bakery.Actor + "/followers")
		if err != nil {
			t.Fatal(err)
		}
		return number(collection, "totalItems")
	}
	move := func(name string) {
		t.Helper()
		activity := old.act(name, "Move", old.user(name))
		activity["target"] = later.user(name)
		old.send(bakery.Actor+"/inbox", activity)
	}

	// Bert's new account knows nothing of the old one; Anna's does.
	later.tie("anna", ties{alsoKnownAs: []string{old.user("anna")}})
	move("bert")
	move("anna")
	eventually(t, "the old following ends", func() error {
		if n := followers(); n != 1 {
			return fmt.Errorf("got %d followers, want Bert alone", n)
		}
		return nil
	})
	later.follow("anna", merchant)
	if n := followers(); n != 2 {
		t.Errorf("after the new account follows: got %d followers, want two", n)
	}
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	later.await("Create", post.ID)
	old.await("Create", post.ID) // Bert's
}
