package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// firstBuiltinCollation is the first major version that brings C.UTF-8 itself
// instead of taking the C library's.
const firstBuiltinCollation = 17

// prepareCluster makes the cluster if there is none, and returns the binaries
// that can run it.
func (s site) prepareCluster(ctx context.Context, log *slog.Logger, settings []string) (binaries, error) {
	version, err := os.ReadFile(filepath.Join(s.data, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(version)))
		if err != nil {
			return binaries{}, fmt.Errorf("read the version of the cluster: %w", err)
		}
		return findBinaries(ctx, major)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return binaries{}, fmt.Errorf("read the version of the cluster: %w", err)
	}
	bin, err := findBinaries(ctx, 0)
	if err != nil {
		return binaries{}, err
	}
	log.Info("making a private PostgreSQL", "folder", s.home)
	return bin, s.makeCluster(ctx, bin, slices.Contains(settings, "fsync=off"))
}

// makeCluster runs initdb in a folder beside, and gives it its name when it is
// complete: a cluster is there whole or not at all.
func (s site) makeCluster(ctx context.Context, bin binaries, unsafe bool) error {
	entries, err := os.ReadDir(s.data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("make a cluster: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("make a cluster: %s is neither empty nor a postgresql cluster", s.data)
	}
	fresh := s.data + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("make a cluster: %w", err)
	}
	if err := s.makeFolder(fresh); err != nil {
		return fmt.Errorf("make a cluster: %w", err)
	}
	args := []string{
		"-D", fresh, "--username=" + superuser, "--encoding=UTF8", "--data-checksums",
		"--auth-local=trust", "--auth-host=reject",
	}
	// Text is ordered by code point, whatever the machine's language is, so
	// that no upgrade of the C library damages an index.
	if bin.major >= firstBuiltinCollation {
		args = append(args, "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
	} else {
		args = append(args, "--locale=C.UTF-8")
	}
	if unsafe {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin.dir, "initdb"), args...)
	cmd.Dir = fresh
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.runAs}
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run initdb: %w: %s", err, strings.TrimSpace(string(output)))
	}
	if err := os.Rename(fresh, s.data); err != nil {
		return fmt.Errorf("make a cluster: %w", err)
	}
	return syncFolder(s.home)
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync a folder: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// ensureDatabase makes the town's role and database where they are missing. It
// looks at each start, because a process can be killed between the two.
func (s site) ensureDatabase(ctx context.Context) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return fmt.Errorf("make the town's database: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, step := range []struct{ name, look, make string }{
		{role, `select exists (select from pg_roles where rolname = $1)`,
			`create role ` + pgx.Identifier{role}.Sanitize() + ` login`},
		{database, `select exists (select from pg_database where datname = $1)`,
			`create database ` + pgx.Identifier{database}.Sanitize() + ` owner ` + pgx.Identifier{role}.Sanitize()},
	} {
		var there bool
		if err := conn.QueryRow(ctx, step.look, step.name).Scan(&there); err != nil {
			return fmt.Errorf("make the town's database: %w", err)
		}
		if there {
			continue
		}
		if _, err := conn.Exec(ctx, step.make); err != nil {
			return fmt.Errorf("make the town's database: %w", err)
		}
	}
	return nil
}
