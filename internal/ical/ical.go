// Package ical writes calendars (iCalendar, RFC 5545) for people's telephones: whole calendars to subscribe to, and
// single events to keep.
//
// It is a writer only, and writes what those calendars need: events with a beginning, an end or none, a place, words, an
// address and a state. Whatever text it is given can neither end its line nor begin a property or component of its own.
package ical

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MediaType is that of calendars (RFC 5545, section 8.1).
const MediaType = "text/calendar; charset=utf-8"

// Calendar is a calendar with its events, in the order in which they are written.
type Calendar struct {
	Product string // who wrote it, "-//Bourg//FR"
	Name    string // shown by calendars that are subscribed to (RFC 7986, section 5.1); may be empty
	URL     string // where a newer one is; may be empty
	Events  []Event
}

// Event is one event.
type Event struct {
	UID         string // for ever the same for the same event (RFC 7986, section 5.3)
	Stamp       time.Time
	Sequence    int       // rises with each change of time or state (RFC 5545, section 3.8.7.4)
	Start       time.Time // a moment; it is written in UTC, which needs no time zone beside it
	End         time.Time // zero: not said
	Summary     string
	Description string // plain text, of any number of lines
	Location    string
	URL         string
	Status      Status
}

// Status is how an event stands (RFC 5545, section 3.8.1.11).
type Status string

// The three states of an event.
const (
	Confirmed Status = "CONFIRMED"
	Tentative Status = "TENTATIVE"
	Cancelled Status = "CANCELLED"
)

// Write writes the calendar.
func (c Calendar) Write() []byte {
	w := &writer{}
	w.line("BEGIN:VCALENDAR")
	w.line("VERSION:2.0")
	w.text("PRODID", c.Product)
	w.line("CALSCALE:GREGORIAN")
	w.line("METHOD:PUBLISH")
	if c.Name != "" {
		w.text("NAME", c.Name)
		w.text("X-WR-CALNAME", c.Name) // what calendars older than RFC 7986 read
	}
	w.address("SOURCE;VALUE=URI", c.URL)
	if c.URL != "" {
		w.line("REFRESH-INTERVAL;VALUE=DURATION:PT1H")
		w.line("X-PUBLISHED-TTL:PT1H")
	}
	for i := range c.Events {
		w.event(&c.Events[i])
	}
	w.line("END:VCALENDAR")
	return w.out.Bytes()
}

// writer collects lines.
type writer struct{ out bytes.Buffer }

func (w *writer) event(e *Event) {
	w.line("BEGIN:VEVENT")
	w.text("UID", e.UID)
	w.moment("DTSTAMP", e.Stamp)
	w.moment("DTSTART", e.Start)
	if e.End.After(e.Start) {
		w.moment("DTEND", e.End)
	}
	w.text("SUMMARY", e.Summary)
	if e.Description != "" {
		w.text("DESCRIPTION", e.Description)
	}
	if e.Location != "" {
		w.text("LOCATION", e.Location)
	}
	w.address("URL", e.URL)
	if e.Status != "" {
		w.text("STATUS", string(e.Status))
	}
	if e.Sequence > 0 {
		w.line("SEQUENCE:" + strconv.Itoa(e.Sequence))
	}
	w.line("END:VEVENT")
}

// moment writes a time in UTC (RFC 5545, section 3.3.5, form 2).
func (w *writer) moment(name string, t time.Time) {
	w.line(name + ":" + t.UTC().Format("20060102T150405Z"))
}

// text writes a property whose value is text (RFC 5545, section 3.3.11).
func (w *writer) text(name, value string) { w.line(name + ":" + escape(value)) }

// address writes a property whose value is a URI, which knows no escapes: one with a sign that no URI has is left out.
func (w *writer) address(name, uri string) {
	for _, r := range uri {
		if r <= ' ' || r == 0x7f || r == utf8.RuneError {
			return
		}
	}
	if uri != "" {
		w.line(name + ":" + uri)
	}
}

// escapes are the signs that mean something in a text. Line ends of any kind are one escaped line end.
var escapes = strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n", "\u2028", "\\n", "\u2029", "\\n")

// escape makes any string the value of a property: valid UTF-8, on one line, without controls.
func escape(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f || r == 0x85 {
			return -1
		}
		return r
	}, escapes.Replace(strings.ToValidUTF8(s, "")))
}

// lineLength is how many octets a line holds before it is folded, its end not counted (RFC 5545, section 3.1).
const lineLength = 75

// line writes a content line, folded between runes.
func (w *writer) line(s string) {
	room := lineLength
	for len(s) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		w.out.WriteString(s[:cut])
		w.out.WriteString("\r\n ")
		s, room = s[cut:], lineLength-1 // the space at its beginning counts
	}
	w.out.WriteString(s)
	w.out.WriteString("\r\n")
}
