package main_test

import (
	"slices"
)

// ties are what somebody's profile says of other accounts.
type ties struct {
	alsoKnownAs []string
	movedTo     string
}

func (t ties) write(document map[string]any) {
	document["alsoKnownAs"] = append([]string{}, t.alsoKnownAs...)
	if t.movedTo != "" {
		document["movedTo"] = t.movedTo
	}
}

// tie sets what somebody's profile says of other accounts.
func (f *follower) tie(name string, t ties) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ties[name] = t
}

// obeyMove waits for the Move of an actor and does with it what Mastodon does for a follower (activity/move.rb): it is the
// mover who says so of itself, the target names the mover among its own, and then the new one is followed and the old one not
// any more. The mover's profile has to say so by then as well, which Misskey demands.
func (f *follower) obeyMove(name string, from remoteActor, follow map[string]any) remoteActor {
	f.t.Helper()
	move := f.await("Move", from.ID).activity
	target := text(move, "target")
	if got := text(move, "actor"); got != from.ID || target == "" {
		f.t.Fatalf("got a Move by %q to %q, want one by %s", got, target, from.ID)
	}
	if cc := list(move, "to"); !slices.Contains(cc, text(from.document, "followers")) {
		f.t.Errorf("the Move is addressed to %q, want the followers", cc)
	}
	old, err := f.get(from.ID)
	if err != nil {
		f.t.Fatal(err)
	}
	if got := text(old, "movedTo"); got != target {
		f.t.Errorf("the old profile says movedTo %q, want %q", got, target)
	}
	found, err := f.get(target)
	if err != nil {
		f.t.Fatal(err)
	}
	if got := list(found, "alsoKnownAs"); !slices.Contains(got, from.ID) {
		f.t.Fatalf("the new profile says alsoKnownAs %q, want %s among them", got, from.ID)
	}
	to := remoteActor{ID: target, Inbox: text(found, "inbox"), SharedInbox: text(found, "endpoints", "sharedInbox"), document: found}
	f.follow(name, to)
	f.undo(name, from.Inbox, follow)
	return to
}
