package federation

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// Verified is a value of a peer's that the authority gate has passed: whoever said it
// may say it. Only this file makes one, so a function that asks for a Verified cannot be given anything else.
type Verified[T any] struct{ value T }

// Value returns what was verified; the zero value of T for the zero Verified.
func (v Verified[T]) Value() T { return v.value }

// Authority is the one place that decides who may say what. Its rules are few:
//
//   - who signs is the actor;
//   - an activity's id lies on its actor's host, an object's on its owner's;
//   - a document speaks for the URL under which it was found, and for no other;
//   - actors are the same only if their ids are, never because their hosts are;
//   - nobody but we speaks for our host.
//
// What a peer embeds without owning it is a hint at best. The gate removes it and leaves
// the id, so that the application can ask the owner: after the gate every embedded
// object, actor and activity may be believed, except that an Inner of somebody else's
// keeps its ids and its type, which are claims to be matched with what is known.
//
// Errors are *Refusal with status 403.
type Authority struct {
	// Host is our own canonical host, with its port where it has one (see CanonicalHost).
	Host string
}

func forbidden(code string) *Refusal {
	return &Refusal{Status: http.StatusForbidden, Code: code}
}

// Activity decides about an activity that signer signed as json. An activity
// without an id is taken only if it is an actor's Update or Delete of itself; its id
// is then made from the bytes, so that a repeat has the same one. Whether the object of
// an Update, Delete or Undo on the actor's host is the actor's own, its record tells: the
// application compares it with the owner that it knows. Codes: actor_mismatch, id_origin, local_id,
// attribution, not_owner, and those of Actor for an embedded one.
func (g Authority) Activity(a *Activity, signer IRI, json []byte) (Verified[*Activity], error) {
	var none Verified[*Activity]
	if a.Actor != signer {
		return none, forbidden("actor_mismatch")
	}
	if a.Actor.Host() == g.Host {
		return none, forbidden("local_id")
	}
	out := *a
	if out.ID == "" {
		if (out.Type != "Update" && out.Type != "Delete") || out.ObjectID != out.Actor {
			return none, refuse("id")
		}
		sum := sha256.Sum256(json)
		out.ID = out.Actor.WithoutFragment() + IRI("#"+strings.ToLower(out.Type)+"-"+hex.EncodeToString(sum[:16]))
	}
	if out.ID.Host() != out.Actor.Host() {
		return none, forbidden("id_origin")
	}
	var err error
	switch out.Type {
	case "Create":
		err = g.create(&out)
	case "Update":
		err = g.update(&out)
	case "Delete":
		err = g.delete(&out)
	case "Undo":
		err = undo(&out)
	case "Accept", "Reject", "TentativeAccept", "TentativeReject":
		// Who answers a Follow is whom it was about, or at least a neighbour of it: WordPress has
		// two ids for one actor. The application matches it with the Follow that was sent.
		if i := out.Inner; i != nil && i.Type == "Follow" && i.ObjectID.Host() != out.Actor.Host() {
			err = forbidden("not_owner")
		}
	case "Move":
		if out.ObjectID != out.Actor {
			err = forbidden("not_owner")
		}
	case "QuoteRequest":
		err = quotes(&out)
	case "Add", "Remove":
		if out.Target != "" && out.Target.Host() != out.Actor.Host() {
			err = forbidden("not_owner")
		}
	}
	if err != nil {
		return none, err
	}
	g.removeHints(&out)
	return Verified[*Activity]{&out}, nil
}

// create: the author of what is created is the actor. A copy of what lies on a third
// host is a hint, and is removed later.
func (g Authority) create(a *Activity) error {
	if a.ObjectID == "" {
		return refuse("id")
	}
	if a.ObjectID.Host() == g.Host {
		return forbidden("local_id")
	}
	return attributed(a)
}

// update: only what lies on the actor's host, and of actors only itself.
func (g Authority) update(a *Activity) error {
	if err := g.ownHost(a); err != nil {
		return err
	}
	if a.Profile != nil {
		if a.Profile.ID != a.Actor {
			return forbidden("not_owner")
		}
		profile, err := g.Actor(a.Profile, a.Actor)
		if err != nil {
			return err
		}
		a.Profile = profile.Value()
	}
	return attributed(a)
}

// delete: as update, for objects, Tombstones, activities and the actor itself.
func (g Authority) delete(a *Activity) error {
	if err := g.ownHost(a); err != nil {
		return err
	}
	if a.Profile != nil && a.Profile.ID != a.Actor {
		return forbidden("not_owner")
	}
	if a.Inner != nil && a.Inner.Actor != "" && a.Inner.Actor != a.Actor {
		return forbidden("not_owner")
	}
	return attributed(a)
}

// undo: only what the actor did itself. Gancio leaves the actor of the undone activity out.
func undo(a *Activity) error {
	if i := a.Inner; i != nil {
		inner := *i
		if inner.Actor == "" {
			inner.Actor = a.Actor
		}
		if inner.Actor != a.Actor {
			return forbidden("not_owner")
		}
		a.Inner = &inner
	}
	if a.ObjectID == "" && a.Inner == nil {
		return refuse("id")
	}
	if a.ObjectID != "" && a.ObjectID.Host() != a.Actor.Host() {
		return forbidden("not_owner")
	}
	return nil
}

// quotes: who asks to quote is the author of what quotes.
func quotes(a *Activity) error {
	if a.Instrument.Host() != a.Actor.Host() {
		return forbidden("not_owner")
	}
	if q := a.Quoting; q != nil && (q.ID != a.Instrument || (q.AttributedTo != "" && q.AttributedTo != a.Actor)) {
		return forbidden("attribution")
	}
	return nil
}

// ownHost holds what an activity changes to its actor's host.
func (g Authority) ownHost(a *Activity) error {
	switch a.ObjectID.Host() {
	case a.Actor.Host():
		return nil
	case g.Host:
		return forbidden("local_id")
	}
	if a.ObjectID == "" {
		return refuse("id")
	}
	return forbidden("not_owner")
}

// attributed tells whether an embedded object names its activity's actor as its author, or nobody.
func attributed(a *Activity) error {
	if a.Object != nil && a.Object.AttributedTo != "" && a.Object.AttributedTo != a.Actor {
		return forbidden("attribution")
	}
	return nil
}

// removeHints takes away what is embedded and not the actor's own.
func (g Authority) removeHints(a *Activity) {
	if o := a.Object; o != nil {
		a.Object = nil
		// Only in these does the actor claim the object for itself where it names no author.
		claims := o.AttributedTo == "" && (a.Type == "Create" || a.Type == "Update" || a.Type == "Delete")
		if o.ID == a.ObjectID && o.ID.Host() == a.Actor.Host() && (claims || o.AttributedTo == a.Actor) {
			own := *o
			own.AttributedTo = a.Actor
			a.Object = tidy(&own)
		}
	}
	if a.Profile != nil && (a.Type != "Update" || a.Profile.ID != a.Actor) {
		a.Profile = nil
	}
	if a.Quoting != nil {
		own := *a.Quoting
		a.Quoting = tidy(&own)
	}
	if i := a.Inner; i != nil {
		if own, ok := g.announced(a); ok {
			if own.Object != nil {
				own.Regards = regards(own.Object)
			}
			a.Inner = own
			return
		}
		a.Inner = &Activity{ID: i.ID, Type: i.Type, Actor: i.Actor, ObjectID: i.ObjectID, Target: i.Target, Instrument: i.Instrument}
		if o := i.Object; o != nil {
			a.Inner.Regards = regards(o)
		}
		if i.Actor == a.Actor {
			a.Inner.Content = i.Content
		}
	}
}

// regards are the ids that an object names as what it is about.
func regards(o *Object) []IRI {
	var ids []IRI
	for _, id := range []IRI{o.InReplyTo, o.Quote} {
		if id != "" {
			ids = append(ids, id)
		}
	}
	for _, tag := range o.Tags {
		if tag.Type == "Mention" && tag.Href != "" {
			ids = append(ids, tag.Href)
		}
	}
	return ids
}

// announced is an activity that is announced whole by an actor of the same server (FEP-1b12). That server signs for both, so
// nothing in it is a hint: its id, its actor, what it is about and whom that belongs to all lie on the announcer's host.
func (g Authority) announced(a *Activity) (*Activity, bool) {
	i, host := a.Inner, a.Actor.Host()
	if a.Type != "Announce" || i.Inner != nil || i.ID.Host() != host || i.Actor.Host() != host || i.ObjectID.Host() != host {
		return nil, false
	}
	own, err := g.Activity(i, i.Actor, nil)
	if err != nil {
		return nil, false
	}
	return own.Value(), true
}

// tidy removes from an object the page that lies on another host than its id: it would be shown as its origin.
func tidy(o *Object) *Object {
	if o.URL != "" && o.URL.Host() != o.ID.Host() {
		o.URL = ""
	}
	return o
}

// Object decides about an object that was found under the URL found. Codes:
// id_mismatch, local_id, attribution.
func (g Authority) Object(o *Object, found IRI) (Verified[*Object], error) {
	var none Verified[*Object]
	if o.ID.WithoutFragment() != found.WithoutFragment() {
		return none, forbidden("id_mismatch")
	}
	if o.ID.Host() == g.Host {
		return none, forbidden("local_id")
	}
	if o.AttributedTo.Host() != o.ID.Host() && o.Type != "Tombstone" {
		return none, forbidden("attribution")
	}
	out := *o
	return Verified[*Object]{tidy(&out)}, nil
}

// Actor decides about an actor's document that was found under the URL found. An inbox
// on another host is refused, for all our deliveries would go there; other
// collections and the shared inbox on another host are left out, as are keys with another owner
// and whatever would show the actor as one of ours. Codes: id_mismatch, local_id, inbox_origin.
func (g Authority) Actor(a *Actor, found IRI) (Verified[*Actor], error) {
	var none Verified[*Actor]
	if a.ID.WithoutFragment() != found.WithoutFragment() {
		return none, forbidden("id_mismatch")
	}
	host := a.ID.Host()
	if host == g.Host {
		return none, forbidden("local_id")
	}
	if a.Inbox.Host() != host {
		return none, forbidden("inbox_origin")
	}
	out := *a
	for _, address := range []*IRI{&out.SharedInbox, &out.Outbox, &out.Followers, &out.Following, &out.Featured} {
		if address.Host() != host {
			*address = ""
		}
	}
	if out.URL.Host() == g.Host {
		out.URL = ""
	}
	if strings.ContainsAny(out.PreferredUsername, "@:/ ") {
		out.PreferredUsername = ""
	}
	if strings.HasSuffix(strings.ToLower(out.WebFinger), "@"+g.Host) {
		out.WebFinger = ""
	}
	out.Keys = nil
	for _, key := range a.Keys {
		if key.Owner == "" {
			key.Owner = a.ID
		}
		if key.Owner == a.ID && key.ID.Host() == host {
			out.Keys = append(out.Keys, key)
		}
	}
	return Verified[*Actor]{&out}, nil
}
