package town

import (
	"strings"
	"testing"
	"time"

	"bourg/federation"
)

// Nothing stands before what it answers, whatever the clocks of the servers said; a ring of
// answers comes out whole.
func TestThreadOrder(t *testing.T) {
	t.Parallel()
	type said struct {
		id, parent federation.IRI
		minute     int
	}
	for name, c := range map[string]struct {
		entries []said
		want    string
	}{
		"by time":                {[]said{{"c", "", 3}, {"a", "", 1}, {"b", "", 2}}, "a b c"},
		"an answer from before":  {[]said{{"answer", "question", 1}, {"question", "", 5}, {"other", "", 3}}, "other question answer"},
		"a chain from before":    {[]said{{"c", "b", 1}, {"b", "a", 2}, {"a", "", 3}}, "a b c"},
		"a parent elsewhere":     {[]said{{"b", "unknown", 2}, {"a", "", 1}}, "a b"},
		"a ring":                 {[]said{{"a", "b", 1}, {"b", "c", 2}, {"c", "a", 3}}, "c b a"},
		"an answer to itself":    {[]said{{"b", "", 2}, {"a", "a", 1}}, "a b"},
		"at the same time":       {[]said{{"b", "a", 1}, {"a", "", 1}}, "a b"},
		"nothing":                {nil, ""},
		"the order of who waits": {[]said{{"x", "", 1}, {"y", "", 1}, {"z", "", 1}}, "x y z"},
	} {
		ThreadOrder(c.entries, func(s said) (id, parent federation.IRI, at time.Time) {
			return s.id, s.parent, time.Unix(int64(60*s.minute), 0)
		})
		var got []string
		for _, e := range c.entries {
			got = append(got, string(e.id))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q, want %q", name, strings.Join(got, " "), c.want)
		}
	}
}
