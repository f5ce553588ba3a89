package town

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bourg/internal/hours"

	"github.com/google/uuid"
)

// NoticeStore finds the merchants whose special hours come.
type NoticeStore interface {
	// Town returns the town, or ErrNotSetUp.
	Town(ctx context.Context) (*Town, error)
	// MerchantsWithSpecialHours returns living merchants that have special hours, by id, at most n of those behind after.
	MerchantsWithSpecialHours(ctx context.Context, after uuid.UUID, n int) ([]*Merchant, error)
}

// Notices publishes a notice (a post of the kind Closure) for special hours that begin within NoticeDays, so that those who follow
// the shop hear of them: when the merchant says so, or on the day on which the time has come. There is one notice for the same days
// and hours, however often it is asked for.
type Notices struct {
	Store     NoticeStore
	Publisher *Publisher
	Now       func() time.Time
}

// noticesAtOnce bounds how many notices one save of a form publishes; the others follow by the day.
const noticesAtOnce = 3

// Tell publishes notices for the special hours of a merchant that were not there before, and begin today or within NoticeDays. They
// leave when the undo window is over. It returns the posts.
func (n *Notices) Tell(ctx context.Context, by Author, m *Merchant, before []hours.Special) ([]*Post, error) {
	town, err := n.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	zone := town.Location()
	today := hours.DateOf(n.Now().In(zone))
	var told []*Post
	for _, s := range m.Special {
		known := slices.ContainsFunc(before, func(b hours.Special) bool {
			return b.From == s.From && b.Through == s.Through && slices.Equal(b.Spans, s.Spans)
		})
		if days := today.Days(s.From); known || days < 0 || days > NoticeDays || len(told) == noticesAtOnce {
			continue
		}
		post, err := n.publish(ctx, by, m, m.Schedule(town, zone), s, true)
		if err != nil {
			return told, err
		}
		if post.Withdrawn.IsZero() {
			told = append(told, post)
		}
	}
	return told, nil
}

// TellDue publishes the notices of all merchants for special hours whose time has come: those that begin in NoticeDays days, or in a
// day less, where nobody was there to do it yesterday. It does nothing at night, and may be broken off and run again.
func (n *Notices) TellDue(ctx context.Context) error {
	town, err := n.Store.Town(ctx)
	if errors.Is(err, ErrNotSetUp) {
		return nil
	}
	if err != nil {
		return err
	}
	zone := town.Location()
	now := n.Now().In(zone)
	if now.Hour() < remindFrom {
		return nil
	}
	today := hours.DateOf(now)
	const page = 100
	for after := uuid.Nil; ; {
		list, err := n.Store.MerchantsWithSpecialHours(ctx, after, page)
		if err != nil {
			return err
		}
		for _, m := range list {
			after = m.ID
			for _, s := range m.Special {
				if days := today.Days(s.From); days != NoticeDays && days != NoticeDays-1 {
					continue
				}
				if _, err := n.publish(ctx, Author{Operator: true}, m, m.Schedule(town, zone), s, false); err != nil {
					return fmt.Errorf("notice of %s: %w", m.Handle, err)
				}
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// publish publishes one notice. Its days stand in its times, from which people and peers are told them.
func (n *Notices) publish(ctx context.Context, by Author, m *Merchant, schedule hours.Schedule, s hours.Special, hold bool) (*Post, error) {
	d := Draft{
		Kind: Closure, Text: noticeText(schedule, s),
		// The same notice is published once: a second one with the same name is the first.
		Once: uuid.NewSHA1(m.ID, []byte("special hours "+s.From.String()+" "+s.Through.String()+" "+hours.Line{Spans: s.Spans, Closed: s.Closed()}.String())),
	}
	d.Starts, d.Ends = s.From.In(schedule.Zone), LastMoment(s.Through.In(schedule.Zone))
	if !s.Closed() {
		d.Title = "Horaires exceptionnels " + s.When(hours.French, hours.DateOf(n.Now().In(schedule.Zone)))
	}
	post, err := n.Publisher.Publish(ctx, by, m.ID, d, hold)
	if err != nil {
		return nil, fmt.Errorf("publish a notice: %w", err)
	}
	return post, nil
}

// noticeText is what a notice says beside its days: the hours where there are any, why, and when the shop opens again.
func noticeText(schedule hours.Schedule, s hours.Special) string {
	text := ""
	if !s.Closed() {
		text = "Ouvert " + hours.Line{Spans: s.Spans}.Sentence(hours.French) + "."
	}
	if s.Note != "" {
		text = joinWords(text, sentence(upperFirst(s.Note)))
	}
	if s.Closed() {
		if again := schedule.State(LastMoment(s.Through.In(schedule.Zone))).Change; !again.IsZero() {
			text = joinWords(text, "Réouverture "+frenchDay(again.Weekday())+" "+dayNumber(again)+nbsp+frenchMonth(again.Month())+" à "+clock(again)+".")
		}
	}
	if text == "" {
		return "Nous sommes fermés ces jours-là."
	}
	return text
}

func joinWords(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}
