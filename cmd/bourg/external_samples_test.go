package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

// origin serves what other servers would at their own addresses (town.ExternalReader): each document passes the gate as if it
// had been fetched.
type origin struct {
	town.ExternalReader
	documents map[federation.IRI]string // files by ids
}

func (o *origin) ReadPost(_ context.Context, id federation.IRI) (*federation.Object, []byte, error) {
	file, found := o.documents[id]
	if !found {
		return nil, nil, town.ErrGone
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	body = []byte(later(string(body)))
	doc, err := federation.ParseDocument(body)
	if err != nil {
		return nil, nil, err
	}
	object, err := federation.DecodeObject(doc)
	if err != nil {
		return nil, nil, err
	}
	object.ClampDates(time.Now())
	verified, err := federation.Authority{Host: "saint-laurent.example"}.Object(object, id)
	return verified.Value(), body, err
}

// later moves the events of recorded documents before us.
func later(body string) string {
	return strings.NewReplacer("2026-12-12", time.Now().AddDate(0, 0, 10).Format(time.DateOnly),
		"2026-12-13", time.Now().AddDate(0, 0, 11).Format(time.DateOnly)).Replace(body)
}

// list makes an account one that is listed and has agreed.
func (p *passer) list(actor federation.IRI, kind, trade string) *town.External {
	p.t.Helper()
	var listed *town.External
	p.must(p.town.store.ChangeExternal(p.t.Context(), actor, func(e *town.External) ([]town.Outgoing, error) {
		e.Actor, e.Type, e.Name, e.Handle, e.Host = actor, kind, "Chez l’autre", "autre@"+actor.Host(), actor.Host()
		e.URL, e.Inbox, e.Trade = actor, actor+"/inbox", trade
		e.State, e.AgreedBy, e.Agreed, e.Following = town.ExternalAgreed, town.ByReply, time.Now(), town.StandingAccepted
		listed = e
		return nil, nil
	}))
	return listed
}

// takes takes in a file's activity, as it is or changed.
func (p *passer) takes(file string, change ...string) error {
	p.t.Helper()
	body, err := os.ReadFile(file)
	p.must(err)
	if strings.HasSuffix(file, ".http") {
		_, body, _ = bytes.Cut(body, []byte("\r\n\r\n"))
	}
	text := strings.NewReplacer(change...).Replace(later(strings.ReplaceAll(string(body), `\/`, `/`)))
	p.signed++
	err = p.receive([]byte(text), time.Now().Add(time.Duration(p.signed)*time.Second).Truncate(time.Second))
	if errors.Is(err, federation.ErrIgnored) || errors.Is(err, federation.ErrDuplicate) {
		return nil
	}
	return err
}

// readWaiting reads the objects at their origin that wait to be read.
func (p *passer) readWaiting(e *town.External) {
	p.t.Helper()
	rows, err := p.town.store.Pool().Query(p.t.Context(), `DELETE FROM river_job WHERE kind = 'read_external' RETURNING args->>'object'`)
	p.must(err)
	var ids []federation.IRI
	for rows.Next() {
		var id federation.IRI
		p.must(rows.Scan(&id))
		ids = append(ids, id)
	}
	p.must(rows.Err())
	for _, id := range ids {
		p.must(p.town.externals.ReadObject(p.t.Context(), e.ID, id))
	}
}

func (p *passer) reads(path string) string {
	p.t.Helper()
	return words(p.visitor().get(path))
}

// What accounts of each software publish comes through decoder, gate, switch and database into the thread, once the account is listed and
// not before; events into the agenda.
func TestNewsOfAccountsElsewhereReachesTheThread(t *testing.T) {
	t.Parallel()
	listed, samples := testdata+"/listed/", testdata+"/samples/"
	for _, c := range []struct {
		software, file string
		actor          federation.IRI
		kind, trade    string
		says, path     string
	}{
		{"Mastodon", listed + "mastodon-create-note.json", "https://mastodon.example/users/anna", "Person", "fleuriste", "Les premières tulipes sont arrivées", "/"},
		{"Pixelfed", listed + "pixelfed-create-note.json", "https://pixelfed.example/users/anna", "Person", "poterie", "Un vase de terre rouge", "/"},
		{"WordPress, an article", samples + "wordpress-activitypub-4.0.0/create-article.http", "http://wp.test/?author=1", "Person", "librairie", "wp.test", "/"},
		{"WordPress, a note with a picture", samples + "wordpress-activitypub-4.0.0/create-note-image.http", "http://wp.test/?author=1", "Person", "librairie", "wp.test", "/"},
		{"WordPress, the blog", samples + "wordpress-activitypub-4.0.0/announce-create.http", "http://wp.test/?author=0", "Group", "association", "Nouveau billet annoncé par le blog", "/"},
		{"Gancio", samples + "gancio-1.21.0/create-event.http", "http://gancio.test/federation/u/relay", "Application", "agenda", "Marché de Noël", "/agenda"},
		{"Mobilizon", listed + "mobilizon-announce-event.json", "https://mobilizon.example/@fetes", "Group", "agenda", "Bal des vendanges", "/agenda"},
		{"Lemmy", listed + "lemmy-announce-page.json", "https://lemmy.example/c/villages", "Group", "association", "Vide-grenier dimanche sous la halle", "/"},
		{"Lemmy, from another server", listed + "lemmy-announce-page-elsewhere.json", "https://lemmy.example/c/villages", "Group", "association", "Qui prête une remorque", "/"},
	} {
		t.Run(c.software, func(t *testing.T) {
			t.Parallel()
			h := openHouse(t)
			p := &passer{house: h}
			h.town.externals.Reader = &origin{documents: map[federation.IRI]string{
				"https://mobilizon.example/events/6c9e9b1a-0001": listed + "mobilizon-event.json",
				"https://autre.example/post/7":                   listed + "lemmy-page-elsewhere.json",
			}}
			p.must(p.takes(c.file))
			if got := p.reads(c.path); strings.Contains(got, c.says) {
				t.Errorf("before it is listed: %s shows %q", c.path, c.says)
			}
			p.forget()
			e := p.list(c.actor, c.kind, c.trade)
			p.must(p.takes(c.file))
			p.readWaiting(e)
			if got := p.reads(c.path); !strings.Contains(got, c.says) || !strings.Contains(got, c.actor.Host()) {
				t.Errorf("%s: got %q, want %q and where it lives", c.path, got, c.says)
			}
			if got := p.reads("/"); strings.Contains(got, "Une copie que personne ne croit") {
				t.Error("what another server is said to have said is shown")
			}
			h.must(h.town.externals.Remove(t.Context(), operator, e.ID))
			if got := p.reads(c.path); strings.Contains(got, c.says) {
				t.Errorf("after it is taken off the list: %s shows %q", c.path, c.says)
			}
			if n := h.count(`SELECT count(*) FROM foreign_posts`); n != 0 {
				t.Errorf("after it is taken off the list: got %d posts, want none", n)
			}
		})
	}
}

// forget lets everything come once more.
func (p *passer) forget() {
	p.t.Helper()
	_, err := p.town.store.Pool().Exec(p.t.Context(), `WITH posts AS (DELETE FROM foreign_posts) DELETE FROM received`)
	p.must(err)
}

// A person's answer to somebody, a message, what is unlisted or bears a warning, and what others wrote is no news of an account.
func TestWhatIsNoNewsOfAnAccountElsewhere(t *testing.T) {
	t.Parallel()
	const public, anna = `"https://www.w3.org/ns/activitystreams#Public"`, federation.IRI("https://mastodon.example/users/anna")
	file := testdata + "/listed/mastodon-create-note.json"
	h := openHouse(t)
	p := &passer{house: h}
	h.town.externals.Reader = &origin{}
	p.list(anna, "Person", "fleuriste")
	for what, change := range map[string][]string{
		"an answer":    {`"inReplyTo": null`, `"inReplyTo": "https://other.example/1"`},
		"a warning":    {`"summary": null`, `"summary": "Araignées"`},
		"sensitive":    {`"sensitive": false`, `"sensitive": true`},
		"for few":      {public, `"https://mastodon.example/users/anna/followers"`},
		"unlisted":     {public, `"https://mastodon.example/users/anna/followers"`, `"https://mastodon.example/users/anna/followers"`, public},
		"a poll":       {`"type": "Note"`, `"type": "Question"`},
		"a type apart": {`"type": "Note"`, `"type": "ChatMessage"`},
	} {
		p.must(p.takes(file, change...))
		if n := h.count(`SELECT count(*) FROM foreign_posts`); n != 0 {
			t.Errorf("%s: got %d posts, want none", what, n)
		}
		p.forget()
	}
	var refused *federation.Refusal
	if err := p.takes(file, `"attributedTo": "https://mastodon.example/users/anna"`, `"attributedTo": "https://mastodon.example/users/eve"`); !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("another's note: got %v, want 403", err)
	}
	boost := `{"@context":"https://www.w3.org/ns/activitystreams","type":"Announce","id":"https://mastodon.example/b/1","actor":"` + string(anna) +
		`","to":[` + public + `],"object":"https://elsewhere.example/notes/1"}`
	if err := p.receive([]byte(boost), time.Now()); !errors.Is(err, federation.ErrIgnored) {
		t.Errorf("a boost: got %v, want no effect", err)
	}
	if n := h.count(`SELECT count(*) FROM river_job WHERE kind IN ('read_external', 'read_object')`); n != 0 {
		t.Errorf("a boost: got %d objects to read, want none", n)
	}
}
