package main_test

import (
	"fmt"
	"testing"
)

// A merchant names a website, is told which line to put there, and once it is there the shop's page says that
// the website is the shop's.
func TestAWebsiteIsVerified(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	elsewhere := newFollower(t)
	elsewhere.serve("/site", "text/html; charset=utf-8", []byte(`<!doctype html><title>Le Fournil</title><p>Bonjour.`))
	b, _ := tw.signIn(bakery.SignIn)
	save := func() *page {
		return b.visit("/espace/commerce").form("Enregistrer").fill("site", elsewhere.at("/site")).press()
	}
	save()
	b.visit("/espace/commerce").must(`<link rel="me" href="` + bakery.URL + `">`)
	eventually(t, "the website was read", func() error {
		if len(elsewhere.requests()) == 0 {
			return fmt.Errorf("got no request")
		}
		return nil
	})
	if got := tw.open().visit(bakery.URL).must(elsewhere.at("/site")); got.says("Site vérifié") {
		t.Error("a website that names nobody is shown as the shop's")
	}
	elsewhere.serve("/site", "text/html; charset=utf-8", []byte(`<!doctype html><link rel="me" href="`+bakery.URL+`"><p>Bonjour.`))
	eventually(t, "the website is verified", func() error {
		save() // what waits or runs already is not asked for twice
		if got := tw.open().visit(bakery.URL); !got.says("Site vérifié le") {
			return fmt.Errorf("got:\n%s", got.words())
		}
		return nil
	})
	b.visit("/espace/commerce").must("Site vérifié le")
	f := newFollower(t)
	shop := f.discover("fournil@" + tw.host)
	found := false
	for _, field := range dig(shop.document, "attachment").([]any) {
		link := `<a href="` + elsewhere.at("/site") + `" rel="me nofollow noopener">` + elsewhere.at("/site") + `</a>`
		found = found || text(field.(map[string]any), "value") == link
	}
	if !found {
		t.Errorf("got fields %v, want the website as exactly one link", dig(shop.document, "attachment"))
	}
}
