package town

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// shopSite is a WebsiteStore and a SiteReader: a merchant, and what stands on its website.
type shopSite struct {
	merchant Merchant
	links    []string
	to       map[string]string
	broken   bool
	said     []bool
}

func (s *shopSite) Merchant(context.Context, uuid.UUID) (*Merchant, error) { return &s.merchant, nil }
func (s *shopSite) SetWebsiteChecked(_ context.Context, _ uuid.UUID, website string, verified bool, _ time.Time) error {
	if website != s.merchant.Website {
		return errors.New("another website")
	}
	s.said = append(s.said, verified)
	return nil
}
func (s *shopSite) RelMe(_ context.Context, page string) ([]string, error) {
	if s.broken || page != s.merchant.Website {
		return nil, errors.New("no answer")
	}
	return s.links, nil
}
func (s *shopSite) Location(_ context.Context, address string) (string, error) {
	return s.to[address], nil
}

func TestWebsiteIsTheMerchants(t *testing.T) {
	t.Parallel()
	page := string(testAddresses(t).Profile("fournil"))
	for name, c := range map[string]struct {
		links []string
		to    map[string]string
		want  bool
	}{
		"names the page":              {[]string{"https://a.example/", page}, nil, true},
		"in capitals":                 {[]string{strings.ToUpper(page)}, nil, true},
		"names another shop":          {[]string{page + "2"}, nil, false},
		"names nobody":                {nil, nil, false},
		"the first leads there":       {[]string{"https://moi.example/", "https://b.example/"}, map[string]string{"https://moi.example/": page}, true},
		"only the second leads there": {[]string{"https://b.example/", "https://moi.example/"}, map[string]string{"https://moi.example/": page}, false},
		"the first leads elsewhere":   {[]string{"https://moi.example/"}, map[string]string{"https://moi.example/": "https://c.example/"}, false},
	} {
		s := &shopSite{merchant: Merchant{Handle: "fournil", Website: "https://fournil.example/"}, links: c.links, to: c.to}
		w := &Websites{Store: s, Sites: s, Addresses: testAddresses(t), Now: time.Now}
		if err := w.Check(t.Context(), uuid.New()); err != nil || len(s.said) != 1 || s.said[0] != c.want {
			t.Errorf("%s: got %v, %v, want %t", name, s.said, err, c.want)
		}
	}
	s := &shopSite{merchant: Merchant{Website: "https://fournil.example/"}, broken: true}
	w := &Websites{Store: s, Sites: s, Addresses: testAddresses(t), Now: time.Now}
	if err := w.Check(t.Context(), uuid.New()); err == nil || len(s.said) != 0 {
		t.Errorf("no answer: got %v, %v, want an error and nothing changed", s.said, err)
	}
	s.merchant.Website = ""
	if err := w.Check(t.Context(), uuid.New()); err != nil || len(s.said) != 0 {
		t.Errorf("no website: got %v, %v, want nothing", s.said, err)
	}
}

// Mastodon verifies a field whose value is exactly one link with its own address as text (FieldSerializer, account/field.rb).
func TestWebsiteFieldIsWhatMastodonVerifies(t *testing.T) {
	t.Parallel()
	m := &Merchant{ID: uuid.New(), Handle: "fournil", Name: "Le Fournil", Website: "https://fournil.example/?a=1&b=2"}
	actor := actorDocument(testAddresses(t), func(string) federation.IRI { return "" }, func(s string) string { return s }, &Town{Name: "Bourg"}, m)
	for _, f := range actor.Fields {
		if f.Name != "Site" {
			continue
		}
		if want := `<a href="https://fournil.example/?a=1&amp;b=2" rel="me nofollow noopener">https://fournil.example/?a=1&amp;b=2</a>`; f.Value != want {
			t.Errorf("got %s, want %s", f.Value, want)
		}
		return
	}
	t.Errorf("got fields %+v, want one called Site", actor.Fields)
}
