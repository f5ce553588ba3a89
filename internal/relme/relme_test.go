package relme_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"bourg/internal/relme"
)

func TestLinks(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://fournil.example/accueil")
	if err != nil {
		t.Fatal(err)
	}
	for page, want := range map[string][]string{
		`<a rel="me" href="https://ville.example/@fournil">Bourg</a>`:                                     {"https://ville.example/@fournil"},
		`<link href='https://ville.example/@fournil' rel='noopener ME nofollow'>`:                         {"https://ville.example/@fournil"},
		`<A REL=me HREF=/moi>x</A><link rel=me href=../b />`:                                              {"https://fournil.example/moi", "https://fournil.example/b"},
		`<a rel="home" href="https://ville.example/@fournil">x</a><a href="https://ville.example/">x</a>`: nil,
		`<!-- <a rel="me" href="https://ville.example/@fournil">x</a> -->`:                                nil,
		`<script>"<a rel='me' href='https://ville.example/@fournil'>"</script>`:                           nil,
		`<a rel="me" href="javascript:alert(1)">x</a><a rel="me" href="mailto:a@b.example">x</a>`:         nil,
		`<a rel="me">x</a><a rel="me" href="">x</a><a rel="me" href="https://%zz/">x</a>`:                 nil,
		`<p>sans lien`: nil,
		"":             nil,
		"\x00\xff\xfe": nil,
	} {
		if got := relme.Links([]byte(page), base); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", page, got, want)
		}
	}
	many := strings.Repeat(`<a rel="me" href="https://ville.example/@fournil">x</a>`, 1000)
	if got := relme.Links([]byte(many), base); len(got) != relme.MaxLinks {
		t.Errorf("a thousand links: got %d, want %d", len(got), relme.MaxLinks)
	}
}

// All links of a page count where nobody can set rel="me", but for those that lead nowhere by HTTP.
func TestAllLinksOfAPage(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://agenda.example/about")
	if err != nil {
		t.Fatal(err)
	}
	page := `<p><a href="https://bourg.example/">Le bourg</a> <a rel="me" href=" /moi ">Moi</a> <link rel="me" href="/non"> <a href="mailto:a@b.example">x</a> <a>y</a> <a href="">z</a></p>`
	if got, want := relme.All([]byte(page), base), []string{"https://bourg.example/", "https://agenda.example/moi"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	many := strings.Repeat(`<a href="/x">x</a>`, relme.MaxAll+1)
	if got := len(relme.All([]byte(many), base)); got != relme.MaxAll {
		t.Errorf("of a page full of links: got %d, want %d", got, relme.MaxAll)
	}
}
