package web

import (
	"strings"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// How an agreement between two towns is told in words, on the public page and to the town hall.

// kindsInWords lists kinds of news: « nouvelles, offres et événements », « toutes les nouvelles ».
func kindsInWords(l *locale.Locale, kinds []town.Kind) string {
	if len(kinds) == 0 {
		return l.T("accord.nothing")
	}
	if len(kinds) == len(town.ExchangedKinds) {
		return l.T("accord.all")
	}
	all := make([]string, len(kinds))
	for i, k := range kinds {
		all[i] = l.T("accord.kind." + string(k))
	}
	last := len(all) - 1
	if last == 0 {
		return all[0]
	}
	return l.T("accord.and", strings.Join(all[:last], ", "), all[last])
}

// scopeInWords tells what an agreement takes in: « nouvelles et offres, jusqu’à 25 km ».
func scopeInWords(l *locale.Locale, s town.Scope) string {
	words := kindsInWords(l, s.Kinds)
	if s.MaxKm > 0 && len(s.Kinds) > 0 {
		return l.T("accord.within", words, l.Number(s.MaxKm))
	}
	return words
}

// agreement tells what goes between two towns, a sentence for each direction in which something goes.
func agreement(l *locale.Locale, k *town.Neighbour) []string {
	var all []string
	if k.Outgoing == town.StandingAccepted {
		all = append(all, l.T("accord.in", scopeInWords(l, k.Wants.And(k.Gives))))
	}
	if k.Incoming == town.StandingAccepted {
		all = append(all, l.T("accord.out", scopeInWords(l, k.Grants.And(k.TheirWants))))
	}
	return all
}

// dayInWords is a day behind « depuis »: « hier », « lundi », « le 12 novembre ». Both times stand in the town's zone.
func dayInWords(l *locale.Locale, t, now time.Time) string {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	switch days := int(day(now).Sub(day(t)).Hours() / 24); {
	case days <= 0:
		return l.T("accord.today")
	case days == 1:
		return l.T("accord.yesterday")
	case days < 7:
		return l.Weekday(t)
	}
	return l.T("accord.the", l.Date(t, now))
}

// agoInWords is how long ago something was: « à l’instant », « il y a 4 min », « il y a 3 h », then the day.
func agoInWords(l *locale.Locale, t, now time.Time) string {
	switch ago := now.Sub(t); {
	case ago < time.Minute:
		return l.T("accord.ago_now")
	case ago < time.Hour:
		return l.T("accord.ago_minutes", int(ago.Minutes()))
	case ago < 24*time.Hour:
		return l.T("accord.ago_hours", int(ago.Hours()))
	}
	return l.WhenInWords(t, now)
}

// The shapes by which a town's state is told in the picture, beside its words.
const (
	shapeWell    = "rond"     // news goes
	shapeAsks    = "losange"  // somebody waits for an answer
	shapeSilent  = "triangle" // it does not answer
	shapeNothing = "carre"    // nothing goes
)

// standing is how a town does, in one short sentence, as the town hall sees it, and its shape in the picture.
func (h *Handlers) standing(l *locale.Locale, k town.ListedNeighbour, zone *time.Location) (Etat, string) {
	now := h.config.Now().In(zone)
	say := func(class StateClass, shape, text string) (Etat, string) {
		return Etat{Class: class, Text: text}, shape
	}
	switch {
	case k.Mode == town.ModeBlocked:
		return say(Closed, shapeNothing, l.T("communes.blocked"))
	case k.Incoming == town.StandingPending:
		return say(Soon, shapeAsks, l.T("communes.wishes"))
	case k.Exchanges() && !k.Failing.IsZero():
		return say(Closed, shapeSilent, l.T("voisins.failing", dayInWords(l, k.Failing.In(zone), now)))
	case k.Outgoing == town.StandingPending:
		return say(Soon, shapeAsks, l.T("communes.asked", dayInWords(l, k.Asked.In(zone), now)))
	case k.Exchanges() && !k.LastExchange.IsZero():
		return say(Open, shapeWell, l.T("communes.exchanged", agoInWords(l, k.LastExchange.In(zone), now)))
	case k.Exchanges():
		return say(Open, shapeWell, l.T("communes.quiet"))
	case k.Outgoing == town.StandingRefused:
		return say(Closed, shapeNothing, l.T("communes.refused"))
	case k.Outgoing == town.StandingExpired:
		return say(Closed, shapeNothing, l.T("communes.expired"))
	case !k.Ended.IsZero():
		return say(Closed, shapeNothing, l.T("communes.ended", dayInWords(l, k.Ended.In(zone), now)))
	}
	return say(Closed, shapeNothing, l.T("communes.nothing"))
}
