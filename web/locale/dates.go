package locale

import (
	"strconv"
	"time"
)

// Every method in this file expects times that already stand in the town's time zone; now, where it is asked for, says which
// day today is.

var (
	frDays        = [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	frShortDays   = [...]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}
	frMonths      = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	frShortMonths = [...]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."}
)

// Clock writes the time of day: « 8 h 10 », « 18 h », "8:10am", "6pm".
func (l *Locale) Clock(t time.Time) string {
	h, m := t.Hour(), t.Minute()
	if l.Lang == EN {
		half := "am"
		if h >= 12 {
			half = "pm"
		}
		if h = h % 12; h == 0 {
			h = 12
		}
		if m == 0 {
			return strconv.Itoa(h) + half
		}
		return strconv.Itoa(h) + ":" + twoDigits(m) + half
	}
	if m == 0 {
		return strconv.Itoa(h) + NBSP + "h"
	}
	return strconv.Itoa(h) + NBSP + "h" + NBSP + twoDigits(m)
}

// Weekday writes the name of the day: « jeudi », "Thursday".
func (l *Locale) Weekday(t time.Time) string {
	if l.Lang == EN {
		return t.Weekday().String()
	}
	return frDays[t.Weekday()]
}

// ShortWeekday writes the day in few letters: « jeu. », "Thu".
func (l *Locale) ShortWeekday(t time.Time) string {
	if l.Lang == EN {
		return t.Weekday().String()[:3]
	}
	return frShortDays[t.Weekday()]
}

// ShortMonth writes the month in few letters: « nov. », "Nov".
func (l *Locale) ShortMonth(t time.Time) string {
	if l.Lang == EN {
		return t.Month().String()[:3]
	}
	return frShortMonths[t.Month()-1]
}

// Date writes the day without its name: « 26 novembre », "26 November", with the year when it is not this year's.
func (l *Locale) Date(t, now time.Time) string {
	month := t.Month().String()
	if l.Lang == FR {
		month = frMonths[t.Month()-1]
	}
	return l.dayNumber(t) + NBSP + month + year(t, now)
}

// Day writes the whole date: « jeudi 26 novembre », "Thursday 26 November", with the year when it is not this year's.
func (l *Locale) Day(t, now time.Time) string {
	return l.Weekday(t) + " " + l.Date(t, now)
}

// DayAndClock writes the whole moment: « jeudi 26 novembre à 8 h 10 ».
func (l *Locale) DayAndClock(t, now time.Time) string {
	return l.Day(t, now) + l.at() + l.Clock(t)
}

// Month writes the name of the month: « décembre », "December", with the year when it is not this year's.
func (l *Locale) Month(t, now time.Time) string {
	if l.Lang == EN {
		return t.Month().String() + year(t, now)
	}
	return frMonths[t.Month()-1] + year(t, now)
}

// Span writes days, the last one included: « le 27 novembre », « du 24 au 26 décembre », « du 30 novembre au 2 décembre »,
// "from 24 to 26 December".
func (l *Locale) Span(from, to, now time.Time) string {
	on, start, end := "le ", "du ", " au "
	if l.Lang == EN {
		on, start, end = "on ", "from ", " to "
	}
	switch sameMonth := from.Year() == to.Year() && from.Month() == to.Month(); {
	case sameMonth && from.Day() == to.Day():
		return on + l.Date(from, now)
	case sameMonth:
		return start + l.dayNumber(from) + end + l.Date(to, now)
	}
	if from.Year() == to.Year() {
		return start + l.Date(from, from) + end + l.Date(to, now)
	}
	return start + l.Date(from, time.Time{}) + end + l.Date(to, time.Time{})
}

// Heading writes the title of a day in the thread: « Aujourd’hui », « Hier, mercredi », « Mardi », « Jeudi 12 novembre ».
func (l *Locale) Heading(t, now time.Time) string {
	switch d := daysBetween(t, now); {
	case d == 0:
		return UpperFirst(l.today())
	case d == 1:
		return UpperFirst(l.yesterday()) + ", " + l.Weekday(t)
	case d > 1 && d < 7:
		return UpperFirst(l.Weekday(t))
	}
	return UpperFirst(l.Day(t, now))
}

// When writes a moment of the past as short as it can be understood: « 8 h 10 » for today, « hier à 18 h 20 »,
// « mardi à 7 h 50 » for the six days before, « 12 novembre » for older ones.
func (l *Locale) When(t, now time.Time) string {
	switch d := daysBetween(t, now); {
	case d == 0:
		return l.Clock(t)
	case d == 1:
		return l.yesterday() + l.at() + l.Clock(t)
	case d > 1 && d < 7:
		return l.Weekday(t) + l.at() + l.Clock(t)
	}
	return l.Date(t, now)
}

// WhenInWords is When, with « aujourd’hui à 8 h 10 » for today: for places where no heading says which day it is.
func (l *Locale) WhenInWords(t, now time.Time) string {
	if daysBetween(t, now) == 0 {
		return l.today() + l.at() + l.Clock(t)
	}
	return l.When(t, now)
}

// ShortWhen writes a moment for a narrow column: « 8 h 10 », « hier », « lundi », « 20 nov. », "20 Nov".
func (l *Locale) ShortWhen(t, now time.Time) string {
	switch d := daysBetween(t, now); {
	case d == 0:
		return l.Clock(t)
	case d == 1:
		return l.yesterday()
	case d > 1 && d < 7:
		return l.Weekday(t)
	}
	return l.dayNumber(t) + NBSP + l.ShortMonth(t) + year(t, now)
}

func (l *Locale) today() string {
	if l.Lang == EN {
		return "today"
	}
	return "aujourd’hui"
}

func (l *Locale) yesterday() string {
	if l.Lang == EN {
		return "yesterday"
	}
	return "hier"
}

func (l *Locale) at() string {
	if l.Lang == EN {
		return " at "
	}
	return " à "
}

// dayNumber is the day of the month; French says « 1er » and counts on in plain numbers.
func (l *Locale) dayNumber(t time.Time) string {
	if t.Day() == 1 && l.Lang == FR {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}

func year(t, now time.Time) string {
	if t.Year() == now.Year() {
		return ""
	}
	return " " + strconv.Itoa(t.Year())
}

// daysBetween counts the midnights from t to now; it is negative for a future day.
func daysBetween(t, now time.Time) int {
	y, m, d := t.Date()
	ny, nm, nd := now.Date()
	from := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	to := time.Date(ny, nm, nd, 0, 0, 0, 0, time.UTC)
	return int(to.Sub(from).Hours() / 24)
}

func twoDigits(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
