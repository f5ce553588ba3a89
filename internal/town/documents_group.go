package town

import (
	"context"
	"strings"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file answers what peers fetch of groups.

func (d *Documents) group(ctx context.Context, actor federation.IRI) (*Group, error) {
	id, ok := d.Addresses.ID("actors", actor)
	if !ok {
		return nil, federation.ErrNotFound
	}
	g, err := d.Store.Group(ctx, id)
	return g, asPublished(err)
}

// summary makes the object of a group's summary, with what still stands in it.
func (d *Documents) summary(ctx context.Context, id uuid.UUID) (*federation.Object, error) {
	s, err := d.Store.Summary(ctx, id)
	if err != nil {
		return nil, asPublished(err)
	}
	t, err := d.Store.Town(ctx)
	if err != nil {
		return nil, asPublished(err)
	}
	return summaryObject(d.Addresses, d.Plain, t, s), nil
}

// summaryBy returns the id of a summary of the group called handle, in any letter case; federation.ErrNotFound where it has none such.
func (d *Documents) summaryBy(ctx context.Context, handle string, id uuid.UUID) (federation.IRI, error) {
	s, err := d.Store.Summary(ctx, id)
	if err != nil {
		return "", asPublished(err)
	}
	if s.Group.Handle != strings.ToLower(handle) {
		return "", federation.ErrNotFound
	}
	return d.Addresses.Post(id), nil
}

// carrying is a group's Announce as its outbox shows it: with the merchant's activity whole (FEP-1b12), which is what
// servers read that fill in what they have missed. Followers got it with the post's id.
func carrying(a Addresses, group uuid.UUID, r OutboxRow) ([]byte, error) {
	act := groupAnnounce(a, group, a.Activity(r.CarriesID), r.Leaves)
	act.ID, act.Embedded = a.Activity(r.ID), r.Carries
	return federation.EncodeActivity(&act)
}
