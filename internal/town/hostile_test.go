package town

import (
	"errors"
	"math"
	"strings"
	"testing"

	"bourg/federation"

	"github.com/google/uuid"
)

// TestBadInput holds the domain to the rows of the table of bad inputs that it answers by itself.
func TestBadInput(t *testing.T) {
	t.Parallel()
	a := testAddresses(t)
	bakery, post := a.Actor(baker.ID), uuid.MustParse("0192f3b0-0000-7000-8000-0000000000aa")
	type activity = federation.Activity
	follow := &activity{ID: "https://town.example/follows/1", Type: "Follow", Actor: bakery, ObjectID: annaID}
	private := func(to ...federation.IRI) *federation.Object {
		return &federation.Object{ID: "https://peer.example/notes/1", Type: "Note", AttributedTo: annaID, Content: "<p>Secret</p>", To: to}
	}
	quoting := func(post federation.IRI) *federation.Object {
		o := private(federation.Public)
		o.Quote = post
		return o
	}
	for id, acts := range map[string][]activity{
		// Answers to a Follow that nobody here has sent.
		"O10": {
			{Type: "Accept", ObjectID: follow.ID, Inner: follow}, {Type: "Reject", ObjectID: follow.ID, Inner: follow},
			{Type: "Accept", ObjectID: follow.ID}, {Type: "TentativeAccept", ObjectID: follow.ID, Inner: follow},
		},
		// What a peer's followers may read, and nobody here is one.
		"O11": {
			{Type: "Create", ObjectID: "https://peer.example/notes/1", Object: private(annaID + "/followers")},
			{Type: "Create", ObjectID: "https://peer.example/notes/1", Object: private("https://else.example/users/x")},
			{Type: "Create", ObjectID: "https://peer.example/notes/1", Object: private()},
		},
		// A boost of what is not ours, whoever wrote it: nothing of it is fetched, kept or shown.
		"O12": {{Type: "Announce", ObjectID: "https://suspended.example/notes/1"}, {Type: "Announce", ObjectID: annaID}},
		// An account that says it has moved to one of ours, or nowhere.
		"O13": {{Type: "Move", ObjectID: annaID, Target: bakery}, {Type: "Move", ObjectID: annaID, Target: annaID}, {Type: "Move", ObjectID: annaID}},
		// Quotes, reports and pins of what one cannot see.
		"W10": {
			{Type: "QuoteRequest", ObjectID: a.Post(uuid.New()), Instrument: "https://peer.example/notes/2"},
			{Type: "QuoteRequest", ObjectID: a.Post(post)}, {Type: "Flag", ObjectIDs: []federation.IRI{a.Post(uuid.New()), a.Actor(uuid.New())}},
			{Type: "Create", ObjectID: "https://peer.example/notes/1", Object: quoting(a.Post(uuid.New()))}, {Type: "Add", ObjectID: a.Post(post), Target: bakery + "/featured"},
			{Type: "Like", ObjectID: a.Post(uuid.New())}, {Type: "Announce", ObjectID: a.Post(uuid.New())},
		},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for _, act := range acts {
				l := &inboxLog{post: post, merchant: baker.ID}
				act.ID, act.Actor = "https://peer.example/1", annaID
				err := testReceiver(t, l).Receive(t.Context(), &federation.Incoming{Activity: &act, Sender: anna, Received: morning})
				if !errors.Is(err, federation.ErrIgnored) || len(l.did) > 0 {
					t.Errorf("%s of %s: got %v and %q, want ErrIgnored and nothing done", act.Type, act.ObjectID, err, l.did)
				}
			}
		})
	}
	t.Run("O16", func(t *testing.T) {
		t.Parallel()
		l := &inboxLog{post: post, merchant: baker.ID}
		flag := &activity{ID: "https://peer.example/1", Type: "Flag", Actor: annaID, Content: strings.Repeat("a", 9000), ObjectIDs: []federation.IRI{bakery}}
		for range 10_000 {
			flag.ObjectIDs = append(flag.ObjectIDs, a.Post(post))
		}
		err := testReceiver(t, l).Receive(t.Context(), &federation.Incoming{Activity: flag, Sender: anna, Received: morning})
		if err != nil || l.report == nil || len(l.report.Posts) != 20 || len(l.report.Words) != 2000 {
			t.Errorf("a report of 10,000 posts: got %v, %+v, want 20 posts and 2000 signs kept", err, l.report)
		}
		l.reportsFull = true
		var refused *federation.Refusal
		err = testReceiver(t, l).Receive(t.Context(), &federation.Incoming{Activity: flag, Sender: anna, Received: morning})
		if !errors.As(err, &refused) || refused.Status != 429 || refused.RetryAfter == 0 {
			t.Errorf("a report too many: got %v, want 429 with Retry-After", err)
		}
	})
	t.Run("A14", func(t *testing.T) {
		t.Parallel()
		for _, h := range []string{
			"admin", "adm1n", "_admin_", "ad_min", "adrnin", "r00t", "rnairie", "ma1r1e", "mairie_", "rnodération", "c0ntact", "5ecurity",
			".well-known", "inbox", "inb0x", "re1ay", "аdmin", "ⓐdmin", "ａdmin", "admin.", "a\u202edmin", strings.Repeat("🥐", 64), "admin\n",
		} {
			if ValidHandle(h) {
				t.Errorf("%q: got a handle, want none", h)
			}
		}
		for _, h := range []string{"marine", "mairie_de_quartier", "fournil_1", "contact_optique", "relais_des_sapins", "1001_pains", "le_bourg", "mairie_2"} {
			if !ValidHandle(h) {
				t.Errorf("%q: got no handle, want one", h)
			}
		}
		for _, name := range []string{"", "Le\nFournil", "Le Fournil\u202egpj", "Le\u200bFournil", "Le Fournil\u2066", "\u0007", "Le\u2028Fournil", strings.Repeat("a", 101)} {
			m := *baker
			if m.Name, m.Trade = name, "boulangerie"; checkMerchant(&m)["name"] == "" {
				t.Errorf("name %q: got no fault", name)
			}
		}
		m := *baker
		if m.Name, m.Trade = "Chez Zoé 👩‍🍳 & fils", "boulangerie"; len(checkMerchant(&m)) > 0 {
			t.Errorf("name %q: got %v, want no fault", m.Name, checkMerchant(&m))
		}
	})
	t.Run("I7", func(t *testing.T) {
		t.Parallel()
		bad := []string{
			"javascript:alert(1)", "JaVaScRiPt:alert(1)", "tel:*#06#", "WIFI:T:WPA;S:x;P:y;;", "sms:3615", "intent://x#Intent;end", "data:text/html,x",
			"//evil.example", "https://", "https:evil", "https://u:p@evil.example/", "https://evil.example/\r\nSet-Cookie: a=b", "ftp://evil.example/", " https://x",
		}
		for _, address := range bad {
			m := *baker
			if m.Trade, m.Website = "boulangerie", address; checkMerchant(&m)["website"] == "" {
				t.Errorf("website %q: got no fault", address)
			}
		}
		for _, number := range append(bad, "*#06#", "#31#0465712012", "**21*0899#", "0465712012;ext=1", "0465712012,,1", "+", "04 65 71 20 12\n", "٠٤٦٥٧١٢٠١٢") {
			if validPhone(number) {
				t.Errorf("phone %q: got no fault", number)
			}
		}
	})
	t.Run("I13", func(t *testing.T) {
		t.Parallel()
		good, pole := 44.17, 90.0
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e308, -1e308, 180.0001, math.Nextafter(-180, -181)} {
			for _, place := range [][2]*float64{{&bad, &good}, {&good, &bad}, {&bad, &bad}} {
				m := *baker
				if m.Trade, m.Lat, m.Lon = "boulangerie", place[0], place[1]; checkMerchant(&m)["place"] == "" {
					t.Errorf("at %v, %v: got no fault", *place[0], *place[1])
				}
			}
		}
		half, edge := *baker, *baker
		if half.Trade, half.Lat = "boulangerie", &good; checkMerchant(&half)["place"] == "" {
			t.Error("half a place: got no fault")
		}
		if edge.Trade, edge.Lat, edge.Lon = "boulangerie", &pole, &pole; len(checkMerchant(&edge)) > 0 {
			t.Errorf("at the pole: got %v, want no fault", checkMerchant(&edge))
		}
	})
}

// Where the whole server wants to approve replies, an edit is told to wait too.
func TestAnEditIsToldToWait(t *testing.T) {
	t.Parallel()
	for approve, want := range map[bool]ReplyState{true: ReplyWaiting, false: ReplyShown} {
		l := &inboxLog{}
		r := testReceiver(t, l)
		r.Approve = approve
		o := &federation.Object{ID: "https://peer.example/notes/1", Type: "Note", AttributedTo: annaID, To: []federation.IRI{federation.Public}}
		err := r.Receive(t.Context(), &federation.Incoming{Sender: anna, Received: morning, Activity: &federation.Activity{
			ID: "https://peer.example/1", Type: "Update", Actor: annaID, ObjectID: o.ID, Object: o,
		}})
		if err != nil || l.reply.State != want {
			t.Errorf("BOURG_REPLIES=approve %v: got %v, %q, want %q", approve, err, l.reply.State, want)
		}
	}
}
