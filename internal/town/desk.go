package town

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Activity counts what happened in the town.
type Activity struct {
	News      int // published
	Replies   int // received
	Followers int // of all merchants, now
}

// WaitingReply is a public reply that waits for approval, with the post under which it would stand; the post is nil for a mention.
type WaitingReply struct {
	Reply *Reply
	Post  *Post
}

// ShopState tells how a merchant gets on.
type ShopState struct {
	Merchant *Merchant
	SignedIn bool      // somebody has signed in for it, as far as it can still be told
	LastNews time.Time // zero: none yet
}

// Since counts what happened since a time.
func (m *Moderator) Since(ctx context.Context, by Author, since time.Time) (Activity, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return Activity{}, err
	}
	return m.Store.ActivitySince(ctx, since)
}

// waitingShown is how many waiting replies the town hall is shown at once.
const waitingShown = 50

// Waiting returns the replies that wait for approval, oldest first.
func (m *Moderator) Waiting(ctx context.Context, by Author) ([]WaitingReply, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return nil, err
	}
	return m.Store.WaitingReplies(ctx, waitingShown)
}

// Shops tells how each merchant gets on, by name.
func (m *Moderator) Shops(ctx context.Context, by Author) ([]ShopState, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return nil, err
	}
	return m.Store.ShopStates(ctx)
}

// Decide shows or hides a public reply in the merchant's place.
func (m *Moderator) Decide(ctx context.Context, by Author, reply uuid.UUID, state ReplyState) error {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return err
	}
	if state != ReplyShown && state != ReplyHidden {
		return Invalid{"state": "state.unknown"}
	}
	r, err := m.Store.Reply(ctx, reply)
	if err != nil {
		return err
	}
	return m.Store.SetReplyState(ctx, r.Merchant, reply, state)
}
