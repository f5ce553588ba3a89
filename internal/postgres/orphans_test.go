package postgres_test

import (
	"slices"
	"testing"

	"bourg/internal/town"
)

func TestUnknownPhotos(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.setUp()
	m := f.merchant("fournil")
	f.must(f.AddPhoto(f.ctx(), m.ID, &town.Photo{ID: newID(t), Name: "known", Variants: []town.Variant{{File: "kn/known-320.jpg"}}}))
	for _, tt := range []struct{ names, want []string }{
		{[]string{"stray", "known", "lost"}, []string{"lost", "stray"}},
		{[]string{"known"}, nil},
		{nil, nil},
	} {
		got, err := f.UnknownPhotos(f.ctx(), tt.names)
		f.must(err)
		slices.Sort(got)
		if !slices.Equal(got, tt.want) {
			t.Errorf("of %q: got %q, want %q", tt.names, got, tt.want)
		}
	}
}

func TestAskToRefresh(t *testing.T) {
	t.Parallel()
	f := open(t)
	for range 3 {
		f.must(f.AskToRefresh(f.ctx(), "https://peer.test/users/anne", 0))
	}
	f.must(f.AskToRefresh(f.ctx(), "https://peer.test/users/bea", 0))
	if got := f.count(`SELECT count(*) FROM river_job WHERE kind = 'refresh_actor' AND state = 'available'`); got != 2 {
		t.Errorf("got %d jobs, want one per actor, 2", got)
	}
	if got := f.count(`SELECT count(*) FROM river_job WHERE args->>'id' = 'https://peer.test/users/anne'`); got != 1 {
		t.Errorf("got %d jobs for an actor that was asked for three times, want 1", got)
	}
}
