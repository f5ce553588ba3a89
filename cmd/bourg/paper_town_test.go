package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// paperTown is a town that exists on paper: a server elsewhere with a card, a relay and merchants, which says what the test
// wants it to say. It has keys of its own and signs rightly; what it says may be a lie.
type paperTown struct {
	*follower
	card map[string]any // metadata.bourg, as it is served
}

// newPaperTown starts one at a place on the map; its territory has a radius of three kilometres.
func newPaperTown(t *testing.T, name string, lat, lon float64) *paperTown {
	t.Helper()
	p := &paperTown{follower: newFollower(t)}
	p.card = map[string]any{
		"protocol": 1, "town": map[string]any{"name": name, "insee": []string{"30900"}, "lat": lat, "lon": lon, "radiusKm": 3},
		"peering": "approval", "languages": []string{"fr"}, "actors": map[string]any{"relay": p.relay()}, "active": p.at("/active"),
	}
	p.presents(p.relay(), p.card)
	p.lists()
	return p
}

func (p *paperTown) relay() string { return p.at("/actor") }

// presents serves NodeInfo with this relay and this card.
func (p *paperTown) presents(relay string, card map[string]any) {
	p.t.Helper()
	p.serve("/.well-known/nodeinfo", "application/json", p.encoded(map[string]any{"links": []any{
		map[string]any{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": p.at("/nodeinfo/2.1")},
		map[string]any{"rel": "https://www.w3.org/ns/activitystreams#Application", "href": relay},
	}}))
	p.serve("/nodeinfo/2.1", "application/json", p.encoded(map[string]any{
		"version": "2.1", "software": map[string]any{"name": "bourg", "version": "1.0.0"}, "protocols": []any{"activitypub"},
		"services": map[string]any{"inbound": []any{}, "outbound": []any{}}, "openRegistrations": false, "usage": map[string]any{},
		"metadata": map[string]any{"bourg": card},
	}))
}

// lists serves the list of live objects, of these lines.
func (p *paperTown) lists(lines ...string) {
	text := strings.Join(lines, "\n")
	if len(lines) > 0 {
		text += "\n"
	}
	p.serve("/active", "text/plain; charset=utf-8", []byte(text))
}

// line is a line of that list.
func line(object string, changed time.Time) string {
	return object + "\t" + changed.UTC().Format(time.RFC3339)
}

func (p *paperTown) encoded(v any) []byte {
	p.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		p.t.Fatalf("encode: %v", err)
	}
	return body
}

// relayOf finds the relay of a real town as FEP-2677 says.
func relayOf(t *testing.T, tw *town) string {
	t.Helper()
	res, err := http.Get(tw.at("/.well-known/nodeinfo"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var list struct{ Links []struct{ Rel, Href string } }
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatalf("the NodeInfo of %s: %v", tw.host, err)
	}
	for _, l := range list.Links {
		if l.Rel == "https://www.w3.org/ns/activitystreams#Application" {
			return l.Href
		}
	}
	t.Fatalf("%s names no Application", tw.host)
	return ""
}

// asks lets the paper town ask a real one for its news, of these kinds from so far away, and that one accept.
func (p *paperTown) asks(tw *town, maxKm int, kinds ...string) {
	p.t.Helper()
	follow := p.say("Follow", relayOf(p.t, tw))
	follow["bourg:peering"] = map[string]any{"version": 1, "wants": map[string]any{"kinds": kinds, "maxKm": maxKm}}
	p.send(tw.at("/inbox"), follow)
	tw.run("neighbour", "accept", p.host)
	p.await("Accept", text(follow, "id"))
	// The card is read before anything is sent: without a place it is a town at no known distance.
	eventually(p.t, "the card is read", func() error {
		if got := tw.neighbours()[p.host]; got.Name != text(p.card, "town", "name") {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
}

// gives lets a real town ask the paper town for its news, which gives these kinds from so far away. It returns the Follow.
func (p *paperTown) gives(tw *town, maxKm int, kinds ...string) string {
	p.t.Helper()
	tw.run("neighbour", "add", p.at(""))
	follow := p.await("Follow", p.relay()).activity
	accept := p.say("Accept", follow)
	accept["bourg:peering"] = map[string]any{"version": 1, "gives": map[string]any{"kinds": kinds, "maxKm": maxKm}}
	p.send(tw.at("/inbox"), accept)
	// The list is compared once now, and not again for a day. What is told before that would have to stand on it.
	eventually(p.t, "the first comparison", func() error {
		if tw.counts(`SELECT count(*) FROM neighbours WHERE domain = $1 AND reconciled_at IS NOT NULL`, p.host) == 0 {
			return fmt.Errorf("asked for %v", p.requests())
		}
		return nil
	})
	return text(follow, "id")
}

// say makes an activity of the relay.
func (p *paperTown) say(kind string, object any) map[string]any {
	return map[string]any{
		"@context": []any{"https://www.w3.org/ns/activitystreams", map[string]any{"bourg": "https://w3id.org/bourg/v1#"}},
		"id":       p.newID(), "type": kind, "actor": p.relay(), "object": object,
	}
}

// everyKind are the kinds that towns exchange.
var everyKind = []string{"news", "offer", "event", "article", "product", "closure"}

// note makes the Create of a public note by a merchant of the paper town, and serves the note where its id says.
func (p *paperTown) note(merchant, content string, more map[string]any) map[string]any {
	p.t.Helper()
	note := map[string]any{
		"id": p.newID(), "type": "Note", "attributedTo": p.user(merchant), "content": "<p>" + content + "</p>",
		"published": time.Now().UTC().Format(time.RFC3339), "bourg:kind": "news",
		"to": []any{"https://www.w3.org/ns/activitystreams#Public"}, "cc": []any{p.user(merchant) + "/followers"},
	}
	for name, value := range more {
		note[name] = value
	}
	create := p.act(merchant, "Create", note)
	delete(create, "@context")
	create["to"], create["cc"] = note["to"], note["cc"]
	p.serveNote(create)
	return create
}

// announces sends an activity of a merchant by the relay, and returns the status of the answer.
func (p *paperTown) announces(tw *town, activity any) int {
	p.t.Helper()
	announce := p.say("Announce", activity)
	announce["to"] = []any{p.relay() + "/followers"}
	return p.post(tw.at("/inbox"), announce, cavage)
}

// tells announces news that must be taken, and returns its Create.
func (p *paperTown) tells(tw *town, merchant, content string, more map[string]any) map[string]any {
	p.t.Helper()
	create := p.note(merchant, content, more)
	if got := p.announces(tw, create); !taken(got) {
		p.t.Fatalf("announce %q: got status %d, want 2xx", content, got)
	}
	return create
}

// heard are those of these texts that were announced to the paper town in activities of a type, each as often as it came.
func (p *paperTown) heard(kind string, texts ...string) []string {
	var said []string
	for _, d := range p.got("Announce", "") {
		for _, t := range texts {
			if text(d.activity, "object", "type") == kind && strings.Contains(text(d.activity, "object", "object", "content"), t) {
				said = append(said, t)
			}
		}
	}
	return said
}
