package locale

import (
	"strings"
	"testing"
	"time"
)

// plain makes non-breaking spaces visible in tables.
func plain(s string) string { return strings.ReplaceAll(s, NBSP, "_") }

func TestDates(t *testing.T) {
	t.Parallel()
	fr, en := load2(t)
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 26, 10, 5, 0, 0, paris)
	at := func(y int, m time.Month, d, h, min int) time.Time { return time.Date(y, m, d, h, min, 0, 0, paris) }
	for _, c := range []struct {
		t                                          time.Time
		heading, when, inWords, short, day, moment string
		english                                    [4]string // heading, when, short, moment
	}{
		{at(2026, 11, 26, 8, 10), "Aujourd’hui", "8_h_10", "aujourd’hui à 8_h_10", "8_h_10", "jeudi 26_novembre", "jeudi 26_novembre à 8_h_10",
			[4]string{"Today", "8:10am", "8:10am", "Thursday 26_November at 8:10am"}},
		{at(2026, 11, 26, 0, 0), "Aujourd’hui", "0_h", "aujourd’hui à 0_h", "0_h", "jeudi 26_novembre", "jeudi 26_novembre à 0_h",
			[4]string{"Today", "12am", "12am", "Thursday 26_November at 12am"}},
		{at(2026, 11, 25, 23, 59), "Hier, mercredi", "hier à 23_h_59", "hier à 23_h_59", "hier", "mercredi 25_novembre", "mercredi 25_novembre à 23_h_59",
			[4]string{"Yesterday, Wednesday", "yesterday at 11:59pm", "yesterday", "Wednesday 25_November at 11:59pm"}},
		{at(2026, 11, 24, 12, 5), "Mardi", "mardi à 12_h_05", "mardi à 12_h_05", "mardi", "mardi 24_novembre", "mardi 24_novembre à 12_h_05",
			[4]string{"Tuesday", "Tuesday at 12:05pm", "Tuesday", "Tuesday 24_November at 12:05pm"}},
		{at(2026, 11, 20, 18, 0), "Vendredi", "vendredi à 18_h", "vendredi à 18_h", "vendredi", "vendredi 20_novembre", "vendredi 20_novembre à 18_h",
			[4]string{"Friday", "Friday at 6pm", "Friday", "Friday 20_November at 6pm"}},
		{at(2026, 11, 19, 18, 0), "Jeudi 19_novembre", "19_novembre", "19_novembre", "19_nov.", "jeudi 19_novembre", "jeudi 19_novembre à 18_h",
			[4]string{"Thursday 19_November", "19_November", "19_Nov", "Thursday 19_November at 6pm"}},
		{at(2026, 8, 1, 7, 0), "Samedi 1er_août", "1er_août", "1er_août", "1er_août", "samedi 1er_août", "samedi 1er_août à 7_h",
			[4]string{"Saturday 1_August", "1_August", "1_Aug", "Saturday 1_August at 7am"}},
		{at(2025, 12, 31, 7, 0), "Mercredi 31_décembre 2025", "31_décembre 2025", "31_décembre 2025", "31_déc. 2025", "mercredi 31_décembre 2025", "mercredi 31_décembre 2025 à 7_h",
			[4]string{"Wednesday 31_December 2025", "31_December 2025", "31_Dec 2025", "Wednesday 31_December 2025 at 7am"}},
		{at(2026, 11, 27, 9, 0), "Vendredi 27_novembre", "27_novembre", "27_novembre", "27_nov.", "vendredi 27_novembre", "vendredi 27_novembre à 9_h",
			[4]string{"Friday 27_November", "27_November", "27_Nov", "Friday 27_November at 9am"}},
	} {
		for what, pair := range map[string][2]string{
			"heading": {fr.Heading(c.t, now), c.heading}, "when": {fr.When(c.t, now), c.when}, "in words": {fr.WhenInWords(c.t, now), c.inWords},
			"short": {fr.ShortWhen(c.t, now), c.short}, "day": {fr.Day(c.t, now), c.day}, "moment": {fr.DayAndClock(c.t, now), c.moment},
			"English heading": {en.Heading(c.t, now), c.english[0]}, "English when": {en.When(c.t, now), c.english[1]},
			"English short": {en.ShortWhen(c.t, now), c.english[2]}, "English moment": {en.DayAndClock(c.t, now), c.english[3]},
		} {
			if got := plain(pair[0]); got != pair[1] {
				t.Errorf("%s of %s: got %q, want %q", what, c.t.Format(time.DateTime), got, pair[1])
			}
		}
	}
	// The hour changes on the last Sunday of October: that day has 25 hours, and yesterday stays yesterday.
	if got := fr.Heading(at(2026, 10, 24, 23, 30), at(2026, 10, 25, 23, 30)); got != "Hier, samedi" {
		t.Errorf("over the change of the hour: got %q, want « Hier, samedi »", got)
	}
	if got := fr.ShortWeekday(now) + " " + fr.ShortMonth(now) + " " + en.ShortWeekday(now) + " " + en.ShortMonth(now); got != "jeu. nov. Thu Nov" {
		t.Errorf("short names: got %q", got)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	fr, en := load2(t)
	for n, want := range map[int][2]string{0: {"0", "0"}, 12: {"12", "12"}, 999: {"999", "999"}, 1250: {"1_250", "1,250"}, 1234567: {"1_234_567", "1,234,567"}, -4200: {"-4_200", "-4,200"}} {
		if got := plain(fr.Number(n)); got != want[0] {
			t.Errorf("%d: got %q, want %q", n, got, want[0])
		}
		if got := en.Number(n); got != want[1] {
			t.Errorf("%d in English: got %q, want %q", n, got, want[1])
		}
	}
	for m, want := range map[float64][2]string{0: {"5_m", "5_m"}, 12: {"10_m", "10_m"}, 45: {"45_m", "45_m"}, 99: {"100_m", "100_m"}, 99.6: {"100_m", "100_m"}, 346: {"350_m", "350_m"},
		996: {"1_km", "1_km"}, 1800: {"1,8_km", "1.8_km"}, 9940: {"9,9_km", "9.9_km"}, 9960: {"10_km", "10_km"}, 40_400: {"40_km", "40_km"}} {
		if got := plain(fr.Distance(m)); got != want[0] {
			t.Errorf("%v m: got %q, want %q", m, got, want[0])
		}
		if got := plain(en.Distance(m)); got != want[1] {
			t.Errorf("%v m in English: got %q, want %q", m, got, want[1])
		}
	}
	for b, want := range map[int64]string{10: "1_ko", 214_300: "214_ko", 999_400: "999_ko", 999_600: "1_Mo", 4_680_000: "4,7_Mo"} {
		if got := plain(fr.Size(b)); got != want {
			t.Errorf("%d bytes: got %q, want %q", b, got, want)
		}
	}
	if got := plain(en.Size(4_680_000)); got != "4.7_MB" {
		t.Errorf("English size: got %q", got)
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0465712012": "04_65_71_20_12", "+33465712012": "04_65_71_20_12", "+33 4 65 71 20 12": "04_65_71_20_12", "04.65.71.20.12": "04_65_71_20_12",
		"+352 27 12 34": "+352 27 12 34", " 3949 ": "3949", "": "",
	} {
		if got := plain(Phone(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
