// Package town is the domain: what a town's merchants, residents and town hall do
// with news. It holds the rules and knows no SQL, no HTTP and no HTML pages; stores
// are asked for through interfaces that stand beside the service which uses them,
// and internal/postgres satisfies them all.
//
// Each store method that changes something is one act of the town and one
// transaction: what an activity or a form brings about is there whole, or not at
// all, and activities that must leave are rows of the same transaction.
package town

import (
	"context"
	"net/url"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// Town is the town that this server belongs to, as set up on the first visit.
type Town struct {
	Name          string
	ShortName     string // at most 20 characters, for a phone's header
	Handle        string // of the town's own actor
	INSEE         string // code of the commune, five characters ("2A004")
	Lat, Lon      float64
	TimeZone      string // IANA name
	Accent        string // "#rrggbb", "" for the default colour
	HelpPhone     string // where the town hall answers
	HelpHours     string // "de 9 h à 12 h"
	Legal         Legal
	Charter       string // its own words; empty for the proposed ones, see CharterWords
	Accessibility Accessibility
	// ApproveReplies: public replies wait until the merchant has accepted them.
	ApproveReplies bool
	SetUpAt        time.Time
}

// Legal is what the law on confidence in the digital economy (LCEN, article 1-1)
// wants to be published about a site.
type Legal struct {
	Publisher string `json:"publisher,omitempty"` // name and address of the town hall, by line
	Director  string `json:"director,omitempty"`  // director of the publication
	Host      string `json:"host,omitempty"`      // name, address and telephone of the hosting company, by line
	Contact   string `json:"contact,omitempty"`   // e-mail address
}

// Accessibility is the state that French law wants every page of a public body to
// name; without an audit it is "non conforme".
type Accessibility struct {
	State   string `json:"state,omitempty"`   // "", "partial" or "total"
	Audited string `json:"audited,omitempty"` // day of the audit, "2026-03-12"
	Auditor string `json:"auditor,omitempty"` // who made it
	Faults  string `json:"faults,omitempty"`  // what is not accessible yet, by line
	Contact string `json:"contact,omitempty"` // e-mail address; empty for the legal notice's
}

// Location returns the town's time zone, and Europe/Paris where its name is unknown.
func (t *Town) Location() *time.Location {
	for _, name := range []string{t.TimeZone, "Europe/Paris"} {
		if loc, err := time.LoadLocation(name); err == nil && name != "" {
			return loc
		}
	}
	return time.UTC
}

// Addresses makes the ids and page addresses of this server's things. Ids are
// opaque and permanent; the handle stands in page addresses only.
type Addresses struct {
	Base *url.URL
	// Handles is the domain of handles, where it is not Base's host: the town is "ville.fr" to people and its
	// server "bourg.ville.fr".
	Handles string
}

// Domain is what stands behind the "@" of a handle, with its port where it has one.
func (a Addresses) Domain() string {
	if a.Handles != "" {
		return a.Handles
	}
	return a.Base.Host
}

// Handle returns a local actor's whole address, "name@domain", without an "@" before it.
func (a Addresses) Handle(name string) string { return name + "@" + a.Domain() }

func (a Addresses) at(path string) federation.IRI {
	return federation.IRI(strings.TrimSuffix(a.Base.String(), "/") + path)
}

// Actor returns the id of an actor.
func (a Addresses) Actor(id uuid.UUID) federation.IRI { return a.at("/actors/" + id.String()) }

// Post returns the id of a post.
func (a Addresses) Post(id uuid.UUID) federation.IRI { return a.at("/posts/" + id.String()) }

// Activity returns the id of an activity.
func (a Addresses) Activity(id uuid.UUID) federation.IRI { return a.at("/activities/" + id.String()) }

// Profile returns the page of an actor.
func (a Addresses) Profile(handle string) federation.IRI { return a.at("/@" + handle) }

// Page returns the page of a post.
func (a Addresses) Page(handle string, id uuid.UUID) federation.IRI {
	return a.at("/@" + handle + "/" + id.String())
}

// SignIn returns the address of a one-time link.
func (a Addresses) SignIn(token string) string { return string(a.at("/connexion/" + token)) }

// SetUp returns the address of the link by which the town is set up.
func (a Addresses) SetUp(token string) string { return string(a.at("/installation/" + token)) }

// Reports returns the page on which the town hall reads what was reported.
func (a Addresses) Reports() federation.IRI { return a.at("/mairie/signalements") }

// SharedInbox returns the address where peers post what concerns several actors.
func (a Addresses) SharedInbox() federation.IRI { return a.at("/inbox") }

// ID returns the uuid in an id or page address of this server: of an actor
// ("/actors/"), a post ("/posts/", "/@handle/") or an activity. ok is false for
// anything else, other servers' ids included.
func (a Addresses) ID(kind string, iri federation.IRI) (id uuid.UUID, ok bool) {
	rest, found := strings.CutPrefix(string(iri), string(a.at("/"+kind+"/")))
	if !found {
		return uuid.Nil, false
	}
	id, err := uuid.Parse(rest)
	return id, err == nil && id.String() == rest
}

// Local tells whether the IRI is on this server.
func (a Addresses) Local(iri federation.IRI) bool {
	return iri.Host() == federation.CanonicalHost(a.Base.Scheme, a.Base.Host)
}

// Outgoing is an encoded activity that a store method writes to the outbox, together
// with one delivery for each distinct inbox that Recipients names.
type Outgoing struct {
	ID     uuid.UUID
	Actor  uuid.UUID
	Type   string
	Object federation.IRI // deliveries about one object keep their order
	JSON   []byte
	Public bool      // may be fetched by its id
	Listed bool      // stands in the outbox
	Leaves time.Time // deliveries are due from then on
	To     Recipients
	// Also are activities of other actors that go with this one, in the same transaction: announcements of it.
	Also []Outgoing
	// Announcement, where not nil, makes the activity the announcement of a group, which is Actor.
	Announcement *Announcement
}

// Recipients says which inboxes an activity goes to.
type Recipients struct {
	// Followers: all present followers of the actor, each by its server's shared inbox where there is one.
	Followers bool
	// Since, where not zero: also those who have left, if they still followed at that time. For
	// Update and Delete: the time at which the object was published.
	Since time.Time
	// Actors are ids of peers' actors that are known (a store ignores unknown ones); shared inbox where there is one.
	Actors []federation.IRI
	// Inboxes are taken as they are (the Accept of a Follow goes to the follower's own inbox).
	Inboxes []federation.IRI
	// Earlier, where not "": also every inbox to which an activity about this object is still waiting to go; and, of an Update or a
	// Delete, those who follow the groups that announced it, with Since as for Followers.
	Earlier federation.IRI
}

// Encode makes an Outgoing of an activity; its id is made from out.ID. It fills JSON, Type and Object.
func (a Addresses) encode(out Outgoing, act federation.Activity) (Outgoing, error) {
	act.ID = a.Activity(out.ID)
	out.Type = act.Type
	out.Object = act.ObjectID
	if act.Object != nil {
		out.Object = act.Object.ID
	}
	json, err := federation.EncodeActivity(&act)
	if err != nil {
		return out, err
	}
	out.JSON = json
	return out, nil
}

// Author is who acts: a signed-in person, or the operator at the command line.
type Author struct {
	Login    uuid.UUID
	Operator bool // the command line: may do everything
}

// MemberStore tells who speaks for whom.
type MemberStore interface {
	// MaySpeak tells whether the login is a member of the merchant, neither of them disabled.
	MaySpeak(ctx context.Context, login, merchant uuid.UUID) (bool, error)
}

// mustSpeak answers ErrForbidden unless the author may speak for the merchant.
func mustSpeak(ctx context.Context, s MemberStore, by Author, merchant uuid.UUID) error {
	if by.Operator {
		return nil
	}
	ok, err := s.MaySpeak(ctx, by.Login, merchant)
	if err != nil {
		return err
	}
	if !ok {
		return ErrForbidden
	}
	return nil
}

// Word returns the page that lists what was written with a key word.
func (a Addresses) Word(word string) federation.IRI {
	return a.at("/recherche?q=" + url.QueryEscape("#"+word))
}
