package postgres_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

// withFour is news with pictures of all sorts.
func (f *fixture) withFour(domain string) *town.ForeignPost {
	p := f.newsFrom(domain, "gabare", "La terrasse rouvre.", 3)
	p.Attachments = []federation.Image{
		{Type: "Image", MediaType: "image/jpeg", URL: "https://bastide.example/media/1.jpg", Name: "La terrasse"},
		{Type: "Link", MediaType: "text/html", URL: "https://bastide.example/page", Name: "Website"},
		{Type: "Document", MediaType: "image/svg+xml", URL: "https://bastide.example/media/3.svg"},
		{Type: "Document", MediaType: "image/png", URL: "https://files.example/4.png"},
		{Type: "Image", MediaType: "image/jpeg", URL: "https://bastide.example/media/5.jpg"},
	}
	return p
}

// Pictures of neighbours' news are asked for when it comes, not when it is looked at, and go with it.
func TestPicturesOfNeighboursNews(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.nextTown("bastide.example", "La Bastide", town.ModeOpen)
	p := f.kept(f.withFour("bastide.example"))
	wanted := f.wanted()
	if got, want := keys(wanted), []string{"https://bastide.example/media/1.jpg", "https://files.example/4.png"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	f.must(f.KeepMedia(f.ctx(), wanted["https://bastide.example/media/1.jpg"], copyOf("one")))
	f.must(f.KeepMedia(f.ctx(), wanted["https://files.example/4.png"], copyOf("four")))
	if err := f.KeepMedia(f.ctx(), wanted["https://files.example/4.png"], copyOf("again")); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("a second copy: got error %v, want ErrNotFound", err)
	}
	list, err := f.ForeignFeed(f.ctx(), "", town.Cursor{}, 10)
	f.must(err)
	copies := list[0].Copies
	if len(copies) != 5 || copies[0] == nil || copies[0].Name != "one" || copies[1] != nil || copies[3] == nil || copies[3].Name != "four" || copies[4] != nil {
		t.Errorf("got copies %+v, want those of the first and the fourth", copies)
	}
	if unknown, err := f.UnknownPhotos(f.ctx(), []string{"one", "two"}); err != nil || !slices.Equal(unknown, []string{"two"}) {
		t.Errorf("files that nobody knows: got %q and error %v, want two", unknown, err)
	}

	p.Attachments, p.Updated = p.Attachments[:1], time.Now()
	f.kept(p)
	if got, want := f.filesToRemove(), []string{"four-320.jpg"}; !slices.Equal(got, want) {
		t.Errorf("after an edit that takes a picture away: got %q to be removed, want %q", got, want)
	}
	f.must(f.DeleteForeignPost(f.ctx(), f.received(peer("bastide.example", "relay")), p.Domain, p.ObjectID))
	if got, want := f.filesToRemove(), []string{"four-320.jpg", "one-320.jpg"}; !slices.Equal(got, want) {
		t.Errorf("after the withdrawal: got %q to be removed, want %q", got, want)
	}
	f.kept(f.withFour("bastide.example")) // another post with the same pictures
	if got := len(f.wanted()); got != 2 {
		t.Errorf("the pictures of another post: got %d wanted, want 2", got)
	}
}

// Of what nobody is shown no picture is fetched; once it is shown, the sweep asks for it, and a blocked host's pictures go.
func TestPicturesOfWhatIsNotShown(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.nextTown("bastide.example", "La Bastide", town.ModeMuted)
	f.kept(f.withFour("bastide.example"))
	sweep := func() {
		t.Helper()
		_, err := f.Sweep(f.ctx(), time.Now())
		f.must(err)
	}
	sweep()
	if got := f.wanted(); len(got) != 0 {
		t.Errorf("of a muted town: got %q wanted, want none", keys(got))
	}
	f.nextTown("bastide.example", "La Bastide", town.ModeOpen)
	sweep()
	sweep()
	if got := f.wanted(); len(got) != 2 {
		t.Errorf("of a town that is heard again: got %q wanted, want two", keys(got))
	}
	if got := f.count(`SELECT count(*) FROM river_job WHERE kind = 'fetch_media'`); got != 2 {
		t.Errorf("got %d jobs after two sweeps, want 2", got)
	}
	f.must(f.KeepMedia(f.ctx(), f.wanted()["https://files.example/4.png"], copyOf("four")))
	f.must(f.BlockDomain(f.ctx(), "files.example", "", time.Now()))
	if got := f.filesToRemove(); !slices.Equal(got, []string{"four-320.jpg"}) {
		t.Errorf("of a blocked host: got %q to be removed, want four-320.jpg", got)
	}
}
