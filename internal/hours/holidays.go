package hours

import (
	"strings"
	"time"
)

// Easter returns the day of Easter Sunday in the Gregorian calendar (the algorithm of Meeus, Jones and Butcher).
func Easter(year int) Date {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return Date{year, time.Month(n / 31), n%31 + 1}
}

// Holidays tells the public holidays of a French commune by its INSEE code: the eleven of the Code du travail (article
// L3133-1); in Moselle, Bas-Rhin and Haut-Rhin also Good Friday and 26 December (article L3134-13); overseas the day on which
// the abolition of slavery is remembered (decree 83-1003). An unknown code has the eleven.
func Holidays(insee string) func(Date) bool {
	alsaceMoselle := strings.HasPrefix(insee, "57") || strings.HasPrefix(insee, "67") || strings.HasPrefix(insee, "68")
	abolition := map[string]MonthDay{
		"971": {time.May, 27}, "972": {time.May, 22}, "973": {time.June, 10}, "974": {time.December, 20}, "976": {time.April, 27},
		"977": {time.October, 9}, "978": {time.May, 28},
	}[insee[:min(3, len(insee))]]
	return func(d Date) bool {
		switch (MonthDay{d.Month, d.Day}) {
		case MonthDay{time.January, 1}, MonthDay{time.May, 1}, MonthDay{time.May, 8}, MonthDay{time.July, 14},
			MonthDay{time.August, 15}, MonthDay{time.November, 1}, MonthDay{time.November, 11}, MonthDay{time.December, 25}:
			return true
		case MonthDay{time.December, 26}:
			return alsaceMoselle
		case abolition:
			return true
		}
		switch Easter(d.Year).Days(d) {
		case 1, 39, 50: // Easter Monday, Ascension Day, Whit Monday
			return true
		case -2:
			return alsaceMoselle
		}
		return false
	}
}
