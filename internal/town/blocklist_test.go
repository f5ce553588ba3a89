package town

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// blockBook is the part of a ModerationStore that lists ask, in memory.
type blockBook struct {
	ModerationStore
	AccountStore
	blocked []BlockedDomain
	all     []*Neighbour
}

func (b *blockBook) Login(context.Context, uuid.UUID) (*Login, error) { return &Login{}, nil }
func (b *blockBook) Allowed(_ context.Context, host string) error {
	for _, d := range b.blocked {
		if host == d.Domain || strings.HasSuffix(host, "."+d.Domain) {
			return federation.ErrBlocked
		}
	}
	return nil
}
func (b *blockBook) BlockDomains(_ context.Context, list []BlockedDomain, _ time.Time) error {
	b.blocked = append(b.blocked, list...)
	return nil
}
func (b *blockBook) BlockedDomains(context.Context) ([]BlockedDomain, error) { return b.blocked, nil }
func (b *blockBook) Neighbours(context.Context) ([]*Neighbour, error)        { return b.all, nil }

func newModerator(b *blockBook) *Moderator {
	return &Moderator{Store: b, Accounts: b, Now: func() time.Time { return morning }, Own: "bourg.example"}
}

var theOperator = Author{Operator: true}

// TestAListIsShownBeforeItBlocks: what is new, what is blocked already, whose exchange ends, and what is not taken.
func TestAListIsShownBeforeItBlocks(t *testing.T) {
	t.Parallel()
	k := vernede(10)
	k.Domain = "www.vernede.example"
	b := &blockBook{blocked: []BlockedDomain{{Domain: "pire.example"}}, all: []*Neighbour{k}}
	m := newModerator(b)
	list := "\ufeff#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\r\n" +
		"promo.example,suspend,true,true,\"Publicité, encore\",false\r\n" +
		"PROMO.example,suspend,true,true,deux fois,false\r\n" +
		"sous.pire.example,suspend,true,true,,false\r\n" +
		"doux.example,silence,false,false,,false\r\n" +
		"rien.example,noop,false,false,,false\r\n" +
		"ca*ch*.example,suspend,true,true,,true\r\n" +
		"vernede.example,suspend,true,true,'=1+1,false\r\n" +
		"fr,suspend,true,true,,false\r\n" +
		"bourg.example,suspend,true,true,,false\r\n" +
		"pas un site,suspend,true,true,,false\r\n" +
		",suspend\r\n" +
		"seul.example\r\n"
	p, err := m.PreviewBlocks(t.Context(), theOperator, strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(p.New), fmt.Sprint([]BlockedDomain{
		{Domain: "promo.example", Reason: "Publicité, encore"}, {Domain: "seul.example"}, {Domain: "vernede.example", Reason: "=1+1"},
	}); got != want {
		t.Errorf("new: got %s, want %s", got, want)
	}
	if p.Already != 1 || fmt.Sprint(p.Neighbours) != "[www.vernede.example]" {
		t.Errorf("got %d already and the neighbours %v, want 1 and www.vernede.example", p.Already, p.Neighbours)
	}
	var skipped []string
	for _, s := range p.Skipped {
		skipped = append(skipped, fmt.Sprint(s.Line, " ", strings.TrimPrefix(s.Why, "blocklist.")))
	}
	if got, want := strings.Join(skipped, ", "), "5 severity, 6 severity, 7 obfuscated, 9 wide, 10 own, 11 domain, 12 domain"; got != want || p.NotTaken != 7 {
		t.Errorf("not taken: got %s (%d), want %s", got, p.NotTaken, want)
	}
	if len(b.blocked) != 1 {
		t.Fatalf("a preview has blocked: %v", b.blocked)
	}
	if n, err := m.ImportBlocks(t.Context(), theOperator, strings.NewReader(list)); n != 3 || err != nil || len(b.blocked) != 4 {
		t.Errorf("importing: got %d, error %v and the blocks %v, want three more", n, err, b.blocked)
	}
	if n, err := m.ImportBlocks(t.Context(), theOperator, strings.NewReader("domain\nautre.example\n")); n != 1 || err != nil || len(b.blocked) != 5 {
		t.Errorf("a shorter list: got %d, error %v and %d blocks, want one more and none less", n, err, len(b.blocked))
	}
	if _, err := m.PreviewBlocks(t.Context(), Author{}, strings.NewReader(list)); !errors.Is(err, ErrForbidden) {
		t.Errorf("somebody else: got %v, want ErrForbidden", err)
	}
}

// Row U7: lists that are too long, in another encoding, or no lists, are refused as a whole.
func TestBadInputInLists(t *testing.T) {
	t.Parallel()
	rows := func(n int) string {
		var b strings.Builder
		b.WriteString("#domain,#severity\n")
		for i := range n {
			fmt.Fprintf(&b, "site%d.example,suspend\n", i)
		}
		return b.String()
	}
	m := newModerator(&blockBook{})
	for name, c := range map[string]struct{ list, want string }{
		"U7: too many lines":      {rows(MaxBlocklistRows + 1), "list.rows"},
		"U7: a million lines":     {rows(100_000), "list.large"},
		"U7: one endless line":    {strings.Repeat("a,", MaxBlocklist), "list.large"},
		"U7: UTF-16":              {"\xff\xfed\x00o\x00m\x00a\x00i\x00n\x00", "list.encoding"},
		"U7: Latin-1":             {"#domain,#public_comment\npromo.example,Publicit\xe9\n", "list.encoding"},
		"U7: NUL":                 {"promo.example\x00\n", "list.encoding"},
		"U7: a quote left open":   {"#domain\n\"promo.example\n", "list.form"},
		"U7: nothing":             {"", "list.empty"},
		"U7: a header alone":      {"#domain,#severity\n", "list.empty"},
		"U7: as many as it takes": {rows(MaxBlocklistRows), ""},
	} {
		_, err := m.PreviewBlocks(t.Context(), theOperator, strings.NewReader(c.list))
		var bad Invalid
		if errors.As(err, &bad); bad["list"] != c.want {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	p, err := m.PreviewBlocks(t.Context(), theOperator, strings.NewReader("<html><body>404</body></html>\n"+strings.Repeat("<p>\n", 1000)))
	if err != nil || len(p.New) != 0 || p.NotTaken != 1001 || len(p.Skipped) != maxSkipped {
		t.Errorf("U7: a page of HTML: got %d new, %d not taken, %d told, error %v; want none to block", len(p.New), p.NotTaken, len(p.Skipped), err)
	}
}

// TestAListComesBackAsItWent: what is exported is imported with the same reasons, and no cell is a formula.
func TestAListComesBackAsItWent(t *testing.T) {
	t.Parallel()
	want := []BlockedDomain{
		{Domain: "a.example", Reason: "=HYPERLINK(\"https://x.example\")"}, {Domain: "b.example", Reason: "+33 4, \"spam\""}, {Domain: "c.example", Reason: "-1"},
		{Domain: "d.example", Reason: "@tous"}, {Domain: "e.example", Reason: "'apostrophe"}, {Domain: "f.example"},
	}
	var text strings.Builder
	if err := newModerator(&blockBook{blocked: want}).ExportBlocks(t.Context(), theOperator, &text); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text.String(), "\n")
	if lines[0] != "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate" || lines[3] != "c.example,suspend,true,true,'-1,false" {
		t.Errorf("got %q, want Mastodon's columns and no formula", lines[:4])
	}
	p, err := newModerator(&blockBook{}).PreviewBlocks(t.Context(), theOperator, strings.NewReader(text.String()))
	if err != nil || fmt.Sprint(p.New) != fmt.Sprint(want) {
		t.Errorf("read again: got %v and error %v, want %v", p, err, want)
	}
}
