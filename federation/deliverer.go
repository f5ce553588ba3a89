package federation

import (
	"context"
	"log/slog"
	"time"
)

// Deliverer sends what the application has written into its DeliveryQueue. Several of
// them, in several processes, may work on one queue.
//
// It asks much of no single peer: a host gets one request at first and after a failure,
// PerHost at once when it has answered, and more only while it answers quickly; none while
// its breaker is open or while it asked for a pause. Hosts that failed the last time hold a tenth of the
// workers at most, so that dead peers never stand in the way of healthy ones.
type Deliverer struct {
	Queue  DeliveryQueue
	Actors LocalActors
	Client *Client
	Log    *slog.Logger
	Now    func() time.Time
	Retry  RetryPolicy

	Workers    int           // requests in flight at once
	PerHost    int           // of these, for one host when it has answered once
	PerHostMax int           // for one host that answers quickly
	Lease      time.Duration // how long a claimed delivery is ours: longer than two requests take
	Poll       time.Duration // how often the queue is looked at when nobody calls Wake
	Grace      time.Duration // how long Run waits, when stopped, for what is in flight

	// Observe is told of each result, where it is not nil; it must not block.
	Observe func(DeliveryResult)

	wake chan struct{}
}

// NewDeliverer makes a Deliverer with the customary limits. Its fields may be changed before Run.
func NewDeliverer(queue DeliveryQueue, actors LocalActors, client *Client, log *slog.Logger) *Deliverer {
	return &Deliverer{
		Queue:      queue,
		Actors:     actors,
		Client:     client,
		Log:        log,
		Now:        time.Now,
		Retry:      DefaultRetryPolicy(),
		Workers:    512,
		PerHost:    4,
		PerHostMax: 192,
		Lease:      30 * time.Second,
		Poll:       time.Second,
		Grace:      10 * time.Second,
		wake:       make(chan struct{}, 1),
	}
}

// Wake makes Run look at the queue at once. It is called after a commit that added
// deliveries; it never blocks.
func (d *Deliverer) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. Then it gives back what it has claimed and not started,
// and waits up to Grace for what is in flight. A queue that fails is logged and asked again.
func (d *Deliverer) Run(ctx context.Context) {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	r := &round{
		Deliverer: d,
		sending:   sending,
		hosts:     newHostTable(maxHosts),
		active:    map[string]*peerHost{},
		keys:      map[IRI]knownKeys{},
		attempts:  make(chan attempt, d.Workers),
	}
	r.loop(ctx)
	r.drain(stop)
}

// post makes the request: as it worked last, and once in another way where the peer
// answers that it does not understand who signed (Mastodon 4.7 does the same). It returns
// the scheme in which the host is to be spoken to from then on.
func (d *Deliverer) post(ctx context.Context, one Delivery, keys *SigningKeys) (*Answer, SignatureScheme, error) {
	first, second := ways(one, keys)
	answer, err := d.Client.post(ctx, one.Inbox, one.JSON, one.Sync, first)
	if err != nil || !misunderstood(answer.Status) {
		if err == nil && answer.WantsEd25519 {
			return answer, RFC9421Ed25519, nil
		}
		return answer, first.scheme, err
	}
	again, err := d.Client.post(ctx, one.Inbox, one.JSON, one.Sync, second)
	if err != nil || again.Status < 200 || again.Status > 299 {
		return answer, first.scheme, nil
	}
	return again, second.scheme, nil
}
