package ical_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bourg/internal/ical"

	reader "github.com/arran4/golang-ical"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 12, 12, 11, 0, 0, 0, time.UTC)

// read reads a calendar with a library that somebody else wrote, after holding the bytes to what every reader relies on.
func read(t interface {
	Helper()
	Fatalf(string, ...any)
}, raw []byte,
) *reader.Calendar {
	t.Helper()
	if !utf8.Valid(raw) || !bytes.HasSuffix(raw, []byte("END:VCALENDAR\r\n")) {
		t.Fatalf("got %q, want valid UTF-8 to the end", raw)
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(raw, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > 75 || !utf8.Valid(line) || bytes.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("got the line %q of %d octets, want at most 75 and whole runes", line, len(line))
		}
	}
	c, err := reader.ParseCalendar(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("a reader refuses it: %v\n%s", err, raw)
	}
	return c
}

func value(e *reader.VEvent, name reader.ComponentProperty) string {
	if p := e.GetProperty(name); p != nil {
		return p.Value
	}
	return ""
}

// A calendar with one event of every property is read as it was written.
func TestAnEventIsReadBack(t *testing.T) {
	t.Parallel()
	want := ical.Event{
		UID: "0193a1@saint-laurent.example", Stamp: noon, Sequence: 3, Start: noon, End: noon.Add(90 * time.Minute),
		Summary: "Veillée de lecture : contes des deux rives", Description: "Entrée libre.\nTisane offerte.",
		Location: "La Page cornée, 2 rue des Tisserands", URL: "https://saint-laurent.example/@page_cornee/0193a1", Status: ical.Cancelled,
	}
	raw := ical.Calendar{Product: "-//Bourg//FR", Name: "L’agenda", URL: "https://saint-laurent.example/agenda.ics", Events: []ical.Event{want}}.Write()
	c := read(t, raw)
	events := c.Events()
	if len(events) != 1 {
		t.Fatalf("events: got %d, want 1", len(events))
	}
	e := events[0]
	for name, wanted := range map[reader.ComponentProperty]string{
		reader.ComponentPropertyUniqueId: want.UID, reader.ComponentPropertySummary: want.Summary,
		reader.ComponentPropertyDescription: want.Description, reader.ComponentPropertyLocation: want.Location,
		reader.ComponentPropertyUrl: want.URL, reader.ComponentPropertyStatus: "CANCELLED", reader.ComponentPropertySequence: "3",
		reader.ComponentPropertyDtstamp: "20261212T110000Z",
	} {
		if got := value(e, name); got != wanted {
			t.Errorf("%s: got %q, want %q", name, got, wanted)
		}
	}
	start, err := e.GetStartAt()
	end, err2 := e.GetEndAt()
	if err != nil || err2 != nil || !start.Equal(want.Start) || !end.Equal(want.End) {
		t.Errorf("times: got %v to %v (%v, %v), want %v to %v", start, end, err, err2, want.Start, want.End)
	}
	for _, wanted := range []string{"VERSION:2.0\r\n", "PRODID:-//Bourg//FR\r\n", "X-WR-CALNAME:L’agenda\r\n", "SOURCE;VALUE=URI:https://saint-laurent.example/agenda.ics\r\n"} {
		if !strings.Contains(string(raw), wanted) {
			t.Errorf("got no %q in\n%s", wanted, raw)
		}
	}
}

// What is not said is not written: an end before the beginning, a state, a number of changes, words.
func TestWhatIsNotSaidIsNotWritten(t *testing.T) {
	t.Parallel()
	raw := string(ical.Calendar{Product: "-//Bourg//FR", Events: []ical.Event{{UID: "1", Stamp: noon, Start: noon, End: noon.Add(-time.Hour), Summary: "Marché"}}}.Write())
	for _, name := range []string{"DTEND", "STATUS", "SEQUENCE", "DESCRIPTION", "LOCATION", "URL", "NAME", "SOURCE", "REFRESH"} {
		if strings.Contains(raw, name) {
			t.Errorf("got %s in\n%s", name, raw)
		}
	}
}

// I4: words that would end their line, begin a component, or be cut within a rune are read back as words, by a reader that
// somebody else wrote.
func TestBadInput(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct{ text, want string }{
		"I4/a line of its own":           {"Marché\r\nATTENDEE:mailto:x@y.example", "Marché\nATTENDEE:mailto:x@y.example"},
		"I4/a component":                 {"x\nBEGIN:VALARM\nACTION:AUDIO\nEND:VALARM", "x\nBEGIN:VALARM\nACTION:AUDIO\nEND:VALARM"},
		"I4/the end of the event":        {"END:VEVENT\r\nEND:VCALENDAR", "END:VEVENT\nEND:VCALENDAR"},
		"I4/signs that mean something":   {`a,b;c\d\n"e":f`, `a,b;c\d\n"e":f`},
		"I4/a lone carriage return":      {"a\rBEGIN:VEVENT", "a\nBEGIN:VEVENT"},
		"I4/line ends of other scripts":  {"a\u2028b\u2029c\u0085d", "a\nb\ncd"},
		"I4/controls":                    {"a\x00b\x07c\x7fd", "abcd"},
		"I4/bytes that are no UTF-8":     {"a\xff\xfeb", "ab"},
		"I4/folding within a rune":       {strings.Repeat("é", 200), strings.Repeat("é", 200)},
		"I4/folding within long runes":   {strings.Repeat("🥖a", 120), strings.Repeat("🥖a", 120)},
		"I4/a space where it folds":      {strings.Repeat("mot ", 60) + "fin", strings.Repeat("mot ", 60) + "fin"},
		"I4/folding between an escape":   {strings.Repeat("a", 66) + `\\,;` + strings.Repeat("b", 66), strings.Repeat("a", 66) + `\\,;` + strings.Repeat("b", 66)},
		"I4/an address that is a header": {"\r\nX-EVIL:1", "\nX-EVIL:1"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			raw := ical.Calendar{Product: "-//Bourg//FR", Name: c.text, URL: "https://x.example/" + c.text, Events: []ical.Event{
				{UID: c.text, Stamp: noon, Start: noon, Summary: c.text, Description: c.text, Location: c.text, URL: "https://x.example/" + c.text},
			}}.Write()
			events := read(t, raw).Events()
			if len(events) != 1 || len(events[0].SubComponents()) != 0 {
				t.Fatalf("got %d events, want 1 with nothing in it\n%s", len(events), raw)
			}
			for _, name := range []reader.ComponentProperty{reader.ComponentPropertySummary, reader.ComponentPropertyDescription, reader.ComponentPropertyLocation} {
				if got := value(events[0], name); got != c.want {
					t.Errorf("%s: got %q, want %q", name, got, c.want)
				}
			}
			for _, p := range events[0].Properties {
				switch p.IANAToken {
				case "UID", "DTSTAMP", "DTSTART", "SUMMARY", "DESCRIPTION", "LOCATION", "URL":
				default:
					t.Errorf("got the property %s=%q, which nobody wrote", p.IANAToken, p.Value)
				}
			}
		})
	}
}

// Any words come back, whatever they are made of.
func TestAnyWordsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringOfN(rapid.OneOf(rapid.RuneFrom([]rune("aé🥖\\,;:\n\" =\tBEGIN")), rapid.Rune()), 0, 400, -1).Draw(t, "words")
		want := strings.Map(func(r rune) rune {
			switch {
			case r == '\u2028' || r == '\u2029' || r == '\r':
				return '\n'
			case r < ' ' && r != '\t' && r != '\n' || r == 0x7f || r == 0x85:
				return -1
			}
			return r
		}, strings.ReplaceAll(words, "\r\n", "\n"))
		raw := ical.Calendar{Product: "p", Events: []ical.Event{{UID: "1", Stamp: noon, Start: noon, Summary: words}}}.Write()
		events := read(t, raw).Events()
		if len(events) != 1 {
			t.Fatalf("got %d events, want 1", len(events))
		}
		if got := value(events[0], reader.ComponentPropertySummary); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}
