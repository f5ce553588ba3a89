package hours

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The bounds of special hours.
const (
	MaxSpecial     = 30  // entries of a schedule
	MaxSpecialDays = 366 // of one entry
)

// Special says what holds on some days in place of the regular hours, both ends included: a holiday closing, or other
// hours on the day before Christmas.
type Special struct {
	From, Through Date
	Spans         []Span // none: closed
	Note          string // why, in the shop's own words; one line
}

// Closed tells whether the shop is closed on these days.
func (s Special) Closed() bool { return len(s.Spans) == 0 }

// On tells whether a day lies in it.
func (s Special) On(d Date) bool { return !d.Before(s.From) && !s.Through.Before(d) }

// Check tells what is wrong with one entry: its days, its times or its words.
func (s Special) Check() error {
	switch n := s.From.Days(s.Through); {
	case n < 0:
		return errors.New("special hours end before they begin")
	case n >= MaxSpecialDays:
		return fmt.Errorf("special hours are longer than %d days", MaxSpecialDays)
	case !tidy(slices.Clone(s.Spans)):
		return errors.New("special hours: times are wrong")
	case !validComment(s.Note):
		return errors.New("special hours: the note is wrong")
	}
	return nil
}

// specialJSON is how special hours stand in documents (bourg:specialHours) and in the database.
type specialJSON struct {
	From    Date   `json:"from"`
	Through Date   `json:"through"`
	Hours   string `json:"hours"` // "07:00-17:00" or "off"
	Note    string `json:"note,omitempty"`
}

// MarshalJSON writes {"from":"2026-12-24","through":"2026-12-24","hours":"07:00-17:00","note":"Réveillon"}.
func (s Special) MarshalJSON() ([]byte, error) {
	return json.Marshal(specialJSON{s.From, s.Through, Line{Spans: s.Spans, Closed: s.Closed()}.String(), s.Note})
}

// UnmarshalJSON reads what MarshalJSON writes, and refuses what Check does.
func (s *Special) UnmarshalJSON(data []byte) error {
	var read specialJSON
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*s = Special{From: read.From, Through: read.Through, Note: read.Note}
	if hours := strings.TrimSpace(read.Hours); hours != "off" && hours != "closed" {
		p := &parser{rest: hours}
		var err error
		if s.Spans, err = p.spans(); err != nil || p.rest != "" {
			return fmt.Errorf("special hours: %.40q is no time", read.Hours)
		}
	}
	return s.Check()
}

// SortSpecial puts special hours in the order of their days, in place, and returns the place of the first that begins before
// another has ended, or -1 where all stand apart.
func SortSpecial(list []Special) (overlap int) {
	slices.SortStableFunc(list, func(a, b Special) int { return b.From.Days(a.From) })
	for i := 1; i < len(list); i++ {
		if !list[i-1].Through.Before(list[i].From) {
			return i
		}
	}
	return -1
}
