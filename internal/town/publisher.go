package town

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// PostStore keeps posts, and the activities that tell peers of them.
type PostStore interface {
	MemberStore
	// Merchant returns a merchant, or ErrNotFound or ErrGone.
	Merchant(ctx context.Context, id uuid.UUID) (*Merchant, error)
	// Town returns the town, or ErrNotSetUp.
	Town(ctx context.Context) (*Town, error)
	// Post returns a post with its photos and merchant, or ErrNotFound; ErrGone with the post (id,
	// merchant, kind, times) where it is withdrawn.
	Post(ctx context.Context, id uuid.UUID) (*Post, error)
	// AddPost inserts the post, takes its photos out of their drafts (ErrNotFound if one is not a loose
	// photo or draft photo of this merchant), deletes the draft with this id if not zero, and inserts the
	// activity with its deliveries, if it has an id. Where the merchant has a post with the same Once it changes nothing and
	// returns that one. ErrMoved where the merchant has moved away.
	AddPost(ctx context.Context, p *Post, draft uuid.UUID, out Outgoing) (*Post, error)
	// EditHeldPost replaces text, details, reach, photos, the Create activity's JSON and what goes with it (if there is any) of a post whose undo window
	// is not over by the database's clock at the end of the transaction (two seconds kept clear); ErrTooLate otherwise.
	// It, EditPost and ChangePost answer ErrChanged where the post's revision is not p's, and raise both.
	EditHeldPost(ctx context.Context, p *Post, out Outgoing) error
	// EditPost keeps what a post says as a version, replaces text, details, reach, photos and updated_at, and inserts the
	// Update with its deliveries, if it has an id.
	EditPost(ctx context.Context, p *Post, out Outgoing) error
	// ChangePost replaces times and details of a post (starts, ends, published, leaves, updated, announced), keeps what it
	// said as a version where p.Updated is another one, and inserts the post that tells of it, if not nil, and the activities
	// that have an id, in their order.
	ChangePost(ctx context.Context, p *Post, said *Post, out ...Outgoing) error
	// UndoPost turns a held post back into a draft (text, details, reach, photos) and removes post, activity and
	// deliveries as if they had never been; ErrTooLate as in EditHeldPost. It returns the draft.
	UndoPost(ctx context.Context, id uuid.UUID) (*Draft, error)
	// WithdrawPost empties the post (text, details, photos), keeps its row as a Tombstone, removes its versions, takes its
	// earlier activities out of the outbox and inserts the Delete. Photos' files become loose, to be swept.
	WithdrawPost(ctx context.Context, id uuid.UUID, at time.Time, out Outgoing) error

	// Versions returns what a post said before its edits, newest first, at most 100.
	Versions(ctx context.Context, post uuid.UUID) ([]Version, error)
	// PastPrices returns what the merchant asked for offers and products with this title, whatever its letter case and
	// accents, but for the post except.
	PastPrices(ctx context.Context, merchant uuid.UUID, title string, except uuid.UUID) ([]PastPrice, error)
	// EndedOffers returns offers that ended before a time and are still called open, but for those that left or were edited
	// after quiet, at most n.
	EndedOffers(ctx context.Context, before, quiet time.Time, n int) ([]*Post, error)
	// EventsToRemind returns events that take place from one time up to before another, left before a third, and were
	// never announced, at most n.
	EventsToRemind(ctx context.Context, from, to, left time.Time, n int) ([]*Post, error)

	// FeaturedChanges returns how the featured collections differ at a time from what followers were told, at most n. SetFeatured
	// remembers that one of the changes was told, and inserts the activity that tells it; ErrChanged where it was told already.
	FeaturedChanges(ctx context.Context, now time.Time, n int) ([]Feature, error)
	SetFeatured(ctx context.Context, change Feature, out Outgoing) error

	// SaveDraft inserts or replaces a draft of the merchant; photos listed become its own. It returns the id.
	SaveDraft(ctx context.Context, merchant uuid.UUID, d *Draft) (uuid.UUID, error)
	// Draft returns a draft of the merchant with its photos, or ErrNotFound.
	Draft(ctx context.Context, merchant, id uuid.UUID) (*Draft, error)
	// Drafts returns the merchant's drafts, newest first, at most 50.
	Drafts(ctx context.Context, merchant uuid.UUID) ([]Draft, error)
	// DeleteDraft removes a draft; its photos become loose.
	DeleteDraft(ctx context.Context, merchant, id uuid.UUID) error
	// AddPhoto records an upload as a loose photo of the merchant and sets its ID.
	AddPhoto(ctx context.Context, merchant uuid.UUID, p *Photo) error
	// Photos returns photos of the merchant by id, in that order; ErrNotFound if one is another's.
	Photos(ctx context.Context, merchant uuid.UUID, ids []uuid.UUID) ([]Photo, error)
	// DescribePhoto sets the alternative text.
	DescribePhoto(ctx context.Context, merchant, id uuid.UUID, alt string) error

	// Reply returns what a peer wrote, or ErrNotFound.
	Reply(ctx context.Context, id uuid.UUID) (*Reply, error)
	// RemoteActors returns the known ones among peers' actors, in the order of the ids.
	RemoteActors(ctx context.Context, ids []federation.IRI) ([]RemoteActor, error)
}

// Publisher writes, edits, answers and withdraws in merchants' names.
type Publisher struct {
	Store      PostStore
	Addresses  Addresses
	Media      MediaAddress
	UndoWindow time.Duration // for what is published in the web UI
	Now        func() time.Time
	// Wake is called after something was written that must leave.
	Wake func()
	// HTML turns what was typed into the HTML of an object (paragraphs, links), and Words finds its key words.
	HTML  func(text string) string
	Words func(text string) []string
	// Carriers add what goes with an activity about a post: announcements to other towns and to who follows a group.
	Carriers []Carrier
}

// Carrier adds to an encoded activity about a post what goes with it, in its Also, and to whom it goes besides, in its To.
type Carrier func(ctx context.Context, post *Post, out *Outgoing) error

// MediaAddress is where a stored file is served.
type MediaAddress func(file string) federation.IRI

// Publish publishes a draft as a post of the merchant. With hold it leaves when the undo
// window is over, else at once. The draft, if it was kept, is used up. A second call with
// the same Once returns the first post.
func (p *Publisher) Publish(ctx context.Context, by Author, merchant uuid.UUID, d Draft, hold bool) (*Post, error) {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return nil, err
	}
	m, err := p.Store.Merchant(ctx, merchant)
	if err != nil {
		return nil, err
	}
	if d.Reach == "" {
		d.Reach = m.Reach
	}
	if d.Kind == "" {
		d.Kind = News
	}
	if d.Kind == Answer { // which has somebody to answer to, see Answer
		return nil, Invalid{"kind": "kind.unknown"}
	}
	if err := p.check(ctx, merchant, &d, uuid.Nil); err != nil {
		return nil, err
	}
	d.begin()
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("publish: make an id: %w", err)
	}
	if d.Once == uuid.Nil {
		d.Once = id
	}
	now := p.now()
	post := &Post{
		ID: id, Merchant: m, Kind: d.Kind, Text: d.Text, Language: "fr", Reach: d.Reach, Photos: d.Photos,
		Public: true, Once: d.Once, Published: now, Leaves: now, Details: d.Details,
	}
	if hold {
		post.Leaves = now.Add(p.UndoWindow)
	}
	out, err := p.created(ctx, post)
	if err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	stored, err := p.Store.AddPost(ctx, post, d.ID, out)
	if err != nil {
		return nil, fmt.Errorf("publish: %w", err)
	}
	p.Wake()
	return stored, nil
}

// Answer publishes the merchant's answer to what a peer wrote: public where that was
// public, else for its writer alone.
func (p *Publisher) Answer(ctx context.Context, by Author, merchant, reply uuid.UUID, text string, once uuid.UUID) (*Post, error) {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return nil, err
	}
	r, err := p.Store.Reply(ctx, reply)
	if err != nil {
		return nil, err
	}
	if r.Merchant != merchant {
		return nil, ErrNotFound
	}
	m, err := p.Store.Merchant(ctx, merchant)
	if err != nil {
		return nil, err
	}
	if text, err = checkText(text); err != nil {
		return nil, err
	}
	if text == "" {
		return nil, Invalid{"text": "text.empty"}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("answer: make an id: %w", err)
	}
	if once == uuid.Nil {
		once = id
	}
	now := p.now()
	post := &Post{
		ID: id, Merchant: m, Kind: Answer, Text: text, Language: "fr", Reach: ReachEverywhere,
		Public: r.Public, InReplyTo: r.ObjectID, Root: r.Post, Addressee: r.Actor.ID, Once: once,
		Published: now, Leaves: now,
	}
	if post.Public {
		post.Mentions = r.Mentions // a private answer is for the writer alone
	}
	out, err := p.created(ctx, post)
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	stored, err := p.Store.AddPost(ctx, post, uuid.Nil, out)
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	p.Wake()
	return stored, nil
}

// created encodes the Create of a post. Its uuid is the post's own, so that a post which
// is edited before it has left keeps the activity that it has. A silent post has none.
func (p *Publisher) created(ctx context.Context, post *Post) (Outgoing, error) {
	return p.createdAs(ctx, post, post.ID)
}

func (p *Publisher) createdAs(ctx context.Context, post *Post, activity uuid.UUID) (Outgoing, error) {
	if post.Silent() {
		return Outgoing{}, nil
	}
	o, err := p.object(ctx, post)
	if err != nil {
		return Outgoing{}, err
	}
	return p.carried(ctx, post, Outgoing{
		ID: activity, Actor: post.Merchant.ID, Public: post.Public, Listed: post.Public,
		Leaves: post.Leaves, To: recipients(post, time.Time{}),
	}, create(o))
}

// Edit replaces text, title, times, details, photos and reach of a post; its kind stays, and so
// does what the merchant has said of it since (an offer that is over, an event that is cancelled,
// a product that was put forward). While the undo window is open peers get the new text as if it
// had been the first; afterwards an Update.
func (p *Publisher) Edit(ctx context.Context, by Author, id uuid.UUID, d Draft) (*Post, error) {
	return p.revise(func() (*Post, error) {
		post, err := p.own(ctx, by, id)
		if err != nil {
			return nil, err
		}
		changed := d
		if changed.Reach == "" {
			changed.Reach = post.Reach
		}
		changed.Kind = post.Kind
		if err := p.check(ctx, post.Merchant.ID, &changed, post.ID); err != nil {
			return nil, err
		}
		changed.stand(post)
		before := *post
		post.Before = &before
		post.Text, post.Reach, post.Photos, post.Details = changed.Text, changed.Reach, changed.Photos, changed.Details
		if err := p.edit(ctx, post); err != nil {
			return nil, fmt.Errorf("edit: %w", err)
		}
		return post, nil
	})
}

// edit stores a post that has been changed, and tells of it who has been told of the post.
func (p *Publisher) edit(ctx context.Context, post *Post) error {
	now := p.now()
	if !post.Left(now) {
		out, err := p.created(ctx, post)
		if err != nil {
			return err
		}
		if err := p.Store.EditHeldPost(ctx, post, out); !errors.Is(err, ErrTooLate) {
			return err
		}
	}
	post.Updated = laterThan(now, post.Published, post.Updated)
	out, err := p.updated(ctx, post)
	if err != nil {
		return err
	}
	if err := p.Store.EditPost(ctx, post, out); err != nil {
		return err
	}
	p.Wake()
	return nil
}

// updated encodes the Update of a post to all who may have its Create. A silent post has neither.
func (p *Publisher) updated(ctx context.Context, post *Post) (Outgoing, error) {
	if post.Silent() {
		return Outgoing{}, nil
	}
	o, err := p.object(ctx, post)
	if err != nil {
		return Outgoing{}, err
	}
	return p.outgoing(ctx, post, update(o), recipients(post, post.Published))
}

// revisions is how often an act is tried that others get in the way of.
const revisions = 4

// revise runs an act that reads a post, changes it and stores it, again where somebody else
// changed the post in between.
func (p *Publisher) revise(act func() (*Post, error)) (*Post, error) {
	for try := 1; ; try++ {
		post, err := act()
		if try == revisions || !errors.Is(err, ErrChanged) {
			return post, err
		}
	}
}

// Withdraw takes a post back for good. What has left is followed by a Delete to everyone
// who may have received it.
func (p *Publisher) Withdraw(ctx context.Context, by Author, id uuid.UUID) error {
	post, err := p.own(ctx, by, id)
	if err != nil {
		return err
	}
	now := p.now()
	if !post.Left(now) {
		d, err := p.Store.UndoPost(ctx, id)
		if err == nil {
			return p.Store.DeleteDraft(ctx, post.Merchant.ID, d.ID)
		}
		if !errors.Is(err, ErrTooLate) {
			return fmt.Errorf("withdraw: %w", err)
		}
	}
	out, err := p.outgoing(ctx, post, tombstone(p.Addresses, post, now), recipients(post, post.Published))
	if err != nil {
		return fmt.Errorf("withdraw: %w", err)
	}
	if err := p.Store.WithdrawPost(ctx, id, now, out); err != nil {
		return fmt.Errorf("withdraw: %w", err)
	}
	p.Wake()
	return nil
}

// Undo takes a post back before it has left and returns it as a draft, with nothing
// lost; ErrTooLate when the window is over.
func (p *Publisher) Undo(ctx context.Context, by Author, id uuid.UUID) (*Draft, error) {
	if _, err := p.own(ctx, by, id); err != nil {
		return nil, err
	}
	return p.Store.UndoPost(ctx, id)
}

// Own returns a post that the author may change; ErrForbidden, ErrNotFound or ErrGone otherwise.
func (p *Publisher) Own(ctx context.Context, by Author, id uuid.UUID) (*Post, error) {
	return p.own(ctx, by, id)
}

func (p *Publisher) own(ctx context.Context, by Author, id uuid.UUID) (*Post, error) {
	post, err := p.Store.Post(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := mustSpeak(ctx, p.Store, by, post.Merchant.ID); err != nil {
		return nil, err
	}
	return post, nil
}

// object makes the object of a post, with the mentions of an answer.
func (p *Publisher) object(ctx context.Context, post *Post) (*federation.Object, error) {
	t, err := p.town(ctx)
	if err != nil {
		return nil, err
	}
	o := postObject(p.Addresses, p.Media, p.HTML, p.Words, t, post)
	if post.Addressee == "" {
		return o, nil
	}
	people, err := p.Store.RemoteActors(ctx, post.named())
	if err != nil {
		return nil, err
	}
	mention(o, people...)
	return o, nil
}

// town returns the town, and one without a name before it is set up.
func (p *Publisher) town(ctx context.Context) (*Town, error) {
	t, err := p.Store.Town(ctx)
	if errors.Is(err, ErrNotSetUp) {
		return &Town{}, nil
	}
	return t, err
}

// outgoing encodes an activity about a post that leaves now, though not before the post's Create.
func (p *Publisher) outgoing(ctx context.Context, post *Post, act federation.Activity, to Recipients) (Outgoing, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Outgoing{}, fmt.Errorf("make an id: %w", err)
	}
	to.Earlier = act.ObjectID
	leaves := p.now()
	if leaves.Before(post.Leaves) {
		leaves = post.Leaves
	}
	return p.carried(ctx, post, Outgoing{
		ID: id, Actor: post.Merchant.ID, Public: post.Public, Leaves: leaves, To: to,
	}, act)
}

// carried encodes an activity with what goes with it.
func (p *Publisher) carried(ctx context.Context, post *Post, out Outgoing, act federation.Activity) (Outgoing, error) {
	out, err := p.Addresses.encode(out, act)
	for _, carry := range p.Carriers {
		if err == nil {
			err = carry(ctx, post, &out)
		}
	}
	return out, err
}

// now is the present to the second: what is written in documents and in rows is the same.
func (p *Publisher) now() time.Time { return p.Now().UTC().Truncate(time.Second) }

// laterThan returns now, or the second after the latest of others where now is not later:
// Mastodon ignores an edit that is not newer than the last (process_status_update_service).
func laterThan(now time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if !now.After(o) {
			now = o.Truncate(time.Second).Add(time.Second)
		}
	}
	return now
}
