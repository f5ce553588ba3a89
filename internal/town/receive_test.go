package town

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"bourg/federation"

	"github.com/google/uuid"
)

const annaID = federation.IRI("https://peer.example/users/anna")

var anna = &federation.Actor{ID: annaID, Inbox: annaID + "/inbox", SharedInbox: "https://peer.example/inbox"}

// inboxLog is an InboxStore that writes down what it was asked to do.
type inboxLog struct {
	post, merchant uuid.UUID
	known          map[federation.IRI]bool // objects that belong to post
	approves       bool
	refuses        bool // takes no followers
	did            []string
	keys           []uuid.UUID
	reply          *Reply
	accept         Outgoing
	kind           Kind // of post
	quote          *Quote
	report         *Report
	reportsFull    bool
}

func (l *inboxLog) note(in Received, format string, args ...any) error {
	l.did, l.keys = append(l.did, fmt.Sprintf(format, args...)), append(l.keys, in.Key)
	return nil
}
func (l *inboxLog) AddFollower(_ context.Context, in Received, actor uuid.UUID, id federation.IRI, accept Outgoing) error {
	if l.refuses {
		return fmt.Errorf("add follower: %w", ErrForbidden)
	}
	l.accept = accept
	return l.note(in, "follow %s", id)
}
func (l *inboxLog) RemoveFollower(_ context.Context, in Received, _ uuid.UUID) error {
	return l.note(in, "unfollow")
}
func (l *inboxLog) AddReply(_ context.Context, in Received, r *Reply) error {
	l.reply = r
	return l.note(in, "reply %s %s %s", r.NotificationKind(), r.State, r.ObjectID)
}
func (l *inboxLog) EditReply(_ context.Context, in Received, r *Reply) error {
	l.reply = r
	return l.note(in, "edit %s", r.ObjectID)
}
func (l *inboxLog) DeleteObject(_ context.Context, in Received, o federation.IRI) error {
	return l.note(in, "delete %s", o)
}
func (l *inboxLog) DeleteActor(_ context.Context, in Received) error {
	return l.note(in, "delete actor")
}
func (l *inboxLog) UpdateActor(_ context.Context, in Received) error {
	return l.note(in, "actor %s", in.Sender.Name)
}
func (l *inboxLog) AddReaction(_ context.Context, in Received, k ReactionKind, p uuid.UUID) error {
	if p != l.post {
		return ErrNotFound
	}
	return l.note(in, "%s", k)
}
func (l *inboxLog) RemoveReaction(_ context.Context, in Received, k ReactionKind, _ uuid.UUID) error {
	return l.note(in, "un%s", k)
}
func (l *inboxLog) UndoByID(_ context.Context, in Received, id federation.IRI) error {
	return l.note(in, "undo %s", id)
}
func (l *inboxLog) PostOf(_ context.Context, o federation.IRI) (uuid.UUID, uuid.UUID, error) {
	if l.known[o] {
		return l.post, l.merchant, nil
	}
	return uuid.Nil, uuid.Nil, ErrNotFound
}
func (l *inboxLog) ActorKind(_ context.Context, id uuid.UUID) (string, error) {
	if id == l.merchant {
		return "merchant", nil
	}
	return "", ErrNotFound
}
func (l *inboxLog) DeleteQuoting(_ context.Context, in Received, o federation.IRI, out Outgoing) error {
	l.accept = out
	return l.note(in, "delete %s and its leave", o)
}
func (l *inboxLog) AddQuote(_ context.Context, in Received, q *Quote, accept *Outgoing) error {
	if q.Post != l.post {
		return ErrNotFound
	}
	if accept != nil {
		l.accept = *accept
	}
	return l.note(in, "quote %s granted %t", q.ObjectID, q.Granted)
}
func (l *inboxLog) QuoteBy(_ context.Context, _, object federation.IRI) (*Quote, error) {
	if l.quote != nil && l.quote.ObjectID == object {
		return l.quote, nil
	}
	return nil, ErrNotFound
}
func (l *inboxLog) AddReport(_ context.Context, in Received, r *Report, mails bool) error {
	if l.reportsFull {
		return ErrTooMany
	}
	l.report = r
	return l.note(in, "report %q of %d posts, mail %t", r.Words, len(r.Posts), mails)
}
func (l *inboxLog) AskForMove(_ context.Context, in Received, target federation.IRI) error {
	return l.note(in, "look at %s", target)
}
func (l *inboxLog) AskForObject(_ context.Context, in Received, object federation.IRI, _ int) error {
	return l.note(in, "read %s", object)
}
func (l *inboxLog) Respond(_ context.Context, in Received, answer Outgoing) error {
	l.accept = answer
	return l.note(in, "answer %s", answer.Type)
}
func (l *inboxLog) PublicPost(_ context.Context, id uuid.UUID) (Kind, uuid.UUID, error) {
	if id == l.post {
		return l.kind, l.merchant, nil
	}
	return "", uuid.Nil, ErrNotFound
}
func (l *inboxLog) WriterOf(context.Context, federation.IRI) (*federation.Actor, error) {
	return nil, ErrNotFound
}
func (l *inboxLog) ApprovesReplies(context.Context, uuid.UUID) (bool, error) { return l.approves, nil }

func TestWhatATownUnderstands(t *testing.T) {
	t.Parallel()
	a := testAddresses(t)
	post := uuid.MustParse("0192f3b0-0000-7000-8000-0000000000aa")
	postID, bakery := a.Post(post), a.Actor(baker.ID)
	public := []federation.IRI{federation.Public}
	note := func(change func(*federation.Object)) *federation.Object {
		o := &federation.Object{ID: "https://peer.example/notes/1", Type: "Note", AttributedTo: annaID, Content: "<p>Bonjour</p>", To: public}
		change(o)
		return o
	}
	type activity = federation.Activity
	tests := []struct {
		name     string
		act      activity
		approves bool
		want     string // "" : nothing, and ErrIgnored
	}{
		{"a Follow without to or cc", activity{Type: "Follow", ObjectID: bakery}, false, "follow https://peer.example/1"},
		{"a Follow of nobody", activity{Type: "Follow", ObjectID: a.Actor(uuid.New())}, false, ""},
		{"a Follow of somebody elsewhere", activity{Type: "Follow", ObjectID: "https://else.example/actors/" + federation.IRI(baker.ID.String())}, false, ""},
		{"Undo of a Follow", activity{Type: "Undo", Inner: &activity{Type: "Follow", Actor: annaID, ObjectID: bakery}}, false, "unfollow"},
		{"Undo of a Follow without actor (Gancio)", activity{Type: "Undo", Inner: &activity{Type: "Follow", ObjectID: bakery}}, false, "unfollow"},
		{"Undo by a bare id", activity{Type: "Undo", ObjectID: "https://peer.example/follows/9"}, false, "undo https://peer.example/follows/9"},
		{"a public reply", activity{Type: "Create", Object: note(func(o *federation.Object) { o.InReplyTo = postID })}, false, "reply reply shown https://peer.example/notes/1"},
		{"a public reply where replies wait", activity{Type: "Create", Object: note(func(o *federation.Object) { o.InReplyTo = postID })}, true, "reply reply waiting https://peer.example/notes/1"},
		{"a private reply never stands on the page", activity{Type: "Create", Object: note(func(o *federation.Object) {
			o.InReplyTo, o.To = postID, []federation.IRI{bakery}
		})}, false, "reply message shown https://peer.example/notes/1"},
		{"a private note to others under our post", activity{Type: "Create", Object: note(func(o *federation.Object) {
			o.InReplyTo, o.To = postID, []federation.IRI{annaID + "/followers"}
		})}, false, ""},
		{"a mention", activity{Type: "Create", Object: note(func(o *federation.Object) {
			o.Tags = []federation.Tag{{Type: "Mention", Href: bakery}}
		})}, false, "reply mention shown https://peer.example/notes/1"},
		{"a note that concerns nobody here", activity{Type: "Create", Object: note(func(*federation.Object) {})}, false, ""},
		{"a vote", activity{Type: "Create", Object: note(func(o *federation.Object) { o.InReplyTo, o.IsVote = postID, true })}, false, ""},
		{"an edit", activity{Type: "Update", Object: note(func(*federation.Object) {})}, false, "edit https://peer.example/notes/1"},
		{"a new profile", activity{Type: "Update", ObjectID: annaID, Profile: &federation.Actor{ID: annaID, Name: "Anna B."}}, false, "actor Anna B."},
		{"a deletion", activity{Type: "Delete", ObjectID: "https://peer.example/notes/1"}, false, "delete https://peer.example/notes/1"},
		{"the deletion of an account", activity{Type: "Delete", ObjectID: annaID}, false, "delete actor"},
		{"a Like", activity{Type: "Like", ObjectID: postID}, false, "like"},
		{"a Like of the page's address", activity{Type: "Like", ObjectID: a.Page("boulangerie", post)}, false, "like"},
		{"a Like of a post that is no more", activity{Type: "Like", ObjectID: a.Post(uuid.New())}, false, ""},
		{"a boost", activity{Type: "Announce", ObjectID: postID}, false, "share"},
		{"a boost of something else", activity{Type: "Announce", ObjectID: "https://else.example/1"}, false, ""},
		{"Undo of a Like", activity{Type: "Undo", Inner: &activity{Type: "Like", Actor: annaID, ObjectID: postID}}, false, "unlike"},
		{"Undo of a boost", activity{Type: "Undo", Inner: &activity{Type: "Announce", Actor: annaID, ObjectID: postID}}, false, "unshare"},
		{"a block", activity{Type: "Block", ObjectID: bakery}, false, "unfollow"},
		{"a bread roll in place of a heart", activity{Type: "EmojiReact", ObjectID: postID, Content: "🥖"}, false, "like"},
		{"Undo of an emoji", activity{Type: "Undo", Inner: &activity{ID: "https://peer.example/emoji/1", Type: "EmojiReact", Actor: annaID, ObjectID: postID}}, false, "undo https://peer.example/emoji/1"},
		{"Undo of a block", activity{Type: "Undo", Inner: &activity{ID: "https://peer.example/blocks/1", Type: "Block", Actor: annaID, ObjectID: bakery}}, false, "undo https://peer.example/blocks/1"},
		{"a note by its bare id", activity{Type: "Create", ObjectID: "https://peer.example/notes/1"}, false, "read https://peer.example/notes/1"},
		{"a note of ours by its bare id", activity{Type: "Create", ObjectID: postID}, false, ""},
		{"a poll below our post", activity{Type: "Create", Object: note(func(o *federation.Object) { o.Type, o.InReplyTo = "Question", postID })}, false, "reply reply shown https://peer.example/notes/1"},
		{"something unknown below our post", activity{Type: "Create", Object: note(func(o *federation.Object) { o.Type, o.InReplyTo = "Hologram", postID })}, false, "reply reply shown https://peer.example/notes/1"},
		{"a quote that asks", activity{Type: "QuoteRequest", ObjectID: postID, Instrument: "https://peer.example/notes/2"}, false, "quote https://peer.example/notes/2 granted true"},
		{"a quote of something elsewhere", activity{Type: "QuoteRequest", ObjectID: "https://else.example/1", Instrument: "https://peer.example/notes/2"}, false, ""},
		{"a quote of a post that is no more", activity{Type: "QuoteRequest", ObjectID: a.Post(uuid.New()), Instrument: "https://peer.example/notes/2"}, false, ""},
		{"a quote that does not ask", activity{Type: "Create", Object: note(func(o *federation.Object) { o.Quote = postID })}, false, "quote https://peer.example/notes/1 granted false"},
		{"a private quote", activity{Type: "Create", Object: note(func(o *federation.Object) { o.Quote, o.To = postID, []federation.IRI{annaID + "/followers"} })}, false, ""},
		{"a report", activity{Type: "Flag", ObjectIDs: []federation.IRI{bakery, postID}, Content: "Publicité"}, false, `report "Publicité" of 1 posts, mail false`},
		{"a report of a post alone (Lemmy)", activity{Type: "Flag", ObjectID: postID, Content: "spam"}, false, `report "spam" of 1 posts, mail false`},
		{"a report about somebody elsewhere", activity{Type: "Flag", ObjectIDs: []federation.IRI{"https://else.example/users/x"}}, false, ""},
		{"a move", activity{Type: "Move", ObjectID: annaID, Target: "https://new.example/users/anna"}, false, "look at https://new.example/users/anna"},
		{"a move to nowhere", activity{Type: "Move", ObjectID: annaID}, false, ""},
		{"a move to us", activity{Type: "Move", ObjectID: annaID, Target: bakery}, false, ""},
		{"Join of what is no event", activity{Type: "Join", ObjectID: postID}, false, ""},
		{"Accept of what nobody asked", activity{Type: "Accept", Inner: &activity{Type: "Follow", Actor: bakery, ObjectID: annaID}}, false, ""},
		{"Reject of what nobody asked", activity{Type: "Reject", Inner: &activity{Type: "Follow", Actor: bakery, ObjectID: annaID}}, false, ""},
		{"a post that is shown first", activity{Type: "Add", ObjectID: "https://peer.example/notes/1", Target: annaID + "/featured"}, false, ""},
		{"a post that is no longer", activity{Type: "Remove", ObjectID: "https://peer.example/notes/1", Target: annaID + "/featured"}, false, ""},
		{"a community that passes on a reply to us", activity{Type: "Announce", Inner: &activity{Type: "Create", Actor: "https://lemmy.example/u/bob", ObjectID: "https://lemmy.example/comment/1", Regards: []federation.IRI{postID}}}, false, "read https://lemmy.example/comment/1"},
		{"a community that passes on what concerns others", activity{Type: "Announce", Inner: &activity{Type: "Create", Actor: "https://lemmy.example/u/bob", ObjectID: "https://lemmy.example/comment/1", Regards: []federation.IRI{"https://lemmy.example/post/1"}}}, false, ""},
		{"a community that passes on a like", activity{Type: "Announce", Inner: &activity{Type: "Like", Actor: "https://lemmy.example/u/bob", ObjectID: postID}}, false, ""},
		{"something new", activity{Type: "Levitate", ObjectID: postID}, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &inboxLog{post: post, merchant: baker.ID, approves: tt.approves, known: map[federation.IRI]bool{postID: true}}
			act := tt.act
			act.ID, act.Actor = "https://peer.example/1", annaID
			switch {
			case act.ObjectID != "":
			case act.Object != nil:
				act.ObjectID = act.Object.ID
			case act.Inner != nil:
				act.ObjectID = act.Inner.ID
			}
			err := testReceiver(t, l).Receive(t.Context(), &federation.Incoming{Activity: &act, Sender: anna, Received: morning})
			if tt.want == "" {
				if !errors.Is(err, federation.ErrIgnored) || len(l.did) != 0 {
					t.Errorf("got %v and %q, want ErrIgnored and nothing done", err, l.did)
				}
				return
			}
			if err != nil || len(l.did) != 1 || l.did[0] != tt.want {
				t.Errorf("got %q, %v, want %q", l.did, err, tt.want)
			}
		})
	}
}

func testReceiver(t testing.TB, l *inboxLog) *Receiver {
	return &Receiver{
		Store: l, Addresses: testAddresses(t), Wake: func() {},
		Clean: func(s string) string { return s }, Line: func(s string) string { return s },
	}
}

func TestNobodyUndoesWhatAnotherDid(t *testing.T) {
	t.Parallel()
	l := &inboxLog{merchant: baker.ID}
	err := testReceiver(t, l).Receive(t.Context(), &federation.Incoming{Sender: anna, Activity: &federation.Activity{
		ID: "https://peer.example/1", Type: "Undo", Actor: annaID,
		Inner: &federation.Activity{Type: "Follow", Actor: "https://peer.example/users/bert", ObjectID: testAddresses(t).Actor(baker.ID)},
	}})
	var refused *federation.Refusal
	if !errors.As(err, &refused) || refused.Status != 403 || len(l.did) != 0 {
		t.Errorf("got %v and %q, want a refusal with 403", err, l.did)
	}
}

func TestTheAcceptEchoesTheFollow(t *testing.T) {
	t.Parallel()
	l := &inboxLog{merchant: baker.ID}
	bakery := testAddresses(t).Actor(baker.ID)
	err := testReceiver(t, l).Receive(t.Context(), &federation.Incoming{Sender: anna, Received: morning, Activity: &federation.Activity{
		ID: "https://peer.example/m/follow", Type: "Follow", Actor: annaID, ObjectID: bakery,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.accept.To.Inboxes; len(got) != 1 || got[0] != anna.Inbox {
		t.Errorf("the Accept goes to %v, want the follower's own inbox", got)
	}
	follow := decoded(t, l.accept.JSON)["object"].(map[string]any)
	if follow["id"] != "https://peer.example/m/follow" || follow["actor"] != string(annaID) || follow["object"] != string(bakery) {
		t.Errorf("object of the Accept = %v, want the Follow", follow)
	}
}

// A Follow that the merchant does not take is answered, or it stays "requested" for ever.
func TestARefusedFollowIsRejected(t *testing.T) {
	t.Parallel()
	l := &inboxLog{merchant: baker.ID, refuses: true}
	bakery := testAddresses(t).Actor(baker.ID)
	err := testReceiver(t, l).Receive(t.Context(), &federation.Incoming{Sender: anna, Received: morning, Activity: &federation.Activity{
		ID: "https://peer.example/m/follow", Type: "Follow", Actor: annaID, ObjectID: bakery,
	}})
	if err != nil || len(l.did) != 1 || l.did[0] != "answer Reject" {
		t.Fatalf("got %q, %v, want the Follow refused", l.did, err)
	}
	reject := decoded(t, l.accept.JSON)
	follow := reject["object"].(map[string]any)
	if reject["type"] != "Reject" || reject["actor"] != string(bakery) || follow["id"] != "https://peer.example/m/follow" || follow["actor"] != string(annaID) {
		t.Errorf("got %v, want a Reject of the Follow", reject)
	}
	if got := l.accept.To.Inboxes; len(got) != 1 || got[0] != anna.Inbox {
		t.Errorf("the Reject goes to %v, want the follower's own inbox", got)
	}
}

// GoToSocial 0.20 sends every edit of a post under one activity id.
func TestTwoEditsUnderOneIdAreTwo(t *testing.T) {
	t.Parallel()
	l := &inboxLog{}
	r := testReceiver(t, l)
	for minute := 0; minute < 2; minute++ {
		o := &federation.Object{ID: "https://peer.example/notes/1", Updated: morning.AddDate(0, 0, minute)}
		err := r.Receive(t.Context(), &federation.Incoming{Sender: anna, Received: morning, Activity: &federation.Activity{
			ID: "https://peer.example/activity#Update", Type: "Update", Actor: annaID, ObjectID: o.ID, Object: o,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if l.keys[0] == l.keys[1] {
		t.Errorf("both edits have the key %s, want two", l.keys[0])
	}
}

// An attacker who learns an id early may not use it up (CVE-2026-33869).
func TestTheSameIdOfAnotherSenderIsAnotherKey(t *testing.T) {
	t.Parallel()
	act := &federation.Activity{ID: "https://peer.example/1", Type: "Create"}
	one := received(&federation.Incoming{Sender: anna, Activity: act})
	two := received(&federation.Incoming{Sender: &federation.Actor{ID: "https://evil.example/a"}, Activity: act})
	if one.Key == two.Key {
		t.Error("two senders share a dedupe key")
	}
}
