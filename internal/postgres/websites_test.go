package postgres_test

import (
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

// A website is asked about when it is named, when the page is saved while it is not verified, and each month; what was found of
// one does not count for the next.
func TestWebsites(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	asked := func() int {
		t.Helper()
		n := f.count(`SELECT count(*) FROM river_job WHERE kind = 'check_website' AND args->>'merchant' = $1`, m.ID.String())
		f.exec(`DELETE FROM river_job WHERE kind = 'check_website'`)
		return n
	}
	save := func(website string) *town.Merchant {
		t.Helper()
		m.Website = website
		f.must(f.EditMerchant(f.ctx(), m, f.outgoing(m.ID, "Update", f.addresses.Actor(m.ID), town.Recipients{Inboxes: []federation.IRI{}})))
		stored, err := f.Merchant(f.ctx(), m.ID)
		f.must(err)
		return stored
	}
	save("")
	if n := asked(); n != 0 {
		t.Errorf("no website: asked %d times", n)
	}
	save("https://a.example/")
	save("https://a.example/")
	if n := asked(); n != 1 {
		t.Errorf("named: asked %d times, want once while it waits", n)
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	f.must(f.SetWebsiteChecked(f.ctx(), m.ID, "https://b.example/", true, at))
	if got := save("https://a.example/"); !got.WebsiteVerified.IsZero() {
		t.Error("another website was verified, and this one is said to be")
	}
	f.must(f.SetWebsiteChecked(f.ctx(), m.ID, "https://a.example/", true, at))
	asked()
	if got := save("https://a.example/"); !got.WebsiteVerified.Equal(at) || asked() != 0 {
		t.Errorf("verified: got %v, want %v and no question", got.WebsiteVerified, at)
	}
	f.must(f.AskAboutWebsites(f.ctx(), at.Add(29*24*time.Hour)))
	if n := asked(); n != 0 {
		t.Errorf("within the month: asked %d times", n)
	}
	f.must(f.AskAboutWebsites(f.ctx(), at.Add(31*24*time.Hour)))
	if n := asked(); n != 1 {
		t.Errorf("after a month: asked %d times, want once", n)
	}
	if got := save("https://c.example/"); !got.WebsiteVerified.IsZero() || asked() != 1 {
		t.Errorf("another website: got verified %v, want it asked about", got.WebsiteVerified)
	}
	f.must(f.SetWebsiteChecked(f.ctx(), m.ID, "https://c.example/", false, at))
	if got, err := f.Merchant(f.ctx(), m.ID); err != nil || !got.WebsiteVerified.IsZero() {
		t.Errorf("found not to be the merchant's: got %v, %v", got.WebsiteVerified, err)
	}
}
