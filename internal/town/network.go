package town

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// HostQueue is the state of deliveries to one host.
type HostQueue struct {
	Host    string `json:"host"`
	Waiting int    `json:"waiting"`
	// Parked are deliveries that were given up in the last 30 days.
	Parked int `json:"parked"`
	// Oldest is when the oldest waiting delivery was made, else the oldest that was given up; nil where nothing is left.
	Oldest *time.Time `json:"oldest"`
	State  HostState  `json:"state"`
	// LastError is a short cause, never a peer's text: "timeout", "status 503".
	LastError string     `json:"last_error"`
	NextTry   *time.Time `json:"next_try"` // nil where nothing waits
	// FailingSince is the first failure since the last success; nil for a host that works.
	FailingSince *time.Time `json:"failing_since"`
	LastSuccess  *time.Time `json:"last_success"` // to the hour or so

	Place int       `json:"-"` // in the order of the list
	Since time.Time `json:"-"`
}

// HostState is how a host takes what it is sent.
type HostState string

// The states of a host.
const (
	HostOK       HostState = "ok"       // it works, or was not tried yet
	HostRetrying HostState = "retrying" // the last attempt failed
	HostPaused   HostState = "paused"   // it is left alone for a while
	HostParked   HostState = "parked"   // what is left was given up
	HostBlocked  HostState = "blocked"  // by the town hall
)

// Cursor is the place of the host in the list, from which the next page goes on.
func (q HostQueue) Cursor() HostCursor {
	return HostCursor{Place: q.Place, Since: q.Since, Host: q.Host}
}

// HostCursor is a place in the list of hosts; the zero value stands before the first.
type HostCursor struct {
	Place int
	Since time.Time
	Host  string
}

// String writes the cursor for an address.
func (c HostCursor) String() string {
	return strconv.Itoa(c.Place) + "-" + strconv.FormatInt(c.Since.UnixMicro(), 36) + "-" + c.Host
}

// ParseHostCursor reads what String wrote; ErrNotFound for anything else.
func ParseHostCursor(s string) (HostCursor, error) {
	parts := strings.SplitN(s, "-", 3)
	if len(parts) != 3 || len(parts[2]) > 260 {
		return HostCursor{}, fmt.Errorf("cursor %.40q: %w", s, ErrNotFound)
	}
	place, err := strconv.ParseUint(parts[0], 10, 8)
	if err != nil {
		return HostCursor{}, fmt.Errorf("cursor %.40q: %w", s, ErrNotFound)
	}
	micro, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil || micro < 0 || micro > 1<<53 {
		return HostCursor{}, fmt.Errorf("cursor %.40q: %w", s, ErrNotFound)
	}
	return HostCursor{Place: int(place), Since: time.UnixMicro(micro).UTC(), Host: parts[2]}, nil
}

// QueueTotals are the deliveries to all hosts together.
type QueueTotals struct {
	Waiting, Parked int
	Oldest          time.Time // of those that wait; zero where none does
	Failing         int       // hosts that take nothing, without those that are blocked
}

// Queue tells what is left to deliver, host by host, the worst first.
func (m *Moderator) Queue(ctx context.Context, by Author) ([]HostQueue, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return nil, err
	}
	return m.Store.QueueByHost(ctx)
}

// Totals counts the deliveries to all hosts.
func (m *Moderator) Totals(ctx context.Context, by Author) (QueueTotals, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return QueueTotals{}, err
	}
	return m.Store.QueueTotals(ctx)
}

// Network returns up to n hosts behind the cursor, the worst first, and whether there are more.
func (m *Moderator) Network(ctx context.Context, by Author, after HostCursor, n int) (hosts []HostQueue, more bool, err error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return nil, false, err
	}
	hosts, err = m.Store.Network(ctx, after, n+1)
	if more = len(hosts) > n; more {
		hosts = hosts[:n]
	}
	return hosts, more, err
}

// Retry sends at once what waits for a host, or for all where host is "", and tells how many deliveries that
// is. Invalid for what is no host, and for a host that is blocked.
func (m *Moderator) Retry(ctx context.Context, by Author, host string) (int, error) {
	if err := mustRunTown(ctx, m.Accounts, by); err != nil {
		return 0, err
	}
	if host != "" {
		var err error
		if host, err = normalDomain(host); err != nil {
			return 0, err
		}
		if err := m.Store.Allowed(ctx, host); errors.Is(err, federation.ErrBlocked) {
			return 0, Invalid{"domain": "domain.blocked"}
		} else if err != nil {
			return 0, err
		}
	}
	n, err := m.Store.RetryNow(ctx, host)
	if err == nil && n > 0 {
		m.Wake()
	}
	return n, err
}

// DeliveryStore tells how far a post has come.
type DeliveryStore interface {
	MemberStore
	// Reached counts the deliveries of a post's Create and of its latest Update.
	Reached(ctx context.Context, post uuid.UUID) (PostReach, error)
	// MissedBy lists up to n hosts that have not got one of these two, by name, behind the host after. Blocked hosts
	// are left out.
	MissedBy(ctx context.Context, post uuid.UUID, after string, n int) ([]HostMissing, error)
}

// PostReach is how far a post has come.
type PostReach struct {
	First *Reached // nil where the post was never sent out
	Edit  *Reached // its latest edit; nil where there is none
}

// Reached counts the servers that an activity was addressed to: each has got it, or will, or never will. A follower
// whose server offers no shared inbox counts for one.
type Reached struct{ To, Delivered, Waiting, GivenUp int }

// HostMissing is a host that has not got a post, or its latest edit.
type HostMissing struct {
	Host            string
	Waiting, Parked int
	Since           time.Time
	NextTry         time.Time // zero where nothing waits
	LastError       string    // as in HostQueue
}

// Courier tells merchants how far their posts have come.
type Courier struct{ Store DeliveryStore }

// Reach tells how far a post has come; ErrForbidden to whom it is not.
func (c *Courier) Reach(ctx context.Context, by Author, post *Post) (PostReach, error) {
	if err := mustSpeak(ctx, c.Store, by, post.Merchant.ID); err != nil {
		return PostReach{}, err
	}
	return c.Store.Reached(ctx, post.ID)
}

// Missing lists up to n hosts that have not got a post yet, or its latest edit, by name, behind the host after, and
// tells whether there are more.
func (c *Courier) Missing(ctx context.Context, by Author, post *Post, after string, n int) (hosts []HostMissing, more bool, err error) {
	if err := mustSpeak(ctx, c.Store, by, post.Merchant.ID); err != nil {
		return nil, false, err
	}
	hosts, err = c.Store.MissedBy(ctx, post.ID, after, n+1)
	if more = len(hosts) > n; more {
		hosts = hosts[:n]
	}
	return hosts, more, err
}
