package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/mail"
	"bourg/internal/media"
)

const (
	// refreshAskedWithin is how long an activity may wait for the row that asks for its actor anew.
	refreshAskedWithin = time.Second
	// refreshSpread is over how long the fetches of old actors are spread, as in Mastodon.
	refreshSpread = 6 * time.Hour
	// orphanAge keeps a photo whose row is about to be written from being taken for nobody's.
	orphanAge = 48 * time.Hour
	// orphanBatch is how many photos are looked up at once.
	orphanBatch = 2000
	// orphanDoubt is the number of unknown photos above which most of a batch being unknown
	// means that this is not the database of these photos.
	orphanDoubt = 20
)

// work does what waits on the job queue until ctx ends, and returns within ten seconds after.
func (s *server) work(ctx context.Context) error {
	s.town.neighbours.Started = s.town.now()
	var sender *mail.Sender // nil where no mail server is configured
	if address := s.town.config.SMTPURL; address != "" {
		at, err := mail.ParseServer(address)
		if err != nil {
			return fmt.Errorf("BOURG_SMTP_URL %w", err)
		}
		if sender, err = mail.NewSender(at, s.town.config.URL.Hostname()); err != nil {
			return fmt.Errorf("BOURG_SMTP_URL: %w", err)
		}
	}
	client, err := jobs.NewClient(s.town.store.Pool(), jobs.Deeds{
		Mail: func(ctx context.Context, id int64, asked time.Time, m jobs.Mail) error {
			return s.sendMail(ctx, sender, id, asked, m)
		},
		RefreshActor: s.refreshActor,
		FillThread:   s.fillThread,
		ReadObject:   s.readObject,
		FollowMove:   s.followMove,
		FetchMedia:   s.fetchMedia,
		RemoveFiles:  s.removeFiles,
		CheckWebsite: s.checkWebsite,
		Sweep:        s.sweep,
		Orphans:      s.removeOrphans,
		Tend:         s.town.publisher.Tend,
		Notices:      s.town.notices.TellDue,
		Keys:         s.town.keyring.Tend,

		VisitNeighbour: s.town.neighbours.Visit,
		Neighbours:     s.town.neighbours.Tend,

		FillExternal: s.fillExternal,
		ReadExternal: s.readExternal,
		Externals:    s.town.externals.Tend,

		Groups: s.town.announcer.Tend,
	}, s.log)
	if err != nil {
		return err
	}
	return client.Run(ctx)
}

// refresh remembers by what actors are fetched, and returns what asks for one to be fetched
// again: one row, written in about a millisecond.
func (s *server) refresh(f *federation.Fetcher) func(federation.IRI) {
	s.fetcher = f
	return func(actor federation.IRI) { s.askToRefresh(actor, 0) }
}

// refreshLater asks for an actor that is merely old, some time within the next hours.
func (s *server) refreshLater(actor federation.IRI) { s.askToRefresh(actor, refreshSpread) }

func (s *server) askToRefresh(actor federation.IRI, within time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), refreshAskedWithin)
	defer cancel()
	if err := s.town.store.AskToRefresh(ctx, actor, within); err != nil {
		s.log.Warn("an actor stays as it is known", "actor", actor, "error", err)
	}
}

// refreshActor fetches a peer's actor and stores it. Where the peer will not say more when
// it is asked again, that is that; of an actor who is gone its server tells by a Delete.
func (s *server) refreshActor(ctx context.Context, id string) error {
	fetched := s.town.now()
	actor, err := s.fetcher.FetchActor(ctx, federation.IRI(id))
	if err == nil {
		return s.town.store.SaveActor(ctx, actor, fetched)
	}
	return finally(err)
}

// sendMail writes the letter in the town's name and hands it to the mail server.
func (s *server) sendMail(ctx context.Context, sender *mail.Sender, id int64, asked time.Time, m jobs.Mail) error {
	if sender == nil {
		return errors.New("BOURG_SMTP_URL is empty, and a mail waits")
	}
	t, err := s.town.directory.Town(ctx)
	if err != nil {
		return fmt.Errorf("find the town's name: %w", err)
	}
	err = sender.Send(ctx, mail.Letter{
		// A database that was set back counts its jobs again; the second tells them apart.
		ID: fmt.Sprintf("%d.%d", asked.Unix(), id), To: m.To, Template: m.Template, Data: m.Data,
		Town: t.Name, Asked: asked.In(t.Location()),
	})
	if refused := (*mail.Refusal)(nil); errors.As(err, &refused) {
		return jobs.Final(err)
	}
	return err
}

// sweep removes what has served its time, in the database and then on the disk. Files that
// stay behind when it breaks off in between are removed as orphans.
func (s *server) sweep(ctx context.Context) error {
	files, err := s.town.store.Sweep(ctx, s.town.now())
	errs := []error{err}
	for _, file := range files {
		errs = append(errs, s.town.media.Remove(ctx, media.Photo{Variants: []media.Variant{{File: file}}}))
	}
	return errors.Join(append(errs, s.removeFiles(ctx), s.town.store.AskAboutWebsites(ctx, s.town.now()))...)
}

// removeOrphans removes photos that no row knows: of uploads that a crash cut off before
// their row, and of sweeps before their files. It removes nothing where the database knows
// hardly any of the photos, for then it is the wrong one.
func (s *server) removeOrphans(ctx context.Context) error {
	return s.town.media.Before(ctx, s.town.now().Add(-orphanAge), orphanBatch, func(batch []media.Photo) error {
		names := make([]string, len(batch))
		for i, p := range batch {
			names[i] = p.Name
		}
		unknown, err := s.town.store.UnknownPhotos(ctx, names)
		if err != nil {
			return err
		}
		if len(unknown) > orphanDoubt && len(unknown) > len(batch)/2 {
			return fmt.Errorf("the database knows %d of %d photos and may not be theirs; none of them was removed",
				len(batch)-len(unknown), len(batch))
		}
		var errs []error
		for _, p := range batch {
			if slices.Contains(unknown, p.Name) {
				errs = append(errs, s.town.media.Remove(ctx, p))
			}
		}
		if len(unknown) > 0 {
			s.log.Info("photos that nothing shows were removed", "photos", len(unknown))
		}
		return errors.Join(errs...)
	})
}
