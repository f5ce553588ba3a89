package web

import (
	"testing"
	"time"
)

func TestDaysAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"2026-12-12": "2026-12-12", "12/12": "2026-12-12", "12/12/26": "2026-12-12", "12/12/2027": "2027-12-12", "12.12.2026": "2026-12-12",
		"12-12": "2026-12-12", "1/2": "2027-02-01", "26/11": "2026-11-26", "25/11": "2026-11-25", "27 septembre": "2026-09-27", "26 septembre": "2027-09-26",
		"12 décembre": "2026-12-12", " 12  Décembre 2027 ": "2027-12-12", "samedi 12 décembre": "2026-12-12", "sam. 12 déc.": "2026-12-12",
		"1er janvier": "2027-01-01", "12 août": "2027-08-12", "12 aout": "2027-08-12", "12 December": "2026-12-12", "Saturday 12 December": "2026-12-12",
		"aujourd’hui": "2026-11-26", "Aujourd'hui": "2026-11-26", "demain": "2026-11-27", "après-demain": "2026-11-28", "29/02/2028": "2028-02-29",
		"12 juin": "2027-06-12", "12 juil.": "2027-07-12",
		"": "", "hier": "", "12": "", "31/11": "", "29/02/2027": "", "0/12": "", "12/13": "", "12 brumaire": "", "dimanche 12 décembre": "",
		"2026-13-01": "", "12/12/026": "", "12 décembre à midi": "", "lundi": "", "99999999999999999999/1": "", "1/1/1": "", "\x00": "",
	} {
		day, ok := dayTyped(typed, now)
		got := ""
		if ok {
			got = day.Format(time.DateOnly)
		}
		if got != want || ok && (day.Hour() != 0 || day.Location() != paris) {
			t.Errorf("%q: got %q (%v), want %q at midnight here", typed, got, day, want)
		}
	}
}

func TestHoursAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"09:30": "09:30", "9h30": "09:30", "9 h 30": "09:30", "9:30": "09:30", "9h": "09:00", "9 h": "09:00", "9": "09:00", "9.30": "09:30",
		"18H": "18:00", "18 h 05": "18:05", "midi": "12:00", "Minuit": "00:00", "24h": "00:00", "6pm": "18:00", "6:30 pm": "18:30", "12am": "00:00",
		"12pm": "12:00", "17:00:00": "17:00", "9\u00a0h\u00a030": "09:30", "0h": "00:00", "23h59": "23:59",
		"": "", "25h": "", "9h60": "", "9h3": "", "h30": "", "neuf heures": "", "13pm": "", "0pm": "", "9h30 environ": "", "-9": "", "24h30": "",
	} {
		hour, minute, ok := clockTyped(typed)
		got := ""
		if ok {
			got = time.Date(2026, 1, 1, hour, minute, 0, 0, time.UTC).Format("15:04")
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}
