package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// externalLine is what `bourg external list` prints of one account.
type externalLine struct {
	Handle, ID, Name, State, Answer, Following string
	AgreedBy                                   string `json:"agreed_by"`
	Ended                                      string `json:"ended_by"`
	Asks                                       int
}

// external returns the one account that a town lists.
func (tw *town) external() externalLine {
	tw.t.Helper()
	res := tw.try("external", "list")
	var list []externalLine
	if err := json.Unmarshal([]byte(res.stdout), &list); err != nil || len(list) != 1 {
		tw.t.Fatalf("bourg external list: got %q and %q, want one account: %v", res.stdout, res.stderr, err)
	}
	return list[0]
}

// awaitExternal waits until the account's consent, and our following of it, stand as they should.
func (tw *town) awaitExternal(state, following string) externalLine {
	tw.t.Helper()
	var got externalLine
	eventually(tw.t, "the account is "+state+", followed: "+following, func() error {
		if got = tw.external(); got.State != state || got.Following != following {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
	return got
}

// lacks waits until a page is without a text.
func (tw *town) lacks(path, text string) {
	tw.t.Helper()
	eventually(tw.t, path+" without "+text, func() error {
		if err := tw.shows(path, text); err == nil {
			return fmt.Errorf("it is still there")
		}
		return nil
	})
}

// A florist on a Fedify server is asked, says yes, is followed, posts, edits, deletes, and says stop.
func TestAFloristElsewhereIsAskedAndShown(t *testing.T) {
	t.Parallel()
	tw, peer := startTown(t), startPeer(t, cavage)
	handle := "@anna@" + peer.host
	tw.run("external", "add", handle, "--trade", "fleuriste", "--phone", "04 65 71 20 44", "--lat", "44.19", "--lon", "4.43")
	if got := tw.external(); got.State != "asked" || got.Asks != 1 || got.Name != "Anna" {
		t.Fatalf("after being added: got %+v, want Anna asked once", got)
	}
	question, town := asked(t, peer)
	say := func(words string, more fields) map[string]any {
		f := fields{"name": "anna", "merchant": town, "private": true, "content": "<p>" + words + "</p>"}
		for k, v := range more {
			f[k] = v
		}
		return peer.does("reply", f)
	}
	post := func(words string) map[string]any {
		return peer.does("reply", fields{"name": "anna", "merchant": town, "content": "<p>" + words + "</p>"})
	}

	post("Avant le oui, des pivoines.")
	say("Qui êtes-vous ?", fields{"inReplyTo": question})
	eventually(t, "the town hall reads what is neither yes nor no", func() error {
		if got := tw.external(); got.State != "asked" || got.Answer != "Qui êtes-vous ?" {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
	peer.does("reply", fields{"name": "bert", "merchant": town, "private": true, "inReplyTo": question, "content": "<p>Oui !</p>"})
	tw.settled()
	if got := tw.external(); got.State != "asked" {
		t.Fatalf("after somebody else said yes: got %+v, want still asked", got)
	}
	if err := tw.shows("/", "pivoines"); err == nil {
		t.Error("news of an account that has not agreed is shown")
	}

	say("Oui, avec plaisir", fields{"inReplyTo": question, "mention": "@x"})
	tw.awaitExternal("agreed", "pending")
	peer.does("accept", fields{"name": "anna", "merchant": followedBy(t, peer), "activity": ourFollow(t, peer)})
	if got := tw.awaitExternal("agreed", "accepted"); got.AgreedBy != "reply" {
		t.Errorf("agreed by %q, want reply", got.AgreedBy)
	}

	news := post("Les tulipes sont là.")
	eventually(t, "the florist's news in the thread", func() error { return tw.shows("/", "Les tulipes sont là.") })
	for _, want := range []string{"Anna", "sur " + peer.host} {
		if err := tw.shows("/", want); err != nil {
			t.Error(err)
		}
	}
	if err := tw.shows("/commerces", "Anna"); err != nil {
		t.Error(err)
	}
	peer.does("reply", fields{"name": "anna", "merchant": town, "content": "<p>Une réponse à Bert.</p>", "inReplyTo": peer.user("bert") + "/notes/1"})
	peer.does("edit", fields{"name": "anna", "note": text(news, "note"), "content": "<p>Les tulipes sont parties.</p>"})
	eventually(t, "the edit in the thread", func() error { return tw.shows("/", "Les tulipes sont parties.") })
	if err := tw.shows("/", "Une réponse à Bert."); err == nil {
		t.Error("an answer to somebody is shown as news")
	}
	kept := post("Des pivoines demain.")
	eventually(t, "more news", func() error { return tw.shows("/", "Des pivoines demain.") })
	peer.does("remove", fields{"name": "anna", "note": text(news, "note")})
	tw.lacks("/", "Les tulipes sont parties.")

	say("STOP", nil)
	tw.awaitExternal("refused", "none")
	if err := tw.shows("/", "Des pivoines demain."); err == nil {
		t.Errorf("%s is shown after its writer said stop", text(kept, "note"))
	}
	peer.await("Undo", "")
	if res := tw.try("external", "ask", handle); res.code == 0 || !strings.Contains(res.stderr, "not asked again") {
		t.Errorf("asking who said no: got %d, %q, want a refusal", res.code, res.stderr)
	}
}

// asked returns the question that the peer was sent, and who asks.
func asked(t *testing.T, p *peer) (question, from string) {
	t.Helper()
	eventually(t, "the question", func() error {
		for _, a := range p.journal().Activities {
			if a.Type == "Create" && strings.Contains(a.Content, "OUI") {
				question, from = a.Object, a.Actor
				return nil
			}
		}
		return fmt.Errorf("it has not come")
	})
	return question, from
}

// ourFollow returns the id of the Follow that the peer was sent, followedBy who sent it.
func ourFollow(t *testing.T, p *peer) string {
	t.Helper()
	j, at := p.await("Follow", "")
	return j.Activities[at].ID
}

func followedBy(t *testing.T, p *peer) string {
	t.Helper()
	j, at := p.await("Follow", "")
	return j.Activities[at].Actor
}
