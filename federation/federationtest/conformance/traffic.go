package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// traffic are the checks of what crosses the wire, in the order of a story: strangers knock, somebody follows, leaves
// in two ways, and follows again.
func traffic() []Check {
	inbox := func(ctx context.Context, t *Target) (string, string, error) {
		actor, err := t.actor(ctx)
		return text(actor, "inbox"), text(actor, "id"), err
	}
	answers := func(what string, wanted int, send func(ctx context.Context, p *Peer, inbox, actor string) (int, error)) Check {
		return Check{"4 inbox: " + what, func(ctx context.Context, t *Target) error {
			box, actor, err := inbox(ctx, t)
			if err != nil {
				return err
			}
			got, err := send(ctx, t.Peer, box, actor)
			if err != nil {
				return err
			}
			if wanted == http.StatusAccepted {
				return want("a 2xx", got/100, 2)
			}
			return want("status", got, wanted)
		}}
	}
	encoded := func(activity map[string]any) []byte {
		body, err := json.Marshal(activity)
		if err != nil {
			return nil // maps of strings always encode
		}
		return body
	}
	return []Check{
		answers("unsigned: 401", http.StatusUnauthorized, func(ctx context.Context, p *Peer, inbox, actor string) (int, error) {
			return p.post(ctx, inbox, "odile", encoded(p.act("odile", "Follow", actor)), nil)
		}),
		answers("a signature over another body: 401", http.StatusUnauthorized, func(ctx context.Context, p *Peer, inbox, actor string) (int, error) {
			return p.post(ctx, inbox, "odile", encoded(p.act("odile", "Follow", actor)), []byte("{}"))
		}),
		answers("more than a mebibyte: 413", http.StatusRequestEntityTooLarge, func(ctx context.Context, p *Peer, inbox, _ string) (int, error) {
			body := []byte(strings.Repeat(" ", maxBody+1))
			return p.post(ctx, inbox, "odile", body, body)
		}),
		answers("the farewell of a stranger: 2xx", http.StatusAccepted, func(ctx context.Context, p *Peer, inbox, _ string) (int, error) {
			gone := p.user("gone/for/good") // whose document is 404
			body := encoded(map[string]any{
				"@context": "https://www.w3.org/ns/activitystreams", "id": gone + "#delete", "type": "Delete", "actor": gone, "object": gone, "to": []string{public},
			})
			return p.post(ctx, inbox, "gone/for/good", body, body)
		}),
		{"5 Accept: a Follow without to and cc is accepted, personally and with its id", func(ctx context.Context, t *Target) error {
			return t.follow(ctx, "odile")
		}},
		{"4 inbox: a Follow that comes twice counts once", func(ctx context.Context, t *Target) error {
			box, actor, err := inbox(ctx, t)
			if err != nil {
				return err
			}
			before, err := t.followers(ctx)
			if err != nil {
				return err
			}
			follow := t.Peer.act("twice", "Follow", actor)
			for range 2 {
				if err := t.Peer.send(ctx, box, "twice", follow); err != nil {
					return err
				}
			}
			return t.hasFollowers(ctx, before+1)
		}},
		{"4 inbox: Undo with the Follow in it", func(ctx context.Context, t *Target) error {
			return t.undo(ctx, "inside", func(follow map[string]any) any { return follow })
		}},
		{"4 inbox: Undo with the Follow's id", func(ctx context.Context, t *Target) error {
			return t.undo(ctx, "bare", func(follow map[string]any) any { return follow["id"] })
		}},
	}
}

// follow follows the actor and waits for an Accept that Mastodon would take.
func (t *Target) follow(ctx context.Context, name string) error {
	actor, err := t.actor(ctx)
	if err != nil {
		return err
	}
	follow := t.Peer.act(name, "Follow", text(actor, "id"))
	if err := t.Peer.send(ctx, text(actor, "inbox"), name, follow); err != nil {
		return err
	}
	accept, err := t.Peer.await(ctx, "the Accept", func(d Delivery) bool {
		id := text(d.Activity, "object")
		if id == "" {
			id = text(d.Activity, "object", "id")
		}
		return text(d.Activity, "type") == "Accept" && id == follow["id"]
	})
	if err != nil {
		return err
	}
	if by := text(accept.Activity, "object", "actor"); by != "" {
		if err := want("the Follow in the Accept is by", by, t.Peer.user(name)); err != nil {
			return err
		}
	}
	return all(want("the Accept is by", text(accept.Activity, "actor"), text(actor, "id")),
		want("the Accept came to", accept.Path, "/users/"+name+"/inbox"))
}

func (t *Target) followers(ctx context.Context) (int, error) {
	actor, err := t.actor(ctx)
	if err != nil {
		return 0, err
	}
	c, err := document(ctx, text(actor, "followers"), accepts[0])
	if err != nil {
		return 0, err
	}
	n, _ := c["totalItems"].(float64)
	return int(n), nil
}

func (t *Target) hasFollowers(ctx context.Context, wanted int) error {
	got, err := t.followers(ctx)
	if err != nil {
		return err
	}
	return want("followers", got, wanted)
}

func (t *Target) undo(ctx context.Context, name string, object func(follow map[string]any) any) error {
	actor, err := t.actor(ctx)
	if err != nil {
		return err
	}
	before, err := t.followers(ctx)
	if err != nil {
		return err
	}
	follow := t.Peer.act(name, "Follow", text(actor, "id"))
	if err := t.Peer.send(ctx, text(actor, "inbox"), name, follow); err != nil {
		return err
	}
	if err := t.hasFollowers(ctx, before+1); err != nil {
		return err
	}
	if err := t.Peer.send(ctx, text(actor, "inbox"), name, t.Peer.act(name, "Undo", object(follow))); err != nil {
		return err
	}
	return t.hasFollowers(ctx, before)
}

// delivered are the checks of posts that are sent: the peer has a follower by now, and takes only good signatures.
func delivered() []Check {
	return []Check{{"3 signatures: each attempt is signed anew, 5 and retried", func(ctx context.Context, t *Target) error {
		t.Peer.mu.Lock()
		t.Peer.busy = true
		t.Peer.mu.Unlock()
		id, err := t.Publish(ctx, "Ceci est un essai.")
		if err != nil {
			return err
		}
		create, err := t.Peer.await(ctx, "the post, after it was turned away", func(d Delivery) bool {
			return d.Path == t.Peer.turned && text(d.Activity, "type") == "Create" && text(d.Activity, "object", "id") == id
		})
		if err != nil {
			return err
		}
		t.Peer.mu.Lock()
		defer t.Peer.mu.Unlock()
		if first, last := t.Peer.stamps[0], t.Peer.stamps[len(t.Peer.stamps)-1]; first == last {
			return fmt.Errorf("the second attempt bears the first one's date and signature: %q", first)
		}
		if object, embedded := create.Activity["object"].(map[string]any); !embedded || !contains(object["to"], public) && !contains(object["cc"], public) {
			return fmt.Errorf("got %v, want the post in the Create, addressed to everybody", create.Activity)
		}
		return nil
	}}}
}

// changes are the checks of edits and deletions.
func changes() []Check {
	return []Check{{"7 edits and deletions", func(ctx context.Context, t *Target) error {
		id, err := t.Publish(ctx, "Un premier texte.")
		if err != nil {
			return err
		}
		if err := t.Edit(ctx, id, "Un second texte."); err != nil {
			return err
		}
		post, err := document(ctx, id, accepts[0])
		if err != nil {
			return err
		}
		if err := want("updated is later than published", text(post, "updated") > text(post, "published"), true); err != nil {
			return err
		}
		if err := t.Withdraw(ctx, id); err != nil {
			return err
		}
		gone, err := get(ctx, id, accepts[0])
		for try := 0; err == nil && gone.status == http.StatusOK && try < 20; try++ { // copies that a server keeps may live a moment
			time.Sleep(100 * time.Millisecond)
			gone, err = get(ctx, id, accepts[0])
		}
		if err != nil {
			return err
		}
		var tomb map[string]any
		if err := json.Unmarshal(gone.body, &tomb); err != nil {
			return fmt.Errorf("the deleted post: %w", err)
		}
		// The actor lives on: 410 there would remove the account everywhere.
		if _, err := t.actor(ctx); err != nil {
			return err
		}
		return all(want("status of the deleted post", gone.status, http.StatusGone), want("its type", text(tomb, "type"), "Tombstone"), want("its id", text(tomb, "id"), id))
	}}}
}
