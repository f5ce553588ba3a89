package town

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// Fill asks for what is missing around a reply that came: what it answers, up to a post of
// ours, what else was answered below that, and whom it names.
type Fill struct {
	Reply    federation.IRI
	Parent   federation.IRI   // what it answers, where that is not known here
	Post     uuid.UUID        // in whose thread it stands, where that is known
	Mentions []federation.IRI // whom it names
	// Budget is how many requests may be made for it: what the activity that brought the reply has left.
	Budget int
}

// Subject tells those apart that are not the same work: replies in one thread are.
func (f Fill) Subject() string {
	switch {
	case f.Parent != "":
		return string(f.Parent)
	case len(f.Mentions) > 0:
		return string(f.Reply)
	default:
		return f.Post.String()
	}
}

// askToFill asks for what is missing around a public reply that was just stored, or found to
// be none of ours as far as is known. stored is what the store answered.
func (r *Receiver) askToFill(ctx context.Context, in *federation.Incoming, reply *Reply, parentKnown bool, stored error) error {
	if (stored != nil && !errors.Is(stored, federation.ErrDuplicate)) || r.Fill == nil || !reply.Public || in.Budget == nil || in.Budget.Left() == 0 {
		return stored
	}
	fill := Fill{Reply: reply.ObjectID, Post: reply.Post, Mentions: reply.Mentions, Budget: in.Budget.Left()}
	if !parentKnown {
		fill.Parent = reply.InReplyTo
	}
	if fill.Parent == "" && fill.Post == uuid.Nil && len(fill.Mentions) == 0 {
		return stored
	}
	if err := r.Fill(ctx, fill); err != nil {
		return err
	}
	return stored
}

// Asking again. Servers answer the same for a while, and a busy thread must not make this one
// ask them all the time.
const (
	askThreadAgain = 15 * time.Minute
	askObjectAgain = 24 * time.Hour
)

// ThreadStore is what a ThreadFiller needs to know and to write.
type ThreadStore interface {
	// PostOf and AddReply are those of InboxStore.
	PostOf(ctx context.Context, object federation.IRI) (post, merchant uuid.UUID, err error)
	AddReply(ctx context.Context, in Received, r *Reply) error
	ApprovesReplies(ctx context.Context, merchant uuid.UUID) (bool, error)
	// CachedActor and SaveActor are those of federation.ActorCache.
	CachedActor(ctx context.Context, id federation.IRI) (*federation.Actor, time.Time, error)
	SaveActor(ctx context.Context, actor federation.Verified[*federation.Actor], fetched time.Time) error
	// MayAsk tells whether something may be asked for on this server's own account, and remembers that it
	// is: not where it was within the time again, not more than a thousand times an hour, nor more than fifty hosts of
	// one registered domain.
	MayAsk(ctx context.Context, id federation.IRI, again time.Duration) (bool, error)
	// NotAsked takes it back: there was no budget for it, or none to do something with the answer.
	NotAsked(ctx context.Context, ids []federation.IRI) error
	// JoinThread puts into the thread of a post what answers something in it and was taken for a mention before.
	JoinThread(ctx context.Context, post uuid.UUID) error
	// NextCollection returns the collection of replies to a peer's reply in a thread that was not read for the longest, and
	// not within the time again; "" where there is none. It counts as read from then on.
	NextCollection(ctx context.Context, post uuid.UUID, again time.Duration) (federation.IRI, error)
}

// Finder fetches from peers, within a budget (federation.Fetcher).
type Finder interface {
	FetchObject(ctx context.Context, id federation.IRI) (federation.Verified[*federation.Object], error)
	FetchActor(ctx context.Context, id federation.IRI) (federation.Verified[*federation.Actor], error)
	Collect(ctx context.Context, id federation.IRI) ([]federation.IRI, error)
}

// ThreadFiller completes conversations by what their peers serve. It keeps only what was
// fetched from its own origin, is public, and hangs below a post of this town.
type ThreadFiller struct {
	Store     ThreadStore
	Receiver  *Receiver // makes replies of objects
	Addresses Addresses
	Now       func() time.Time
}

// Fill does what it can with what finder may fetch. It answers nil when the budget is used
// up, and the error of a peer that did not give what it was asked for.
func (t *ThreadFiller) Fill(ctx context.Context, f Fill, finder Finder) error {
	post, err := t.climb(ctx, f, finder)
	if err == nil && post != uuid.Nil {
		err = t.spread(ctx, post, finder)
	}
	if err == nil {
		err = t.meet(ctx, f.Mentions, finder)
	}
	if errors.Is(err, federation.ErrBudget) {
		return nil
	}
	return err
}

// climb fetches what a reply answers, and what that answers, until it comes to a thread of
// ours. Only then is anything of it stored. It returns the post of that thread.
func (t *ThreadFiller) climb(ctx context.Context, f Fill, finder Finder) (uuid.UUID, error) {
	if f.Parent == "" {
		if f.Post == uuid.Nil {
			return f.Post, nil
		}
		return f.Post, t.Store.JoinThread(ctx, f.Post) // what answers the reply may have come before it
	}
	at := f.Parent
	if _, _, err := t.Store.PostOf(ctx, f.Reply); errors.Is(err, ErrNotFound) {
		at = f.Reply // it was not stored, because nothing told whose it is
	} else if err != nil {
		return uuid.Nil, err
	}
	var chain []*federation.Object // from below
	for {
		post, merchant, err := t.Store.PostOf(ctx, at)
		if err == nil {
			if post == uuid.Nil {
				return uuid.Nil, nil // a mention that stands alone
			}
			return post, t.hang(ctx, chain, post, merchant, finder)
		}
		if !errors.Is(err, ErrNotFound) {
			return uuid.Nil, err
		}
		object, err := t.object(ctx, at, finder)
		if errors.Is(err, federation.ErrBudget) {
			return uuid.Nil, t.leave(ctx, chain, err)
		}
		if object == nil || object.InReplyTo == "" || slices.ContainsFunc(chain, func(o *federation.Object) bool { return o.ID == object.ID }) {
			return uuid.Nil, err
		}
		chain = append(chain, object)
		at = object.InReplyTo
	}
}

// hang stores objects below a post of ours, the last one first.
func (t *ThreadFiller) hang(ctx context.Context, chain []*federation.Object, post, merchant uuid.UUID, finder Finder) error {
	for i, object := range slices.Backward(chain) {
		if err := t.keep(ctx, object, post, merchant, finder); err != nil {
			return t.leave(ctx, chain[:i+1], err)
		}
	}
	return t.Store.JoinThread(ctx, post)
}

// leave lets objects be asked for again that were fetched in vain because the budget ended; it returns why.
func (t *ThreadFiller) leave(ctx context.Context, objects []*federation.Object, why error) error {
	if !errors.Is(why, federation.ErrBudget) {
		return why
	}
	ids := make([]federation.IRI, len(objects))
	for i, o := range objects {
		ids[i] = o.ID
	}
	if err := t.Store.NotAsked(ctx, ids); err != nil {
		return err
	}
	return why
}

// spread reads the replies to one of the replies in a thread, where it was not done of late.
func (t *ThreadFiller) spread(ctx context.Context, post uuid.UUID, finder Finder) error {
	if may, err := t.Store.MayAsk(ctx, t.Addresses.Post(post), askThreadAgain); err != nil || !may {
		return err
	}
	collection, err := t.Store.NextCollection(ctx, post, askThreadAgain)
	if err != nil || collection == "" {
		return err
	}
	items, failed := finder.Collect(ctx, collection)
	for _, id := range items {
		if _, _, err := t.Store.PostOf(ctx, id); !errors.Is(err, ErrNotFound) {
			if err != nil {
				return err
			}
			continue
		}
		object, err := t.object(ctx, id, finder)
		if errors.Is(err, federation.ErrBudget) {
			return err
		}
		if object == nil {
			failed = errors.Join(failed, err)
			continue
		}
		// It is here because a stranger's collection names it; what it says itself counts.
		below, merchant, err := t.Store.PostOf(ctx, object.InReplyTo)
		if errors.Is(err, ErrNotFound) || (err == nil && below == uuid.Nil) {
			continue
		}
		if err == nil {
			err = t.hang(ctx, []*federation.Object{object}, below, merchant, finder)
		}
		if err != nil {
			return err
		}
	}
	return failed
}

// meet fetches those whom a reply names and who are not known yet, so that an answer reaches them too.
func (t *ThreadFiller) meet(ctx context.Context, people []federation.IRI, finder Finder) error {
	for _, id := range people {
		if _, err := t.actor(ctx, id, finder); err != nil {
			return err
		}
	}
	return nil
}

// object fetches a public object; nil where it is not to be had or is none, or was asked for of late.
func (t *ThreadFiller) object(ctx context.Context, id federation.IRI, finder Finder) (*federation.Object, error) {
	if id == "" || t.Addresses.Local(id) {
		return nil, nil
	}
	if may, err := t.Store.MayAsk(ctx, id, askObjectAgain); err != nil || !may {
		return nil, err
	}
	found, err := finder.FetchObject(ctx, id)
	if err != nil {
		return nil, t.unfetched(ctx, id, err)
	}
	object := found.Value()
	if object.Type == "Tombstone" || object.IsVote || !object.IsPublic() || object.AttributedTo == "" {
		return nil, nil
	}
	return object, nil
}

// actor returns a peer's actor, which is fetched where it is not known; nil where it is not to be had.
func (t *ThreadFiller) actor(ctx context.Context, id federation.IRI, finder Finder) (*federation.Actor, error) {
	known, _, err := t.Store.CachedActor(ctx, id)
	if !errors.Is(err, federation.ErrNotFound) {
		return known, err
	}
	if may, err := t.Store.MayAsk(ctx, id, askObjectAgain); err != nil || !may {
		return nil, err
	}
	found, err := finder.FetchActor(ctx, id)
	if err != nil {
		return nil, t.unfetched(ctx, id, err)
	}
	return found.Value(), t.Store.SaveActor(ctx, found, t.Now())
}

// unfetched is the error of a fetch; one for which there was no budget may be asked for again.
func (t *ThreadFiller) unfetched(ctx context.Context, id federation.IRI, err error) error {
	if errors.Is(err, federation.ErrBudget) {
		if failed := t.Store.NotAsked(ctx, []federation.IRI{id}); failed != nil {
			return failed
		}
	}
	return fmt.Errorf("fill thread: %w", err)
}

// keep stores a fetched object as a reply.
func (t *ThreadFiller) keep(ctx context.Context, object *federation.Object, post, merchant uuid.UUID, finder Finder) error {
	author, err := t.actor(ctx, object.AttributedTo, finder)
	if err != nil || author == nil {
		return err
	}
	in := &federation.Incoming{Sender: author, Received: t.Now()}
	reply := t.Receiver.reply(in, object)
	reply.Post, reply.Merchant = post, merchant
	waits, err := t.Store.ApprovesReplies(ctx, merchant)
	if err != nil {
		return err
	}
	if waits || t.Receiver.Approve {
		reply.State = ReplyWaiting
	}
	err = t.Store.AddReply(ctx, Received{
		Key: Key(string(author.ID), "fetched", string(object.ID), in.Received.UTC().Format(time.RFC3339Nano)), Sender: author, ID: object.ID,
	}, reply)
	if errors.Is(err, federation.ErrIgnored) || errors.Is(err, federation.ErrDuplicate) {
		return nil // a blocked or deleted author
	}
	return err
}
