package main_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// The two servers that judge the town, Fedify and the one written here, take each other's
// requests in both schemes and refuse what is forged: neither judges by rules of its own.
func TestTheTwoJudgesAgree(t *testing.T) {
	t.Parallel()
	for _, how := range []scheme{cavage, rfc9421} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			f, p := newFollower(t), startPeer(t, how)
			anna := f.discover("anna@" + p.host)
			follow := p.does("follow", fields{"name": "anna", "merchant": f.user("odile")})
			if got := f.await("Follow", f.user("odile")); got.scheme != how || text(got.activity, "id") != text(follow, "id") {
				t.Errorf("got the Follow %s by %s, want %s by %s", text(got.activity, "id"), got.scheme, text(follow, "id"), how)
			}
			like, err := json.Marshal(f.act("odile", "Like", anna.ID))
			if err != nil {
				t.Fatal(err)
			}
			other, err := json.Marshal(f.act("odile", "Follow", anna.ID))
			if err != nil {
				t.Fatal(err)
			}
			for name, c := range map[string]struct {
				good bool
				got  int
			}{
				"signed":         {true, f.postBytes(anna.Inbox, like, f.user("odile"), how, time.Now())},
				"two hours old":  {false, f.postBytes(anna.Inbox, like, f.user("odile"), how, time.Now().Add(-2*time.Hour))},
				"another's key":  {false, f.postBytes(anna.Inbox, like, f.user("marc"), how, time.Now())},
				"a swapped body": {false, f.postSwapped(anna.Inbox, like, other)},
			} {
				if taken(c.got) != c.good {
					t.Errorf("%s: Fedify answered %d, want it taken: %v", name, c.got, c.good)
				}
			}
			f.forgive()
			if got := f.postSwapped(f.user("odile")+"/inbox", like, other); got != http.StatusUnauthorized {
				t.Errorf("a swapped body: the strict server answered %d, want 401", got)
			}
			if got := f.postBytes(f.user("odile")+"/inbox", like, f.user("odile"), how, time.Now().Add(-2*time.Hour)); got != http.StatusUnauthorized {
				t.Errorf("two hours old: the strict server answered %d, want 401", got)
			}
			if got := f.postBytes(f.user("odile")+"/inbox", like, f.user("marc"), how, time.Now()); got != http.StatusBadRequest {
				t.Errorf("another's key: the strict server answered %d, want 400", got)
			}
		})
	}
}
