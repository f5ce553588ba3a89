package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

// doctorCommand looks whether everything that the town needs is there and well.
type doctorCommand struct{}

// finding is one thing that was looked at.
type finding struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Found string `json:"found"`
}

func (c *doctorCommand) Run(e *env) error {
	var findings []finding
	note := func(name string, err error, found string) {
		f := finding{Name: name, OK: err == nil, Found: found}
		if err != nil {
			f.Found = oneLine(err)
		}
		findings = append(findings, f)
	}
	note("data folder", writable(e.config.Data), e.config.Data)
	if path, err := exec.LookPath("vipsthumbnail"); err == nil {
		note("WebP photos", nil, path)
	} else {
		note("WebP photos", nil, "vipsthumbnail is not installed: photos are JPEG only")
	}
	t, err := openTown(e.ctx, e.config, e.log)
	note("database", err, "answers, schema up to date")
	if err == nil {
		defer t.close()
		note("database durability", t.store.Durable(e.ctx), "fsync, full_page_writes and synchronous_commit are on")
		c.lookAtTown(e.ctx, t, note)
	}
	note("mail", nil, map[bool]string{true: "configured", false: "not configured: sign-in links go to the log"}[e.config.SMTPURL != ""])
	note("server", nil, answers(e.ctx, e.config.Listen))

	sick := 0
	for _, f := range findings {
		if !f.OK {
			sick++
		}
	}
	if err := e.print(map[string]any{"ok": sick == 0, "findings": findings}); err != nil {
		return err
	}
	if sick > 0 {
		return fmt.Errorf("%d of %d things are not well", sick, len(findings))
	}
	return nil
}

// lookAtTown looks at what is in the database.
func (c *doctorCommand) lookAtTown(ctx context.Context, t *theTown, note func(string, error, string)) {
	settings, err := t.directory.Town(ctx)
	if errors.Is(err, town.ErrNotSetUp) {
		note("town", nil, "not set up yet")
		return
	}
	if err != nil {
		note("town", err, "")
		return
	}
	note("town", nil, settings.Name)
	first, err := t.store.KeepNames(ctx)
	if err == nil {
		err = t.addresses.Names().Changed(first)
	}
	note("names", err, "ids at "+first.Host+", handles at "+first.Domain)
	if t.addresses.Domain() != t.addresses.Base.Host {
		found, err := c.lookForHandles(ctx, t)
		note("handles", err, found)
	}
	totals, err := t.moderator.Totals(ctx, operator)
	found := fmt.Sprintf("%d waiting", totals.Waiting)
	if totals.Waiting > 0 {
		found += ", the oldest since " + totals.Oldest.UTC().Format(time.RFC3339)
	}
	if totals.Failing > 0 {
		found += fmt.Sprintf(", %d hosts do not answer", totals.Failing)
	}
	note("deliveries", err, found)
}

// lookForHandles asks the domain of the handles for the server's own actor, as another server would: the way
// must lead here. While the town does not run, nobody can tell.
func (c *doctorCommand) lookForHandles(ctx context.Context, t *theTown) (found string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	relay, err := t.documents.ServerActor(ctx)
	if err != nil {
		return "", err
	}
	client := federation.NewClient(federation.ClientConfig{PeerNetworks: t.config.PeerNetworks})
	look := &federation.WebFingerLookup{Client: client}
	finger, err := look.Lookup(ctx, relay.WebFinger)
	address := t.config.URL.Scheme + "://" + t.addresses.Domain() + "/.well-known/webfinger"
	switch {
	case err == nil && finger.Actor == relay.ID:
		return address + " leads here", nil
	case err == nil:
		return "", fmt.Errorf("%s leads to another server, which knows %s as %s", address, relay.WebFinger, finger.Actor)
	}
	if _, away := client.Get(ctx, federation.IRI(strings.TrimSuffix(t.config.URL.String(), "/")+"/readyz"), "text/plain", 1<<10); away != nil {
		return "the town does not run, so nobody can tell whether " + address + " leads here", nil
	}
	return "", fmt.Errorf("%s does not lead here: %w", address, err)
}

// writable tells whether files can be made in a folder, which is made where it does not exist.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(filepath.Join(dir, filepath.Base(f.Name()))))
}

// answers tells whether a server on this machine is ready. That none runs is no fault: the
// doctor is asked before the start as well.
func answers(ctx context.Context, address string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client := federation.NewClient(federation.ClientConfig{PeerNetworks: thisMachine})
	_, err := client.Get(ctx, federation.IRI("http://"+address+"/readyz"), "text/plain", 1<<10)
	var status *federation.StatusError
	switch {
	case err == nil:
		return "is ready on " + address
	case errors.As(err, &status):
		return "answers on " + address + ", and is not ready: " + status.Error()
	default:
		return "none answers on " + address
	}
}
