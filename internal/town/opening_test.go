package town

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/hours"

	"github.com/google/uuid"
)

func day(t *testing.T, s string) hours.Date {
	t.Helper()
	d, err := hours.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// bakery is a merchant of whom everything is known.
func bakery(t *testing.T) *Merchant {
	t.Helper()
	lat, lon := 46.0, -0.2502
	return &Merchant{
		ID: uuid.MustParse("0192f3b0-0000-7000-8000-000000000001"), Handle: "martin", Name: "Boulangerie Martin", Trade: "boulangerie",
		Phone: "0549000000", Address: "3, place du Marché", PostalCode: "79320", Lat: &lat, Lon: &lon, Keys: testKeys(t),
		Opening: "Tu-Sa 07:00-13:00,15:30-19:00; Su 07:00-12:30; Mo,PH off", Hours: "Le four s’allume à 3 h.",
		Special: []hours.Special{
			{From: day(t, "2026-12-24"), Through: day(t, "2026-12-24"), Spans: []hours.Span{{From: 420, To: 1020}}, Note: "Réveillon"},
			{From: day(t, "2027-02-08"), Through: day(t, "2027-02-21"), Note: "Congés"},
		},
		Created: time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC), Updated: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC),
	}
}

func plain(s string) string {
	return strings.NewReplacer("\u00a0", " ", "</p><p>", "\n\n", "<br>", "\n", "<p>", "", "</p>", "").Replace(s)
}

func paragraphs(s string) string {
	return "<p>" + strings.ReplaceAll(strings.ReplaceAll(s, "\n\n", "</p><p>"), "\n", "<br>") + "</p>"
}

func TestPeersLearnWhenAndWhereTheShopIs(t *testing.T) {
	t.Parallel()
	town := &Town{Name: "Bourg", INSEE: "79184", TimeZone: "Europe/Paris"}
	encoded, err := federation.EncodeActor(actorDocument(testAddresses(t), nil, paragraphs, town, bakery(t)))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Attachment []struct{ Type, Name, Value string }
		Location   json.RawMessage
		Hours      string          `json:"bourg:openingHours"`
		Special    json.RawMessage `json:"bourg:specialHours"`
		Categories []string        `json:"bourg:categories"`
		INSEE      string          `json:"bourg:insee"`
	}
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{}
	for _, f := range got.Attachment {
		fields[f.Name] = plain(f.Value)
	}
	for name, want := range map[string]string{
		"Téléphone": `<a href="tel:+33549000000">05 49 00 00 00</a>`,
		"Adresse":   "3, place du Marché, 79320 Bourg",
		"Horaires":  "mar.–sam. 7 h–13 h et 15 h 30–19 h ; dim. 7 h–12 h 30 ; fermé lun. et jours fériés ; Le four s’allume à 3 h.",
	} {
		if fields[name] != want {
			t.Errorf("field %s: got  %s\nwant %s", name, fields[name], want)
		}
	}
	if want := "Tu-Sa 07:00-13:00,15:30-19:00; Su 07:00-12:30; Mo,PH off"; got.Hours != want {
		t.Errorf("bourg:openingHours: got %s, want %s", got.Hours, want)
	}
	if got.INSEE != "79184" || len(got.Categories) != 1 || got.Categories[0] != "boulangerie" {
		t.Errorf("got bourg:insee %q and bourg:categories %v, want the town's code and the trade", got.INSEE, got.Categories)
	}
	for what, c := range map[string]struct {
		got  json.RawMessage
		want string
	}{
		"bourg:specialHours": {got.Special, `[{"from":"2026-12-24","through":"2026-12-24","hours":"07:00-17:00","note":"Réveillon"},` +
			`{"from":"2027-02-08","through":"2027-02-21","hours":"off","note":"Congés"}]`},
		"location": {got.Location, `{"address":{"addressCountry":"France","addressLocality":"Bourg","postalCode":"79320",` +
			`"streetAddress":"3, place du Marché","type":"PostalAddress"},"id":"https://bourg.example/actors/0192f3b0-0000-7000-8000-000000000001#place",` +
			`"latitude":46.0,"longitude":-0.2502,"name":"Boulangerie Martin","type":"Place"}`},
	} {
		if string(c.got) != c.want {
			t.Errorf("%s: got  %s\nwant %s", what, c.got, c.want)
		}
	}

	bare, err := federation.EncodeActor(actorDocument(testAddresses(t), nil, paragraphs, town, &Merchant{ID: uuid.New(), Handle: "neuf", Name: "Neuf", Keys: testKeys(t)}))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`"location"`, `"bourg:openingHours"`, `"bourg:specialHours"`, `"Horaires"`, `"Adresse"`, `"Téléphone"`} {
		if strings.Contains(string(bare), name) {
			t.Errorf("a merchant of whom nothing is known has %s", name)
		}
	}
}

func TestTheCardTellsSpecialHoursWhileTheyAreNear(t *testing.T) {
	t.Parallel()
	town := &Town{Name: "Bourg", INSEE: "79184", TimeZone: "Europe/Paris"}
	m := bakery(t)
	week := "Horaires : mar.–sam. 7 h–13 h et 15 h 30–19 h ; dim. 7 h–12 h 30 ; fermé lun. et jours fériés\nLe four s’allume à 3 h."
	rest := "\n\nAdresse : 3, place du Marché, 79320 Bourg\n\nTéléphone : 05 49 00 00 00"
	special := "\n\nHoraires exceptionnels : Le 24 décembre : 7 h–17 h (Réveillon)"
	for at, want := range map[string]struct{ text, updated string }{
		"2026-12-09T23:30:00+01:00": {week + rest, "2026-11-20T08:00:00Z"},
		"2026-12-10T00:00:00+01:00": {week + special + rest, "2026-12-09T23:00:00Z"},
		"2026-12-24T23:59:00+01:00": {week + special + rest, "2026-12-09T23:00:00Z"},
		"2026-12-25T09:00:00+01:00": {week + rest, "2026-12-24T23:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		card := cardObject(testAddresses(t), nil, paragraphs, town, m, now)
		if got := plain(card.Content); got != want.text {
			t.Errorf("at %s the card says\n%s, want\n%s", at, got, want.text)
		}
		if got := card.Updated.UTC().Format(time.RFC3339); got != want.updated {
			t.Errorf("at %s the card was updated at %s, want %s", at, got, want.updated)
		}
	}
}

func TestAnAddressTypedInOneLineIsTakenApart(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][4]string{
		"3 place du Marché, 79320 Bourg":                 {"3 place du Marché", "79320", "Bourg", "3 place du Marché, 79320 Bourg"},
		"3 place du Marché 79320 Saint-Laurent-sur-Cèze": {"3 place du Marché", "79320", "Saint-Laurent-sur-Cèze", "3 place du Marché, 79320 Saint-Laurent-sur-Cèze"},
		"4 place de la Fontaine":                         {"4 place de la Fontaine", "", "", "4 place de la Fontaine, Bourg"},
		"4 place de la Fontaine, Bourg":                  {"4 place de la Fontaine, Bourg", "", "", "4 place de la Fontaine, Bourg"},
		"Mas des Ruches\n30500 Allègre":                  {"Mas des Ruches", "30500", "Allègre", "Mas des Ruches, 30500 Allègre"},
		"12 rue du 8 mai 1945":                           {"12 rue du 8 mai 1945", "", "", "12 rue du 8 mai 1945, Bourg"},
		"":                                               {"", "", "", ""},
	} {
		m := &Merchant{Address: typed}
		m.splitAddress()
		if got := [4]string{m.Address, m.PostalCode, m.Locality, m.FullAddress("Bourg")}; got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}

func TestTelephonesOfFranceAndOverseas(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"05 49 00 00 00": `<a href="tel:+33549000000">05 49 00 00 00</a>`, "0549000000": `<a href="tel:+33549000000">05 49 00 00 00</a>`,
		"+33 5 49 00 00 00": `<a href="tel:+33549000000">+33 5 49 00 00 00</a>`, "0262 10 20 30": `<a href="tel:+262262102030">02 62 10 20 30</a>`,
		"0690 10 20 30": `<a href="tel:+590690102030">06 90 10 20 30</a>`, "0596102030": `<a href="tel:+596596102030">05 96 10 20 30</a>`,
		"3949": `<a href="tel:3949">3949</a>`, `1<"`: `<a href="tel:1">1&lt;&#34;</a>`,
	} {
		if got := telLink(typed); got != want {
			t.Errorf("%q: got %s, want %s", typed, got, want)
		}
	}
}

func TestWhatTheShopSaysOfItsHours(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string][2]string{
		"Tu-Sa 07:00-13:00; PH off":             {"Tu-Sa 07:00-13:00; PH off", ""},
		"mardi au samedi 7h-13h":                {"Tu-Sa 07:00-13:00", ""},
		"Du mercredi au dimanche, midi et soir": {"", "Du mercredi au dimanche, midi et soir"},
		"":                                      {"", ""},
	} {
		var m Merchant
		m.SetHours(typed)
		if got := [2]string{m.Opening, m.Hours}; got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
	old := Merchant{Hours: "Du mardi au samedi de 10 h à 19 h"} // as it was typed before there were fields
	if got := old.Regular().String(); got != "Tu-Sa 10:00-19:00" || old.HoursInWords() != "" {
		t.Errorf("an older line is understood as %q, with the words %q beside it", got, old.HoursInWords())
	}
	if both := (&Merchant{Opening: "Mo off", Hours: "Du mardi au samedi de 10 h à 19 h"}); both.HoursInWords() == "" {
		t.Error("what the shop adds to its hours is lost")
	}
}

// shopBook is a DirectoryStore with one merchant.
type shopBook struct {
	DirectoryStore
	town   *Town
	kept   *Merchant
	leaves time.Time
}

func (b *shopBook) Town(context.Context) (*Town, error) { return b.town, nil }

func (b *shopBook) EditMerchant(_ context.Context, m *Merchant, out Outgoing) error {
	b.kept, b.leaves = m, out.Leaves
	return nil
}

func TestTheShopsHoursAndPlaceAreChecked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 9, 5, 0, 0, time.UTC)
	special := func(from, through string) hours.Special {
		return hours.Special{From: day(t, from), Through: day(t, through)}
	}
	many := make([]hours.Special, hours.MaxSpecial+1)
	for i := range many {
		many[i] = hours.Special{From: day(t, "2026-12-01").AddDays(i), Through: day(t, "2026-12-01").AddDays(i)}
	}
	for what, c := range map[string]struct {
		change func(*Merchant)
		field  string
		code   string
	}{
		"all is well":            {func(*Merchant) {}, "", ""},
		"hours that say nothing": {func(m *Merchant) { m.Opening = "le matin" }, "opening", "opening.wrong"},
		"long words":             {func(m *Merchant) { m.Hours = strings.Repeat("é", MaxHours+1) }, "hours", "hours.long"},
		"days that two claim": {func(m *Merchant) {
			m.Special = []hours.Special{special("2026-12-24", "2026-12-26"), special("2026-12-26", "2026-12-27")}
		}, "special", "special.overlap"},
		"an end before the begin":     {func(m *Merchant) { m.Special = []hours.Special{special("2026-12-24", "2026-12-23")} }, "special", "special.wrong"},
		"too many special hours":      {func(m *Merchant) { m.Special = many }, "special", "special.many"},
		"a long postal code":          {func(m *Merchant) { m.PostalCode = "793200000000" }, "postal_code", "postal_code.long"},
		"a place that turns its line": {func(m *Merchant) { m.Locality = "Bourg\u202e" }, "locality", "locality.long"},
		"half a place":                {func(m *Merchant) { m.Lat = nil }, "place", "place.wrong"},
	} {
		m := bakery(t)
		c.change(m)
		book := &shopBook{town: &Town{Name: "Bourg", TimeZone: "Europe/Paris"}}
		d := &Directory{Store: book, Addresses: testAddresses(t), Now: func() time.Time { return now }, Wake: func() {}, HTML: paragraphs, Hold: time.Minute}
		err := d.EditMerchant(t.Context(), Author{Operator: true}, m)
		var bad Invalid
		switch {
		case c.field == "" && (err != nil || !book.leaves.Equal(now.Add(time.Minute))):
			t.Errorf("%s: got %v, leaving at %s, want nil and a minute later than now", what, err, book.leaves)
		case c.field != "" && (!errors.As(err, &bad) || bad[c.field] != c.code):
			t.Errorf("%s: got %v, want %s", what, err, c.code)
		case c.field != "" && book.kept != nil:
			t.Errorf("%s: it was stored", what)
		}
	}
	m, book := bakery(t), &shopBook{town: &Town{Name: "Bourg", TimeZone: "Europe/Paris"}}
	m.Special = append([]hours.Special{special("2027-12-24", "2027-12-26"), special("2026-08-01", "2026-08-15")}, m.Special...)
	d := &Directory{Store: book, Addresses: testAddresses(t), Now: func() time.Time { return now }, Wake: func() {}, HTML: paragraphs}
	if err := d.EditMerchant(t.Context(), Author{Operator: true}, m); err != nil {
		t.Fatal(err)
	}
	if got := book.kept.Special; len(got) != 3 || got[0].From.Month != time.December || got[2].From.Year != 2027 {
		t.Errorf("got the special hours %v, want them in their order without those of summer", got)
	}
}
