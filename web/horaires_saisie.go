package web

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"bourg/internal/fold"
	"bourg/internal/hours"
	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// This file reads and fills the part of the shop's form about hours. Without a script: a field for each day of the week and
// one for public holidays, a box beside it for « comme la veille », and a few lines for special days, of which two are
// always free. Everything that was typed comes back as it was typed where something is wrong.

// JourSaisi is the field of one day in the form.
type JourSaisi struct {
	ID    string // name and id of the field: « lundi » to « dimanche », « feries »
	Value string // as typed, or as it is known
	Like  bool   // the box « comme la veille » is offered
	Same  bool   // and ticked
}

// JourExceptionnel is one line of special days. Its fields are ID with "_du", "_au", "_heures" and "_mots" behind it.
type JourExceptionnel struct {
	ID, From, Through, Hours, Note string
}

func (j JourExceptionnel) blank() bool {
	return strings.TrimSpace(j.From+j.Through+j.Hours+j.Note) == ""
}

// HorairesSaisis are the fields about hours.
type HorairesSaisis struct {
	Days    []JourSaisi
	Special []JourExceptionnel
	Words   string // what the shop says of its hours in its own words
	Dated   string // rules for certain parts of the year, which the form cannot change but let go; in words
}

// freeLines is how many empty lines for special days the form has.
const freeLines = 2

func dayIDs() []string {
	return []string{"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "feries"}
}

// hoursOf fills the fields with what is known of a shop.
func hoursOf(l *locale.Locale, m *town.Merchant, today hours.Date) HorairesSaisis {
	week, dated := m.Regular().Week()
	f := HorairesSaisis{Words: m.HoursInWords(), Dated: dated.Sentence(language(l))}
	for i, id := range dayIDs() {
		line := week.Holidays
		if i < 7 {
			line = week.Days[i]
			if line.Closed && line.Comment == "" {
				line = hours.Line{} // an empty field means closed
			}
		}
		f.Days = append(f.Days, JourSaisi{ID: id, Value: line.Sentence(hours.French), Like: i > 0 && i < 7})
	}
	if len(m.Regular()) == 0 {
		f.Days[7].Value = hours.Line{Closed: true}.Sentence(hours.French)
	}
	for _, s := range m.Special {
		if s.Through.Before(today) {
			continue
		}
		one := JourExceptionnel{From: s.From.String(), Hours: hours.Line{Spans: s.Spans}.Sentence(hours.French), Note: s.Note}
		if s.Through != s.From {
			one.Through = s.Through.String()
		}
		f.Special = append(f.Special, one)
	}
	f.number()
	return f
}

// number gives the lines their names and adds free ones.
func (f *HorairesSaisis) number() {
	free := 0
	for _, s := range f.Special {
		if s.blank() {
			free++
		}
	}
	for ; free < freeLines && len(f.Special) < hours.MaxSpecial+freeLines; free++ {
		f.Special = append(f.Special, JourExceptionnel{})
	}
	for i := range f.Special {
		f.Special[i].ID = "jour" + strconv.Itoa(i+1)
	}
}

// typedHours are the fields as they were sent. ok is false where the form had no field of days, as one that was made before there
// were any.
func typedHours(form url.Values) (f HorairesSaisis, ok bool) {
	f.Words = typed(form.Get("horaires"))
	like := form["veille"]
	for i, id := range dayIDs() {
		ok = ok || form.Has(id)
		f.Days = append(f.Days, JourSaisi{
			ID: id, Value: cutRunes(form.Get(id), hours.MaxText), Like: i > 0 && i < 7, Same: slices.Contains(like, id),
		})
	}
	for i := 1; i <= hours.MaxSpecial+freeLines; i++ {
		id := "jour" + strconv.Itoa(i)
		one := JourExceptionnel{
			From: form.Get(id + "_du"), Through: form.Get(id + "_au"), Hours: form.Get(id + "_heures"), Note: form.Get(id + "_mots"),
		}
		if !one.blank() {
			f.Special = append(f.Special, one)
		}
	}
	f.number()
	return f, ok
}

// into puts what was typed into a merchant, and tells what is wrong, beside the field that it concerns. keepDated keeps the rules
// for parts of the year.
func (f *HorairesSaisis) into(l *locale.Locale, m *town.Merchant, keepDated bool, now time.Time) Erreurs {
	var wrong Erreurs
	_, dated := m.Regular().Week()
	if !keepDated {
		dated = nil
	}
	week, any := f.week(l, &wrong)
	m.Hours = f.Words
	switch {
	case any:
		m.Opening = append(week.Hours(), dated...).String()
	case f.Words != "" && dated == nil:
		m.SetHours(f.Words) // a whole line from the door, perhaps
	default:
		m.Opening = dated.String()
	}
	m.Special = f.special(l, m, now, &wrong)
	return wrong
}

// week reads the fields of the days. An empty field means closed, unless all of them are empty: then nothing is known.
func (f *HorairesSaisis) week(l *locale.Locale, wrong *Erreurs) (w hours.Week, any bool) {
	for i := range f.Days {
		field := &f.Days[i]
		line := &w.Holidays
		if i < 7 {
			line = &w.Days[i]
		}
		if field.Like && (field.Same || likeBefore(field.Value)) {
			*line, field.Value, field.Same = w.Days[i-1], f.Days[i-1].Value, false
			any = any || !line.IsZero()
			continue
		}
		read, err := hours.ParseFrenchLine(field.Value)
		switch {
		case errors.Is(err, hours.ErrOverlap):
			wrong.Add(field.ID, l.T("opening.overlap"))
		case err != nil:
			wrong.Add(field.ID, l.T("opening.wrong"))
		}
		any = any || i < 7 && (err != nil || !read.IsZero())
		*line = read
	}
	if !any {
		return hours.Week{}, false
	}
	for i := range w.Days {
		if w.Days[i].IsZero() {
			w.Days[i].Closed = true
		}
	}
	return w, true
}

// likeBefore tells whether somebody wrote « comme la veille » into the field.
func likeBefore(s string) bool {
	return slices.Contains([]string{"comme la veille", "idem", "pareil", "same", "same as the day before"}, strings.Join(strings.Fields(fold.Fold(s)), " "))
}

// special reads the lines of special days.
func (f *HorairesSaisis) special(l *locale.Locale, m *town.Merchant, now time.Time, wrong *Erreurs) []hours.Special {
	type numbered struct {
		hours.Special
		id string
	}
	var all []numbered
	for _, line := range f.Special {
		if line.blank() {
			continue
		}
		one := numbered{id: line.ID}
		before := len(*wrong)
		from, ok := dayTyped(line.From, now)
		if !ok || from.Year() < 2000 || from.Year() > 2199 {
			wrong.Add(line.ID+"_du", l.T("special.from"))
		}
		through := from
		if strings.TrimSpace(line.Through) != "" {
			if through, ok = dayTyped(line.Through, now); !ok || through.Year() > 2199 {
				wrong.Add(line.ID+"_au", l.T("special.through"))
			}
		}
		one.From, one.Through, one.Note = hours.DateOf(from), hours.DateOf(through), sanitize.Line(line.Note)
		read, err := hours.ParseFrenchLine(line.Hours)
		if err != nil || read.Comment != "" {
			wrong.Add(line.ID+"_heures", l.T("opening.wrong"))
		}
		one.Spans = read.Spans
		if len(*wrong) > before {
			continue
		}
		switch days := one.From.Days(one.Through); {
		case days < 0:
			wrong.Add(line.ID+"_au", l.T("special.early"))
		case one.Through.Before(hours.DateOf(now)) && !slices.ContainsFunc(m.Special, func(s hours.Special) bool { return s.Through == one.Through }):
			wrong.Add(line.ID+"_du", l.T("special.past"))
		case one.From.Days(hours.DateOf(now).AddDays(3*hours.MaxSpecialDays)) < 0, days >= hours.MaxSpecialDays:
			wrong.Add(line.ID+"_au", l.T("special.far"))
		case one.Check() != nil:
			wrong.Add(line.ID+"_mots", l.T("special.wrong"))
		}
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return cmp.Compare(b.From.Days(a.From), 0) })
	list := make([]hours.Special, len(all))
	for i, one := range all {
		list[i] = one.Special
		if i > 0 && !all[i-1].Through.Before(one.From) && wrong.For(one.id+"_du") == "" {
			wrong.Add(one.id+"_du", l.T("special.overlap"))
		}
	}
	return list
}
