package town

import (
	"context"
	"strings"

	"github.com/google/uuid"
)

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
	d.bound()
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
