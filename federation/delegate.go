package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-fed/activity/pub"
	"github.com/go-fed/activity/streams/vocab"
)

// delegate takes one request to the inbox through pub's sequence, in the order of its
// methods. It is a pub.DelegateActor that serves the inbox's POST and nothing else. All refusals
// are returned as errors: pub and the delegate write nothing, Inbox.answer does.
type delegate struct {
	inbox    *Inbox
	request  *http.Request
	source   string // the client's address
	received time.Time
	bodyRead bool // or at least begun
	budget   *Budget

	signature *requestSignature
	doc       *Document
	activity  *Activity
	key       *peerKey            // once authenticated
	verified  Verified[*Activity] // once authorised
}

var _ pub.DelegateActor = (*delegate)(nil)

// AuthenticatePostInbox is called first: whose request is it? The signature must be
// by a key that the activity's actor lists.
func (d *delegate) AuthenticatePostInbox(ctx context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	key, err := d.authenticate(ctx)
	if err != nil {
		return ctx, false, err
	}
	if key.Owner.ID != d.activity.Actor {
		return ctx, false, d.mismatch()
	}
	if wait, ok := d.inbox.perHost.take(key.Owner.ID.Host()); !ok {
		return ctx, false, tooMany("host_rate", wait)
	}
	d.key = key
	return ctx, true, nil
}

// PostInboxRequestBodyHook is called second, when pub has parsed its envelope.
func (d *delegate) PostInboxRequestBodyHook(ctx context.Context, _ *http.Request, _ pub.Activity) (context.Context, error) {
	return ctx, nil
}

// AuthorizePostInbox is called third: may the actor say this?
func (d *delegate) AuthorizePostInbox(_ context.Context, _ http.ResponseWriter, _ pub.Activity) (bool, error) {
	verified, err := d.inbox.config.Keys.authority().Activity(d.activity, d.key.Owner.ID, d.doc.JSON())
	if err != nil {
		return false, err
	}
	d.verified = verified
	return true, nil
}

// PostInbox is called fourth: the activity has its effects.
func (d *delegate) PostInbox(ctx context.Context, _ *url.URL, _ pub.Activity) error {
	activity := d.verified.Value()
	if kindOf(activity.Type) != kindActivity {
		return dropped("unknown_type")
	}
	if err := d.inbox.compareFollowers(ctx, d.request, d.signature, d.key.Owner); err != nil {
		// The activity has nothing to do with it, and the next one asks again.
		d.inbox.config.Log.Warn("comparing followers", "peer", d.keyHost(), "error", err)
	}
	activity.ClampDates(d.received)
	if activity.ObjectID == activity.Actor {
		defer d.inbox.config.Keys.forget(d.key.ID) // an Update or a Delete of the actor changes what is known of it
	}
	err := d.inbox.config.Receiver.Receive(ctx, &Incoming{
		Activity: activity,
		Sender:   d.key.Owner,
		Inbox:    IRI(d.inbox.config.Origin + d.request.URL.EscapedPath()),
		JSON:     d.doc.JSON(),
		Received: d.received,
		Budget:   d.budget,
		Signed:   d.signature.Signed,
	})
	if err != nil {
		return fmt.Errorf("receiving %s %s: %w", activity.Type, activity.ID, err)
	}
	return nil
}

// InboxForwarding is called last. Nothing is forwarded from here: the receivers would
// see a signature of ours under what another said, and drop it. Replies reach the followers of a post from their
// own servers.
func (d *delegate) InboxForwarding(context.Context, *url.URL, pub.Activity) error { return nil }

// authenticate returns the key with which the request was signed.
func (d *delegate) authenticate(ctx context.Context) (*peerKey, error) {
	keys := d.inbox.config.Keys
	key, err := keys.verify(ctx, d.signature, d.source, d.budget)
	if err != nil {
		return d.farewell(ctx, err)
	}
	if key.Owner.ID != d.activity.Actor {
		key.disproved()
		return key, nil
	}
	if err := keys.proved(ctx, key); err != nil {
		return key, err
	}
	d.inbox.verified(ctx, d.signature, key)
	return key, nil
}

// farewell takes an actor's Delete of itself although its key cannot be had, if that is
// because its host says that the actor is gone: then its word is not needed.
func (d *delegate) farewell(ctx context.Context, failure error) (*peerKey, error) {
	a, keyID := d.activity, d.signature.KeyID
	if a.Type != "Delete" || a.ObjectID != a.Actor || !errors.Is(failure, ErrGone) || keyID.WithoutFragment() != a.Actor {
		return nil, failure
	}
	owner, _, err := d.inbox.config.Cache.CachedActor(ctx, a.Actor)
	if err != nil {
		return nil, fmt.Errorf("looking for actor %s: %w", a.Actor, err)
	}
	return &peerKey{ID: keyID, Owner: owner}, nil
}

// mismatch is the answer to a signer who is not the actor. Servers forward replies and
// relays forward everything with a signature inside the document (RsaSignature2017),
// which is not looked at here: too often another document was read than the one that
// was signed. These are dropped without blame; the origin can always be asked.
func (d *delegate) mismatch() error {
	if d.doc.root.child("signature").str("type") == "RsaSignature2017" {
		return dropped("forwarded_unverified")
	}
	return forbidden("actor_mismatch")
}

// keyHost names the sender in the log.
func (d *delegate) keyHost() string {
	if d.signature == nil {
		return ""
	}
	return d.signature.KeyID.Host()
}

// errNotServed: pub was asked for something that this server does elsewhere or not at all.
var errNotServed = errors.New("not served through pub")

// What follows belongs to GET and to clients' outboxes. pub never calls it, because only
// PostInbox is called on it and its social half is off.

// AuthenticateGetInbox refuses: inboxes are not shown.
func (d *delegate) AuthenticateGetInbox(ctx context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return ctx, false, errNotServed
}

// GetInbox refuses: inboxes are not shown.
func (d *delegate) GetInbox(context.Context, *http.Request) (vocab.ActivityStreamsOrderedCollectionPage, error) {
	return nil, errNotServed
}

// AuthenticateGetOutbox refuses: see Publications.
func (d *delegate) AuthenticateGetOutbox(ctx context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return ctx, false, errNotServed
}

// GetOutbox refuses: see Publications.
func (d *delegate) GetOutbox(context.Context, *http.Request) (vocab.ActivityStreamsOrderedCollectionPage, error) {
	return nil, errNotServed
}

// AuthenticatePostOutbox refuses: there is no client-to-server protocol.
func (d *delegate) AuthenticatePostOutbox(ctx context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return ctx, false, errNotServed
}

// PostOutboxRequestBodyHook refuses: there is no client-to-server protocol.
func (d *delegate) PostOutboxRequestBodyHook(ctx context.Context, _ *http.Request, _ vocab.Type) (context.Context, error) {
	return ctx, errNotServed
}

// PostOutbox refuses: there is no client-to-server protocol.
func (d *delegate) PostOutbox(context.Context, pub.Activity, *url.URL, map[string]any) (bool, error) {
	return false, errNotServed
}

// AddNewIDs refuses: there is no client-to-server protocol.
func (d *delegate) AddNewIDs(context.Context, pub.Activity) error { return errNotServed }

// WrapInCreate refuses: there is no client-to-server protocol.
func (d *delegate) WrapInCreate(context.Context, vocab.Type, *url.URL) (vocab.ActivityStreamsCreate, error) {
	return nil, errNotServed
}

// Deliver refuses: see Deliverer.
func (d *delegate) Deliver(context.Context, *url.URL, pub.Activity) error { return errNotServed }

// post hands the activity to go-fed's pub.Actor, which calls the delegate's methods in
// the standard's order. What it parses is an envelope with the facts that it looks at: parsing the
// whole document once more would cost more than everything else here, and its reading
// of it is not used. The second type lets pub pass on activities that it does not know.
func (i *Inbox) post(d *delegate) error {
	id := d.activity.ID
	if id == "" {
		id = d.activity.Actor // the gate decides whether the id may be missing
	}
	envelope, err := json.Marshal(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams",
		"id":       id,
		"type":     []string{d.activity.Type, "Activity"},
		"actor":    d.activity.Actor,
	})
	if err != nil {
		return fmt.Errorf("writing the envelope: %w", err)
	}
	request := &http.Request{
		Method: http.MethodPost,
		URL:    d.request.URL,
		Host:   d.request.Host,
		Header: http.Header{"Content-Type": {ActivityType}},
		Body:   io.NopCloser(bytes.NewReader(envelope)),
	}
	var outcome pubOutcome
	_, err = pub.NewCustomActor(d, false, true, pubClock(i.config.Now)).PostInbox(d.request.Context(), &outcome, request)
	if err != nil {
		return err
	}
	if outcome.status != http.StatusOK {
		return refuse("activity") // pub writes this itself where it cannot read an id or a type
	}
	return nil
}

// pubOutcome takes the status that pub writes.
type pubOutcome struct {
	header http.Header
	status int
}

func (o *pubOutcome) Header() http.Header {
	if o.header == nil {
		o.header = make(http.Header)
	}
	return o.header
}

func (o *pubOutcome) Write(p []byte) (int, error) { return len(p), nil }

func (o *pubOutcome) WriteHeader(status int) { o.status = status }

// pubClock makes a pub.Clock of a function.
type pubClock func() time.Time

// Now returns the time.
func (c pubClock) Now() time.Time { return c() }
