package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"bourg/federation"
	"bourg/internal/config"
	"bourg/internal/fold"
	"bourg/internal/localpg"
	"bourg/internal/media"
	"bourg/internal/postgres"
	"bourg/internal/sanitize"
	"bourg/internal/town"
)

// theTown is what the server and the commands have in common: the store and the domain's
// services on it.
type theTown struct {
	config    config.Config
	log       *slog.Logger
	private   *localpg.Server // nil where a database is named
	store     *postgres.Store
	media     *media.Store
	addresses town.Addresses

	directory  *town.Directory
	accounts   *town.Accounts
	publisher  *town.Publisher
	notices    *town.Notices
	moderator  *town.Moderator
	courier    *town.Courier
	timeline   *town.Timeline
	messages   *town.Messages
	documents  *town.Documents
	receiver   *town.Receiver
	filler     *town.ThreadFiller
	reports    *town.Reports
	halls      *town.Halls
	quotes     *town.Quotes
	keyring    *town.Keyring
	mover      *town.Mover
	people     *town.People
	neighbours *town.Neighbours

	console *town.Console

	groups    *town.Groups
	announcer *town.Announcer

	externals *town.Externals // accounts elsewhere that the town lists

	client  *federation.Client  // the one way out
	fetcher *federation.Fetcher // what it gets, through the gate

	now func() time.Time // the clock of everything here

	// wake is called after something was written that must leave. The server replaces it.
	wake func()
}

// openTown opens the database (the private one is started where nobody runs it yet),
// brings its schema up to date and wires the services.
func openTown(ctx context.Context, cfg config.Config, log *slog.Logger) (t *theTown, err error) {
	t = &theTown{config: cfg, log: log, addresses: town.Addresses{Base: cfg.URL, Handles: cfg.HandleDomain}, wake: func() {}}
	if t.now = cfg.Now; t.now == nil {
		t.now = time.Now
	}
	opened := t // a return with an error sets t to nil
	defer func() {
		if err != nil {
			opened.close()
		}
	}()
	dsn, err := t.openDatabase(ctx)
	if err != nil {
		return nil, err
	}
	if err := postgres.Migrate(ctx, dsn, log); err != nil {
		return nil, fmt.Errorf("bring the database up to date: %w", err)
	}
	t.store, err = postgres.Open(ctx, dsn, postgres.Options{Addresses: t.addresses, Log: log, Now: t.now})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	t.media, err = media.Open(filepath.Join(cfg.Data, "media"), log)
	if err != nil {
		return nil, fmt.Errorf("open the photo store: %w", err)
	}
	t.wire()
	if err := t.setUpFromConfig(ctx); err != nil {
		return nil, err
	}
	if err := t.groups.Ensure(ctx); err != nil {
		return nil, fmt.Errorf("make the town's groups: %w", err)
	}
	return t, nil
}

// openDatabase returns how to reach the town's database.
func (t *theTown) openDatabase(ctx context.Context) (dsn string, err error) {
	if t.config.DatabaseURL != "" {
		return t.config.DatabaseURL, nil
	}
	t.private, err = localpg.Open(ctx, filepath.Join(t.config.Data, "postgres"), t.log)
	if err != nil {
		return "", err
	}
	return t.private.DSN(), nil
}

// wire makes the services. Everything that a service needs stands here.
func (t *theTown) wire() {
	wake := func() { t.wake() }
	words := sanitize.Hashtags
	html := func(text string) string {
		return sanitize.LinkedParagraphs(text, func(word string) string { return string(t.addresses.Word(word)) })
	}
	t.accounts = town.NewAccounts(town.Accounts{
		Store: t.store, Addresses: t.addresses, Now: t.now, Mails: t.config.SMTPURL != "",
		Tell: func(email, link string) {
			t.log.Info("a sign-in link was asked for, and no mail server is configured", "email", email, "link", link)
		},
	})
	t.directory = &town.Directory{
		Store: t.store, Accounts: t.accounts, Addresses: t.addresses, Media: t.mediaAddress,
		Hold: t.config.UndoWindow, Now: t.now, Wake: wake, HTML: html, Fold: fold.Fold,
	}
	t.publisher = &town.Publisher{
		Store: t.store, Addresses: t.addresses, Media: t.mediaAddress, UndoWindow: t.config.UndoWindow,
		Now: t.now, Wake: wake, HTML: html, Words: words,
	}
	t.notices = &town.Notices{Store: t.store, Publisher: t.publisher, Now: t.now}
	t.moderator = &town.Moderator{
		Store: t.store, Accounts: t.store, Now: t.now, Wake: wake,
		Own: federation.CanonicalHost(t.config.URL.Scheme, t.config.URL.Host),
	}
	t.courier = &town.Courier{Store: t.store}
	t.timeline = &town.Timeline{Store: t.store, Fold: fold.Fold}
	t.messages = &town.Messages{Store: t.store, Now: t.now}
	t.documents = &town.Documents{
		Store: t.store, Addresses: t.addresses, Media: t.mediaAddress, Version: version, Now: t.now,
		HTML: html, Words: words, Plain: sanitize.Text,
	}
	t.keyring = &town.Keyring{Store: t.store, Accounts: t.store, Documents: t.documents, Now: t.now, Wake: wake}
	t.client = federation.NewClient(federation.ClientConfig{
		PeerNetworks: t.config.PeerNetworks,
		Now:          t.now,
		UserAgent:    "Bourg/" + version + " (+" + strings.TrimSuffix(t.config.URL.String(), "/") + "/)",
	})
	t.fetcher = &federation.Fetcher{
		Client: t.client, Actors: t.documents, Gate: t.store, Schemes: t.store,
		Authority: federation.Authority{Host: federation.CanonicalHost(t.config.URL.Scheme, t.config.URL.Host)},
	}
	t.mover = &town.Mover{
		Store: t.store, Accounts: t.store, Addresses: t.addresses, Media: t.mediaAddress, Find: t.accountFinder(),
		HTML: html, Now: t.now, Wake: wake,
	}
	t.people = &town.People{Store: t.store, Accounts: t.store, Addresses: t.addresses, Now: t.now, Wake: wake}
	peers := &cards{fetcher: t.fetcher, store: t.store, now: t.now}
	t.neighbours = &town.Neighbours{
		Store: t.store, Accounts: t.store, Addresses: t.addresses, Cards: peers, Peers: peers, Pause: pause,
		Clean: sanitize.HTML, Plain: sanitize.Text, Line: sanitize.Line, Now: t.now, Wake: wake,

		Rates: new(town.PeerRates), Text: sanitize.Text,
	}
	t.console = &town.Console{Neighbours: t.neighbours, Documents: t.documents, Store: t.store, Reader: peers, Mails: t.config.SMTPURL != ""}
	t.neighbours.Visited = t.console.Visited
	t.publisher.Carriers = []town.Carrier{t.neighbours.Carry}
	t.groups = &town.Groups{
		Store: t.store, Accounts: t.store, Addresses: t.addresses, Now: t.now, Wake: wake, HTML: html, Fold: fold.Fold,
	}
	t.announcer = &town.Announcer{Store: t.store, Addresses: t.addresses, Now: t.now, Wake: wake, Plain: sanitize.Text}
	t.publisher.Carriers = append(t.publisher.Carriers, t.announcer.Carry)
	t.receiver = &town.Receiver{
		Store: t.store, Addresses: t.addresses, Clean: sanitize.HTML, Line: sanitize.Line, Wake: wake,
		Approve: t.config.RepliesApproved, Mails: t.config.SMTPURL != "", Fill: t.store.AskToFill, Neighbours: t.neighbours,
	}
	t.externals = &town.Externals{
		Store: t.store, Accounts: t.store, Addresses: t.addresses, Reader: t.externalReader(peers), Pause: pause,
		Clean: sanitize.HTML, Line: sanitize.Line, Plain: sanitize.Text, HTML: html, Now: t.now, Wake: wake,
	}
	t.receiver.Externals = t.externals
	t.filler = &town.ThreadFiller{Store: t.store, Receiver: t.receiver, Addresses: t.addresses, Now: t.now}
	t.reports = &town.Reports{Store: t.store, Accounts: t.store, Now: t.now, Addresses: t.addresses, Wake: wake}
	t.halls = &town.Halls{
		Store: t.store, Accounts: t.store, Addresses: t.addresses, Line: sanitize.Line, Text: sanitize.Text, Now: t.now, Wake: wake,
	}
	t.quotes = &town.Quotes{Store: t.store, Addresses: t.addresses, Now: t.now, Wake: wake}
}

// mediaAddress is where a stored file is served: from here, or from the host that is configured.
func (t *theTown) mediaAddress(file string) federation.IRI {
	base := t.config.URL
	if t.config.MediaURL != nil {
		base = t.config.MediaURL
	}
	return federation.IRI(strings.TrimSuffix(base.String(), "/") + "/media/" + file)
}

// setUpFromConfig sets the town up from the environment, where it names the town and
// nobody has set it up yet.
func (t *theTown) setUpFromConfig(ctx context.Context) error {
	c := t.config.Town
	if c.Name == "" {
		return nil
	}
	_, err := t.directory.Town(ctx)
	if !errors.Is(err, town.ErrNotSetUp) {
		return err
	}
	s := town.SetUp{Name: c.Name, Handle: c.Handle, INSEE: c.INSEE}
	if c.Lat != nil && c.Lon != nil {
		s.Lat, s.Lon = *c.Lat, *c.Lon
	}
	_, err = t.directory.SetUpTown(ctx, town.Author{Operator: true}, "", s)
	if errors.Is(err, town.ErrTaken) { // another process was quicker
		return nil
	}
	return err
}

// close gives everything back; the private PostgreSQL stops if nobody else uses it.
func (t *theTown) close() {
	if t.store != nil {
		t.store.Close()
	}
	if t.private != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := t.private.Stop(ctx); err != nil {
			t.log.Error("stop the private PostgreSQL", "error", err)
		}
	}
}

// withTown runs a command's work on the town.
func withTown(e *env, work func(ctx context.Context, t *theTown) error) error {
	t, err := openTown(e.ctx, e.config, e.log)
	if err != nil {
		return err
	}
	defer t.close()
	return work(e.ctx, t)
}

// operator is who acts at the command line.
var operator = town.Author{Operator: true}
