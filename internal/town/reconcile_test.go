package town

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"

	"pgregory.net/rapid"
)

func TestActiveListIsReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 7, 10, 0, 0, time.UTC)
	lines := []ActiveLine{{"https://b.example/posts/1", at}, {"https://b.example/posts/2", at.Add(time.Hour)}}
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.String() + "\n")
	}
	got, err := ParseActive(text.String(), "b.example")
	if err != nil || !slices.Equal(got, lines) {
		t.Errorf("got %v and error %v, want %v", got, err, lines)
	}
	slices.Reverse(got)
	if Digest(got) != Digest(lines) || Digest(got[:1]) == Digest(lines) {
		t.Error("the digest depends on the order, or not on the lines")
	}
}

func TestBrokenListChangesNothing(t *testing.T) {
	t.Parallel()
	const good = "https://b.example/posts/1\t2026-11-26T07:10:00Z\n"
	for name, text := range map[string]string{
		"another town's object": good + "https://c.example/posts/1\t2026-11-26T07:10:00Z\n",
		"a page of HTML":        "<html><body>Domaine à vendre</body></html>",
		"cut off":               good + "https://b.example/posts/2\t2026-11-",
		"no time":               "https://b.example/posts/2\n",
		"an empty line":         good + "\n",
		"too long":              strings.Repeat(good, MaxActive+1),
	} {
		if lines, err := ParseActive(text, "b.example"); err == nil {
			t.Errorf("%s: got %d lines, want an error", name, len(lines))
		}
	}
	if lines, err := ParseActive("", "b.example"); err != nil || len(lines) != 0 {
		t.Errorf("an empty list: got %v and error %v, want no lines", lines, err)
	}
}

// TestDifferenceMakesBothTheSame: who fetches and drops what Difference says has what is listed.
func TestDifferenceMakesBothTheSame(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	state := rapid.Custom(func(t *rapid.T) map[federation.IRI]time.Time {
		m := map[federation.IRI]time.Time{}
		for id, hours := range rapid.MapOf(rapid.IntRange(1, 12), rapid.IntRange(0, 5)).Draw(t, "objects") {
			m[federation.IRI(fmt.Sprintf("https://b.example/posts/%d", id))] = begin.Add(time.Duration(hours) * time.Hour)
		}
		return m
	})
	asLines := func(m map[federation.IRI]time.Time) (lines []ActiveLine) {
		for id, at := range m {
			lines = append(lines, ActiveLine{id, at})
		}
		return lines
	}
	rapid.Check(t, func(t *rapid.T) {
		known, listed := state.Draw(t, "known"), state.Draw(t, "listed")
		limit := rapid.IntRange(0, 20).Draw(t, "limit")
		fetch, drop := Difference(asLines(known), asLines(listed), limit)
		if len(fetch) > limit {
			t.Fatalf("got %d to fetch, want at most %d", len(fetch), limit)
		}
		for _, id := range fetch {
			known[id] = listed[id]
		}
		for _, id := range drop {
			delete(known, id)
		}
		for id := range known {
			if _, live := listed[id]; !live {
				t.Fatalf("%s is kept and not live", id)
			}
		}
		if len(fetch) == limit {
			return
		}
		for id, at := range listed {
			if got, found := known[id]; !found || got.Before(at) {
				t.Fatalf("%s: got %v, want at least %v", id, got, at)
			}
		}
	})
}
