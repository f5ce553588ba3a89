package main_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// This file has what the stories of several towns have in common. The towns lie in a row, some nine kilometres from each
// other: Saint-Laurent (which startTown makes), Vernède to its north, Orgnac beyond that.
var (
	vernede = []townOption{
		with("BOURG_TOWN_NAME", "Vernède"), with("BOURG_TOWN_HANDLE", "vernede"), with("BOURG_TOWN_INSEE", "30344"),
		with("BOURG_TOWN_LAT", "44.25"), with("BOURG_TOWN_LON", "4.45"),
	}
	orgnac = []townOption{
		with("BOURG_TOWN_NAME", "Orgnac"), with("BOURG_TOWN_HANDLE", "orgnac"), with("BOURG_TOWN_INSEE", "07168"),
		with("BOURG_TOWN_LAT", "44.33"), with("BOURG_TOWN_LON", "4.41"),
	}
)

// ask lets one town ask for another's news, and the other give it.
func ask(asks, gives *town) {
	asks.t.Helper()
	asks.run("neighbour", "add", gives.url.String())
	eventually(asks.t, "the request arrives", func() error {
		if got := gives.neighbours()[asks.host]; got.Incoming != "pending" {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
	gives.run("neighbour", "accept", asks.host)
	eventually(asks.t, "the answer arrives", func() error {
		if got := asks.neighbours()[gives.host]; got.Outgoing != "accepted" {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
}

// befriend makes two towns neighbours in both directions.
func befriend(a, b *town) {
	a.t.Helper()
	ask(a, b)
	ask(b, a)
}

// page reads a page as a visitor sees it, as HTML.
func (tw *town) page(path string) (string, error) {
	tw.t.Helper()
	res, err := http.Get(tw.at(path))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %d", path, res.StatusCode)
	}
	return string(body), nil
}

// showsNot tells whether a page is there without a text.
func (tw *town) showsNot(path, text string) error {
	tw.t.Helper()
	page, err := tw.page(path)
	if err == nil && strings.Contains(page, text) {
		err = fmt.Errorf("%s has %q", path, text)
	}
	return err
}

// showsOnce tells whether a page has each text exactly once.
func (tw *town) showsOnce(path string, texts ...string) error {
	tw.t.Helper()
	page, err := tw.page(path)
	if err != nil {
		return err
	}
	for _, text := range texts {
		if n := strings.Count(page, text); n != 1 {
			return fmt.Errorf("%s has %q %d times, want once", path, text, n)
		}
	}
	return nil
}

// showsInOrder complains unless a page has the texts, one after the other.
func (tw *town) showsInOrder(path string, texts ...string) {
	tw.t.Helper()
	page, err := tw.page(path)
	if err != nil {
		tw.t.Fatal(err)
	}
	rest := page
	for _, text := range texts {
		at := strings.Index(rest, text)
		if at < 0 {
			tw.t.Errorf("%s has %q not where it belongs in %q", path, text, texts)
			return
		}
		rest = rest[at:]
	}
}

// never complains if a page has a text. It is for what would have come before something that has come.
func (tw *town) never(path string, texts ...string) {
	tw.t.Helper()
	for _, text := range texts {
		if err := tw.showsNot(path, text); err != nil {
			tw.t.Errorf("%s: %v", tw.host, err)
		}
	}
}

// hides waits until texts are not on a page any more: the server hears of what a command has done by a notice of the database.
func (tw *town) hides(path string, texts ...string) {
	tw.t.Helper()
	for _, text := range texts {
		eventually(tw.t, tw.host+path+" hides "+text, func() error { return tw.showsNot(path, text) })
	}
}

// lines returns the lines of a log that have a text.
func (l *logBook) lines(text string) []string {
	var found []string
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}
