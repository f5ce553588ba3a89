package town

import (
	"context"
	"errors"
	"slices"

	"bourg/federation"
)

// productsListed is how many products a merchant's collection holds.
const productsListed = 100

// Featured implements federation.Documents: the shop's card, its offers and its next event, so
// that the profile of a shop that somebody has just found is never empty.
func (d *Documents) Featured(ctx context.Context, actor federation.IRI) ([]*federation.Object, error) {
	card, err := d.card(ctx, actor)
	if err != nil {
		return nil, err
	}
	m, err := d.merchant(ctx, actor)
	if errors.Is(err, federation.ErrNotFound) { // a group: only its own stands there, Mastodon drops what others wrote
		return []*federation.Object{card}, nil
	}
	if err != nil {
		return nil, err
	}
	offers, err := d.Store.LiveOffers(ctx, m.ID, FeaturedOffers)
	if err != nil {
		return nil, err
	}
	// Of what comes next, the first that takes place.
	events, err := d.Store.ComingEvents(ctx, m.ID, Cursor{}, 10)
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(p *Post) bool { return p.Over() || !p.Left(d.Now()) })
	events = events[:min(len(events), FeaturedEvents)]
	posts, err := d.objects(ctx, append(offers, events...))
	return append([]*federation.Object{card}, posts...), err
}

// Products returns a merchant's products, whether they were put forward or not, newest first.
func (d *Documents) Products(ctx context.Context, actor federation.IRI) ([]*federation.Object, error) {
	m, err := d.merchant(ctx, actor)
	if err != nil {
		return nil, err
	}
	posts, err := d.Store.Products(ctx, m.ID, productsListed)
	if err != nil {
		return nil, err
	}
	return d.objects(ctx, posts)
}

// objects makes the objects of those posts that have left.
func (d *Documents) objects(ctx context.Context, posts []*Post) ([]*federation.Object, error) {
	if len(posts) == 0 {
		return nil, nil
	}
	town, err := d.Store.Town(ctx)
	if err != nil {
		return nil, asPublished(err)
	}
	var objects []*federation.Object
	for _, post := range posts {
		if post.Left(d.Now()) {
			objects = append(objects, postObject(d.Addresses, d.Media, d.HTML, d.Words, town, post))
		}
	}
	return objects, nil
}
