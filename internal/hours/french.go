package hours

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"bourg/internal/fold"
)

// ErrNotUnderstood is the answer to words that do not say hours, or not without doubt. Whoever has them keeps them as words.
var ErrNotUnderstood = errors.New("the hours are not understood")

// ErrOverlap is the answer to times of which one begins before another has ended.
var ErrOverlap = errors.New("the times overlap")

// ParseFrench reads hours as French shops write them on their doors: "mar.–sam. 7 h–13 h et 15 h 30–19 h ; dim. 7 h–12 h
// 30 ; fermé lundi", "lundi au vendredi 9h-12h 14h-18h", "tous les jours sauf le dimanche, de 9 h à midi". It answers
// ErrNotUnderstood where a single word has no place ("midi et soir", "le matin"): half understood hours would be wrong.
func ParseFrench(s string) (Hours, error) {
	marks, err := readMarks(s)
	if err != nil {
		return nil, err
	}
	var read door
	var c clause
	for i := 0; i < len(marks); i++ {
		m := marks[i]
		switch m.kind {
		case markBreak:
			err = read.add(&c)
			c = clause{}
		case markDays:
			if c.complete() && !c.except {
				if err := read.add(&c); err != nil {
					return nil, err
				}
				c = clause{}
			}
			days := m.days
			if i+2 < len(marks) && marks[i+1].kind == markTo && marks[i+2].kind == markDays {
				if days, err = between(days, marks[i+2].days); err != nil {
					return nil, err
				}
				i += 2
			}
			if c.except {
				c.exceptions |= days
			} else {
				c.daysFirst = c.daysFirst || c.days == 0 && !c.closed && len(c.spans) == 0
				c.days |= days
			}
		case markExcept:
			c.except = true
		case markClosed:
			if len(c.spans) > 0 || c.closed {
				if err := read.add(&c); err != nil {
					return nil, err
				}
				c = clause{}
			}
			c.closed = true
		case markTime:
			if c.closed || i+2 >= len(marks) || marks[i+1].kind != markTo || marks[i+2].kind != markTime {
				return nil, ErrNotUnderstood
			}
			span, ok := spanOf(m, marks[i+2])
			if !ok {
				return nil, ErrNotUnderstood
			}
			c.spans = append(c.spans, span)
			c.except = false
			i += 2
		case markAllDay:
			c.spans = append(c.spans, Span{0, day})
		default: // "to" between nothing
			return nil, ErrNotUnderstood
		}
		if err != nil {
			return nil, err
		}
	}
	if err := read.add(&c); err != nil {
		return nil, err
	}
	if !read.said {
		return nil, ErrNotUnderstood
	}
	return read.week.Hours(), nil
}

// ParseFrenchLine reads what holds on one day, as it stands in the field of that day: "7 h–13 h, 15 h 30–19 h",
// "fermé", words without a figure, which become the day's comment ("sur rendez-vous"), or times with a comment in
// brackets behind them. Nothing gives the zero Line.
func ParseFrenchLine(s string) (Line, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Line{}, nil
	}
	if said, comment, ok := strings.Cut(s, "("); ok && strings.HasSuffix(comment, ")") && strings.TrimSpace(said) != "" {
		line, err := ParseFrenchLine(said)
		if comment = strings.TrimSpace(strings.TrimSuffix(comment, ")")); err != nil || line.Comment != "" || !validComment(comment) {
			return Line{}, ErrNotUnderstood
		}
		line.Comment = comment
		return line, nil
	}
	h, err := ParseFrench(s)
	switch {
	case errors.Is(err, ErrOverlap):
		return Line{}, err
	case err == nil && len(h) == 1 && h[0].Days == Weekdays:
		return h[0].Line, nil
	case err == nil || strings.ContainsFunc(s, unicode.IsDigit) || !validComment(s):
		return Line{}, ErrNotUnderstood
	}
	return Line{Comment: s}, nil
}

// clause is one statement: days, and what holds on them.
type clause struct {
	days, exceptions Days
	spans            []Span
	closed, except   bool
	daysFirst        bool // the first day was named before anything was said of it
}

// complete tells whether a further day begins another clause: not after "fermé le dimanche et", nor after "24 h/24".
func (c *clause) complete() bool { return c.daysFirst && (c.closed || len(c.spans) > 0) || c.timed() }

// timed tells whether times were named before any day, of which it is not clear whether they are those of the next.
func (c *clause) timed() bool {
	return len(c.spans) > 0 && !c.daysFirst && (len(c.spans) > 1 || c.spans[0] != Span{0, day})
}

// door is what has been read so far.
type door struct {
	week     Week
	said     bool
	everyDay bool // the first clause named no days, so it is about all of them
}

// add puts a clause into the week. Closed wins over open, whatever comes first: "tous les jours 9h-12h, fermé lundi".
func (w *door) add(c *clause) error {
	days := c.days
	if days == 0 {
		switch {
		case len(c.spans) == 0 && !c.closed && c.exceptions == 0:
			return nil // nothing was said between two breaks
		case w.said:
			return ErrNotUnderstood // of which days?
		}
		days, w.everyDay = Weekdays, true
	} else if w.everyDay && len(c.spans) > 0 {
		return ErrNotUnderstood // more times for these days, or others?
	}
	if len(c.spans) == 0 && !c.closed {
		return ErrNotUnderstood
	}
	w.said = true
	for i := range 8 {
		line := &w.week.Holidays
		if i < 7 {
			line = &w.week.Days[i]
		}
		one := Monday << i
		switch {
		case c.exceptions&one != 0 && c.closed:
			return ErrNotUnderstood // "closed except on Mondays" does not say when it is open
		case c.exceptions&one != 0, days&one != 0 && c.closed:
			*line = Line{Closed: true}
		case days&one != 0 && !line.Closed:
			line.Spans = append(line.Spans, c.spans...)
			if !tidy(line.Spans) {
				return ErrOverlap
			}
		}
	}
	return nil
}

// between is a range of days, of which each end must be a single one.
func between(from, to Days) (Days, error) {
	place := func(d Days) int {
		for i := range 7 {
			if d == Monday<<i {
				return i
			}
		}
		return -1
	}
	first, last := place(from), place(to)
	if first < 0 || last < 0 {
		return 0, ErrNotUnderstood
	}
	return daysBetween(first, last), nil
}

// spanOf makes a span of two times; a figure without an h ("de 9 à 12 h") is an hour where the other has one.
func spanOf(from, to mark) (Span, bool) {
	if from.bare && to.bare {
		return Span{}, false
	}
	s := Span{from.minutes, to.minutes}
	if s.From == day {
		s.From = 0
	}
	if s.To <= s.From {
		s.To += day
	}
	return s, s.valid()
}

type markKind int

const (
	markBreak markKind = iota
	markDays
	markTo
	markTime
	markAllDay
	markClosed
	markExcept
)

// mark is a word or figure that means something for hours.
type mark struct {
	kind    markKind
	days    Days
	minutes int
	bare    bool // a figure alone
}

// The words below are folded: lower case, without accents.
var (
	frenchTime  = regexp.MustCompile(`^(\d{1,2}) ?(?:h(?:eures?)?(?: ?([0-5]\d))?|:([0-5]\d))`)
	hourFollows = regexp.MustCompile(`^ ?(?:h|:)`)
	frenchBare  = regexp.MustCompile(`^\d{1,2}`)
	allDayWords = regexp.MustCompile(`^24 ?h ?(?:/|sur) ?24(?: ?h)?`)
	allWeek     = regexp.MustCompile(`^7 ?(?:j|jours)? ?(?:/|sur) ?7(?: ?j(?:ours)?)?`)
	frenchWord  = regexp.MustCompile(`^[a-z]+(?:'[a-z]+)?`)
	phrases     = strings.NewReplacer(
		"tous les jours", "quotidien", "toute la semaine", "quotidien", "chaque jour", "quotidien", "jours feries", "feries",
		"jour ferie", "feries", "week-end", "weekend", "week end", "weekend", "jusqu'a", "a", "aujourd'hui", "?")
)

// frenchDays are the names of days, and how doors shorten them. Nobody writes to it.
var frenchDays = map[string]Days{
	"lundi": Monday, "lundis": Monday, "lun": Monday, "lu": Monday, "mardi": Tuesday, "mardis": Tuesday, "mar": Tuesday, "ma": Tuesday,
	"mercredi": Wednesday, "mercredis": Wednesday, "mer": Wednesday, "me": Wednesday, "jeudi": Thursday, "jeudis": Thursday,
	"jeu": Thursday, "je": Thursday, "vendredi": Friday, "vendredis": Friday, "ven": Friday, "vend": Friday, "ve": Friday,
	"samedi": Saturday, "samedis": Saturday, "sam": Saturday, "sa": Saturday, "dimanche": Sunday, "dimanches": Sunday,
	"dim": Sunday, "di": Sunday, "feries": PublicHolidays, "quotidien": Weekdays, "weekend": Saturday | Sunday,
}

// readMarks takes words apart. Whatever it does not know is an error.
func readMarks(s string) ([]mark, error) {
	if len(s) > MaxText || !utf8.ValidString(s) {
		return nil, ErrNotUnderstood
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r':
			return ';'
		case unicode.IsSpace(r): // no-break spaces too
			return ' '
		case r == '’':
			return '\''
		case r == '–' || r == '—' || r == '−' || r == '‑' || r == '→':
			return '-'
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(fold.Fold(s)), " ")
	s = phrases.Replace(s)
	var marks []mark
	for s = strings.TrimLeft(s, " "); s != ""; s = strings.TrimLeft(s, " ") {
		m, n, err := nextMark(s)
		if err != nil {
			return nil, err
		}
		if n > 0 && m != nil {
			marks = append(marks, *m)
		}
		if len(marks) > 20*MaxRules {
			return nil, ErrNotUnderstood
		}
		s = s[n:]
	}
	return marks, nil
}

// nextMark reads the first word or figure of s and how many bytes it takes; nil for one that means nothing.
func nextMark(s string) (*mark, int, error) {
	if found := allDayWords.FindString(s); found != "" {
		return &mark{kind: markAllDay}, len(found), nil
	}
	if found := allWeek.FindString(s); found != "" {
		return &mark{kind: markDays, days: Weekdays}, len(found), nil
	}
	if m := frenchTime.FindStringSubmatch(s); m != nil {
		// "9h 12h" are two times, not nine hours and twelve minutes.
		if m[2] != "" && hourFollows.MatchString(s[len(m[0]):]) {
			m[0], m[2] = strings.TrimRight(m[0][:len(m[0])-2], " "), ""
		}
		hour, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2] + m[3])
		if hour*60+minute > day || followsLetter(s, len(m[0])) {
			return nil, 0, ErrNotUnderstood
		}
		return &mark{kind: markTime, minutes: hour*60 + minute}, len(m[0]), nil
	}
	if found := frenchBare.FindString(s); found != "" {
		hour, _ := strconv.Atoi(found)
		if hour > 24 || followsLetter(s, len(found)) || len(s) > len(found) && (s[len(found)] >= '0' && s[len(found)] <= '9') {
			return nil, 0, ErrNotUnderstood
		}
		return &mark{kind: markTime, minutes: hour * 60, bare: true}, len(found), nil
	}
	if word := frenchWord.FindString(s); word != "" {
		m, err := wordMark(word)
		return m, len(word), err
	}
	switch s[0] {
	case '-':
		return &mark{kind: markTo}, 1, nil
	case ';', '|':
		return &mark{kind: markBreak}, 1, nil
	case ',', '.', ':', '/', '&', '+', '(', ')':
		return nil, 1, nil
	}
	return nil, 0, fmt.Errorf("%w: %.10q", ErrNotUnderstood, s)
}

func followsLetter(s string, n int) bool { return n < len(s) && isLetter(s[n]) }

func wordMark(word string) (*mark, error) {
	if d, ok := frenchDays[word]; ok {
		return &mark{kind: markDays, days: d}, nil
	}
	switch word {
	case "a", "au", "aux":
		return &mark{kind: markTo}, nil
	case "midi":
		return &mark{kind: markTime, minutes: 12 * 60}, nil
	case "minuit":
		return &mark{kind: markTime, minutes: day}, nil
	case "ferme", "fermee", "fermes", "fermeture", "off":
		return &mark{kind: markClosed}, nil
	case "sauf", "hors":
		return &mark{kind: markExcept}, nil
	case "le", "les", "la", "l", "du", "de", "des", "d", "et", "puis", "ouvert", "ouverte", "ouverture", "horaires":
		return nil, nil
	}
	return nil, fmt.Errorf("%w: %.20q", ErrNotUnderstood, word)
}

// Read reads hours as an opening_hours value, else as ParseFrench does; ErrNotUnderstood where they are neither.
func Read(s string) (Hours, error) {
	if h, err := Parse(s); err == nil {
		return h, nil
	}
	return ParseFrench(s)
}
