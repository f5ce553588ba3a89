package town

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"bourg/federation"

	"github.com/google/uuid"
)

// PostStore keeps posts, and the activities that tell peers of them.
type PostStore interface {
	MemberStore
	// Merchant returns a merchant, or ErrNotFound or ErrGone.
	Merchant(ctx context.Context, id uuid.UUID) (*Merchant, error)
	// Post returns a post with its photos and merchant, or ErrNotFound; ErrGone with the post (id,
	// merchant, kind, times) where it is withdrawn.
	Post(ctx context.Context, id uuid.UUID) (*Post, error)
	// AddPost inserts the post, takes its photos out of their drafts (ErrNotFound if one is not a loose
	// photo or draft photo of this merchant), deletes the draft with this id if not zero, and inserts the
	// activity with its deliveries. Where the merchant has a post with the same Once it changes nothing and returns that one.
	AddPost(ctx context.Context, p *Post, draft uuid.UUID, out Outgoing) (*Post, error)
	// EditHeldPost replaces text, reach, photos and the Create activity's JSON of a post whose undo window is not
	// over by the database's clock at the end of the transaction (two seconds kept clear); ErrTooLate otherwise.
	EditHeldPost(ctx context.Context, p *Post, json []byte) error
	// EditPost replaces text, reach, photos and updated_at of a post and inserts the Update with its deliveries.
	EditPost(ctx context.Context, p *Post, out Outgoing) error
	// UndoPost turns a held post back into a draft (text, reach, photos) and removes post, activity and
	// deliveries as if they had never been; ErrTooLate as in EditHeldPost. It returns the draft.
	UndoPost(ctx context.Context, id uuid.UUID) (*Draft, error)
	// WithdrawPost empties the post (text, photos), keeps its row as a Tombstone, takes its earlier activities
	// out of the outbox and inserts the Delete. Photos' files become loose, to be swept.
	WithdrawPost(ctx context.Context, id uuid.UUID, at time.Time, out Outgoing) error

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
	// RemoteActor returns a known peer's actor, or ErrNotFound.
	RemoteActor(ctx context.Context, id federation.IRI) (*RemoteActor, error)
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
}

// MediaAddress is where a stored file is served.
type MediaAddress func(file string) federation.IRI

// How much a post holds. Mastodon shows the first four pictures and drops the rest.
const (
	MaxTextLength = 1500 // runes
	MaxAltLength  = 1500 // runes
	MaxPhotos     = 4
)

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
	if err := p.check(ctx, merchant, &d); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("publish: make an id: %w", err)
	}
	if d.Once == uuid.Nil {
		d.Once = id
	}
	now := p.now()
	post := &Post{
		ID: id, Merchant: m, Kind: News, Text: d.Text, Language: "fr", Reach: d.Reach, Photos: d.Photos,
		Public: true, Once: d.Once, Published: now, Leaves: now,
	}
	if hold {
		post.Leaves = now.Add(p.UndoWindow)
	}
	out, err := p.created(post, p.note(post))
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
	note := p.note(post)
	mention(note, r.Actor)
	out, err := p.created(post, note)
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
// is edited before it has left keeps the activity that it has.
func (p *Publisher) created(post *Post, note *federation.Object) (Outgoing, error) {
	return p.Addresses.encode(Outgoing{
		ID: post.ID, Actor: post.Merchant.ID, Public: post.Public, Listed: post.Public,
		Leaves: post.Leaves, To: recipients(post, time.Time{}),
	}, create(note))
}

// Edit replaces text, photos and reach of a post. While the undo window is open peers get
// the new text as if it had been the first; afterwards an Update.
func (p *Publisher) Edit(ctx context.Context, by Author, id uuid.UUID, d Draft) (*Post, error) {
	post, err := p.own(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if d.Reach == "" {
		d.Reach = post.Reach
	}
	if err := p.check(ctx, post.Merchant.ID, &d); err != nil {
		return nil, err
	}
	now := p.now()
	post.Text, post.Reach, post.Photos = d.Text, d.Reach, d.Photos
	if !post.Left(now) {
		note, err := p.noteOf(ctx, post)
		if err != nil {
			return nil, err
		}
		out, err := p.created(post, note)
		if err != nil {
			return nil, fmt.Errorf("edit: %w", err)
		}
		err = p.Store.EditHeldPost(ctx, post, out.JSON)
		if err == nil {
			return post, nil
		}
		if !errors.Is(err, ErrTooLate) {
			return nil, fmt.Errorf("edit: %w", err)
		}
	}
	post.Updated = laterThan(now, post.Published, post.Updated)
	note, err := p.noteOf(ctx, post)
	if err != nil {
		return nil, err
	}
	out, err := p.outgoing(post, update(note), recipients(post, post.Published))
	if err != nil {
		return nil, fmt.Errorf("edit: %w", err)
	}
	if err := p.Store.EditPost(ctx, post, out); err != nil {
		return nil, fmt.Errorf("edit: %w", err)
	}
	p.Wake()
	return post, nil
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
	out, err := p.outgoing(post, tombstone(p.Addresses, post, now), recipients(post, post.Published))
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

// SaveDraft keeps a draft for later, whatever is in it. It returns the draft's id.
func (p *Publisher) SaveDraft(ctx context.Context, by Author, merchant uuid.UUID, d Draft) (uuid.UUID, error) {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return uuid.Nil, err
	}
	if d.Kind == "" {
		d.Kind = News
	}
	if !d.Reach.Valid() {
		d.Reach = ReachEverywhere
	}
	d.Text = cutRunes(strings.ToValidUTF8(strings.ReplaceAll(d.Text, "\x00", ""), ""), 10*MaxTextLength)
	return p.Store.SaveDraft(ctx, merchant, &d)
}

// Draft returns one of the merchant's drafts.
func (p *Publisher) Draft(ctx context.Context, by Author, merchant, id uuid.UUID) (*Draft, error) {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return nil, err
	}
	return p.Store.Draft(ctx, merchant, id)
}

// Drafts returns the merchant's drafts, newest first.
func (p *Publisher) Drafts(ctx context.Context, by Author, merchant uuid.UUID) ([]Draft, error) {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return nil, err
	}
	return p.Store.Drafts(ctx, merchant)
}

// DeleteDraft throws a draft away.
func (p *Publisher) DeleteDraft(ctx context.Context, by Author, merchant, id uuid.UUID) error {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return err
	}
	return p.Store.DeleteDraft(ctx, merchant, id)
}

// AddPhoto records an upload of the merchant.
func (p *Publisher) AddPhoto(ctx context.Context, by Author, merchant uuid.UUID, photo *Photo) error {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return err
	}
	photo.Alt = cutRunes(photo.Alt, MaxAltLength)
	return p.Store.AddPhoto(ctx, merchant, photo)
}

// DescribePhoto sets the alternative text of an upload.
func (p *Publisher) DescribePhoto(ctx context.Context, by Author, merchant, id uuid.UUID, alt string) error {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return err
	}
	return p.Store.DescribePhoto(ctx, merchant, id, cutRunes(strings.TrimSpace(alt), MaxAltLength))
}

// Photos returns uploads of the merchant; ErrNotFound if one of them is another's.
func (p *Publisher) Photos(ctx context.Context, by Author, merchant uuid.UUID, ids []uuid.UUID) ([]Photo, error) {
	if err := mustSpeak(ctx, p.Store, by, merchant); err != nil {
		return nil, err
	}
	return p.Store.Photos(ctx, merchant, ids)
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

// noteOf makes the object of a post that is stored, with the mention of an answer.
func (p *Publisher) noteOf(ctx context.Context, post *Post) (*federation.Object, error) {
	note := p.note(post)
	if post.Addressee == "" {
		return note, nil
	}
	to, err := p.Store.RemoteActor(ctx, post.Addressee)
	if errors.Is(err, ErrNotFound) {
		return note, nil
	}
	if err != nil {
		return nil, err
	}
	mention(note, *to)
	return note, nil
}

func (p *Publisher) outgoing(post *Post, act federation.Activity, to Recipients) (Outgoing, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Outgoing{}, fmt.Errorf("make an id: %w", err)
	}
	to.Earlier = act.ObjectID
	return p.Addresses.encode(Outgoing{
		ID: id, Actor: post.Merchant.ID, Public: post.Public, Leaves: p.now(), To: to,
	}, act)
}

// check cleans a draft in place and answers Invalid with everything that is wrong with it.
func (p *Publisher) check(ctx context.Context, merchant uuid.UUID, d *Draft) error {
	bad := Invalid{}
	text, err := checkText(d.Text)
	if err != nil {
		bad["text"] = "text.long"
	}
	d.Text = text
	if text == "" && len(d.Photos) == 0 {
		bad["text"] = "text.empty"
	}
	if !d.Reach.Valid() {
		bad["reach"] = "reach.unknown"
	}
	if len(d.Photos) > MaxPhotos {
		bad["photo"] = "photo.many"
	}
	if len(bad) > 0 {
		return bad
	}
	if len(d.Photos) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(d.Photos))
	for i := range d.Photos {
		ids[i] = d.Photos[i].ID
	}
	stored, err := p.Store.Photos(ctx, merchant, ids)
	if err != nil {
		return err
	}
	for i := range stored {
		if d.Photos[i].Alt != "" {
			stored[i].Alt = cutRunes(strings.TrimSpace(d.Photos[i].Alt), MaxAltLength)
		}
	}
	d.Photos = stored
	return nil
}

// checkText trims what was typed and folds line ends; Invalid if it is too long.
func checkText(s string) (string, error) {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	s = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
	if utf8.RuneCountInString(s) > MaxTextLength {
		return s, Invalid{"text": "text.long"}
	}
	return s, nil
}

func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
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
