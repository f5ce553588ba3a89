package postgres_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// picturesOf is a reply with pictures, by somebody with a face.
func (f *fixture) withPictures(p *town.Post, host, name string) (*federation.Actor, *town.Reply) {
	f.t.Helper()
	a := peer(host, name)
	a.Icon = &federation.Image{Type: "Image", URL: federation.IRI("https://files." + host + "/" + name + ".png")}
	r := f.reply(a, p, "pictures")
	r.Attachments = []federation.Image{
		{Type: "Document", MediaType: "image/jpeg", URL: federation.IRI("https://files." + host + "/1.jpg"), Name: "Une miche"},
		{Type: "Document", MediaType: "video/mp4", URL: federation.IRI("https://files." + host + "/2.mp4")},
		{Type: "Image", URL: federation.IRI("https://files." + host + "/3")},
		{Type: "Document", MediaType: "image/svg+xml", URL: federation.IRI("https://files." + host + "/4.svg")},
		{Type: "Document", MediaType: "image/png", URL: federation.IRI("https://files." + host + "/5.png")},
	}
	f.must(f.AddReply(f.ctx(), f.received(a), r))
	return a, r
}

// one returns the only reply below a post, as it is shown.
func (f *fixture) one(p *town.Post) *town.Reply {
	f.t.Helper()
	thread, err := f.Thread(f.ctx(), p.ID)
	f.must(err)
	if len(thread) != 1 || thread[0].Reply == nil {
		f.t.Fatalf("got %+v, want one reply", thread)
	}
	return thread[0].Reply
}

// wanted are the addresses of the pictures that jobs are to fetch, by their id.
func (f *fixture) wanted() map[string]uuid.UUID {
	f.t.Helper()
	rows, _ := f.Pool().Query(f.ctx(), `SELECT (args->>'id')::uuid FROM river_job WHERE kind = 'fetch_media' AND state = 'available'`)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	f.must(err)
	found := map[string]uuid.UUID{}
	for _, id := range ids {
		url, err := f.MediaToFetch(f.ctx(), id)
		if errors.Is(err, town.ErrNotFound) {
			continue
		}
		f.must(err)
		found[string(url)] = id
	}
	return found
}

func copyOf(name string) *town.Photo {
	return &town.Photo{Name: name, Width: 320, Height: 240, Bytes: 1000, Variants: []town.Variant{
		{File: name + "-320.jpg", Width: 320, Height: 240, MediaType: "image/jpeg", Size: 1000},
	}}
}

func (f *fixture) filesToRemove() []string {
	f.t.Helper()
	files, err := f.FilesToRemove(f.ctx(), 100)
	f.must(err)
	return files
}

func keys(m map[string]uuid.UUID) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

// A page that is shown asks for what it lacks, once; what was fetched is shown, for as long as somebody looks.
func TestMediaOfReplies(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	ana, r := f.withPictures(p, "away.example", "ana")

	shown := f.one(p)
	if !shown.Wants || shown.Face != nil || len(shown.Copies) != 5 || shown.Copies[0] != nil {
		t.Fatalf("before: got %+v, want a reply whose pictures are wanted", shown)
	}
	f.must(f.WantMedia(f.ctx(), []uuid.UUID{r.ID}))
	// The video and the drawing are linked to, and so is what is beyond the fourth.
	want := []string{"https://files.away.example/1.jpg", "https://files.away.example/3", "https://files.away.example/ana.png"}
	jobs := f.wanted()
	if got := keys(jobs); !slices.Equal(got, want) {
		t.Errorf("wanted: got %v, want %v", got, want)
	}
	f.must(f.WantMedia(f.ctx(), []uuid.UUID{r.ID}))
	if got := f.wanted(); len(got) != 3 {
		t.Errorf("wanted twice: got %d jobs, want 3", len(got))
	}
	if f.one(p).Wants {
		t.Error("what was asked for is wanted again at once")
	}

	f.must(f.KeepMedia(f.ctx(), jobs[want[0]], copyOf("miche")))
	f.must(f.KeepMedia(f.ctx(), jobs[want[2]], copyOf("face")))
	if err := f.KeepMedia(f.ctx(), jobs[want[0]], copyOf("twice")); !errors.Is(err, town.ErrNotFound) {
		t.Errorf("kept twice: got %v, want ErrNotFound", err)
	}
	shown = f.one(p)
	if shown.Face == nil || shown.Face.Name != "face" || shown.Copies[0] == nil || shown.Copies[0].Name != "miche" || shown.Copies[2] != nil || shown.Wants {
		t.Errorf("after: got %+v, want the face and the first picture", shown)
	}
	if unknown, err := f.UnknownPhotos(f.ctx(), []string{"miche", "face", "nobody's"}); err != nil || !slices.Equal(unknown, []string{"nobody's"}) {
		t.Errorf("files of nobody's: got %v, %v", unknown, err)
	}

	// What failed is tried again after a day.
	f.exec(`UPDATE remote_media SET asked_at = now() - interval '25 hours' WHERE file IS NULL`)
	if !f.one(p).Wants {
		t.Error("a day after it failed: not wanted")
	}
	// A look keeps it, seven days without one do not.
	f.exec(`UPDATE remote_media SET used_at = now() - interval '6 days'`)
	f.must(f.WantMedia(f.ctx(), []uuid.UUID{r.ID}))
	now := time.Now()
	if _, err := f.Sweep(f.ctx(), now.Add(2*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := f.filesToRemove(); len(got) != 0 {
		t.Errorf("after a look: got %v to remove, want nothing", got)
	}
	if _, err := f.Sweep(f.ctx(), now.Add(8*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got, want := f.filesToRemove(), []string{"face-320.jpg", "miche-320.jpg"}; !slices.Equal(got, want) {
		t.Errorf("after a week: got %v to remove, want %v", got, want)
	}
	f.must(f.FilesRemoved(f.ctx(), f.filesToRemove()))
	if shown := f.one(p); !shown.Wants || shown.Face != nil {
		t.Errorf("after a week: got %+v, want it to be wanted anew", shown)
	}

	// Another face replaces the one before, another set of pictures those that are gone.
	f.must(f.WantMedia(f.ctx(), []uuid.UUID{r.ID}))
	jobs = f.wanted()
	for name, id := range jobs {
		f.must(f.KeepMedia(f.ctx(), id, copyOf(name[len(name)-3:])))
	}
	ana.Icon.URL = "https://files.away.example/new.png"
	f.must(f.UpdateActor(f.ctx(), f.received(ana)))
	r.Attachments, r.Content, r.Updated = r.Attachments[:1], "<p>Une seule.</p>", time.Now().Add(time.Minute)
	f.must(f.EditReply(f.ctx(), f.received(ana), r))
	if shown := f.one(p); shown.Face != nil || !shown.Wants {
		t.Errorf("with a new face: got %+v, want the old one not shown", shown)
	}
	f.must(f.WantMedia(f.ctx(), []uuid.UUID{r.ID}))
	if got, want := f.filesToRemove(), []string{"e/3-320.jpg", "png-320.jpg"}; !slices.Equal(got, want) {
		t.Errorf("replaced: got %v to remove, want %v, the third picture and the old face", got, want)
	}
	if _, ok := f.wanted()["https://files.away.example/new.png"]; !ok {
		t.Error("the new face is not asked for")
	}
}

// What is private has no copies: a link is all that its reader gets.
func TestPrivateRepliesHaveNoCopies(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	_, r := f.withPictures(p, "away.example", "ana")
	f.exec(`UPDATE replies SET public = false`)
	f.must(f.WantMedia(f.ctx(), []uuid.UUID{r.ID}))
	if got := f.wanted(); len(got) != 0 {
		t.Errorf("got %v wanted, want nothing", got)
	}
}

// The oldest copies go when all of them take too much.
func TestMediaAreBounded(t *testing.T) {
	t.Parallel()
	f := open(t)
	m := f.merchant("martin")
	p := f.post(m, "Du pain")
	f.withPictures(p, "away.example", "ana")
	f.exec(`INSERT INTO remote_media (id, actor_id, reply_id, url, host, file, asked_at, used_at)
		SELECT gen_random_uuid(), a.id, r.id, 'https://x.example/' || n, 'x.example',
		       jsonb_build_object('name', 'p' || n, 'bytes', 1073741824, 'variants', jsonb_build_array(jsonb_build_object('file', 'p' || n))),
		       now(), now() - make_interval(mins => n) FROM remote_actors a, replies r, generate_series(1, 6) n`)
	_, err := f.Sweep(f.ctx(), time.Now())
	f.must(err)
	if got, want := f.filesToRemove(), []string{"p5", "p6"}; !slices.Equal(got, want) {
		t.Errorf("got %v to remove, want %v", got, want)
	}
}
