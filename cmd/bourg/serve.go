package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"bourg/federation"
	"bourg/internal/config"
	"bourg/internal/pagecache"
	"bourg/internal/town"
	"bourg/web"

	"golang.org/x/sync/errgroup"
)

// serveCommand runs the town until it is told to stop.
type serveCommand struct{}

func (c *serveCommand) Run(e *env) error {
	return serve(e.ctx, e.config, e.log, func(*theTown) error { return nil })
}

// How the server treats its connections. Nobody may hold one by sending slowly.
const (
	readHeaderWithin = 10 * time.Second
	readWithin       = 2 * time.Minute // a photo over a village's line
	writeWithin      = 2 * time.Minute
	idleWithin       = 90 * time.Second
	maxHeader        = 64 << 10
	stopWithin       = 20 * time.Second
	pageLife         = 10 * time.Second // pages show what time it is
	pageBytes        = 16 << 20
	sweepEvery       = time.Hour
)

// serve runs one town: it opens it, listens, tells ready, and works until ctx ends. Then
// it stops to take requests, lets those in work and the deliveries in flight end, and
// gives everything back.
func serve(ctx context.Context, cfg config.Config, log *slog.Logger, ready func(*theTown) error) error {
	t, err := openTown(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer t.close()
	s, err := newServer(t)
	if err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Listen, err)
	}
	if err := s.inviteToSetUp(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := s.warnOfNames(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := ready(t); err != nil {
		return errors.Join(err, listener.Close())
	}
	web := &http.Server{
		Handler: s.router(), ReadHeaderTimeout: readHeaderWithin, ReadTimeout: readWithin,
		WriteTimeout: writeWithin, IdleTimeout: idleWithin, MaxHeaderBytes: maxHeader,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		log.Info("the town is open", "url", cfg.URL.String(), "listen", listener.Addr().String(), "version", version)
		if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return web.Shutdown(end)
	})
	group.Go(func() error { s.deliverer.Run(ctx); return nil })
	group.Go(func() error { return s.work(ctx) })
	group.Go(func() error { return s.listenForChanges(ctx) })
	group.Go(func() error { return s.metrics.serve(ctx, cfg.MetricsListen) })
	err = group.Wait()
	log.Info("the town is closed")
	return err
}

// server is a town that listens: what serve.go adds to theTown.
type server struct {
	town *theTown
	log  *slog.Logger

	client    *federation.Client
	fetcher   *federation.Fetcher
	deliverer *federation.Deliverer

	inbox        http.Handler
	publications *federation.Publications
	webFinger    *federation.WebFinger
	hostMeta     federation.HostMeta
	nodeInfo     *federation.NodeInfo
	pages        *web.Handlers
	kept         *pagecache.Cache
	metrics      *metrics
}

// newServer wires the whole program by hand. Who depends on whom can be read here from top
// to bottom.
func newServer(t *theTown) (*server, error) {
	cfg, base := t.config, federation.IRI(strings.TrimSuffix(t.config.URL.String(), "/"))
	s := &server{town: t, log: t.log, metrics: newMetrics(), client: t.client}

	s.deliverer = federation.NewDeliverer(t.store, t.documents, s.client, t.log)
	s.deliverer.Observe, s.deliverer.Now = s.metrics.delivered, t.now
	t.wake = s.deliverer.Wake

	refresh := s.refresh(t.fetcher)
	t.receiver.Refresh = refresh
	keys := federation.NewKeys(federation.KeysConfig{
		Fetcher: s.fetcher, Cache: t.store, PlainHTTP: len(cfg.PeerNetworks) > 0, Refresh: s.refreshLater, Now: t.now,
	})
	s.inbox = federation.NewInbox(federation.InboxConfig{
		Origin: string(base), Keys: keys, Cache: t.store, Gate: t.store, Receiver: t.receiver,
		ClientAddr: web.ClientAddr, Schemes: t.store, Verified: s.metrics.verified, Rejected: s.metrics.rejected, Log: t.log, Now: t.now,
	})

	var err error
	s.kept, err = pagecache.New(pagecache.Config{
		Generation: t.store.Generation, Key: s.pageKey, Life: pageLife, Bytes: pageBytes, Now: t.now,
	})
	if err != nil {
		return nil, fmt.Errorf("make the page cache: %w", err)
	}
	s.pages, err = web.NewHandlers(web.Config{
		Directory: t.directory, Accounts: t.accounts, Publisher: t.publisher, Notices: t.notices, Timeline: t.timeline,
		Messages: t.messages, Moderator: t.moderator, Documents: t.documents, Neighbours: t.neighbours, Courier: t.courier, Reports: t.reports, Halls: t.halls, Quotes: t.quotes, Mover: t.mover, People: t.people,
		Externals: t.externals,

		Photos: t.media, Sessions: t.store.Sessions(), Homes: &homes{look: &federation.WebFingerLookup{Client: s.client}},
		Addresses: t.addresses, MediaURL: func(file string) string { return string(t.mediaAddress(file)) },
		Version: version, Log: t.log, Now: t.now, RepliesApproved: t.config.RepliesApproved,

		Groups: t.groups,

		Console: t.console,
	})
	if err != nil {
		return nil, fmt.Errorf("make the pages: %w", err)
	}
	s.publications = &federation.Publications{
		Base: base, Actors: t.documents, Documents: t.documents, Log: t.log, ErrorPage: s.pages.ErrorPage,
		Readers: &federation.Readers{Origin: string(base), Keys: keys, Gate: t.store, ClientAddr: web.ClientAddr, Now: t.now}, Secure: cfg.SecureMode,
	}
	s.webFinger = &federation.WebFinger{
		Base: base, Domain: t.addresses.Domain(), Actors: t.documents, Log: t.log,
		// A merchant publishes here. Nobody follows, likes or shares from here, so these are not offered.
		Intents: []federation.Intent{{Activity: "Create", Template: string(base) + web.ComposerPath + "?texte={content}"}},
	}
	s.hostMeta = federation.HostMeta{Base: base}
	s.nodeInfo = &federation.NodeInfo{Base: base, Software: "bourg", Actors: t.documents, Documents: t.documents, Log: t.log}
	return s, nil
}

// inviteToSetUp logs the one-time link by which the town is set up, while it is not: only
// who reads the log can take the town.
func (s *server) inviteToSetUp(ctx context.Context) error {
	_, err := s.town.directory.Town(ctx)
	if !errors.Is(err, town.ErrNotSetUp) {
		return err
	}
	link, err := s.town.accounts.SetUpLink(ctx)
	if err != nil {
		return err
	}
	s.log.Info("the town is not set up yet: open this link, once", "link", link)
	return nil
}

// warnOfNames says in the log that the town has another name than it had when others came to know it.
func (s *server) warnOfNames(ctx context.Context) error {
	if _, err := s.town.directory.Town(ctx); err != nil {
		if errors.Is(err, town.ErrNotSetUp) {
			return nil
		}
		return err
	}
	first, err := s.town.store.KeepNames(ctx)
	if err != nil {
		return err
	}
	if changed := s.town.addresses.Names().Changed(first); changed != nil {
		s.log.Warn("the town's name has changed", "error", changed)
	}
	return nil
}

// listenForChanges hears of what other processes change, and delivers what they write.
func (s *server) listenForChanges(ctx context.Context) error {
	err := s.town.store.Listen(ctx, func() {}, s.deliverer.Wake)
	if ctx.Err() != nil {
		return nil // told to stop
	}
	return err
}

// healthz says that the process lives; readyz that it can do its work.
func (s *server) healthz(w http.ResponseWriter, r *http.Request) {
	say(w, r, http.StatusOK, "ok")
}

func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := s.town.store.Ready(ctx); err != nil {
		s.log.Warn("not ready", "error", err)
		w.Header().Set("Retry-After", "5")
		say(w, r, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	say(w, r, http.StatusOK, "ok")
}

// say answers a machine with one line.
func say(w http.ResponseWriter, r *http.Request, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, line+"\n")
	}
}
