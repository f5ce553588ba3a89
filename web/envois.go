package web

import (
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// PageEnvois tells a merchant which servers have not got a piece of news, GET /espace/nouvelles/<id>/envois; "apres" is the
// server behind which the list goes on. It names servers, and never the people there.
type PageEnvois struct {
	Entry   Avis
	Remise  *Remise
	Hosts   []Serveur
	MoreURL string
}

// Remise is how far a piece of news has come, in words.
type Remise struct {
	First, Edit string // of the news, and of its latest edit; empty where there is none
	MissingURL  string // who has not got it; empty where everybody has
}

func (p PageEnvois) head(l *locale.Locale) head {
	return head{template: "envois", title: l.T("envois.title"), doors: merchantDoors, door: pathPublier, private: true}
}

// remise says how far a piece of news has come; nil where it was not sent out.
func remise(l *locale.Locale, reach town.PostReach, missing string) *Remise {
	if reach.First == nil && reach.Edit == nil {
		return nil
	}
	r := &Remise{}
	if reach.First != nil {
		r.First = l.T("remise.sentence", reached(l, "remise.first", "remise.first_nobody", *reach.First))
	}
	if reach.Edit != nil {
		r.Edit = l.T("remise.edit", reached(l, "remise.then", "remise.then_nobody", *reach.Edit))
	}
	for _, one := range []*town.Reached{reach.First, reach.Edit} {
		if one != nil && one.Waiting+one.GivenUp > 0 {
			r.MissingURL = missing
		}
	}
	return r
}

// reached is « Remis à 143 serveurs sur 145, 1 attend, 1 ne l’aura pas ».
func reached(l *locale.Locale, key, nobody string, r town.Reached) string {
	if r.To == 0 {
		return l.T(nobody)
	}
	words := l.N(key, r.Delivered, l.Number(r.To))
	if r.Waiting > 0 {
		words += ", " + l.N("remise.waiting", r.Waiting)
	}
	if r.GivenUp > 0 {
		words += ", " + l.N("remise.given_up", r.GivenUp)
	}
	return words
}

// missing says in words why a server has not got a piece of news.
func (h *Handlers) missing(l *locale.Locale, zone *time.Location, m town.HostMissing) Serveur {
	now := h.config.Now().In(zone)
	s := Serveur{Name: m.Host, State: &Etat{Class: Soon, Text: l.T("envois.waits", sinceInWords(l, m.Since.In(zone), now))}}
	if m.Waiting == 0 {
		s.State = &Etat{Class: Closed, Text: l.T("envois.given_up")}
	}
	if m.LastError != "" {
		s.Notes = append(s.Notes, faultInWords(l, m.LastError))
	}
	if !m.NextTry.IsZero() {
		s.Notes = append(s.Notes, nextTryInWords(l, m.NextTry.In(zone), now))
	}
	return s
}
