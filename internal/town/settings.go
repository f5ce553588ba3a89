package town

import (
	"context"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// The lengths of what a town says of itself, in runes.
const (
	MaxHelpHours = 100
	MaxNotice    = 500  // of each part of the legal notice
	MaxFaults    = 2000 // of what is not accessible yet
)

// The states of accessibility that a town may declare (decree 2019-768, article 2).
const (
	NotConforming    = ""
	PartlyConforming = "partial"
	FullyConforming  = "total"
)

var accentPattern = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// EditTown changes the town's settings, which it tidies in t. Only the town hall may; ErrForbidden, Invalid.
func (d *Directory) EditTown(ctx context.Context, by Author, t *Town) error {
	if err := mustRunTown(ctx, d.Accounts.Store, by); err != nil {
		return err
	}
	t.tidy()
	if bad := t.check(d.Now()); len(bad) > 0 {
		return bad
	}
	t.ShortName = shortName(t.Name)
	return d.Store.EditTown(ctx, t)
}

// tidy takes away what is around the words and no part of them.
func (t *Town) tidy() {
	for _, s := range []*string{
		&t.Name, &t.HelpPhone, &t.HelpHours, &t.Legal.Publisher, &t.Legal.Director, &t.Legal.Host,
		&t.Accessibility.Audited, &t.Accessibility.Auditor, &t.Accessibility.Faults,
	} {
		*s = strings.TrimSpace(strings.ReplaceAll(*s, "\r\n", "\n"))
	}
	t.tidyCharter()
	t.Accent = strings.ToLower(strings.TrimSpace(t.Accent))
	t.Legal.Contact, t.Accessibility.Contact = NormalEmail(t.Legal.Contact), NormalEmail(t.Accessibility.Contact)
}

// check tells what is wrong with a town's settings.
func (t *Town) check(now time.Time) Invalid {
	bad := Invalid{}
	if n := utf8.RuneCountInString(t.Name); n == 0 || n > 100 || !oneLine(t.Name) {
		bad["name"] = "name.wrong"
	}
	if !validPhone(t.HelpPhone) {
		bad["phone"] = "phone.wrong"
	}
	if t.Accent != "" && !accentPattern.MatchString(t.Accent) {
		bad["accent"] = "accent.wrong"
	}
	for _, s := range []struct {
		field, text, long string
		most              int
	}{
		{"help_hours", t.HelpHours, "help_hours.long", MaxHelpHours},
		{"publisher", t.Legal.Publisher, "notice.long", MaxNotice},
		{"director", t.Legal.Director, "notice.long", MaxNotice},
		{"host", t.Legal.Host, "notice.long", MaxNotice},
		{"auditor", t.Accessibility.Auditor, "notice.long", MaxNotice},
		{"faults", t.Accessibility.Faults, "faults.long", MaxFaults},
		{"charter", t.Charter, "charter.long", MaxCharter},
	} {
		if utf8.RuneCountInString(s.text) > s.most {
			bad[s.field] = s.long
		}
	}
	for field, email := range map[string]string{"contact": t.Legal.Contact, "access_contact": t.Accessibility.Contact} {
		if email != "" && !ValidEmail(email) {
			bad[field] = "email.wrong"
		}
	}
	switch t.Accessibility.State {
	case NotConforming:
	case PartlyConforming, FullyConforming:
		if t.Accessibility.Audited == "" { // no other state is allowed without an audit
			bad["audited"] = "audit.missing"
		}
	default:
		bad["conformity"] = "conformity.unknown"
	}
	if t.Accessibility.Audited != "" {
		day, err := time.ParseInLocation(time.DateOnly, t.Accessibility.Audited, t.Location())
		if err != nil || day.After(now) {
			bad["audited"] = "audit.wrong"
		}
	}
	return bad
}
