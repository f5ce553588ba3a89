package town

import (
	"context"
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// SummaryStore keeps the summaries that groups publish in the evening.
type SummaryStore interface {
	// SummariesDue returns the groups that are on and had no room for something since a time, and have no summary for the day.
	SummariesDue(ctx context.Context, day string, since, now time.Time) ([]uuid.UUID, error)
	// AddSummary locks a group and gives write the summary with what it had no room for and what is still there, up to now. It stores the
	// summary and the activity that write returns. ErrChanged where the group has a summary for the day, or nothing is to be summed up.
	AddSummary(ctx context.Context, s *GroupSummary, since time.Time, write func(*GroupSummary) (Outgoing, error)) error
	// Summary returns a summary with its group and what still stands in it, or ErrNotFound.
	Summary(ctx context.Context, id uuid.UUID) (*GroupSummary, error)
	// StaleSummaries returns up to n summaries in which something stood that was withdrawn since.
	StaleSummaries(ctx context.Context, n int) ([]uuid.UUID, error)
	// CorrectSummary locks a summary and gives write what it says now. It stores the Update that write returns, and the Create in the
	// place of the one that was sent. ErrChanged where nothing is to be corrected.
	CorrectSummary(ctx context.Context, id uuid.UUID, at time.Time, write func(*GroupSummary) (update Outgoing, create []byte, err error)) error
}

// summaryWaits is how long news waits for a summary, where a town was shut in the evening.
const summaryWaits = 3 * 24 * time.Hour

// summarise lets each group publish, once a day and from SummaryHour on, what it had no room for.
func (a *Announcer) summarise(ctx context.Context, t *Town) error {
	now := a.now()
	if now.In(t.Location()).Hour() < SummaryHour {
		return nil
	}
	day, since := dayOf(now, t), now.Add(-summaryWaits)
	due, err := a.Store.SummariesDue(ctx, day, since, now)
	if err != nil {
		return err
	}
	for _, group := range due {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		s := &GroupSummary{ID: id, Group: &Group{ID: group}, Day: day, Published: now}
		err = a.Store.AddSummary(ctx, s, since, func(s *GroupSummary) (Outgoing, error) {
			return a.Addresses.encode(Outgoing{
				ID: s.ID, Actor: group, Public: true, Listed: true, Leaves: now, To: Recipients{Followers: true},
			}, create(a.summary(t, s)))
		})
		if err != nil && !isChanged(err) {
			return fmt.Errorf("sum up the day: %w", err)
		}
	}
	return nil
}

// correct takes out of summaries what was withdrawn.
func (a *Announcer) correct(ctx context.Context, t *Town) error {
	stale, err := a.Store.StaleSummaries(ctx, tendMost)
	if err != nil {
		return err
	}
	for _, id := range stale {
		activity, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		err = a.Store.CorrectSummary(ctx, id, a.now(), func(s *GroupSummary) (Outgoing, []byte, error) {
			s.Updated = laterThan(a.now(), s.Published, s.Updated)
			o := a.summary(t, s)
			first, err := a.Addresses.encode(Outgoing{ID: s.ID}, create(o))
			if err != nil {
				return Outgoing{}, nil, err
			}
			out, err := a.Addresses.encode(Outgoing{
				ID: activity, Actor: s.Group.ID, Public: true, Leaves: s.Updated,
				To: Recipients{Followers: true, Since: s.Published, Earlier: o.ID},
			}, update(o))
			return out, first.JSON, err
		})
		if err != nil && !isChanged(err) {
			return fmt.Errorf("correct a summary: %w", err)
		}
	}
	return nil
}

func (a *Announcer) summary(t *Town, s *GroupSummary) *federation.Object {
	return summaryObject(a.Addresses, a.Plain, t, s)
}

// summaryObject is the Note of a summary: one line for each piece of news, which leads there.
func summaryObject(a Addresses, plain func(string) string, t *Town, s *GroupSummary) *federation.Object {
	s.Group.called(t)
	actor, page := a.Actor(s.Group.ID), a.Page(s.Group.Handle, s.ID)
	var b strings.Builder
	day, err := time.ParseInLocation(time.DateOnly, s.Day, t.Location())
	if err != nil {
		day = s.Published.In(t.Location())
	}
	b.WriteString("<p>Récapitulatif du " + html.EscapeString(fullDay(day)) + "</p>")
	for _, e := range s.Entries {
		url, who, what := e.Line(a, plain)
		b.WriteString(`<p><a href="` + html.EscapeString(string(url)) + `">` + html.EscapeString(who) + "</a>" + nbsp + ": " + html.EscapeString(what) + "</p>")
	}
	switch {
	case len(s.Entries) == 0:
		b.WriteString("<p>Les nouvelles de ce récapitulatif ont été retirées.</p>")
	case s.Further > 0:
		b.WriteString(`<p><a href="` + html.EscapeString(string(a.Profile(s.Group.Handle))) + `">Et ` + strconv.Itoa(s.Further) + " de plus</a></p>")
	}
	return &federation.Object{
		ID: a.Post(s.ID), Type: "Note", AttributedTo: actor, URL: page, Content: b.String(), Language: "fr",
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{actor + "/followers"},
		Published: s.Published, Updated: s.Updated,
	}
}

// summaryWords is how much of a piece of news stands in a summary, in runes.
const summaryWords = 90

// Line is what a summary says of a piece of news: where it is, whose it is, how it begins. plain makes text of HTML.
func (e GroupEntry) Line(a Addresses, plain func(string) string) (url federation.IRI, who, what string) {
	if f := e.Foreign; f != nil {
		if who = f.Actor.Name; who == "" { // not fetched yet
			who = f.Domain
		}
		if f.Town != "" {
			who += " (" + f.Town + ")"
		}
		return f.URL, who, beginning(f.Title, plain(f.Content))
	}
	return a.Page(e.Post.Merchant.Handle, e.Post.ID), e.Post.Merchant.Name, beginning(e.Post.Title, e.Post.Text)
}

// beginning is a title, or the first line of a text, cut to what a summary has room for.
func beginning(title, text string) string {
	if title == "" {
		title, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	}
	title = strings.TrimSpace(title)
	if short := cutRunes(title, summaryWords); short != title {
		return strings.TrimSpace(short) + "…"
	}
	if title == "" {
		return "une photo"
	}
	return title
}

func isChanged(err error) bool { return errors.Is(err, ErrChanged) }

func ignoreNotSetUp(err error) error {
	if errors.Is(err, ErrNotSetUp) {
		return nil
	}
	return err
}
