package town

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// settingsBook is a DirectoryStore that keeps the settings.
type settingsBook struct {
	DirectoryStore
	kept *Town
}

func (b *settingsBook) EditTown(_ context.Context, t *Town) error {
	b.kept = t
	return nil
}

func newSettings(login *Login) (*Directory, *settingsBook) {
	book := &settingsBook{}
	return &Directory{
		Store: book, Accounts: &Accounts{Store: loginBook{login: login}},
		Now: func() time.Time { return time.Date(2026, 11, 26, 9, 5, 0, 0, time.UTC) },
	}, book
}

// loginBook is an AccountStore with one login.
type loginBook struct {
	AccountStore
	login *Login
}

func (b loginBook) Login(_ context.Context, id uuid.UUID) (*Login, error) {
	if b.login == nil || b.login.ID != id {
		return nil, ErrNotFound
	}
	return b.login, nil
}

func goodSettings() Town {
	return Town{
		Name: "Saint-Laurent-sur-Cèze", INSEE: "30273", Accent: "#ffd400", HelpPhone: "04 65 71 20 00", HelpHours: "de 9 h à 12 h",
		Legal: Legal{Publisher: "Mairie\n1 place de la Fontaine", Director: "Le maire", Host: "Hébergeur", Contact: "mairie@exemple.fr"},
		Accessibility: Accessibility{
			State: PartlyConforming, Audited: "2026-03-12", Auditor: "Accès pour tous", Faults: "Des photos sans description.", Contact: "acces@exemple.fr",
		},
		ApproveReplies: true,
	}
}

func TestTheTownsSettingsAreChecked(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("é", n) }
	for what, c := range map[string]struct {
		edit func(*Town)
		want Invalid
	}{
		"all right":                   {func(*Town) {}, nil},
		"nothing but a name":          {func(t *Town) { *t = Town{Name: t.Name} }, nil},
		"as long as may be":           {func(t *Town) { t.HelpHours, t.Legal.Host = long(MaxHelpHours), long(MaxNotice) }, nil},
		"not conforming, audited":     {func(t *Town) { t.Accessibility.State = NotConforming }, nil},
		"audited today":               {func(t *Town) { t.Accessibility.Audited = "2026-11-26" }, nil},
		"no name":                     {func(t *Town) { t.Name = " " }, Invalid{"name": "name.wrong"}},
		"a number that is none":       {func(t *Town) { t.HelpPhone = "*#06#" }, Invalid{"phone": "phone.wrong"}},
		"hours without end":           {func(t *Town) { t.HelpHours = long(MaxHelpHours + 1) }, Invalid{"help_hours": "help_hours.long"}},
		"a colour by name":            {func(t *Town) { t.Accent = "jaune" }, Invalid{"accent": "accent.wrong"}},
		"a style for a colour":        {func(t *Town) { t.Accent = "#ffd400;}body{display:none" }, Invalid{"accent": "accent.wrong"}},
		"a notice without end":        {func(t *Town) { t.Legal.Publisher = long(MaxNotice + 1) }, Invalid{"publisher": "notice.long"}},
		"directors without end":       {func(t *Town) { t.Legal.Director = long(MaxNotice + 1) }, Invalid{"director": "notice.long"}},
		"hosts without end":           {func(t *Town) { t.Legal.Host = long(MaxNotice + 1) }, Invalid{"host": "notice.long"}},
		"a charter as long as may be": {func(t *Town) { t.Charter = long(MaxCharter) }, nil},
		"a charter without end":       {func(t *Town) { t.Charter = long(MaxCharter + 1) }, Invalid{"charter": "charter.long"}},
		"a contact that is none":      {func(t *Town) { t.Legal.Contact = "à la mairie" }, Invalid{"contact": "email.wrong"}},
		"another that is none":        {func(t *Town) { t.Accessibility.Contact = "x@" }, Invalid{"access_contact": "email.wrong"}},
		"a state that is none":        {func(t *Town) { t.Accessibility.State = "presque" }, Invalid{"conformity": "conformity.unknown"}},
		"conforming by itself":        {func(t *Town) { t.Accessibility.State, t.Accessibility.Audited = FullyConforming, "" }, Invalid{"audited": "audit.missing"}},
		"an audit on no day":          {func(t *Town) { t.Accessibility.Audited = "2026-02-30" }, Invalid{"audited": "audit.wrong"}},
		"an audit that is to come":    {func(t *Town) { t.Accessibility.Audited = "2026-11-27" }, Invalid{"audited": "audit.wrong"}},
		"auditors without end":        {func(t *Town) { t.Accessibility.Auditor = long(MaxNotice + 1) }, Invalid{"auditor": "notice.long"}},
		"faults without end":          {func(t *Town) { t.Accessibility.Faults = long(MaxFaults + 1) }, Invalid{"faults": "faults.long"}},
		"two things at once, in it":   {func(t *Town) { t.HelpPhone, t.Accent = "non", "#fff" }, Invalid{"phone": "phone.wrong", "accent": "accent.wrong"}},
	} {
		d, book := newSettings(nil)
		settings := goodSettings()
		c.edit(&settings)
		err := d.EditTown(t.Context(), Author{Operator: true}, &settings)
		var got Invalid
		if err != nil && !errors.As(err, &got) || !maps.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
		if kept := book.kept != nil; kept != (c.want == nil) {
			t.Errorf("%s: got kept %v, want %v", what, kept, c.want == nil)
		}
	}
}

func TestTheTownsSettingsAreTidied(t *testing.T) {
	t.Parallel()
	d, book := newSettings(nil)
	settings := goodSettings()
	settings.Accent, settings.HelpPhone, settings.Legal.Contact = " #FFD400 ", " 04 65 71 20 00 ", " Mairie@Exemple.FR "
	settings.Legal.Publisher = " Mairie\r\n1 place de la Fontaine\r\n"
	if err := d.EditTown(t.Context(), Author{Operator: true}, &settings); err != nil {
		t.Fatal(err)
	}
	want := goodSettings()
	want.ShortName = "Saint-Laurent"
	if *book.kept != want {
		t.Errorf("got %+v, want %+v", *book.kept, want)
	}
}

func TestOnlyTheTownHallChangesTheSettings(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		login Login
		by    uuid.UUID
		want  error
	}{
		"the town hall": {Login{ID: uuid.UUID{1}, TownHall: true}, uuid.UUID{1}, nil},
		"a merchant":    {Login{ID: uuid.UUID{1}}, uuid.UUID{1}, ErrForbidden},
		"nobody":        {Login{ID: uuid.UUID{1}, TownHall: true}, uuid.Nil, ErrForbidden},
	} {
		d, book := newSettings(&c.login)
		settings := goodSettings()
		if err := d.EditTown(t.Context(), Author{Login: c.by}, &settings); !errors.Is(err, c.want) {
			t.Errorf("%s: got error %v, want %v", what, err, c.want)
		}
		if kept := book.kept != nil; kept != (c.want == nil) {
			t.Errorf("%s: got kept %v, want %v", what, kept, c.want == nil)
		}
	}
}
