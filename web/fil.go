package web

import (
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// PageFil is the town's thread, GET / : twenty entries a page, newest first, under a heading for each day.
type PageFil struct {
	Today    int    // how many of today's entries stand on this page; 0 on later pages
	Shops    int    // shops of the town
	Days     []Jour // none when there is no news, or no older news
	OlderURL string // next page, with its query; empty on the last
	NewerURL string // back to the first page; empty on the first
	Events   []Avis // of the next seven days, soonest first
	Tonight  int    // how many of them are today's
	Families []Lien // the directory by kind of shop, with how many there are
	Open     []Lien // the same, with how many are open now; none while all are closed
	OpenNow  int    // how many are open

	Follow []Suivie // what can be followed in the place of single shops

	Part    town.Part // whose news it is
	Filters []Filtre  // by whose news it is; none in a town without neighbours
	Near    []Panneau // neighbouring towns, the nearest first
}

// Jour is a day of the thread.
type Jour struct {
	Date    time.Time
	Entries []Avis
}

func (p PageFil) head(l *locale.Locale) head {
	h := head{
		template: "fil", title: l.T("fil.title"), description: l.T("fil.description"),
		door: pathFil, public: true,
	}
	if p.Part == town.PartAround {
		h.atom = pathAround
	}
	if len(p.Days) > 0 && len(p.Days[0].Entries) > 0 {
		if first := p.Days[0].Entries[0]; first.Away == "" && len(first.Photos) > 0 {
			h.photo = &first.Photos[0]
		}
	}
	return h
}

// ByDay groups entries, which come newest first, by the day of the town's time zone.
func ByDay(entries []Avis, zone *time.Location) []Jour {
	var days []Jour
	for _, a := range entries {
		y, m, d := a.Published.In(zone).Date()
		date := time.Date(y, m, d, 0, 0, 0, 0, zone)
		if n := len(days); n == 0 || !days[n-1].Date.Equal(date) {
			days = append(days, Jour{Date: date})
		}
		last := &days[len(days)-1]
		last.Entries = append(last.Entries, a)
	}
	return days
}
