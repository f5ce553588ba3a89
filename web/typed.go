package web

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"bourg/internal/fold"
)

// This file reads days and hours as people type them where the browser has no field of its own for them: « 12/12 »,
// « samedi 12 décembre », « demain », « 9h30 », « midi », "6:30pm". What a date or time field sends (HTML standard, section
// 2.3.5) is read too.

var (
	isoDay     = regexp.MustCompile(`^(\d{4})-(\d{1,2})-(\d{1,2})$`)
	numericDay = regexp.MustCompile(`^(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{2}|\d{4}))?$`)
	wordsDay   = regexp.MustCompile(`^(?:([a-z]+)\.? )?(?:the )?(\d{1,2})(?:er|st|nd|rd|th)? ([a-z]+)\.?(?: (\d{4}))?$`)
	clockShape = regexp.MustCompile(`^(\d{1,2})(?: ?(?:h|:|\.) ?(\d{2})?(?: ?(?:min|mn))?)?(?::\d{2})? ?(am|pm)?$`)
)

// foldedMonths and foldedDays are names, and their beginnings, without accents.
var (
	foldedMonths = [...][2]string{
		{"janvier", "january"}, {"fevrier", "february"}, {"mars", "march"}, {"avril", "april"}, {"mai", "may"}, {"juin", "june"},
		{"juillet", "july"}, {"aout", "august"}, {"septembre", "september"}, {"octobre", "october"}, {"novembre", "november"},
		{"decembre", "december"}, //nolint:misspell // French, without its accent
	}
	foldedDays = [...][2]string{
		{"dimanche", "sunday"}, {"lundi", "monday"}, {"mardi", "tuesday"}, {"mercredi", "wednesday"}, {"jeudi", "thursday"},
		{"vendredi", "friday"}, {"samedi", "saturday"},
	}
)

// pastDays is how long ago a day without a year may have been; one that is longer past is next year's.
const pastDays = 60

// dayTyped reads a day as the midnight at its beginning, in now's time zone. It answers false for what is no day, and where the
// name of the day does not go with its number.
func dayTyped(s string, now time.Time) (time.Time, bool) {
	s = strings.Join(strings.Fields(fold.Fold(s)), " ")
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch s {
	case "aujourd'hui", "aujourd’hui", "today", "ce jour":
		return today, true
	case "demain", "tomorrow":
		return today.AddDate(0, 0, 1), true
	case "apres-demain", "apres demain":
		return today.AddDate(0, 0, 2), true
	}
	if m := isoDay.FindStringSubmatch(s); m != nil {
		return dayOf(m[1], atoi(m[2]), m[3], today)
	}
	if m := numericDay.FindStringSubmatch(s); m != nil {
		return dayOf(m[3], atoi(m[2]), m[1], today)
	}
	if m := wordsDay.FindStringSubmatch(s); m != nil {
		day, ok := dayOf(m[4], named(foldedMonths[:], m[3])+1, m[2], today)
		if weekday := named(foldedDays[:], m[1]); m[1] != "" && weekday != int(day.Weekday()) {
			return time.Time{}, false
		}
		return day, ok
	}
	return time.Time{}, false
}

// dayOf is a day that there is; without a year it is the next one of that name, or one that has just been.
func dayOf(year string, month int, day string, today time.Time) (time.Time, bool) {
	y, d := today.Year(), atoi(day)
	switch len(year) {
	case 4:
		y = atoi(year)
	case 2:
		y = 2000 + atoi(year)
	}
	t := time.Date(y, time.Month(month), d, 0, 0, 0, 0, today.Location())
	if year == "" && t.Before(today.AddDate(0, 0, -pastDays)) {
		t = time.Date(y+1, time.Month(month), d, 0, 0, 0, 0, today.Location())
	}
	return t, month >= 1 && month <= 12 && t.Day() == d && t.Month() == time.Month(month)
}

// named finds a name by itself, or by three letters of its beginning; -1 for none.
func named(names [][2]string, s string) int {
	found := -1
	for i, both := range names {
		for _, name := range both {
			switch {
			case name == s:
				return i
			case len(s) >= 3 && strings.HasPrefix(name, s) && found < 0:
				found = i
			}
		}
	}
	return found
}

// clockTyped reads an hour of the day.
func clockTyped(s string) (hour, minute int, ok bool) {
	s = strings.Join(strings.Fields(fold.Fold(s)), " ")
	switch s {
	case "midi", "noon":
		return 12, 0, true
	case "minuit", "midnight":
		return 0, 0, true
	}
	m := clockShape.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, false
	}
	hour, minute = atoi(m[1]), atoi(m[2])
	if m[3] != "" {
		if hour < 1 || hour > 12 {
			return 0, 0, false
		}
		hour %= 12
		if m[3] == "pm" {
			hour += 12
		}
	}
	if hour == 24 && minute == 0 {
		hour = 0
	}
	return hour, minute, hour < 24 && minute < 60
}

// atoi reads digits that a pattern has found; nothing is 0.
func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
