package town

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"bourg/federation"

	"github.com/google/uuid"
)

// This file is what town halls say to each other about single posts (PEERING.md, section 6): one reports news of the other
// town, which it has hidden on its own pages first, and the other answers what it has decided.

// Category is for what reason a post is reported, `bourg:category` on the wire.
type Category string

// Categories are the reasons in the order of the form. A category that nobody knows is OtherReason.
var categories = []Category{"illegal", "misleading", "offensive", "privacy", "spam", OtherReason}

// OtherReason is what the words of a report have to say.
const OtherReason Category = "other"

// Categories returns the reasons for which a post can be reported.
func Categories() []Category { return slices.Clone(categories) }

// HiddenPost is the town hall's decision to hide a post of another town, with its statement of reasons (DSA, article 17).
type HiddenPost struct {
	Object   federation.IRI
	Domain   string
	Category Category
	Words    string
	By       uuid.UUID // login; zero: the operator
	At       time.Time
}

// HallStore keeps what town halls say to each other.
type HallStore interface {
	// RelayActor returns the server's own actor; ErrNotSetUp.
	RelayActor(ctx context.Context) (*LocalActor, error)
	// Neighbour returns a neighbour; ErrNotFound.
	Neighbour(ctx context.Context, domain string) (*Neighbour, error)
	// ForeignPost returns a neighbour's post that is shown or hidden here; ErrNotFound.
	ForeignPost(ctx context.Context, id uuid.UUID) (*ForeignPost, error)
	// HideForeign hides a post and keeps the report of it with its Flag. Where it was reported before, the earlier
	// report stays and no Flag is sent. A Flag without an id is none.
	HideForeign(ctx context.Context, h HiddenPost, report *SentReport, flag Outgoing) error
	// ShowForeign shows a post again that was hidden; ErrNotFound where it was not.
	ShowForeign(ctx context.Context, object federation.IRI, at time.Time) error
}

// Halls is how the town hall deals with single posts of other towns. Only the town hall and the operator may.
type Halls struct {
	Store     HallStore
	Accounts  AccountStore
	Addresses Addresses
	Line      func(text string) string // plain text of strangers made one safe line
	Text      func(html string) string // the text of HTML
	Now       func() time.Time
	Wake      func()
}

// Post returns news of another town that is to be reported; ErrNotFound.
func (h *Halls) Post(ctx context.Context, by Author, post uuid.UUID) (*ForeignPost, error) {
	if err := mustRunTown(ctx, h.Accounts, by); err != nil {
		return nil, err
	}
	return h.Store.ForeignPost(ctx, post)
}

// Report hides a post of another town here at once, and reports it to that town's hall. A second report of the same
// post only hides it again. Invalid with "category" (hall.no_reason) or "words" (report.empty, report.long); ErrNotFound.
func (h *Halls) Report(ctx context.Context, by Author, post uuid.UUID, category Category, words string) error {
	p, err := h.Post(ctx, by, post)
	if err != nil {
		return err
	}
	words = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(words, ""), "\x00", ""))
	wrong := Invalid{}
	if !slices.Contains(categories, category) {
		wrong["category"] = "hall.no_reason"
	}
	switch {
	case words == "":
		wrong["words"] = "report.empty"
	case utf8.RuneCountInString(words) > MaxReport:
		wrong["words"] = "report.long"
	}
	if len(wrong) > 0 {
		return wrong
	}
	now := h.Now().UTC().Truncate(time.Second)
	domain := p.Domain
	if p.Source != nil {
		domain = p.Source.Host
	}
	k, err := h.Store.Neighbour(ctx, domain)
	if errors.Is(err, ErrNotFound) { // an account elsewhere, which no town hall answers for: its server gets the report
		k, err = &Neighbour{Domain: domain}, nil
	}
	if err != nil {
		return err
	}
	flag, err := h.flag(ctx, k, p, category, words, now)
	if err != nil {
		return fmt.Errorf("report to a town hall: %w", err)
	}
	report := &SentReport{
		ID: flag.ID, Actor: p.Actor, Object: p.ObjectID, Words: words, At: now, Category: category, Hall: k.Domain,
		Title: cutRunes(h.headline(p), 200),
	}
	hidden := HiddenPost{Object: p.ObjectID, Domain: domain, Category: category, Words: words, By: by.Login, At: now}
	if err := h.Store.HideForeign(ctx, hidden, report, flag); err != nil {
		return err
	}
	h.Wake()
	return nil
}

// flag makes the report from our relay to theirs: the author first, then the post.
func (h *Halls) flag(ctx context.Context, k *Neighbour, p *ForeignPost, category Category, words string, now time.Time) (Outgoing, error) {
	relay, err := h.Store.RelayActor(ctx)
	if err != nil {
		return Outgoing{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Outgoing{}, fmt.Errorf("make an id: %w", err)
	}
	to, recipients := k.Relay.ID, Recipients{Inboxes: []federation.IRI{k.Relay.Inbox}}
	if k.Relay.ID == "" {
		to, recipients = p.Actor.ID, Recipients{Actors: []federation.IRI{p.Actor.ID}}
	}
	out, err := h.Addresses.encode(Outgoing{ID: id, Actor: relay.ID, Leaves: now, To: recipients}, federation.Activity{
		Type: "Flag", Actor: h.Addresses.Actor(relay.ID), ObjectIDs: []federation.IRI{p.Actor.ID, p.ObjectID},
		To: []federation.IRI{to}, Content: words, Extra: map[string]any{"bourg:category": string(category)},
	})
	out.Object = p.ObjectID
	return out, err
}

// Show shows a post again that the town hall has hidden, by the id that it has in its own town; ErrNotFound where it was not hidden.
func (h *Halls) Show(ctx context.Context, by Author, object string) error {
	if err := mustRunTown(ctx, h.Accounts, by); err != nil {
		return err
	}
	return h.Store.ShowForeign(ctx, federation.IRI(object), h.Now())
}

// headline is what a post is about, in a line.
func (h *Halls) headline(p *ForeignPost) string {
	if p.Title != "" {
		return h.Line(p.Title)
	}
	return h.Line(h.Text(p.Content))
}

// readCategory reads the category of a Flag as it came.
func readCategory(activity []byte) Category {
	var a struct {
		Category Category `json:"bourg:category"`
	}
	if err := json.Unmarshal(activity, &a); err != nil || !slices.Contains(categories, a.Category) {
		return OtherReason
	}
	return a.Category
}

// hall is the town whose relay sent an activity, where there is an agreement with it in either direction; nil: it is no town
// hall's.
func (n *Neighbours) hall(ctx context.Context, in *federation.Incoming) (*Neighbour, error) {
	k, err := n.sender(ctx, in)
	switch {
	case errors.Is(err, federation.ErrIgnored):
		return nil, nil
	case err != nil:
		return nil, err
	case k.Mode == ModeBlocked || k.Form() != FormWhole || (k.Outgoing != StandingAccepted && k.Incoming != StandingAccepted):
		return nil, nil
	}
	return k, nil
}

// label is the neighbour's name, or its domain where it has not told it.
func (n *Neighbour) label() string {
	if n.Name != "" {
		return n.Name
	}
	return cutRunes(n.Domain, 100)
}

// maxAnswer is how much is kept of another town hall's answer, in runes: as much as ours may have.
const maxAnswer = MaxDecision

// hallAnswered is a private Note by another town's relay that answers a report of ours. answer is false where it is
// something else.
func (n *Neighbours) hallAnswered(ctx context.Context, in *federation.Incoming, o *federation.Object) (answer bool, err error) {
	if n == nil || o.InReplyTo == "" || o.IsPublic() {
		return false, nil
	}
	flag, ours := n.Addresses.ID("activities", o.InReplyTo)
	if !ours {
		return false, nil
	}
	k, err := n.hall(ctx, in)
	if k == nil || err != nil {
		return false, err
	}
	return true, n.Store.AnswerReport(ctx, received(in), flag, k.Domain, cutRunes(n.Line(n.Text(o.Content)), maxAnswer), in.Received)
}

// answerTo makes the private Note by which the town hall that reported learns what was decided.
func (a Addresses) answerTo(relay *LocalActor, r *Report, note string, now time.Time) (Outgoing, error) {
	var ids [2]uuid.UUID
	for i := range ids {
		var err error
		if ids[i], err = uuid.NewV7(); err != nil {
			return Outgoing{}, fmt.Errorf("make an id: %w", err)
		}
	}
	us, to := a.Actor(relay.ID), []federation.IRI{r.HallRelay}
	paragraphs := strings.ReplaceAll(html.EscapeString(note), "\n", "<br>")
	return a.encode(Outgoing{ID: ids[0], Actor: relay.ID, Leaves: now, To: Recipients{Actors: to}}, federation.Activity{
		Type: "Create", Actor: us, To: to, Published: now,
		Object: &federation.Object{
			ID: a.Post(ids[1]), URL: a.Post(ids[1]), Type: "Note", AttributedTo: us, InReplyTo: r.Flag, To: to, Content: "<p>" + paragraphs + "</p>", Published: now,
		},
	})
}
