package town

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

var (
	baker   = &Merchant{ID: uuid.MustParse("0192f3b0-0000-7000-8000-000000000001"), Handle: "boulangerie", Name: "Boulangerie", Reach: ReachEverywhere}
	morning = time.Date(2026, 11, 26, 8, 10, 0, 0, time.UTC)
)

func testAddresses(t testing.TB) Addresses {
	t.Helper()
	base, err := url.Parse("https://bourg.example")
	if err != nil {
		t.Fatal(err)
	}
	return Addresses{Base: base}
}

// postBook is a PostStore in memory that keeps what a test looks at.
type postBook struct {
	PostStore
	speaks  bool
	post    *Post
	held    bool // the database still holds the post back
	reply   *Reply
	photos  map[uuid.UUID]Photo
	added   []Outgoing
	edited  []Outgoing
	heldNow []byte
	deleted []Outgoing
	undone  bool
}

func (b *postBook) MaySpeak(context.Context, uuid.UUID, uuid.UUID) (bool, error) {
	return b.speaks, nil
}
func (b *postBook) Town(context.Context) (*Town, error) {
	return &Town{Name: "Bourg", INSEE: "79184", TimeZone: "Europe/Paris"}, nil
}
func (b *postBook) Merchant(context.Context, uuid.UUID) (*Merchant, error) { return baker, nil }
func (b *postBook) Reply(context.Context, uuid.UUID) (*Reply, error)       { return b.reply, nil }
func (b *postBook) Post(context.Context, uuid.UUID) (*Post, error) {
	if b.post == nil {
		return nil, ErrNotFound
	}
	p := *b.post
	return &p, nil
}
func (b *postBook) AddPost(_ context.Context, p *Post, _ uuid.UUID, out Outgoing) (*Post, error) {
	b.post, b.added = p, append(b.added, out)
	return p, nil
}
func (b *postBook) EditHeldPost(_ context.Context, p *Post, out Outgoing) error {
	if !b.held {
		return ErrTooLate
	}
	b.post, b.heldNow = p, out.JSON
	return nil
}
func (b *postBook) EditPost(_ context.Context, p *Post, out Outgoing) error {
	b.post, b.edited = p, append(b.edited, out)
	return nil
}
func (b *postBook) UndoPost(context.Context, uuid.UUID) (*Draft, error) {
	if !b.held {
		return nil, ErrTooLate
	}
	b.undone = true
	return &Draft{Text: b.post.Text}, nil
}
func (b *postBook) DeleteDraft(context.Context, uuid.UUID, uuid.UUID) error { return nil }
func (b *postBook) WithdrawPost(_ context.Context, _ uuid.UUID, _ time.Time, out Outgoing) error {
	b.deleted = append(b.deleted, out)
	return nil
}
func (b *postBook) Photos(_ context.Context, _ uuid.UUID, ids []uuid.UUID) ([]Photo, error) {
	var out []Photo
	for _, id := range ids {
		p, ok := b.photos[id]
		if !ok {
			return nil, ErrNotFound
		}
		out = append(out, p)
	}
	return out, nil
}
func (b *postBook) RemoteActors(_ context.Context, ids []federation.IRI) ([]RemoteActor, error) {
	var known []RemoteActor
	for _, id := range ids {
		if b.reply != nil && id == b.reply.Actor.ID {
			known = append(known, b.reply.Actor)
		}
		if strings.HasPrefix(string(id), "https://known.example/") {
			known = append(known, RemoteActor{ID: id, Handle: "bob@known.example", URL: id})
		}
	}
	return known, nil
}

func newPublisher(t testing.TB, b *postBook) *Publisher {
	return &Publisher{
		Store: b, Addresses: testAddresses(t), UndoWindow: time.Minute,
		Media: func(f string) federation.IRI { return federation.IRI("https://bourg.example/media/" + f) },
		Now:   func() time.Time { return morning }, Wake: func() {},
		HTML:  func(s string) string { return "<p>" + s + "</p>" },
		Words: func(string) []string { return nil },
	}
}

func decoded(t testing.TB, raw []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("activity is no JSON: %v\n%s", err, raw)
	}
	return m
}

func TestAStrangerMayNotPublishForTheBakery(t *testing.T) {
	t.Parallel()
	b := &postBook{}
	p := newPublisher(t, b)
	stranger := Author{Login: uuid.New()}
	ctx := t.Context()
	b.post = &Post{ID: uuid.New(), Merchant: baker}
	for what, err := range map[string]error{
		"publish":  second(p.Publish(ctx, stranger, baker.ID, Draft{Text: "x"}, true)),
		"edit":     second(p.Edit(ctx, stranger, b.post.ID, Draft{Text: "x"})),
		"withdraw": p.Withdraw(ctx, stranger, b.post.ID),
		"undo":     second(p.Undo(ctx, stranger, b.post.ID)),
		"answer":   second(p.Answer(ctx, stranger, baker.ID, uuid.New(), "x", uuid.Nil)),
		"draft":    second(p.SaveDraft(ctx, stranger, baker.ID, Draft{Text: "x"})),
		"photo":    p.AddPhoto(ctx, stranger, baker.ID, &Photo{}),
		"describe": p.DescribePhoto(ctx, stranger, baker.ID, uuid.New(), "x"),
	} {
		if !errors.Is(err, ErrForbidden) {
			t.Errorf("%s = %v, want ErrForbidden", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestWhatIsWrongWithADraftIsSaidByField(t *testing.T) {
	t.Parallel()
	p := newPublisher(t, &postBook{speaks: true})
	tests := map[string]struct {
		draft Draft
		field string
	}{
		"nothing":     {Draft{Text: " \n "}, "text"},
		"a novel":     {Draft{Text: strings.Repeat("é", MaxTextLength+1)}, "text"},
		"wrong reach": {Draft{Text: "x", Reach: "moon"}, "reach"},
		"five photos": {Draft{Text: "x", Photos: make([]Photo, 5)}, "photo"},
	}
	for name, tt := range tests {
		_, err := p.Publish(t.Context(), Author{}, baker.ID, tt.draft, true)
		var bad Invalid
		if !errors.As(err, &bad) || bad[tt.field] == "" {
			t.Errorf("%s: got %v, want Invalid with %q", name, err, tt.field)
		}
	}
}

func TestAPostLeavesWhenTheUndoWindowIsOver(t *testing.T) {
	t.Parallel()
	b := &postBook{speaks: true}
	p := newPublisher(t, b)
	for hold, want := range map[bool]time.Time{true: morning.Add(time.Minute), false: morning} {
		post, err := p.Publish(t.Context(), Author{}, baker.ID, Draft{Text: "Horaires: 9h-12h"}, hold)
		if err != nil {
			t.Fatal(err)
		}
		out := b.added[len(b.added)-1]
		if !post.Leaves.Equal(want) || !out.Leaves.Equal(want) {
			t.Errorf("hold %t: leaves %v, activity %v, want %v", hold, post.Leaves, out.Leaves, want)
		}
		if !out.To.Followers || !out.Listed || out.Object != testAddresses(t).Post(post.ID) || out.ID != post.ID {
			t.Errorf("hold %t: outgoing %+v", hold, out)
		}
		object := decoded(t, out.JSON)["object"].(map[string]any)
		if object["content"] != "<p>Horaires: 9h-12h</p>" {
			t.Errorf("content = %q, want the text as it was typed", object["content"])
		}
	}
}

func TestAnEditBeforeThePostHasLeftIsNoUpdate(t *testing.T) {
	t.Parallel()
	b := &postBook{speaks: true, held: true}
	p := newPublisher(t, b)
	post, err := p.Publish(t.Context(), Author{}, baker.ID, Draft{Text: "avant"}, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Edit(t.Context(), Author{}, post.ID, Draft{Text: "après"}); err != nil {
		t.Fatal(err)
	}
	if len(b.edited) != 0 || b.heldNow == nil {
		t.Fatalf("edited %d times, held JSON %s, want the Create replaced", len(b.edited), b.heldNow)
	}
	create := decoded(t, b.heldNow)
	if create["type"] != "Create" || create["id"] != string(testAddresses(t).Activity(post.ID)) {
		t.Errorf("held activity is %v %v, want the post's own Create", create["type"], create["id"])
	}
}

func TestAnEditThatComesAMomentTooLateIsAnUpdate(t *testing.T) {
	t.Parallel()
	b := &postBook{speaks: true, held: false}
	p := newPublisher(t, b)
	post, err := p.Publish(t.Context(), Author{}, baker.ID, Draft{Text: "avant"}, true)
	if err != nil {
		t.Fatal(err)
	}
	edited, err := p.Edit(t.Context(), Author{}, post.ID, Draft{Text: "après"})
	if err != nil {
		t.Fatal(err)
	}
	if len(b.edited) != 1 {
		t.Fatalf("%d Updates, want 1", len(b.edited))
	}
	out := b.edited[0]
	if out.Type != "Update" || !out.To.Since.Equal(post.Published) || out.To.Earlier != out.Object {
		t.Errorf("outgoing %+v, want an Update to all who had the post", out)
	}
	if !edited.Updated.After(post.Published) {
		t.Errorf("updated %v, published %v: peers ignore an edit that is not later", edited.Updated, post.Published)
	}
}

func TestWithdrawingBeforeThePostHasLeftTellsNobody(t *testing.T) {
	t.Parallel()
	b := &postBook{speaks: true, held: true, post: &Post{ID: uuid.New(), Merchant: baker, Public: true, Published: morning, Leaves: morning.Add(time.Minute)}}
	p := newPublisher(t, b)
	if err := p.Withdraw(t.Context(), Author{}, b.post.ID); err != nil {
		t.Fatal(err)
	}
	if !b.undone || len(b.deleted) != 0 {
		t.Errorf("undone %t, %d Deletes, want undone and none", b.undone, len(b.deleted))
	}
	b.post.Leaves, b.undone = morning, false
	if err := p.Withdraw(t.Context(), Author{}, b.post.ID); err != nil {
		t.Fatal(err)
	}
	if b.undone || len(b.deleted) != 1 {
		t.Fatalf("undone %t, %d Deletes, want one Delete", b.undone, len(b.deleted))
	}
	object := decoded(t, b.deleted[0].JSON)["object"].(map[string]any)
	if object["type"] != "Tombstone" || object["formerType"] != "Note" {
		t.Errorf("object %v, want a Tombstone of a Note", object)
	}
}

func TestAnAnswerGoesToWhomItAnswers(t *testing.T) {
	t.Parallel()
	anna := RemoteActor{ID: "https://peer.example/users/anna", Handle: "anna@peer.example", URL: "https://peer.example/@anna"}
	for _, public := range []bool{true, false} {
		b := &postBook{speaks: true, reply: &Reply{
			ID: uuid.New(), Merchant: baker.ID, Actor: anna, Public: public, ObjectID: "https://peer.example/notes/1",
			Mentions: []federation.IRI{"https://known.example/users/bob", "https://never.example/users/heard"},
		}}
		p := newPublisher(t, b)
		if _, err := p.Answer(t.Context(), Author{}, baker.ID, b.reply.ID, "C’est noté.", uuid.Nil); err != nil {
			t.Fatal(err)
		}
		out := b.added[0]
		// A public answer goes to all who were named, a private one to its addressee alone.
		want := []federation.IRI{anna.ID}
		if public {
			want = append(want, b.reply.Mentions...)
		}
		if out.Public != public || out.To.Followers != public || !slices.Equal(out.To.Actors, want) {
			t.Errorf("public %t: outgoing %+v, want it to go to %v", public, out, want)
		}
		object := decoded(t, out.JSON)["object"].(map[string]any)
		if object["inReplyTo"] != "https://peer.example/notes/1" {
			t.Errorf("inReplyTo = %v", object["inReplyTo"])
		}
		all, _ := json.Marshal(object)
		if got := strings.Contains(string(all), string(federation.Public)); got != public {
			t.Errorf("public %t: the Public collection is named: %t\n%s", public, got, all)
		}
		if got := strings.Count(string(all), `"Mention"`); got != len(want)-len(want)/2 {
			t.Errorf("public %t: got %d mentions in %s, want one of each whose name is known", public, got, all)
		}
		if !strings.Contains(string(all), `"Mention"`) || !strings.Contains(object["content"].(string), `class="u-url mention"`) {
			t.Errorf("public %t: no mention in %s", public, all)
		}
	}
}

func TestNobodyAnswersWhatWasWrittenToAnother(t *testing.T) {
	t.Parallel()
	b := &postBook{speaks: true, reply: &Reply{ID: uuid.New(), Merchant: uuid.New()}}
	_, err := newPublisher(t, b).Answer(t.Context(), Author{}, baker.ID, b.reply.ID, "x", uuid.Nil)
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}
