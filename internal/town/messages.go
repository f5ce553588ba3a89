package town

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// MessageStore keeps what merchants were told.
type MessageStore interface {
	MemberStore
	Merchant(ctx context.Context, id uuid.UUID) (*Merchant, error)
	// Notifications returns what a merchant was told, newest first, below the id before (0: the newest), at most n.
	Notifications(ctx context.Context, merchant uuid.UUID, before int64, n int) ([]Notification, error)
	// Unread counts a merchant's unread notifications of kind reply, mention and message.
	Unread(ctx context.Context, merchant uuid.UUID) (int, error)
	// MarkRead marks all notifications about a reply as read; a zero reply marks all of the merchant's.
	MarkRead(ctx context.Context, merchant, reply uuid.UUID, at time.Time) error
	// Reply returns what a peer wrote, or ErrNotFound.
	Reply(ctx context.Context, id uuid.UUID) (*Reply, error)
	// Conversation returns what that peer and the merchant wrote to each other about the same post (or, without a
	// post, in the same chain of replies), public and private, oldest first.
	Conversation(ctx context.Context, merchant, reply uuid.UUID) ([]ThreadEntry, error)
	// ReplyVersions returns what a reply said before it was edited, the latest first.
	ReplyVersions(ctx context.Context, reply uuid.UUID) ([]ReplyVersion, error)
	// SetReplyState shows, hides or leaves waiting, and keeps the post's count right.
	SetReplyState(ctx context.Context, merchant, reply uuid.UUID, state ReplyState) error
}

// Notification tells a merchant that somebody did something.
type Notification struct {
	ID    int64
	Kind  string // reply, mention, message, like, share, follow
	Actor RemoteActor
	Post  *Post  // reply (under a post), like, share
	Reply *Reply // reply, mention, message
	At    time.Time
	Read  time.Time // zero: unread
}

// Messages is the merchant's side of conversations.
type Messages struct {
	Store MessageStore
	Now   func() time.Time
}

// List returns a page of what the merchant was told, and whether there is older.
func (m *Messages) List(ctx context.Context, by Author, merchant uuid.UUID, before int64) ([]Notification, bool, error) {
	if err := mustSpeak(ctx, m.Store, by, merchant); err != nil {
		return nil, false, err
	}
	list, err := m.Store.Notifications(ctx, merchant, before, messagesPage+1)
	return list[:min(len(list), messagesPage)], len(list) > messagesPage, err
}

const messagesPage = 40

// Unread counts what waits to be read.
func (m *Messages) Unread(ctx context.Context, merchant uuid.UUID) (int, error) {
	return m.Store.Unread(ctx, merchant)
}

// Thread returns what a peer wrote and the whole conversation around it.
func (m *Messages) Thread(ctx context.Context, by Author, merchant, reply uuid.UUID) (*Reply, []ThreadEntry, error) {
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
	entries, err := m.Store.Conversation(ctx, merchant, reply)
	return r, entries, err
}

// Read marks what was told about a reply as read; a zero reply: everything.
func (m *Messages) Read(ctx context.Context, by Author, merchant, reply uuid.UUID) error {
	if err := mustSpeak(ctx, m.Store, by, merchant); err != nil {
		return err
	}
	return m.Store.MarkRead(ctx, merchant, reply, m.Now())
}

// SetState shows or hides a public reply on the merchant's own pages.
func (m *Messages) SetState(ctx context.Context, by Author, merchant, reply uuid.UUID, state ReplyState) error {
	if err := mustSpeak(ctx, m.Store, by, merchant); err != nil {
		return err
	}
	if state != ReplyShown && state != ReplyHidden {
		return Invalid{"state": "state.unknown"}
	}
	return m.Store.SetReplyState(ctx, merchant, reply, state)
}
