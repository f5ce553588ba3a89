package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// served is something that a server elsewhere serves at an address.
type served struct {
	contentType string
	body        []byte
	location    string // where it has gone; "" where it is here
}

// page serves what serve has put there.
func (f *follower) page(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	found, ok := f.pages[r.URL.Path]
	f.asked = append(f.asked, r.URL.Path)
	f.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	if found.location != "" {
		http.Redirect(w, r, found.location, http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", found.contentType)
	_, _ = w.Write(found.body) // The reader may have gone.
}

// serve puts something at an address, given whole or as a path.
func (f *follower) serve(address, contentType string, body []byte) {
	f.put(address, served{contentType: contentType, body: body})
}

// redirect lets an address, given whole or as a path, lead elsewhere.
func (f *follower) redirect(address, to string) { f.put(address, served{location: to}) }

func (f *follower) put(address string, what served) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pages == nil {
		f.pages = map[string]served{}
	}
	f.pages[strings.TrimPrefix(address, "http://"+f.host)] = what
}

// serveNote puts a note of a Create where its id says, and returns the id.
func (f *follower) serveNote(create map[string]any) string {
	f.t.Helper()
	note := map[string]any{"@context": "https://www.w3.org/ns/activitystreams"}
	for name, value := range dig(create, "object").(map[string]any) {
		note[name] = value
	}
	body, err := json.Marshal(note)
	if err != nil {
		f.t.Fatal(err)
	}
	f.serve(text(note, "id"), "application/activity+json", body)
	return text(note, "id")
}

// requests are the paths that were asked for, beside actors and inboxes.
func (f *follower) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// Somebody answers a person whom this town never heard of, below a merchant's post. The words
// between are fetched, the page shows who answers whom, and peers read the conversation in its order.
func TestAThreadIsFilledIn(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	anna, bert := newFollower(t), newFollower(t)

	// Anna's reply never came here, only Bert's answer to it.
	first := anna.serveNote(anna.reply("anna", post.ID, bakery.Actor, "<p>Y a-t-il du seigle demain ?</p>"))
	answer := bert.reply("bert", first, bakery.Actor, "<p>Le vendredi seulement.</p>")
	bert.send(bakery.Actor+"/inbox", answer)

	reader := tw.open()
	eventually(t, "the thread is whole", func() error {
		got := reader.visit(post.URL)
		question, reply := strings.Index(got.words(), "Y a-t-il du seigle"), strings.Index(got.words(), "Le vendredi seulement")
		if question < 0 || reply < question || !got.says("à Anna") {
			return fmt.Errorf("got:\n%s", got.words())
		}
		return nil
	})
	second := text(answer, "object", "id")
	conversation, err := bert.get(post.ID + "/context")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := list(conversation, "first", "orderedItems"), []string{post.ID, first, second}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got the conversation %v, want %v", got, want)
	}
	if got := text(conversation, "attributedTo"); got != bakery.Actor {
		t.Errorf("got a conversation of %q, want the merchant's", got)
	}
	replies, err := bert.get(post.ID + "/replies")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := list(replies, "first", "items"), []string{first}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got replies %v to the post itself, want %v", got, want)
	}
	note, err := bert.get(post.ID)
	if err != nil {
		t.Fatal(err)
	}
	if text(note, "context") != post.ID+"/context" || text(note, "replies", "first", "next") != post.ID+"/replies?page=1" {
		t.Errorf("got context %q and replies %v", text(note, "context"), dig(note, "replies"))
	}
	if got := anna.requests(); len(got) != 1 {
		t.Errorf("Anna's server was asked for %v, want her note once", got)
	}
}

// D5: a reply that names others without end makes this town ask for three things at most.
func TestAThreadWithoutEndCostsThreeRequests(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	f, away := newFollower(t), newFollower(t)
	var parent string
	for range 10 { // each answers the one before it, on and on
		next := away.reply("anna", orElse(parent, "https://nowhere.example/1"), bakery.Actor, "<p>Encore.</p>")
		parent = away.serveNote(next)
	}
	last := f.reply("bert", parent, bakery.Actor, "<p>Et encore.</p>")
	note := dig(last, "object").(map[string]any)
	tags := note["tag"].([]any)
	for n := range 50 {
		tags = append(tags, map[string]any{"type": "Mention", "href": away.at(fmt.Sprintf("/people/%d", n)), "name": "@x"})
	}
	note["tag"] = tags
	f.send(bakery.Actor+"/inbox", last)
	b, _ := tw.signIn(bakery.SignIn)
	b.visit("/espace/messages").must("Et encore.")
	eventually(t, "the town has asked", func() error {
		if n := len(away.requests()); n == 0 {
			return fmt.Errorf("got no request yet")
		}
		return nil
	})
	tw.settled()
	// One of the three was for the key of who sent it.
	if got := away.requests(); len(got) > 2 {
		t.Errorf("got requests for %v, want two at most beside the key's", got)
	}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
