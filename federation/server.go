package federation

import (
	"context"
	"crypto"
	"time"
)

// LocalActors finds the actors that live on this server. Each method answers
// ErrNotFound for one that never was and ErrGone for one that was deleted.
type LocalActors interface {
	// LocalActor returns the actor with this id.
	LocalActor(ctx context.Context, id IRI) (*Actor, error)
	// LocalActorByHandle returns the actor called handle, without "@" and domain, in any letter case.
	LocalActorByHandle(ctx context.Context, handle string) (*Actor, error)
	// ServerActor returns the Application that speaks for the server itself (FEP-2677).
	ServerActor(ctx context.Context) (*Actor, error)
	// SigningKeys returns the keys with which the actor signs now. The private parts are for this
	// process alone: nothing may log or serve them.
	SigningKeys(ctx context.Context, actor IRI) (*SigningKeys, error)
}

// SigningKey signs requests in the name of Owner.
type SigningKey struct {
	ID      IRI // what peers dereference, the actor's id with a fragment
	Owner   IRI
	Private crypto.Signer // *rsa.PrivateKey or ed25519.PrivateKey
}

// SigningKeys are the keys of one actor that sign at one time.
type SigningKeys struct {
	RSA     *SigningKey
	Ed25519 *SigningKey // nil where the actor has none yet
	// Former are the keys before these, while peers may still know only them; nil where there are none.
	Former *SigningKeys
}

// PublicKey verifies requests of Owner.
type PublicKey struct {
	ID    IRI
	Owner IRI
	PEM   string // PKIX, as the owner published it
}

// Documents serves what this server has published. Each method answers ErrNotFound
// or ErrGone as LocalActors does; what may not be read by everybody is ErrNotFound.
type Documents interface {
	// Object returns the object with this id, with its counts; with ErrGone the Tombstone that it left, where there is one.
	Object(ctx context.Context, id IRI) (*Object, error)
	// Activity returns the JSON of a public activity that this server sent.
	Activity(ctx context.Context, id IRI) ([]byte, error)
	// Outbox returns the actor's public activities as they were sent, newest first, at most
	// limit of them, older than the one with the id before ("" for the newest), and how many there are in all.
	Outbox(ctx context.Context, actor IRI, before string, limit int) (page []OutboxItem, total int, err error)
	// Featured returns the objects that a newcomer should see first (Mastodon's pinned posts).
	Featured(ctx context.Context, actor IRI) ([]*Object, error)
	// Replies returns the ids of the known public replies to an object itself, oldest first.
	Replies(ctx context.Context, object IRI) ([]IRI, error)
	// Conversation returns the conversation in which an object stands.
	Conversation(ctx context.Context, object IRI) (*Conversation, error)
	// CountFollowers and CountFollowing return the sizes only: names stay private.
	CountFollowers(ctx context.Context, actor IRI) (int, error)
	CountFollowing(ctx context.Context, actor IRI) (int, error)
	// FollowersAt returns the present followers of an actor who live on a peer's host, at most one more than
	// MaxPartialFollowers. They are shown to that host only.
	FollowersAt(ctx context.Context, actor IRI, host string) ([]IRI, error)
	// ServerInfo returns what NodeInfo tells about the server.
	ServerInfo(ctx context.Context) (*ServerInfo, error)
}

// Conversation is what was said publicly about one object (FEP-7888).
type Conversation struct {
	ID    IRI // what the objects in it name as their context
	Owner IRI // the actor with whose object it begins
	// Items are the ids of the object that it begins with and of all that hangs below it, each after
	// what it answers, those on other servers included.
	Items []IRI
}

// OutboxItem is an activity in an outbox; Cursor is what the next page's before takes.
type OutboxItem struct {
	Cursor string
	JSON   []byte
}

// ServerInfo is the content of NodeInfo 2.1 (FEP-f1d5).
type ServerInfo struct {
	SoftwareVersion   string
	Name, Description string
	Users             int // actors that publish
	ActiveMonth       int
	ActiveHalfyear    int
	LocalPosts        int
	OpenRegistrations bool
	Metadata          map[string]any
}

// ActorCache remembers peers' actors and keys. A row is only ever written with what
// the authority gate has passed (see Verified).
type ActorCache interface {
	// CachedActor returns a peer's actor and when it was fetched, or ErrNotFound.
	CachedActor(ctx context.Context, id IRI) (*Actor, time.Time, error)
	// CachedKey returns the key with this id and when its owner was fetched, or ErrNotFound.
	CachedKey(ctx context.Context, keyID IRI) (*PublicKey, time.Time, error)
	// SaveActor stores a fetched actor with its keys in place of what was known.
	SaveActor(ctx context.Context, actor Verified[*Actor], fetched time.Time) error
}

// Gate says who may not speak with this server.
type Gate interface {
	// Allowed answers ErrBlocked for a blocked host, any of its subdomains included. It is
	// asked before a key is fetched and must be cheap.
	Allowed(ctx context.Context, host string) error
}

// Incoming is a verified activity on its way to the application.
type Incoming struct {
	Activity *Activity
	Sender   *Actor // who signed, which is Activity.Actor
	Inbox    IRI    // where it was posted: the shared inbox or an actor's own. It does not tell the addressee.
	JSON     []byte // the bytes that were signed
	Received time.Time
	// Budget is what may still be fetched for the sake of the activity.
	Budget *Budget
	// Signed is when the sender made the signature, by its own clock and to the second. A request that is sent
	// again is signed anew; one that somebody repeats is not.
	Signed time.Time
}

// Receiver is the application's side of the inbox: the one place where an activity
// has effects. A nil error means that all effects are committed; ErrDuplicate and
// ErrIgnored mean that there are none, and that this is right; a *Refusal goes back
// to the peer; any other error is answered 500, so that the peer tries again.
type Receiver interface {
	Receive(ctx context.Context, in *Incoming) error
}

// Delivery is one activity on its way to one inbox.
type Delivery struct {
	ID      int64
	Lease   int64 // fencing number: an answer with an older one is refused
	Inbox   IRI
	Host    string // canonical host of Inbox
	Sender  IRI    // the local actor who signs
	JSON    []byte
	Attempt int // attempts made before this one
	Created time.Time
	Scheme  SignatureScheme // the one that worked with the host last; 0 where none is known
	// Former: it announces new keys of the sender, so it is signed with those before them, which the receiver knows.
	Former bool
	// Sync is the header Collection-Synchronization (FEP-8fcf) that goes with it; "" for none.
	Sync string
}

// DeliveryQueue holds the deliveries that are still to be made. The application
// inserts rows in the transaction that makes the activity; the Deliverer takes them
// from here. An implementation never gives out a delivery while an earlier one about
// the same object to the same inbox is waiting, nor one for a host that is paused.
type DeliveryQueue interface {
	// ClaimDeliveries leases up to n due deliveries, at most perHost of them for one host, none
	// for the hosts in busy, oldest first. A lease that runs out gives the delivery back.
	ClaimDeliveries(ctx context.Context, n, perHost int, busy []string, lease time.Duration) ([]Delivery, error)
	// FinishDeliveries records how attempts ended, all in one transaction.
	FinishDeliveries(ctx context.Context, results []DeliveryResult) error
	// NextDelivery returns when the earliest waiting delivery becomes due; the zero time where none waits.
	NextDelivery(ctx context.Context) (time.Time, error)
}

// DeliveryResult is how one attempt ended.
type DeliveryResult struct {
	ID      int64
	Lease   int64
	Host    string
	Inbox   IRI
	Outcome Outcome
	Next    time.Time       // Retry: not before
	Pause   time.Time       // the host takes nothing until then; zero: a pause that is set stays as it is
	Error   string          // short cause for the operator; never a peer's text
	Status  int             // HTTP status; 0 where none came
	Scheme  SignatureScheme // Delivered: the scheme in which the host is spoken to next
	Latency time.Duration
}

// Outcome is what becomes of a delivery.
type Outcome int

const (
	// Delivered: the peer answered 2xx.
	Delivered Outcome = iota + 1
	// Retry: it may work later.
	Retry
	// Abandoned: it will never work (a permanent answer, or too old).
	Abandoned
	// InboxGone: the inbox answered 410, or 404 over and over: the delivery and all others to it end, its followers are marked.
	InboxGone
	// Released: no attempt was made (the host turned out to be down, or the program stops): the
	// delivery waits again as it did before it was claimed, its number of attempts unchanged.
	Released
)

// SignatureScheme is a way to sign an HTTP request.
type SignatureScheme int

const (
	// Cavage is draft-cavage-http-signatures-12, which every peer reads.
	Cavage SignatureScheme = iota + 1
	// RFC9421 is HTTP Message Signatures, by an RSA key.
	RFC9421
	// RFC9421Ed25519 is the same by an Ed25519 key, which costs a twentieth (see schemes.go for who takes it).
	RFC9421Ed25519
)
