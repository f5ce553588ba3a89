package town

import (
	"context"
	"errors"
	"html"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// DocumentStore reads what peers fetch.
type DocumentStore interface {
	// ActorByID and ActorByHandle return a local actor's row; ErrNotFound, ErrGone.
	ActorByID(ctx context.Context, id uuid.UUID) (*LocalActor, error)
	ActorByHandle(ctx context.Context, handle string) (*LocalActor, error)
	// RelayActor returns the server's own actor; ErrNotSetUp.
	RelayActor(ctx context.Context) (*LocalActor, error)
	// SigningKeys returns an actor's keys with their private halves, the newest first.
	SigningKeys(ctx context.Context, actor uuid.UUID) ([]SigningKey, error)
	Merchant(ctx context.Context, id uuid.UUID) (*Merchant, error)
	Town(ctx context.Context) (*Town, error)
	Post(ctx context.Context, id uuid.UUID) (*Post, error)
	// PublicActivity returns the JSON of an activity that has left and that everybody may read.
	PublicActivity(ctx context.Context, id uuid.UUID, now time.Time) ([]byte, error)
	// OutboxPage returns listed activities that have left, newest first, below the id before, and their number.
	OutboxPage(ctx context.Context, actor, before uuid.UUID, n int, now time.Time) ([]OutboxRow, int, error)
	// PublicReplies returns the object ids of shown public replies and answers to a post itself, oldest first, at most 1000.
	PublicReplies(ctx context.Context, post uuid.UUID) ([]federation.IRI, error)
	// PublicThread returns those of everything that stands below a post, each after what it answers, at most 1000.
	PublicThread(ctx context.Context, post uuid.UUID) ([]federation.IRI, error)
	CountFollowers(ctx context.Context, actor uuid.UUID) (int, error)
	// FollowersAt returns the present followers who live on a host, by their ids.
	FollowersAt(ctx context.Context, actor uuid.UUID, host string) ([]federation.IRI, error)
	// RemoteActors returns the known ones among peers' actors, in the order of the ids.
	RemoteActors(ctx context.Context, ids []federation.IRI) ([]RemoteActor, error)
	// LiveOffers, Products and ComingEvents are TimelineStore's.
	LiveOffers(ctx context.Context, merchant uuid.UUID, n int) ([]*Post, error)
	Products(ctx context.Context, merchant uuid.UUID, n int) ([]*Post, error)
	ComingEvents(ctx context.Context, merchant uuid.UUID, after Cursor, n int) ([]*Post, error)
	// Quote returns a quote of a post that was not withdrawn, or ErrNotFound.
	Quote(ctx context.Context, id uuid.UUID) (*Quote, error)
	Statistics(ctx context.Context, now time.Time) (Statistics, error)
	// Group returns a group, on or off, or ErrNotFound.
	Group(ctx context.Context, id uuid.UUID) (*Group, error)
	// Summary returns a group's summary with its group and what still stands in it, or ErrNotFound.
	Summary(ctx context.Context, id uuid.UUID) (*GroupSummary, error)
	// OwnGroups returns the ids of the groups that every town has, GroupTown and GroupAround; zero where there is none yet.
	OwnGroups(ctx context.Context) (town, around uuid.UUID, err error)
}

// LocalActor is the part that all local actors have.
type LocalActor struct {
	ID      uuid.UUID
	Kind    string // merchant, town, group, relay
	Handle  string
	Keys    []ActorKey // what it publishes, the newest first
	Created time.Time
	Updated time.Time
}

// OutboxRow is one activity of an outbox.
type OutboxRow struct {
	ID   uuid.UUID
	JSON []byte
	// Carries is, of a group's Announce, the activity that it shows in the outbox, with its id; nil: it stands there as it was sent.
	Carries   []byte
	CarriesID uuid.UUID
	Leaves    time.Time
}

// Statistics are NodeInfo's numbers.
type Statistics struct {
	Merchants, ActiveMonth, ActiveHalfyear, Posts int
	// RadiusKm is how far from the town's own point its shops lie, those that have a place.
	RadiusKm float64
}

// Documents answers what peers fetch: it implements federation.LocalActors and
// federation.Documents.
type Documents struct {
	Store     DocumentStore
	Addresses Addresses
	Media     MediaAddress
	Version   string // of the program
	Now       func() time.Time
	HTML      func(text string) string
	Words     func(text string) []string
	Plain     func(html string) string // text of HTML
}

// LocalActor implements federation.LocalActors.
func (d *Documents) LocalActor(ctx context.Context, id federation.IRI) (*federation.Actor, error) {
	key, ok := d.Addresses.ID("actors", id)
	if !ok {
		return nil, federation.ErrNotFound
	}
	row, err := d.Store.ActorByID(ctx, key)
	if err != nil {
		return nil, asPublished(err)
	}
	return d.document(ctx, row)
}

// LocalActorByHandle implements federation.LocalActors.
func (d *Documents) LocalActorByHandle(ctx context.Context, handle string) (*federation.Actor, error) {
	row, err := d.Store.ActorByHandle(ctx, strings.ToLower(handle))
	if err != nil {
		return nil, asPublished(err)
	}
	return d.document(ctx, row)
}

// ServerActor implements federation.LocalActors.
func (d *Documents) ServerActor(ctx context.Context) (*federation.Actor, error) {
	row, err := d.Store.RelayActor(ctx)
	if err != nil {
		return nil, asPublished(err)
	}
	return d.document(ctx, row)
}

// SigningKeys implements federation.LocalActors. They are read each time, because another
// process may have replaced them; who signs a thousand times keeps them for a moment.
func (d *Documents) SigningKeys(ctx context.Context, actor federation.IRI) (*federation.SigningKeys, error) {
	id, ok := d.Addresses.ID("actors", actor)
	if !ok {
		return nil, federation.ErrNotFound
	}
	if _, err := d.Store.ActorByID(ctx, id); err != nil {
		return nil, asPublished(err)
	}
	rows, err := d.Store.SigningKeys(ctx, id)
	if err != nil {
		return nil, err
	}
	return signingKeys(actor, rows)
}

// repliesEmbedded is how many of an author's own replies stand in the object itself: as many as Mastodon
// fetches at once when it meets a post.
const repliesEmbedded = 5

// document makes the actor's document.
func (d *Documents) document(ctx context.Context, row *LocalActor) (*federation.Actor, error) {
	town, err := d.Store.Town(ctx)
	if err != nil {
		return nil, asPublished(err)
	}
	switch row.Kind {
	case "merchant":
		m, err := d.Store.Merchant(ctx, row.ID)
		if err != nil {
			return nil, asPublished(err)
		}
		return actorDocument(d.Addresses, d.Media, d.HTML, town, m), nil
	case "relay":
		return relayDocument(d.Addresses, town, row), nil
	case "town", "group":
		g, err := d.Store.Group(ctx, row.ID)
		if err != nil {
			return nil, asPublished(err)
		}
		return groupDocument(d.Addresses, d.HTML, town, g), nil
	default:
		return nil, federation.ErrNotFound
	}
}

// actorDocument makes a merchant's document, in the order of trust that Mastodon gives:
// what is only in fields and text is what its readers see.
func actorDocument(a Addresses, media MediaAddress, toHTML func(string) string, town *Town, m *Merchant) *federation.Actor {
	actor := baseActor(a, m.ID, m.Handle, m.Keys)
	actor.Type = "Organization"
	actor.Name = m.Name
	actor.URL = a.Profile(m.Handle)
	actor.Published = m.Created
	actor.Discoverable, actor.Indexable = true, true
	actor.AttributionDomains = []string{a.Base.Hostname()}
	if m.Summary != "" {
		actor.Summary = toHTML(m.Summary)
	}
	actor.Featured = actor.ID + "/featured"
	if m.Phone != "" {
		actor.Fields = append(actor.Fields, federation.Field{Name: "Téléphone", Value: telLink(m.Phone)})
	}
	for _, f := range []struct{ name, text string }{
		{"Adresse", m.FullAddress(town.Name)}, {"Horaires", strings.ReplaceAll(hoursSentence(m, "\n"), "\n", nbsp+"; ")},
	} {
		if f.text != "" {
			actor.Fields = append(actor.Fields, federation.Field{Name: f.name, Value: html.EscapeString(f.text)})
		}
	}
	if m.Website != "" {
		site := html.EscapeString(m.Website)
		actor.Fields = append(actor.Fields, federation.Field{
			Name: "Site", Value: `<a href="` + site + `" rel="me nofollow noopener">` + site + `</a>`,
		})
	}
	actor.Fields = append(actor.Fields, federation.Field{Name: "Commune", Value: html.EscapeString(town.Name)})
	if m.Cover != nil {
		v := m.Cover.JPEG(1280)
		actor.Image = &federation.Image{
			Type: "Image", URL: media(v.File), MediaType: v.MediaType, Name: m.Cover.Alt, Width: v.Width, Height: v.Height,
		}
		small := m.Cover.JPEG(320)
		actor.Icon = &federation.Image{
			Type: "Image", URL: media(small.File), MediaType: small.MediaType, Name: m.Cover.Alt, Width: small.Width, Height: small.Height,
		}
	}
	actor.Extra["bourg:insee"], actor.Categories = town.INSEE, []string{m.Trade}
	hoursTerms(m, actor.Extra)
	if place := placeTerm(a, town, m); place != nil {
		actor.Extra["location"] = place
	}
	actor.Extra["bourg:products"] = string(actor.ID + "/products")
	moveTerms(actor, m)
	return actor
}

// relayDocument makes the document of the server's own voice (FEP-2677): it signs fetches.
func relayDocument(a Addresses, town *Town, row *LocalActor) *federation.Actor {
	actor := baseActor(a, row.ID, row.Handle, row.Keys)
	actor.Type = "Application"
	actor.Name = town.Name
	actor.URL = federation.IRI(strings.TrimSuffix(a.Base.String(), "/") + "/")
	actor.Published = row.Created
	actor.Manual = true
	actor.Extra["implements"] = capabilities()
	return actor
}

func baseActor(a Addresses, id uuid.UUID, handle string, keys []ActorKey) *federation.Actor {
	iri := a.Actor(id)
	return &federation.Actor{
		ID: iri, PreferredUsername: handle, WebFinger: a.Handle(handle),
		Inbox: iri + "/inbox", SharedInbox: a.SharedInbox(), Outbox: iri + "/outbox",
		Followers: iri + "/followers", Following: iri + "/following",
		Keys:  publicKeys(iri, keys),
		Extra: map[string]any{"generator": generator()},
	}
}

// Object implements federation.Documents: a post that has left, or a merchant's card.
func (d *Documents) Object(ctx context.Context, id federation.IRI) (*federation.Object, error) {
	if actor, ok := strings.CutSuffix(string(id), "/card"); ok {
		return d.card(ctx, federation.IRI(actor))
	}
	if post, quote, ok := strings.Cut(string(id), "/quotes/"); ok {
		return d.authorisation(ctx, id, federation.IRI(post), quote)
	}
	key, ok := d.Addresses.ID("posts", id)
	if !ok {
		return nil, federation.ErrNotFound
	}
	post, err := d.Store.Post(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return d.summary(ctx, key)
	}
	if errors.Is(err, ErrGone) && post != nil && post.Public {
		return &federation.Object{ID: id, Type: "Tombstone", FormerType: objectType(post.Kind), Deleted: post.Withdrawn}, federation.ErrGone
	}
	if err != nil {
		return nil, asPublished(err)
	}
	if !post.Public || !post.Left(d.Now()) {
		return nil, federation.ErrNotFound
	}
	town, err := d.Store.Town(ctx)
	if err != nil {
		return nil, asPublished(err)
	}
	o := postObject(d.Addresses, d.Media, d.HTML, d.Words, town, post)
	if post.Addressee != "" {
		people, err := d.Store.RemoteActors(ctx, post.named())
		if err != nil {
			return nil, err
		}
		mention(o, people...)
	}
	replies, err := d.Store.PublicReplies(ctx, key)
	if err != nil {
		return nil, err
	}
	o.Replies.TotalItems = len(replies)
	for _, reply := range replies {
		if d.Addresses.Local(reply) && len(o.Replies.First) < repliesEmbedded {
			o.Replies.First = append(o.Replies.First, reply)
		}
	}
	return o, nil
}

// PostBy returns the id of a merchant's post, living or withdrawn, or of a group's summary; federation.ErrNotFound where the
// merchant or group called handle, in any letter case, has written no such post.
func (d *Documents) PostBy(ctx context.Context, handle string, id uuid.UUID) (federation.IRI, error) {
	post, err := d.Store.Post(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return d.summaryBy(ctx, handle, id)
	}
	if err != nil && (post == nil || !errors.Is(err, ErrGone)) {
		return "", asPublished(err)
	}
	if post.Merchant.Handle != strings.ToLower(handle) {
		return "", federation.ErrNotFound
	}
	return d.Addresses.Post(id), nil
}

// Activity implements federation.Documents.
func (d *Documents) Activity(ctx context.Context, id federation.IRI) ([]byte, error) {
	key, ok := d.Addresses.ID("activities", id)
	if !ok {
		return nil, federation.ErrNotFound
	}
	json, err := d.Store.PublicActivity(ctx, key, d.Now())
	return json, asPublished(err)
}

// Outbox implements federation.Documents.
func (d *Documents) Outbox(ctx context.Context, actor federation.IRI, before string, limit int) ([]federation.OutboxItem, int, error) {
	id, ok := d.Addresses.ID("actors", actor)
	if !ok {
		return nil, 0, federation.ErrNotFound
	}
	var from uuid.UUID
	if before != "" {
		var err error
		if from, err = uuid.Parse(before); err != nil {
			return nil, 0, federation.ErrNotFound
		}
	}
	rows, total, err := d.Store.OutboxPage(ctx, id, from, limit, d.Now())
	if err != nil {
		return nil, 0, asPublished(err)
	}
	items := make([]federation.OutboxItem, len(rows))
	for i, r := range rows {
		items[i] = federation.OutboxItem{Cursor: r.ID.String(), JSON: r.JSON}
		if r.Carries == nil {
			continue
		}
		if items[i].JSON, err = carrying(d.Addresses, id, r); err != nil {
			return nil, 0, err
		}
	}
	return items, total, nil
}

// card makes the card of a shop as it is now: special hours come onto it and go again by the calendar. Groups have one too.
func (d *Documents) card(ctx context.Context, actor federation.IRI) (*federation.Object, error) {
	town, err := d.Store.Town(ctx)
	if err != nil {
		return nil, asPublished(err)
	}
	m, err := d.merchant(ctx, actor)
	if errors.Is(err, federation.ErrNotFound) {
		g, err := d.group(ctx, actor)
		if err != nil {
			return nil, err
		}
		return groupCard(d.Addresses, d.HTML, town, g), nil
	}
	if err != nil {
		return nil, err
	}
	return cardObject(d.Addresses, d.Media, d.HTML, town, m, d.Now()), nil
}

// Replies implements federation.Documents.
func (d *Documents) Replies(ctx context.Context, object federation.IRI) ([]federation.IRI, error) {
	id, ok := d.Addresses.ID("posts", object)
	if !ok {
		return nil, federation.ErrNotFound
	}
	list, err := d.Store.PublicReplies(ctx, id)
	return list, asPublished(err)
}

// Conversation implements federation.Documents. An answer stands in the conversation of the post below which it was given.
func (d *Documents) Conversation(ctx context.Context, object federation.IRI) (*federation.Conversation, error) {
	id, ok := d.Addresses.ID("posts", object)
	if !ok {
		return nil, federation.ErrNotFound
	}
	post, err := d.Store.Post(ctx, id)
	if err != nil {
		return nil, asPublished(err)
	}
	if post.Root != uuid.Nil {
		id = post.Root
	}
	below, err := d.Store.PublicThread(ctx, id)
	if err != nil {
		return nil, asPublished(err)
	}
	root := d.Addresses.Post(id)
	return &federation.Conversation{
		ID: root + "/context", Owner: d.Addresses.Actor(post.Merchant.ID), Items: append([]federation.IRI{root}, below...),
	}, nil
}

// CountFollowers implements federation.Documents.
func (d *Documents) CountFollowers(ctx context.Context, actor federation.IRI) (int, error) {
	id, ok := d.Addresses.ID("actors", actor)
	if !ok {
		return 0, federation.ErrNotFound
	}
	n, err := d.Store.CountFollowers(ctx, id)
	return n, asPublished(err)
}

// FollowersAt implements federation.Documents.
func (d *Documents) FollowersAt(ctx context.Context, actor federation.IRI, host string) ([]federation.IRI, error) {
	id, ok := d.Addresses.ID("actors", actor)
	if !ok {
		return nil, federation.ErrNotFound
	}
	return d.Store.FollowersAt(ctx, id, host)
}

// CountFollowing implements federation.Documents: merchants follow nobody.
func (d *Documents) CountFollowing(context.Context, federation.IRI) (int, error) { return 0, nil }

// ServerInfo implements federation.Documents.
func (d *Documents) ServerInfo(ctx context.Context) (*federation.ServerInfo, error) {
	town, err := d.Store.Town(ctx)
	if err != nil {
		return nil, asPublished(err)
	}
	s, err := d.Store.Statistics(ctx, d.Now())
	if err != nil {
		return nil, err
	}
	relay, err := d.Store.RelayActor(ctx)
	if err != nil {
		return nil, asPublished(err)
	}
	own, around, err := d.Store.OwnGroups(ctx)
	if err != nil {
		return nil, err
	}
	return &federation.ServerInfo{
		SoftwareVersion: d.Version, Name: town.Name,
		Description: "Les nouvelles des commerces de " + town.Name,
		Users:       s.Merchants, ActiveMonth: s.ActiveMonth, ActiveHalfyear: s.ActiveHalfyear, LocalPosts: s.Posts,
		Metadata: map[string]any{"bourg": townCard(d.Addresses, town, cardActors(d.Addresses, relay.ID, own, around), s.RadiusKm, s.Merchants)},
	}, nil
}

func (d *Documents) merchant(ctx context.Context, actor federation.IRI) (*Merchant, error) {
	id, ok := d.Addresses.ID("actors", actor)
	if !ok {
		return nil, federation.ErrNotFound
	}
	m, err := d.Store.Merchant(ctx, id)
	return m, asPublished(err)
}

// asPublished turns the domain's errors into those of federation's interfaces.
func asPublished(err error) error {
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrNotSetUp):
		return federation.ErrNotFound
	case errors.Is(err, ErrGone):
		return federation.ErrGone
	default:
		return err
	}
}
