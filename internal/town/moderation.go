package town

import (
	"context"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// ModerationStore keeps what the town hall decided about other servers.
type ModerationStore interface {
	// BlockDomain blocks a domain with its subdomains, at once and backwards: followers there are removed, what they
	// wrote and their reactions too, deliveries to them end.
	BlockDomain(ctx context.Context, domain, reason string, at time.Time) error
	// UnblockDomain lets the domain speak again; ErrNotFound where it was not blocked.
	UnblockDomain(ctx context.Context, domain string) error
	// BlockedDomains lists the blocks by name.
	BlockedDomains(ctx context.Context) ([]BlockedDomain, error)
	// QueueByHost tells what waits, host by host, the longest waiting first.
	QueueByHost(ctx context.Context) ([]HostQueue, error)
	// ActivitySince counts posts (no answers, none withdrawn), replies received, and present followers.
	ActivitySince(ctx context.Context, since time.Time) (Activity, error)
	// WaitingReplies returns public replies in state waiting with their posts, oldest first, at most n.
	WaitingReplies(ctx context.Context, n int) ([]WaitingReply, error)
	// ShopStates returns the living merchants by name.
	ShopStates(ctx context.Context) ([]ShopState, error)
	// Reply and SetReplyState are those of MessageStore.
	Reply(ctx context.Context, id uuid.UUID) (*Reply, error)
	SetReplyState(ctx context.Context, merchant, reply uuid.UUID, state ReplyState) error
}

// BlockedDomain is one block.
type BlockedDomain struct {
	Domain, Reason string
	At             time.Time
}

// HostQueue is the state of deliveries to one host.
type HostQueue struct {
	Host      string     `json:"host"`
	Waiting   int        `json:"waiting"`
	Oldest    time.Time  `json:"oldest"`
	State     string     `json:"state"` // "ok", "retrying", "paused" or "parked"
	LastError string     `json:"last_error"`
	NextTry   *time.Time `json:"next_try"`
}

// Moderator blocks and unblocks. Only the town hall and the operator may.
type Moderator struct {
	Store    ModerationStore
	Accounts AccountStore
	Now      func() time.Time
}

// Block blocks a domain with all its subdomains.
func (m *Moderator) Block(ctx context.Context, by Author, domain, reason string) error {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return err
	}
	domain, err := normalDomain(domain)
	if err != nil {
		return err
	}
	return m.Store.BlockDomain(ctx, domain, cutRunes(strings.TrimSpace(reason), 500), m.Now())
}

// Unblock lets a domain speak with us again; ErrNotFound where it was not blocked.
func (m *Moderator) Unblock(ctx context.Context, by Author, domain string) error {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return err
	}
	domain, err := normalDomain(domain)
	if err != nil {
		return err
	}
	return m.Store.UnblockDomain(ctx, domain)
}

// Blocked lists the blocked domains.
func (m *Moderator) Blocked(ctx context.Context, by Author) ([]BlockedDomain, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return nil, err
	}
	return m.Store.BlockedDomains(ctx)
}

// Queue tells what waits to be delivered, host by host.
func (m *Moderator) Queue(ctx context.Context, by Author) ([]HostQueue, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return nil, err
	}
	return m.Store.QueueByHost(ctx)
}

// normalDomain takes a domain as people type or paste it, an address of a page or of an account included.
func normalDomain(s string) (string, error) {
	s = strings.TrimSpace(s)
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	s, _, _ = strings.Cut(s, "/")
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	domain := federation.CanonicalHost("https", s)
	if domain == "" {
		return "", Invalid{"domain": "domain.wrong"}
	}
	return domain, nil
}
