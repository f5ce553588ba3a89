package web

import (
	"context"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// Accord is what is public of an exchange with another town.
type Accord struct {
	Shops   *int     // how many, where its card tells
	Goes    []string // what goes in which direction, in sentences
	Silence string   // since when it does not answer; "" while it does
	Quiet   string   // why none of its news stands here; "" where some does
	Since   time.Time
}

// silentTold is how long a town has to be silent before residents are told.
const silentTold = 24 * time.Hour

// accord tells of an agreement. shown says that news of the town stands on the page, latest is when we last heard news from it.
func (h *Handlers) accord(l *locale.Locale, k town.ListedNeighbour, shown bool, zone *time.Location) Accord {
	now := h.config.Now().In(zone)
	a := Accord{Shops: k.Shops, Goes: agreement(l, k.Neighbour), Since: k.Since.In(zone)}
	if !k.Failing.IsZero() && now.Sub(k.Failing) >= silentTold {
		a.Silence = l.T("voisins.failing", dayInWords(l, k.Failing.In(zone), now))
	}
	switch {
	case shown:
	case k.Health == town.HealthHidden:
		a.Quiet = l.T("voisins.silent")
	case k.Outgoing != town.StandingAccepted:
		a.Quiet = l.T("voisins.one_way")
	case k.Mode == town.ModeMuted:
		a.Quiet = l.T("voisins.muted")
	case k.LastExchange.IsZero() && now.Sub(k.Since) < 7*24*time.Hour:
		a.Quiet = l.T("voisins.new", dayInWords(l, k.Since.In(zone), now))
	case k.LastExchange.IsZero():
		a.Quiet = l.T("voisins.quiet")
	default:
		a.Quiet = l.T("voisins.nothing_since", dayInWords(l, k.LastExchange.In(zone), now))
	}
	return a
}

// Ancienne is a town with which the exchange has ended.
type Ancienne struct {
	ID, Name string
	Text     string // since when, a sentence
}

// former lists the towns with which the exchange has ended not long ago.
func (h *Handlers) former(ctx context.Context, l *locale.Locale, zone *time.Location) ([]Ancienne, error) {
	ended, err := h.config.Console.Former(ctx)
	if err != nil {
		return nil, err
	}
	var all []Ancienne
	for i, k := range ended {
		all = append(all, Ancienne{
			ID: "f" + l.Number(i+1), Name: townName(k.Neighbour), Text: l.T("voisins.ended", dayInWords(l, k.Ended.In(zone), h.config.Now().In(zone))),
		})
	}
	return all, nil
}
