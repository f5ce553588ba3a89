package town

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// ReplyVersion is what a peer's reply said until it was edited.
type ReplyVersion struct {
	Replaced time.Time // when, as the peer says
	Summary  string    // content warning, plain text
	Content  string    // sanitised HTML
	Language string
}

// Versions returns a reply that was written to the merchant, and what it said before, the latest first.
func (m *Messages) Versions(ctx context.Context, by Author, merchant, reply uuid.UUID) (*Reply, []ReplyVersion, error) {
	if err := mustSpeak(ctx, m.Store, by, merchant); err != nil {
		return nil, nil, err
	}
	r, err := m.Store.Reply(ctx, reply)
	if err != nil {
		return nil, nil, err
	}
	if r.Merchant != merchant {
		return nil, nil, ErrNotFound
	}
	versions, err := m.Store.ReplyVersions(ctx, reply)
	return r, versions, err
}

// ReplyVersions returns a public reply and what it said before, the latest first, for the town hall. What was
// written to a merchant alone is not found.
func (m *Moderator) ReplyVersions(ctx context.Context, by Author, reply uuid.UUID) (*Reply, []ReplyVersion, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return nil, nil, err
	}
	r, err := m.Store.Reply(ctx, reply)
	if err != nil {
		return nil, nil, err
	}
	if !r.Public {
		return nil, nil, ErrNotFound
	}
	versions, err := m.Store.ReplyVersions(ctx, reply)
	return r, versions, err
}
