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
	// BlockDomains blocks several domains in one act; what is blocked already keeps its reason.
	BlockDomains(ctx context.Context, list []BlockedDomain, at time.Time) error
	// Neighbours is that of NeighbourStore.
	Neighbours(ctx context.Context) ([]*Neighbour, error)
	// UnblockDomain lets the domain speak again; ErrNotFound where it was not blocked.
	UnblockDomain(ctx context.Context, domain string) error
	// BlockedDomains lists the blocks by name.
	BlockedDomains(ctx context.Context) ([]BlockedDomain, error)
	// QueueByHost tells what is left to deliver, host by host, the worst first: those that take nothing, by since when, then
	// those that merely wait.
	QueueByHost(ctx context.Context) ([]HostQueue, error)
	// Network returns n hosts that were ever sent something, in the same order, those that are well and those that are
	// blocked at the end, behind the cursor.
	Network(ctx context.Context, after HostCursor, n int) ([]HostQueue, error)
	// QueueTotals counts over all hosts.
	QueueTotals(ctx context.Context) (QueueTotals, error)
	// RetryNow ends the pause of a host that is not blocked, makes due what has been tried, takes up again what was given up,
	// and returns how many deliveries that concerns. All hosts where host is "".
	RetryNow(ctx context.Context, host string) (int, error)
	// Allowed answers federation.ErrBlocked for a blocked host.
	Allowed(ctx context.Context, host string) error
	// ActivitySince counts posts (no answers, none withdrawn), replies received, and present followers.
	ActivitySince(ctx context.Context, since time.Time) (Activity, error)
	// WaitingReplies returns public replies in state waiting with their posts, oldest first, at most n.
	WaitingReplies(ctx context.Context, n int) ([]WaitingReply, error)
	// ShopStates returns the living merchants by name.
	ShopStates(ctx context.Context) ([]ShopState, error)
	// Reply, ReplyVersions and SetReplyState are those of MessageStore.
	Reply(ctx context.Context, id uuid.UUID) (*Reply, error)
	ReplyVersions(ctx context.Context, reply uuid.UUID) ([]ReplyVersion, error)
	SetReplyState(ctx context.Context, merchant, reply uuid.UUID, state ReplyState) error
}

// BlockedDomain is one block.
type BlockedDomain struct {
	Domain, Reason string
	At             time.Time
}

// Moderator blocks and unblocks. Only the town hall and the operator may.
type Moderator struct {
	Store    ModerationStore
	Accounts AccountStore
	Now      func() time.Time
	Wake     func() // called when something was made due

	Own string // the town's own host, which no list may block
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
