package town

import (
	"time"
	"unicode/utf8"

	"bourg/internal/hours"
)

// NoticeDays is how many days before they begin special hours are told: on the card, and by a notice in the feed.
const NoticeDays = 14

// Regular are the shop's regular hours: those that it gave day by day, else those that its own words say without doubt; none
// where nothing is known.
func (m *Merchant) Regular() hours.Hours {
	if m.Opening != "" {
		h, err := hours.Parse(m.Opening)
		if err != nil { // nothing else is stored
			return nil
		}
		return h
	}
	h, err := hours.ParseFrench(m.Hours)
	if err != nil {
		return nil
	}
	return h
}

// HoursInWords is what the shop says of its hours in its own words, beside those that are known day by day.
func (m *Merchant) HoursInWords() string {
	if m.Opening == "" && m.Regular() != nil {
		return ""
	}
	return m.Hours
}

// Schedule is when the shop is open, by the clocks of the town.
func (m *Merchant) Schedule(t *Town, zone *time.Location) hours.Schedule {
	return hours.Schedule{Regular: m.Regular(), Special: m.Special, Zone: zone, Holiday: hours.Holidays(t.INSEE)}
}

// SetHours takes hours as they are typed in one line, as OpenStreetMap's opening_hours or in French; words that are neither are
// kept as words.
func (m *Merchant) SetHours(typed string) {
	m.Opening, m.Hours = "", typed
	if h, err := hours.Read(typed); err == nil && len(h) > 0 {
		m.Opening, m.Hours = h.String(), ""
	}
}

// checkHours tells what is wrong with a merchant's hours, and puts special hours in their order: opening.wrong, special.many,
// special.wrong, special.overlap, hours.long.
func checkHours(m *Merchant, bad Invalid) {
	if h, err := hours.Parse(m.Opening); err != nil {
		bad["opening"] = "opening.wrong"
	} else {
		m.Opening = h.String()
	}
	if utf8.RuneCountInString(m.Hours) > MaxHours {
		bad["hours"] = "hours.long"
	}
	if len(m.Special) > hours.MaxSpecial {
		bad["special"] = "special.many"
		return
	}
	for _, s := range m.Special {
		if s.Check() != nil {
			bad["special"] = "special.wrong"
		}
	}
	if hours.SortSpecial(m.Special) >= 0 {
		bad["special"] = "special.overlap"
	}
}

// dropPast takes special hours away that were over a month ago: nobody asks for them any more.
func (m *Merchant) dropPast(today hours.Date) {
	kept := m.Special[:0:0]
	for _, s := range m.Special {
		if !s.Through.Before(today.AddDays(-31)) {
			kept = append(kept, s)
		}
	}
	m.Special = kept
}

// hoursTerms adds the hours to a merchant's document.
func hoursTerms(m *Merchant, terms map[string]any) {
	if h := m.Regular(); h != nil {
		terms["bourg:openingHours"] = h.String()
	}
	if len(m.Special) > 0 {
		terms["bourg:specialHours"] = m.Special
	}
}

// hoursSentence says the hours in French: those of the week in one line, then what the shop adds in its own words.
func hoursSentence(m *Merchant, separator string) string {
	said := m.Regular().Sentence(hours.French)
	words := m.HoursInWords()
	switch {
	case said == "":
		return words
	case words == "":
		return said
	}
	return said + separator + words
}

// specialSentences say the special hours that hold within the next NoticeDays.
func specialSentences(s hours.Schedule, today hours.Date) []string {
	var all []string
	for _, special := range s.Coming(today, NoticeDays+1) {
		all = append(all, upperFirst(special.Sentence(hours.French, today)))
	}
	return all
}

// lastTurn is the last moment before now at which specialSentences have changed by the calendar alone, or the zero time.
func lastTurn(s hours.Schedule, now time.Time) time.Time {
	var last time.Time
	for _, special := range s.Special {
		for _, d := range []hours.Date{special.From.AddDays(-NoticeDays), special.Through.AddDays(1)} {
			if at := d.In(s.Zone); !at.After(now) && at.After(last) {
				last = at
			}
		}
	}
	return last
}
