package conformance_test

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation/federationtest/conformance"
)

// With these, `go test ./federation/federationtest/conformance -run TestServer -base https://town.example -handle fournil@town.example`
// looks at any server. With a peer, that server must be able to reach it; -peer is where it listens, -peer-base how it is known.
var (
	base     = flag.String("base", "", "address of the server to be looked at")
	handle   = flag.String("handle", "", "handle of an actor there that posts, user@host")
	peerAt   = flag.String("peer", "", "address on which a peer is to listen; empty for none")
	peerBase = flag.String("peer-base", "", "public address of the peer")
)

// TestServer looks at the server that the flags name; without flags, at the fake one, which is sound.
func TestServer(t *testing.T) {
	if *base == "" {
		t.Parallel()
		for _, finding := range look(t, "", "nothing") {
			t.Error(finding)
		}
		return
	}
	target := &conformance.Target{Base: strings.TrimSuffix(*base, "/"), Handle: strings.TrimPrefix(*handle, "@")}
	if *peerAt != "" {
		peer, err := conformance.NewPeer(*peerAt, *peerBase)
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		target.Peer = peer
	}
	for _, c := range conformance.Checks(target) {
		t.Run(c.Point, func(t *testing.T) {
			if err := c.Run(t.Context(), target); err != nil {
				t.Error(err)
			}
		})
	}
}

// look looks at a fake server with a fault, and returns what it finds up to the point that is wanted. Checks of what never
// comes are given little time.
func look(t *testing.T, fault, point string) (findings []string) {
	t.Helper()
	f := newFake(t, fault)
	peer, err := conformance.NewPeer("127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close() })
	target := &conformance.Target{
		Base: f.URL, Handle: "baker@" + f.host(), Peer: peer, Publish: f.publish, Edit: f.edit, Withdraw: f.withdraw,
	}
	for _, c := range conformance.Checks(target) {
		ctx, cancel := t.Context(), context.CancelFunc(func() {})
		if fault != "" {
			ctx, cancel = context.WithTimeout(ctx, 5*time.Second)
		}
		if err := c.Run(ctx, target); err != nil {
			findings = append(findings, c.Point+": "+err.Error())
		}
		cancel()
		if len(findings) > 0 && strings.HasPrefix(findings[len(findings)-1], point) {
			break
		}
	}
	return findings
}

// A tester is worth what it finds: each fault that is planted in a sound server is found by the check that is about it.
func TestFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for fault, point := range map[string]string{
		"no CORS": "1 CORS", "one Accept only": "2 actor: each Accept", "host-meta without a place": "1 host-meta", "NodeInfo in capitals": "1 NodeInfo",
		"the server is a Person": "1 WebFinger: the bare host", "the actor is a Shop": "2 actor: what Mastodon demands", "200 for everything": "2 unknown ids",
		"no context": "2 actor: each Accept", "no Vary": "2 post: each Accept", "plain JSON": "2 actor: each Accept", "another type": "1 WebFinger: acct, raw",
		"two selves": "1 WebFinger: one link", "letters count": "1 WebFinger: acct, in capitals", "no ids": "1 WebFinger: the actor's id",
		"no bare host": "1 WebFinger: the bare host", "410 for nobody": "1 WebFinger: 404 for nobody", "404 for nonsense": "1 WebFinger: 400 for what is none",
		"another id": "2 actor: each Accept", "a handle of nobody": "1 WebFinger: the handle leads", "no byline": "8 preview", "no totalItems": "2 collections: totalItems",
		"404 for what was deleted": "7 edits", "a query changes the page": "2 post: a query", "JSON for people": "2 post: people", "the page names itself": "2 post: the page leads",
		"no Link": "2 actor: the page leads", "the feed first": "2 actor: the page leads", "another author": "8 preview", "a card of SVG": "8 preview",
		"any body": "4 inbox: a signature over another body", "any size": "4 inbox: more than a mebibyte", "no signature": "4 inbox: unsigned",
		"Follow without to": "5 Accept", "a stranger's key is wanted": "4 inbox: the farewell", "counts twice": "4 inbox: a Follow that comes twice",
		"Accept to the shared inbox": "5 Accept", "Accept of another id": "5 Accept", "Undo by id": "4 inbox: Undo with the Follow's id",
		"one signature for all attempts": "3 signatures", "no second attempt": "3 signatures", "the digest of something else": "5 Accept", "an old date": "5 Accept",
		"the host is not signed": "5 Accept", "a table": "6 posts: HTML", "a telephone link": "6 posts: HTML", "no tags": "6 posts: mentions", "no description": "6 posts: at most four",
		"no language": "6 posts: the language", "five pictures": "6 posts: at most four", "an edit without its time": "7 edits",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			findings := look(t, fault, point)
			if !slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, point) }) {
				t.Errorf("got the findings %q, want one of %q", findings, point)
			}
		})
	}
}
