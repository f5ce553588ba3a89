package hours_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/internal/hours"

	"pgregory.net/rapid"
)

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func date(t interface{ Fatal(...any) }, s string) hours.Date {
	d, err := hours.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// bakery is open as the bakery of the town: on Tuesdays to Saturdays with a pause, on Sunday mornings, never on public holidays.
func bakery(t *testing.T) hours.Schedule {
	return hours.Schedule{
		Regular: mustParse(t, "Tu-Sa 07:00-13:00,15:30-19:00; Su 07:00-12:30; PH off"),
		Special: []hours.Special{
			{From: date(t, "2026-12-24"), Through: date(t, "2026-12-24"), Spans: []hours.Span{{From: 420, To: 1020}}, Note: "Réveillon"},
			{From: date(t, "2027-02-08"), Through: date(t, "2027-02-21"), Note: "Congés"},
		},
		Zone: zone(t, "Europe/Paris"), Holiday: hours.Holidays("79184"),
	}
}

func TestWhetherTheShopIsOpen(t *testing.T) {
	t.Parallel()
	s := bakery(t)
	for at, want := range map[string]string{
		"2026-11-26 07:00": "open until 2026-11-26 13:00",
		"2026-11-26 12:59": "open until 2026-11-26 13:00",
		"2026-11-26 13:00": "closed until 2026-11-26 15:30",
		"2026-11-26 19:00": "closed until 2026-11-27 07:00",
		"2026-11-29 12:30": "closed until 2026-12-01 07:00", // Sunday noon: Monday is no day of this bakery
		"2026-12-24 14:00": "open until 2026-12-24 17:00",   // other hours
		"2026-12-24 18:00": "closed until 2026-12-26 07:00", // Christmas
		"2027-02-08 09:00": "closed until 2027-02-23 07:00", // two weeks of holidays, and a Monday
		"2026-05-14 09:00": "closed until 2026-05-15 07:00", // Ascension Day
	} {
		moment, err := time.ParseInLocation("2006-01-02 15:04", at, s.Zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := said(s.State(moment)); got != want {
			t.Errorf("at %s the shop is %s, want %s", at, got, want)
		}
	}
}

func said(s hours.State) string {
	switch {
	case !s.Known:
		return "unknown"
	case s.Open && s.Change.IsZero():
		return "always open"
	case s.Open:
		return "open until " + s.Change.Format("2006-01-02 15:04")
	case s.Change.IsZero():
		return "closed " + s.Words
	}
	return "closed until " + s.Change.Format("2006-01-02 15:04")
}

func TestStatesThatEndLateOrNever(t *testing.T) {
	t.Parallel()
	paris := zone(t, "Europe/Paris")
	friday := time.Date(2026, 11, 27, 23, 0, 0, 0, paris)
	for text, want := range map[string]string{
		"":                                       "unknown",
		"24/7":                                   "always open",
		"Fr 18:00-02:00; Sa off":                 "open until 2026-11-28 02:00",
		"Th 23:30-23:15; Fr,Sa off":              "open until 2026-11-27 23:15",
		"Fr 18:00-24:00; Sa 00:00-04:00":         "open until 2026-11-28 04:00",
		"Fr-Su 00:00-24:00":                      "open until 2026-11-30 00:00",
		"Mo-Su off":                              "closed ",
		"Jun-Aug 10:00-19:00":                    "closed until 2027-06-01 10:00",
		"Fr \"sur rendez-vous\"; Su 09:00-12:00": "closed until 2026-11-29 09:00",
		"Mo-Su \"sur rendez-vous\"":              "closed sur rendez-vous",
	} {
		s := hours.Schedule{Regular: mustParse(t, text), Zone: paris}
		if got := said(s.State(friday)); got != want {
			t.Errorf("%q on Friday at eleven at night: %s, want %s", text, got, want)
		}
	}
	closed := hours.Schedule{Special: []hours.Special{{From: date(t, "2026-11-27"), Through: date(t, "2026-11-27")}}, Zone: paris}
	if got := said(closed.State(friday)); got != "closed " {
		t.Errorf("a shop of unknown hours with a notice on its door is %s, want closed", got)
	}
	if got := said(closed.State(friday.AddDate(0, 0, 1))); got != "unknown" {
		t.Errorf("on the next day it is %s, want unknown", got)
	}
}

// The clock skips an hour in spring and repeats one in autumn (C2).
func TestTheClockIsPutForwardAndBack(t *testing.T) {
	t.Parallel()
	paris := zone(t, "Europe/Paris")
	for _, tt := range []struct{ hours, at, want string }{
		// 29 March 2026: 2 o'clock is 3 o'clock.
		{"Su 01:00-02:30", "2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"Su 02:15-05:00", "2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"Sa 22:00-04:00", "2026-03-28T23:00:00+01:00", "2026-03-29T04:00:00+02:00"},
		// 25 October 2026: 3 o'clock is 2 o'clock once more.
		{"Su 01:00-02:30", "2026-10-25T01:30:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"Su 01:00-03:00", "2026-10-25T01:30:00+02:00", "2026-10-25T03:00:00+01:00"},
		{"Sa 22:00-04:00", "2026-10-24T23:00:00+02:00", "2026-10-25T04:00:00+01:00"},
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		if err != nil {
			t.Fatal(err)
		}
		s := hours.Schedule{Regular: mustParse(t, tt.hours), Zone: paris}
		if got := s.State(at).Change.Format(time.RFC3339); got != tt.want {
			t.Errorf("%s at %s changes at %s, want %s", tt.hours, tt.at, got, tt.want)
		}
	}
}

// TestTheStateIsThatOfTheClockOnTheWall walks minute by minute, and knows nothing of instants: a span is on while the clock of the
// wall, which this oracle never lets go back, stands in it.
func TestTheStateIsThatOfTheClockOnTheWall(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{zone(t, "Europe/Paris"), zone(t, "Indian/Reunion"), zone(t, "America/Miquelon"), zone(t, "Africa/Cairo"), zone(t, "Australia/Lord_Howe")}
	starts := []hours.Date{date(t, "2026-03-27"), date(t, "2026-10-23"), date(t, "2026-12-30"), date(t, "2026-03-06"), date(t, "2026-04-23"), date(t, "2026-04-03"), date(t, "2026-05-13")}
	rapid.Check(t, func(t *rapid.T) {
		s := hours.Schedule{
			Regular: anyHours(t), Zone: rapid.SampledFrom(zones).Draw(t, "zone"), Holiday: hours.Holidays("67482"),
		}
		start := rapid.SampledFrom(starts).Draw(t, "start")
		if rapid.Bool().Draw(t, "special") {
			from := start.AddDays(rapid.IntRange(0, 3).Draw(t, "from"))
			s.Special = []hours.Special{{From: from, Through: from.AddDays(rapid.IntRange(0, 2).Draw(t, "days"))}}
			if rapid.Bool().Draw(t, "open") {
				s.Special[0].Spans = anySpans(t)
			}
		}
		const minutes = 4 * 24 * 60
		open := make([]bool, minutes)
		first := start.In(s.Zone)
		wall := time.Time{} // as if it were UTC
		for i := range open {
			at := first.Add(time.Duration(i) * time.Minute)
			reads := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), 0, 0, time.UTC)
			if reads.After(wall) {
				wall = reads
			}
			for back := range 2 {
				d := hours.DateOf(wall).AddDays(-back)
				minute := back*24*60 + wall.Hour()*60 + wall.Minute()
				open[i] = open[i] || slices.ContainsFunc(s.On(d).Spans, func(span hours.Span) bool { return span.From <= minute && minute < span.To })
			}
		}
		for at := rapid.IntRange(0, 100).Draw(t, "minute"); at < minutes; at += 101 {
			moment := first.Add(time.Duration(at) * time.Minute)
			state := s.State(moment)
			if state.Open != open[at] {
				t.Fatalf("%q with %v at %s: open is %t, want %t", s.Regular, s.Special, moment, state.Open, open[at])
			}
			end := at
			for end < minutes && open[end] == open[at] {
				end++
			}
			change := first.Add(time.Duration(end) * time.Minute)
			if end < minutes && !state.Change.Equal(change) {
				t.Fatalf("%q with %v at %s changes at %s, want %s", s.Regular, s.Special, moment, state.Change, change)
			}
			if end == minutes && !state.Change.IsZero() && state.Change.Before(change) {
				t.Fatalf("%q at %s changes at %s, want no change before %s", s.Regular, moment, state.Change, change)
			}
		}
	})
}

func TestFrenchPublicHolidays(t *testing.T) {
	t.Parallel()
	count := func(insee string, year int) (list []string) {
		is := hours.Holidays(insee)
		for d := (hours.Date{Year: year, Month: 1, Day: 1}); d.Year == year; d = d.AddDays(1) {
			if is(d) {
				list = append(list, d.String()[5:])
			}
		}
		return list
	}
	eleven := "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25"
	for insee, want := range map[string]string{
		"30001": eleven, "": eleven, "2A004": eleven,
		"67482": "01-01 04-03 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25 12-26",
		"97411": "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-20 12-25",
		"97209": "01-01 04-06 05-01 05-08 05-14 05-22 05-25 07-14 08-15 11-01 11-11 12-25",
	} {
		if got := strings.Join(count(insee, 2026), " "); got != want {
			t.Errorf("in %q the public holidays of 2026 are %s, want %s", insee, got, want)
		}
	}
	for year, want := range map[int]string{2026: "2026-04-05", 2027: "2027-03-28", 2028: "2028-04-16", 2000: "2000-04-23", 2038: "2038-04-25", 2285: "2285-03-22"} {
		if got := hours.Easter(year).String(); got != want {
			t.Errorf("Easter is on %s, want %s", got, want)
		}
	}
}

func TestSpecialHoursInDocuments(t *testing.T) {
	t.Parallel()
	special := bakery(t).Special
	data, err := json.Marshal(special)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"from":"2026-12-24","through":"2026-12-24","hours":"07:00-17:00","note":"Réveillon"},{"from":"2027-02-08","through":"2027-02-21","hours":"off","note":"Congés"}]`
	if string(data) != want {
		t.Errorf("special hours are written as\n%s, want\n%s", data, want)
	}
	var back []hours.Special
	if err := json.Unmarshal(data, &back); err != nil || len(back) != 2 || back[0].Note != "Réveillon" || !back[1].Closed() {
		t.Errorf("they are read back as %v, %v", back, err)
	}
	for _, bad := range []string{
		`{"from":"2026-12-24","through":"2026-12-23","hours":"off"}`, `{"from":"2026-12-24","through":"2028-12-24","hours":"off"}`,
		`{"from":"2026-12-24","through":"2026-12-24","hours":"morning"}`, `{"from":"2026-12-24","through":"2026-12-24"}`,
		`{"from":"24 décembre","through":"2026-12-24","hours":"off"}`, `{"from":"9999-12-24","through":"9999-12-24","hours":"off"}`,
		`{"from":"2026-12-24","through":"2026-12-24","hours":"07:00-12:00 x"}`, `{"from":"2026-12-24","through":"2026-12-24","hours":"off","note":"a\nb"}`,
		`[]`, `null5`,
	} {
		var s hours.Special
		if err := json.Unmarshal([]byte(bad), &s); err == nil {
			t.Errorf("%s is read as %v, want an error", bad, s)
		}
	}
}

func TestSpecialHoursInWords(t *testing.T) {
	t.Parallel()
	today := date(t, "2026-12-01")
	for want, s := range map[string]hours.Special{
		"le 24 décembre : 7 h–17 h (Réveillon)|on 24 December: 7am–5pm (Réveillon)":          bakery(t).Special[0],
		"fermé du 8 au 21 février 2027 (Congés)|closed from 8 to 21 February 2027 (Congés)":  bakery(t).Special[1],
		"fermé du 24 décembre au 1er janvier 2027|closed from 24 December to 1 January 2027": {From: date(t, "2026-12-24"), Through: date(t, "2027-01-01")},
		"fermé du 30 novembre au 2 décembre|closed from 30 November to 2 December":           {From: date(t, "2026-11-30"), Through: date(t, "2026-12-02")},
		"fermé le 1er décembre|closed on 1 December":                                         {From: today, Through: today},
	} {
		got := strings.ReplaceAll(s.Sentence(hours.French, today)+"|"+s.Sentence(hours.English, today), "\u00a0", " ")
		if got != want {
			t.Errorf("special hours are said as\n%s, want\n%s", got, want)
		}
	}
}

func TestDaysThatThereAreNot(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"2027-02-29", "2026-13-01", "2026-1-1", "24/12/2026", "1999-12-31", "2200-01-01", ""} {
		if d, err := hours.ParseDate(s); err == nil {
			t.Errorf("ParseDate(%q) = %s, want an error", s, d)
		}
	}
	if got := date(t, "2028-02-28").AddDays(1).String(); got != "2028-02-29" {
		t.Errorf("the day after 28 February 2028 is %s, want 29 February", got)
	}
}

func TestSpecialHoursThatOverlapAreFound(t *testing.T) {
	t.Parallel()
	list := []hours.Special{
		{From: date(t, "2026-12-26"), Through: date(t, "2026-12-28")}, {From: date(t, "2026-12-24"), Through: date(t, "2026-12-25")},
	}
	if got := hours.SortSpecial(list); got != -1 || list[0].From.Day != 24 {
		t.Errorf("two that stand apart overlap at %d, in the order %v", got, list)
	}
	list = append(list, hours.Special{From: date(t, "2026-12-25"), Through: date(t, "2026-12-25")})
	if got := hours.SortSpecial(list); got != 1 {
		t.Errorf("the day that two claim is found at %d, want 1", got)
	}
}

func TestWhichSpecialHoursCome(t *testing.T) {
	t.Parallel()
	s := bakery(t)
	for day, want := range map[string]int{"2026-12-10": 0, "2026-12-11": 1, "2026-12-24": 1, "2026-12-25": 0, "2027-02-21": 1} {
		if got := len(s.Coming(date(t, day), 14)); got != want {
			t.Errorf("on %s %d special hours come within 14 days, want %d", day, got, want)
		}
	}
}

func TestTheWeekOfADay(t *testing.T) {
	t.Parallel()
	week := bakery(t).Week(date(t, "2026-12-25"))
	var got []string
	for _, d := range week {
		got = append(got, d.Date.String()+" "+d.String())
	}
	want := "2026-12-21 off, 2026-12-22 07:00-13:00,15:30-19:00, 2026-12-23 07:00-13:00,15:30-19:00, 2026-12-24 07:00-17:00, 2026-12-25 off, " +
		"2026-12-26 07:00-13:00,15:30-19:00, 2026-12-27 07:00-12:30"
	if strings.Join(got, ", ") != want {
		t.Errorf("the week of Christmas is\n%s, want\n%s", strings.Join(got, ", "), want)
	}
	if !week[3].Special || week[3].Headline != "Réveillon" || !week[4].Holiday {
		t.Errorf("24 and 25 December are %+v and %+v, want special hours and a public holiday", week[3], week[4])
	}
}

func TestSearchEnginesAreTold(t *testing.T) {
	t.Parallel()
	s := bakery(t)
	s.Regular = append(s.Regular, mustParse(t, "Jul-Aug Mo 08:00-24:00; Dec 31-Jan 1 off")...)
	data, err := json.Marshal(s.Specifications(date(t, "2027-01-01")))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"@type":"OpeningHoursSpecification","dayOfWeek":["Tuesday","Wednesday","Thursday","Friday","Saturday"],"opens":"15:30","closes":"19:00"}`,
		`{"@type":"OpeningHoursSpecification","dayOfWeek":["PublicHolidays"],"opens":"00:00","closes":"00:00"}`,
		`{"@type":"OpeningHoursSpecification","dayOfWeek":["Monday"],"opens":"08:00","closes":"23:59","validFrom":"2027-07-01","validThrough":"2027-08-31"}`,
		`{"@type":"OpeningHoursSpecification","opens":"00:00","closes":"00:00","validFrom":"2026-12-31","validThrough":"2027-01-01"}`,
		`{"@type":"OpeningHoursSpecification","opens":"00:00","closes":"00:00","validFrom":"2027-02-08","validThrough":"2027-02-21"}`,
	} {
		if !strings.Contains(string(data), want) {
			t.Errorf("the specifications\n%s\nlack %s", data, want)
		}
	}
	if strings.Contains(string(data), "2026-12-24") {
		t.Errorf("the specifications speak of special hours that are over: %s", data)
	}
}
