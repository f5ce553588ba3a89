package hours_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"bourg/internal/hours"

	"pgregory.net/rapid"
)

func mustParse(t *testing.T, s string) hours.Hours {
	t.Helper()
	h, err := hours.Parse(s)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return h
}

func TestOpeningHoursAreReadAndWrittenAsOpenStreetMapHasThem(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "24/7": "24/7", "00:00-24:00": "24/7",
		"Tu-Sa 07:00-13:00,15:30-19:00; Su 07:00-12:30; Mo off; PH off": "Tu-Sa 07:00-13:00,15:30-19:00; Su 07:00-12:30; Mo off; PH off",
		"Mo-Fr 8:30-12:00 , 14:00-18:30 ;":                              "Mo-Fr 08:30-12:00,14:00-18:30",
		"Mo,Tu,We 09:00-12:00":                                          "Mo-We 09:00-12:00",
		"Fr-Mo 10:00-19:00":                                             "Mo,Fr-Su 10:00-19:00",
		"Mo-Su,PH 10:00-19:00":                                          "Mo-Su,PH 10:00-19:00",
		"Fr,Sa 22:00-02:00":                                             "Fr,Sa 22:00-02:00",
		"Fr 22:00-26:00":                                                "Fr 22:00-02:00",
		"Dec 24 07:00-17:00":                                            "Dec 24 07:00-17:00",
		"Dec 24-26 off":                                                 "Dec 24-26 off",
		"Dec 24-Jan 2,May 1 closed \"Congés\"":                          "Dec 24-Jan 2,May 1 off \"Congés\"",
		"Jul-Aug Mo-Sa 09:00-20:00":                                     "Jul-Aug Mo-Sa 09:00-20:00",
		"Dec 08:00-12:00":                                               "Dec 08:00-12:00",
		"We \"sur rendez-vous\"":                                        "We \"sur rendez-vous\"",
		"Sa 14:00-18:00,09:00-12:00 \"; , Mo\"":                         "Sa 09:00-12:00,14:00-18:00 \"; , Mo\"",
		"Mo-Fr: 09:00-12:00":                                            "Mo-Fr 09:00-12:00",
	} {
		h, err := hours.Parse(in)
		if err != nil {
			t.Errorf("Parse(%q): %v", in, err)
			continue
		}
		if got := h.String(); got != want {
			t.Errorf("Parse(%q) writes %q, want %q", in, got, want)
		}
	}
}

func TestOpeningHoursThatCannotBeDecidedAreRefused(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"Mo", "off off", "Mo 09:00", "Mo 09:00-", "Mo 9-12", "Mo 09:0-12:00", "Mo 25:00-26:00", "Mo 10:60-11:00", "Mo 24:00-26:00",
		"Mo 09:00-12:00,11:00-14:00", "SH off", "Mo-Fr 09:00-12:00, Sa 10:00-12:00", "week 1-20 Mo 09:00-12:00", "sunrise-sunset",
		"easter off", "Mo[1] 09:00-12:00", "Mo 09:00+", "Mo 09:00-12:00 || \"sur appel\"", "mo 09:00-12:00", "Mo-PH 09:00-12:00", "Mx 09:00-12:00",
		"Dec 32 off", "Feb 30 off", "Dec 24-20 off", "Dec-Jan 5 off", "Dec 24-Jan off", "Dec 24,26 off", "2026 Dec 24 off",
		"Mo \"", "Mo \"\"", "Mo \"a\nb\"", "Mo 09:00-12:00 \"" + strings.Repeat("a", hours.MaxComment+1) + "\"",
		"Mo 09:00-12:00; ; Tu 09:00-12:00", "Mo 09:00-12:00 Tu", "\xff", "Mo 09:00–12:00",
		strings.Repeat("Mo off; ", 40), strings.Repeat(" ", hours.MaxText) + "Mo off",
		"Mo 00:00-01:00,02:00-03:00,04:00-05:00,06:00-07:00,08:00-09:00,10:00-11:00,12:00-13:00",
	} {
		if h, err := hours.Parse(in); err == nil {
			t.Errorf("Parse(%q) = %q, want an error", in, h)
		}
	}
}

func TestWhatIsWrittenIsReadBackAsItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := anyHours(t)
		got, err := hours.Parse(h.String())
		if err != nil || !reflect.DeepEqual(got, h) {
			t.Fatalf("%q is read as %#v (%v), want %#v", h, got, err, h)
		}
	})
}

func TestAWeekSurvivesBeingMadeRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var w hours.Week
		for i := range w.Days {
			if rapid.Bool().Draw(t, "said") {
				w.Days[i] = anyLine(t)
			}
		}
		if rapid.Bool().Draw(t, "holidays") {
			w.Holidays = anyLine(t)
		}
		got, dated := w.Hours().Week()
		if !reflect.DeepEqual(got, w) || dated != nil {
			t.Fatalf("the rules %q make the week %v, want %v", w.Hours(), got, w)
		}
	})
}

func TestWhichRuleHoldsOnADay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ hours, day, want string }{
		{"09:00-19:00; Dec 24 off", "2026-12-24", "off"},
		{"09:00-19:00; Dec 24 off", "2026-12-25", "09:00-19:00"},
		{"09:00-19:00; Dec 24-Jan 2 off", "2027-01-02", "off"},
		{"09:00-19:00; Dec 24-Jan 2 off", "2027-01-03", "09:00-19:00"},
		{"09:00-19:00; Dec 24-Jan 2 off", "2026-12-23", "09:00-19:00"},
		{"Jul-Aug 09:00-19:00", "2026-08-31", "09:00-19:00"},
		{"Jul-Aug 09:00-19:00", "2026-09-01", ""},
		{"Nov-Feb 09:00-19:00", "2026-02-28", "09:00-19:00"},
		{"Nov-Feb 09:00-19:00", "2026-10-31", ""},
		{"Jul-Aug Mo off", "2026-07-06", "off"},
		{"Jul-Aug Mo off", "2026-07-07", ""},
		{"Feb 29 off", "2028-02-29", "off"},
		{"Feb 28-Mar 1 off", "2028-02-29", "off"},
		{"Feb 28-Mar 1 off", "2027-03-01", "off"},
		{"Feb off", "2028-02-29", "off"},
		{"May 1,Dec 25 off", "2026-12-25", "off"},
		{"Mo-Fr 09:00-19:00; PH off", "2026-05-14", "off"},
		{"Mo-Fr 09:00-19:00; PH off", "2026-05-15", "09:00-19:00"},
		{"PH off; Mo-Fr 09:00-19:00", "2026-05-14", "09:00-19:00"},
		{"Su,PH 09:00-12:00", "2026-05-14", "09:00-12:00"},
		{"Mo-Fr 09:00-19:00; We 09:00-12:00", "2026-11-25", "09:00-12:00"},
	} {
		d := date(t, tt.day)
		if got := mustParse(t, tt.hours).On(d, hours.Holidays("")(d)).String(); got != tt.want {
			t.Errorf("%q on %s: %q, want %q", tt.hours, tt.day, got, tt.want)
		}
	}
}

func TestNoInputHurts(t *testing.T) {
	t.Parallel()
	piece := rapid.SampledFrom([]string{
		"Mo", "Su", "PH", "Dec", "24", "-", ",", ";", " ", "off", "24/7", "07:00", "48:00", "\"", "a", "à", "h", "lundi", "fermé", "sauf", "9", "minuit", "\x00", "٣", "24h/24",
	})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOfN(piece, 0, 40).Draw(t, "pieces"), "")
		for _, read := range []func(string) (hours.Hours, error){hours.Parse, hours.ParseFrench} {
			h, err := read(s)
			if err != nil {
				continue
			}
			if again, err := hours.Parse(h.String()); err != nil || again.String() != h.String() {
				t.Fatalf("%q is read as %q, which is read as %q (%v)", s, h, again, err)
			}
			_ = h.Sentence(hours.French)
			schedule := hours.Schedule{Regular: h, Zone: time.UTC, Holiday: hours.Holidays("")}
			_ = schedule.State(time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC))
			_ = schedule.Specifications(hours.Date{Year: 2026, Month: 11, Day: 26})
		}
	})
}

func TestALineFromTheShopDoorIsUnderstood(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"mar.–sam. 7 h–13 h et 15 h 30–19 h ; dim. 7 h–12 h 30 ; fermé lundi":                 "Tu-Sa 07:00-13:00,15:30-19:00; Su 07:00-12:30; Mo off",
		"lundi au vendredi 9h-12h 14h-18h":                                                    "Mo-Fr 09:00-12:00,14:00-18:00",
		"Du mardi au samedi de 6 h 30 à 13 h et de 16 h à 19 h\nDimanche de 6 h 30 à 12 h 30": "Tu-Sa 06:30-13:00,16:00-19:00; Su 06:30-12:30",
		"Tous les jours de 17 h à 19 h":                                                       "Mo-Su 17:00-19:00",
		"tous les jours sauf le dimanche de 9 h à midi":                                       "Mo-Sa 09:00-12:00; Su off",
		"7j/7 8h-20h": "Mo-Su 08:00-20:00",
		"24h/24 7j/7": "Mo-Su 00:00-24:00",
		"Ouvert du lundi au samedi, 9h30 à 19h, fermé le dimanche et les jours fériés.": "Mo-Sa 09:30-19:00; Su,PH off",
		"LUNDI : 9H00 - 12H00 / 14H00 - 18H00\nMARDI : FERMÉ\nMERCREDI : 9:00-12:00":    "Mo 09:00-12:00,14:00-18:00; We 09:00-12:00; Tu off",
		"lundi-samedi 9h-18h sauf jours fériés":                                         "Mo-Sa 09:00-18:00; PH off",
		"vendredi et samedi 18 h à 2 h":                                                 "Fr,Sa 18:00-02:00",
		"vendredi 18h-minuit":                                                           "Fr 18:00-24:00",
		"lundi 9-12h, 14-18h30":                                                         "Mo 09:00-12:00,14:00-18:30",
		"lundi 9h-12h ; lundi 14h-18h":                                                  "Mo 09:00-12:00,14:00-18:00",
		"week-end 10h-12h":                                                              "Sa,Su 10:00-12:00",
		"le week-end de 10 h à 12 h, lundi fermé, mardi 14h – 18h":                      "Tu 14:00-18:00; Sa,Su 10:00-12:00; Mo off",
		"dim. au mar. 10h-12h":                                                          "Mo,Tu,Su 10:00-12:00",
		"9h-12h 14h-18h, fermé dimanche":                                                "Mo-Sa 09:00-12:00,14:00-18:00; Su off",
		"9h-12h lundi 14h-18h":                                                          "",
		"9h-12h\nlundi 14h-18h":                                                         "",
		"9h 12h":                                                                        "",
		"du mercredi au dimanche, midi et soir":                                         "",
		"lundi matin fermé":                                                             "",
		"sur rendez-vous":                                                               "",
		"lundi":                                                                         "",
		"9-12":                                                                          "",
		"lundi 9h-12h, 11h-14h":                                                         "",
		"lundi 25h-26h":                                                                 "",
		"lundi 9h99-12h":                                                                "",
		"mardi 9h-12h ; 14h-18h":                                                        "",
		"fermé sauf lundi":                                                              "",
		"été 9h-19h, hiver 9h-17h":                                                      "",
		"":                                                                              "",
		strings.Repeat("lundi 9h-10h ", 700):                                            "",
	} {
		h, err := hours.ParseFrench(in)
		if got := h.String(); got != want || (err != nil) != (want == "") {
			t.Errorf("ParseFrench(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}

func TestAFieldOfOneDay(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", " ": "", "7 h–13 h, 15 h 30–19 h": "07:00-13:00,15:30-19:00", "de 9h à 12h et 14h-18h": "09:00-12:00,14:00-18:00",
		"fermé": "off", "Fermé": "off", "sur rendez-vous": `"sur rendez-vous"`, "22h-2h": "22:00-02:00", "24 h/24": "00:00-24:00",
		"9 h–12 h (sur rendez-vous)": `09:00-12:00 "sur rendez-vous"`, "fermé (congés)": `off "congés"`,
	} {
		line, err := hours.ParseFrenchLine(in)
		if err != nil || line.String() != want {
			t.Errorf("ParseFrenchLine(%q) = %q, %v, want %q", in, line, err, want)
		}
	}
	for _, in := range []string{"9h", "9h-12h lundi", "9 à 12", "vers 9 h", "a\"b", "9h-12h (a \" b)", "lundi (9h)", "9h-12h (9h) (10h)(", strings.Repeat("a", hours.MaxComment+1)} {
		if line, err := hours.ParseFrenchLine(in); !errors.Is(err, hours.ErrNotUnderstood) {
			t.Errorf("ParseFrenchLine(%q) = %q, %v, want %v", in, line, err, hours.ErrNotUnderstood)
		}
	}
	if line, err := hours.ParseFrenchLine("9h-12h 11h-14h"); !errors.Is(err, hours.ErrOverlap) {
		t.Errorf("times that overlap are read as %q, %v", line, err)
	}
}

func TestHoursAreSaidInASentence(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"Tu-Sa 07:00-13:00,15:30-19:00; Su 07:00-12:30; Mo off; PH off": {
			"mar.–sam. 7 h–13 h et 15 h 30–19 h ; dim. 7 h–12 h 30 ; fermé lun. et jours fériés",
			"Tue–Sat 7am–1pm and 3:30pm–7pm; Sun 7am–12:30pm; closed Mon and public holidays",
		},
		"Mo-Fr 09:00-18:00; We 09:00-12:00": {"lun., mar., jeu. et ven. 9 h–18 h ; mer. 9 h–12 h", "Mon, Tue, Thu and Fri 9am–6pm; Wed 9am–12pm"},
		"24/7":                              {"tous les jours 24 h sur 24", "every day 24 hours"},
		"Fr,Sa 18:00-02:00; We \"sur rendez-vous\"": {
			"mer. sur rendez-vous ; ven. et sam. 18 h–2 h", "Wed sur rendez-vous; Fri and Sat 6pm–2am",
		},
		"Mo-Su 08:00-24:00; Dec 24-26 off; Jul-Aug 09:00-20:00; May 1 off \"Muguet\"; Dec 31-Jan 1 off": {
			"tous les jours 8 h–minuit ; fermé du 24 au 26 décembre ; de juillet à août 9 h–20 h ; fermé (Muguet) le 1er mai ; fermé du 31 décembre au 1er janvier",
			"every day 8am–midnight; closed from 24 to 26 Dec; Jul to Aug 9am–8pm; closed (Muguet) on 1 May; closed from 31 Dec to 1 Jan",
		},
	} {
		h := mustParse(t, in)
		for i, language := range []hours.Language{hours.French, hours.English} {
			if got := strings.ReplaceAll(h.Sentence(language), "\u00a0", " "); got != want[i] {
				t.Errorf("%q is said as\n%q, want\n%q", in, got, want[i])
			}
		}
	}
}

func TestAFrenchSentenceOfAWeekIsUnderstood(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var w hours.Week
		for i := range w.Days {
			w.Days[i] = hours.Line{Closed: true}
			if rapid.IntRange(0, 3).Draw(t, "open") > 0 {
				w.Days[i] = hours.Line{Spans: anySpans(t)}
			}
		}
		said := w.Hours().Sentence(hours.French)
		got, err := hours.ParseFrench(said)
		if err != nil || got.String() != w.Hours().String() {
			t.Fatalf("%q is read as %q (%v), want %q", said, got, err, w.Hours())
		}
	})
}

func anyHours(t *rapid.T) hours.Hours {
	var h hours.Hours
	for range rapid.IntRange(1, 8).Draw(t, "rules") {
		r := hours.Rule{Days: hours.Days(rapid.Uint8().Draw(t, "days")), Line: anyLine(t)}
		for range rapid.IntRange(0, 2).Draw(t, "dates") {
			r.Dates = append(r.Dates, anyDates(t))
		}
		h = append(h, r)
	}
	return h
}

func anyDates(t *rapid.T) hours.DateRange {
	month := rapid.Map(rapid.IntRange(1, 12), func(m int) time.Month { return time.Month(m) })
	whole := rapid.Bool().Draw(t, "whole months")
	end := func(label string) hours.MonthDay {
		m := hours.MonthDay{Month: month.Draw(t, label)}
		if !whole {
			m.Day = rapid.IntRange(1, time.Date(2024, m.Month+1, 0, 0, 0, 0, 0, time.UTC).Day()).Draw(t, label+" day")
		}
		return m
	}
	r := hours.DateRange{From: end("from"), To: end("to")}
	if r.From.Month == r.To.Month && r.From.Day > r.To.Day {
		r.From, r.To = r.To, r.From
	}
	return r
}

func anyLine(t *rapid.T) hours.Line {
	comment := rapid.SampledFrom([]string{"", "", "sur rendez-vous", "Réveillon ; fermé, Mo 9-12"}).Draw(t, "comment")
	switch rapid.IntRange(0, 3).Draw(t, "line") {
	case 0:
		return hours.Line{Closed: true, Comment: comment}
	case 1:
		return hours.Line{Comment: "sur commande"}
	}
	return hours.Line{Spans: anySpans(t), Comment: comment}
}

// anySpans draws spans that lie behind each other, the last perhaps beyond midnight.
func anySpans(t *rapid.T) []hours.Span {
	var spans []hours.Span
	at := rapid.SampledFrom([]int{0, 0, 500, 1200}).Draw(t, "first")
	for range rapid.IntRange(1, 4).Draw(t, "spans") {
		from := at + rapid.IntRange(0, 300).Draw(t, "gap")
		if from >= 24*60 {
			break
		}
		at = from + rapid.IntRange(1, 500).Draw(t, "length")
		spans = append(spans, hours.Span{From: from, To: at})
	}
	if spans == nil {
		return []hours.Span{{From: 540, To: 720}}
	}
	return spans
}
