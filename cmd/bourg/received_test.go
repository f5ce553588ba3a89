package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

// testdata is where the requests and activities of other software lie.
const testdata = "../../federation/testdata"

// story is the order in which a software's activities come, each with what it brings about.
var story = []struct{ name, effect string }{
	{"follow", "followers+1 told+1 Accept+1"},
	{"accept-follow", ""}, {"reject-follow", ""}, {"add", ""}, {"remove", ""},
	{"undo-follow", "followers-1 told-1"},
	{"follow", "followers+1 told+1 Accept+1"}, // again, under the same id, signed later
	{"like", "likes+1 told+1"}, {"undo-like", "likes-1 told-1"},
	{"emoji-react", "likes+1 told+1"}, {"undo-emoji-react", "likes-1 told-1"}, {"create-by-id", "read_object+1"},
	{"announce", "shares+1 told+1"}, {"undo-announce", "shares-1 told-1"}, {"announce-video", ""}, {"dislike", ""}, {"view", ""},
	{"create-reply", "replies+1 told+1"}, {"update-note", "words"}, {"delete-note", "replies-1 told-1"},
	{"create-message", "messages+1 told+1"}, {"create-mention", "mentions+1 told+1"},
	{"create-question", "replies+1 told+1"}, {"update-question", ""}, {"create-vote", ""}, {"create-article", ""},
	{"create-event", ""}, {"update-event", ""}, {"delete-event", ""},
	{"announce-create", "read_object+1"}, {"announce-update", ""}, {"announce-delete", ""}, {"announce-like", ""}, {"announce-undo", "nesting"},
	{"create-quote", "quotes+1 told+1"}, {"quote-request", "quotes+1 told+1 Accept+1"},
	{"join", "Ignore+1"}, {"leave", "Ignore+1"},
	{"flag", "reports+1"}, {"move", "follow_move+1"}, {"update-person", "profile"},
	{"block", "followers-1 told-1"}, {"undo-block", ""},
	{"delete-actor", "nothing left"},
}

// otherEffects are those that differ, by software and name, each with why.
var otherEffects = map[string]string{
	"mastodon/quote-request":     "Accept+1",        // the quote was seen before it asked
	"gotosocial/create-question": "",                // a poll for the author's own followers
	"fedify/create-question":     "",                // the same
	"wordpress/update-person":    "refresh_actor+1", // without the person: it is asked for
}

// TestWhatReceivedActivitiesBringAbout takes the activities of each software through the decoder, the gate, the switch and a real
// database, and holds what has changed against what FEDERATION.md says.
func TestWhatReceivedActivitiesBringAbout(t *testing.T) {
	t.Parallel()
	for software, files := range receivedFiles(t) {
		t.Run(software, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			p := &passer{house: h, post: h.publish(h.bakery, "Fournée de seigle.", false)}
			p.event = h.publishKind(h.bakery, town.Draft{Kind: town.Event, Details: town.Details{Title: "Fournée ouverte", Starts: time.Now().AddDate(0, 0, 2)}})
			for _, step := range story {
				file, ok := files[step.name]
				if !ok {
					continue
				}
				want := step.effect
				if other, ok := otherEffects[software+"/"+step.name]; ok {
					want = other
				}
				if got := p.pass(file); got != want {
					t.Errorf("%s: got %q, want %q", step.name, got, want)
				}
			}
			for name := range files {
				if !slices.ContainsFunc(story, func(s struct{ name, effect string }) bool { return s.name == name }) {
					t.Errorf("%s: got no place in the story", name)
				}
			}
		})
	}
}

// receivedFiles are the activities of each software by their names: those in testdata/received, and those that were recorded as
// requests, which are preferred.
func receivedFiles(t *testing.T) map[string]map[string]string {
	t.Helper()
	files, err := filepath.Glob(testdata + "/received/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	put := func(software, name, file string) {
		if all[software] == nil {
			all[software] = map[string]string{}
		}
		all[software][name] = file
	}
	for _, f := range files {
		put(filepath.Base(filepath.Dir(f)), strings.TrimSuffix(filepath.Base(f), ".json"), f)
	}
	list, err := os.ReadFile(testdata + "/received/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]map[string]string
	if err := json.Unmarshal(list, &recorded); err != nil {
		t.Fatal(err)
	}
	for software, names := range recorded {
		for name, file := range names {
			put(software, name, testdata+"/"+file)
		}
	}
	return all
}

// passer takes activities in, one after the other.
type passer struct {
	*house
	post, event *town.Post
	signed      int
}

// pass takes the activity in a file in and tells what has changed: the counts, or the code of a refusal.
func (p *passer) pass(file string) string {
	p.t.Helper()
	body, err := os.ReadFile(file)
	p.must(err)
	if strings.HasSuffix(file, ".http") {
		_, body, _ = bytes.Cut(body, []byte("\r\n\r\n"))
	}
	a := p.town.addresses
	body = []byte(strings.NewReplacer(
		"https://bourg.test/actors/0193a1c0-0000-7000-8000-000000000001", string(a.Actor(p.bakery.ID)),
		"https://bourg.test/posts/0193a1c0-0000-7000-8000-000000000002", string(a.Post(p.post.ID)),
		"https://bourg.test/posts/0193a1c0-0000-7000-8000-000000000003", string(a.Post(p.event.ID)),
		"http://bourg.test/users/bakery", string(a.Actor(p.bakery.ID)), "http://bourg.test/users/cafe", string(a.Actor(p.bakery.ID)),
		"http://bourg.test/notes/1", string(a.Post(p.post.ID)), "http://bourg.test/notes/2", string(a.Post(p.post.ID)),
		"http://bourg.test/notes/w1", string(a.Post(p.post.ID)),
	).Replace(oneStory(file, strings.ReplaceAll(string(body), `\/`, `/`))))
	before := p.counts()
	p.signed++
	err = p.receive(body, time.Now().Add(time.Duration(p.signed)*time.Second).Truncate(time.Second))
	var refused *federation.Refusal
	if errors.As(err, &refused) {
		return refused.Code
	}
	if err != nil && !errors.Is(err, federation.ErrIgnored) && !errors.Is(err, federation.ErrDuplicate) {
		p.t.Fatalf("%s: %v", file, err)
	}
	if strings.Contains(file, "delete-actor") {
		for name, n := range p.counts() {
			if n != 0 && !slices.Contains([]string{"Accept", "Delete", "Ignore", "Create", "reports", "read_object", "follow_move", "refresh_actor", "words", "profile"}, name) {
				return fmt.Sprintf("%s %d", name, n)
			}
		}
		return "nothing left"
	}
	return changed(before, p.counts())
}

// oneStory lets recorded activities of several people about several things be those of one person about one reply.
func oneStory(file, body string) string {
	if strings.HasSuffix(file, "gotosocial-0.20.0-rc1/move.http") {
		return strings.NewReplacer("gts.test/users/anna", "gts.test/users/later", "gts.test/users/dora", "gts.test/users/anna").Replace(body)
	}
	return strings.NewReplacer(
		"https://wordpress.example", "http://wp.test",
		"gts.test/users/bert", "gts.test/users/anna", "gts.test/users/carl", "gts.test/users/anna",
		"01M81P4C6SKKY9GX826X1WYWCR", "01M81P4TF963NBZQ8JC1SVJVRF", "01M81P658KJ8CDE1ANJ5M0XRE7", "01M81P4TF963NBZQ8JC1SVJVRF",
		"01C674CFGAPM8SZSK35W9VQ97B", "01TWBX1MGMX400YT9S1Y07TYP1",
		"9566f146-19bc-498b-b8ac-521c62a23417", "6993bbcd-cc25-42cc-931d-d7fd844797b2",
		"b8a9125a-5cf7-4696-b42d-b16f9b38f27e", "6993bbcd-cc25-42cc-931d-d7fd844797b2",
	).Replace(body)
}

// receive takes an activity in as the inbox does once it knows who signed.
func (p *passer) receive(body []byte, signed time.Time) error {
	doc, err := federation.ParseDocument(body)
	if err != nil {
		return err
	}
	act, err := federation.DecodeActivity(doc)
	if err != nil {
		return err
	}
	verified, err := federation.Authority{Host: "saint-laurent.example"}.Activity(act, act.Actor, body)
	if err != nil {
		return err
	}
	now := time.Now()
	act = verified.Value()
	act.ClampDates(now)
	sender := &federation.Actor{ID: act.Actor, Type: "Person", Inbox: act.Actor + "/inbox"}
	return p.town.receiver.Receive(p.t.Context(), &federation.Incoming{
		Activity: act, Sender: sender, JSON: body, Received: now, Signed: signed, Budget: federation.NewBudget(federation.FetchesPerActivity),
	})
}

// effectCounts is what can change, in the order in which it is told.
var effectCounts = []struct{ name, sql string }{
	{"followers", `SELECT count(*) FROM followers WHERE ended_at IS NULL`},
	{"likes", `SELECT coalesce(sum(likes), 0) FROM post_counts`},
	{"shares", `SELECT coalesce(sum(shares), 0) FROM post_counts`},
	{"replies", `SELECT count(*) FROM replies WHERE public AND post_id IS NOT NULL`},
	{"mentions", `SELECT count(*) FROM replies WHERE public AND post_id IS NULL`},
	{"messages", `SELECT count(*) FROM replies WHERE NOT public`},
	{"quotes", `SELECT count(*) FROM quotes`},
	{"reports", `SELECT count(*) FROM reports`},
	{"told", `SELECT count(*) FROM notifications`},
	{"read_object", `SELECT count(*) FROM river_job WHERE kind = 'read_object'`},
	{"refresh_actor", `SELECT count(*) FROM river_job WHERE kind = 'refresh_actor'`},
	{"follow_move", `SELECT count(*) FROM river_job WHERE kind = 'follow_move'`},
	{"Accept", `SELECT count(*) FROM activities WHERE type = 'Accept'`},
	{"Delete", `SELECT count(*) FROM activities WHERE type = 'Delete'`},
	{"Ignore", `SELECT count(*) FROM activities WHERE type = 'Ignore'`},
	{"words", `SELECT coalesce(sum(hashtext(content)::bigint), 0) FROM replies`},
	{"profile", `SELECT coalesce(sum(hashtext(name)::bigint), 0) FROM remote_actors`},
}

func (p *passer) counts() map[string]int64 {
	p.t.Helper()
	counts := map[string]int64{}
	for _, c := range effectCounts {
		rows, _ := p.town.store.Pool().Query(p.t.Context(), c.sql)
		n, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int64])
		p.must(err)
		counts[c.name] = n
	}
	return counts
}

// changed tells the differences; other words count only where nothing came or went.
func changed(before, after map[string]int64) string {
	var all []string
	for _, c := range effectCounts {
		switch d := after[c.name] - before[c.name]; {
		case d == 0:
		case c.name != "words" && c.name != "profile":
			all = append(all, fmt.Sprintf("%s%+d", c.name, d))
		case len(all) == 0:
			all = append(all, c.name)
		}
	}
	return strings.Join(all, " ")
}
