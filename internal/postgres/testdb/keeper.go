package testdb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"bourg/internal/localpg"
)

// The private test server is shared by the test processes of `go test ./...`,
// which come and go. It is held by a process of its own, the keeper: this same
// test binary, started again with keeperVariable. Two locks in a folder that
// bears the user's id do the rest, and the kernel releases them however a
// process ends:
//
//	tests   shared by each test process, until it ends; the keeper takes it
//	        alone to see that none is left, and keeps it while it clears up
//	keeper  held by the keeper
//
// So a test process that shares "tests" can count on a keeper that is there,
// or on none being there and its starting one.
const (
	// keeperVariable makes a test binary the keeper of the folder it names.
	keeperVariable = "TESTDB_KEEPER"

	// idleTime is how long the server stays without tests: longer than the
	// compiler needs between two packages, most of the time.
	idleTime = 30 * time.Second

	// longestStart bounds the wait for the server, on a machine that
	// compiles everything at the same time.
	longestStart = 3 * time.Minute

	pollTime = 20 * time.Millisecond
)

func init() {
	dir := os.Getenv(keeperVariable)
	if dir == "" {
		return
	}
	if err := keep(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// join makes this process one of those that use the shared server, until it
// ends, and returns the URL of the server's database.
func join(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, longestStart)
	defer cancel()
	dir, err := sharedFolder()
	if err != nil {
		return "", fmt.Errorf("make the folder of the test server: %w", err)
	}
	tests, err := openLock(filepath.Join(dir, "tests"))
	if err != nil {
		return "", err
	}
	for {
		err := tryLock(tests, unix.LOCK_SH)
		if err == nil {
			break
		}
		if err := pause(ctx); err != nil {
			return "", fmt.Errorf("wait for the last test server to end: %w", err)
		}
	}
	// The lock lasts as long as the process: the garbage collector closes the file, but not this descriptor of it.
	if _, err := unix.FcntlInt(tests.Fd(), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return "", fmt.Errorf("keep the lock of the test server: %w", err)
	}
	// The lock lasts as long as the process: this second descriptor is nobody's, so that
	// no finalizer closes it as it closes the file.
	if _, err := unix.FcntlInt(tests.Fd(), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return "", fmt.Errorf("keep the lock of the test server: %w", err)
	}
	for {
		dsn, running, err := localpg.Running(ctx, filepath.Join(dir, "postgres"))
		if err != nil {
			return "", fmt.Errorf("look for the test server: %w", err)
		}
		if running && ready(ctx, dsn) {
			return dsn, nil
		}
		if err := startKeeper(dir); err != nil {
			return "", err
		}
		if err := pause(ctx); err != nil {
			words, _ := os.ReadFile(filepath.Join(dir, "keeper.log"))
			return "", fmt.Errorf("start the test server: %w: %s", err, bytes.TrimSpace(words))
		}
	}
}

// ready says whether the keeper has finished its preparations.
func ready(ctx context.Context, dsn string) bool {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	var may bool
	err = conn.QueryRow(ctx, `select rolcreatedb from pg_roles where rolname = current_user`).Scan(&may)
	return err == nil && may
}

// sharedFolder makes the folder for all test processes of this user.
func sharedFolder() (string, error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("bourg-test-%d", os.Geteuid()))
	err := os.Mkdir(dir, 0o711)
	if err == nil {
		// The user that PostgreSQL runs as has to pass, whatever the umask.
		return dir, os.Chmod(dir, 0o711)
	}
	if !errors.Is(err, os.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(owner.Uid) != os.Geteuid() {
		return "", fmt.Errorf("%s belongs to somebody else", dir)
	}
	return dir, nil
}

// startKeeper starts a keeper unless there is one.
func startKeeper(dir string) error {
	held, err := openLock(filepath.Join(dir, "keeper"))
	if err != nil {
		return err
	}
	defer held.Close()
	if err := tryLock(held, unix.LOCK_EX); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil
		}
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start the keeper of the test server: %w", err)
	}
	output, err := os.Create(filepath.Join(dir, "keeper.log"))
	if err != nil {
		return fmt.Errorf("start the keeper of the test server: %w", err)
	}
	defer output.Close()
	cmd := exec.CommandContext(context.Background(), self)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), keeperVariable+"="+dir)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.ExtraFiles = []*os.File{held}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the keeper of the test server: %w", err)
	}
	return cmd.Process.Release()
}

// keep runs the server until no test process has used it for a while, and
// removes it.
func keep(ctx context.Context, dir string) error {
	// The inherited lock is this process's alone, not PostgreSQL's too.
	unix.CloseOnExec(3)
	home := filepath.Join(dir, "postgres")
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	server, err := localpg.Open(ctx, home, log,
		"fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=300")
	if err != nil {
		return err
	}
	if err := letCreateDatabases(ctx, server.DSN()); err != nil {
		return errors.Join(err, server.Stop(ctx))
	}
	tests, err := openLock(filepath.Join(dir, "tests"))
	if err != nil {
		return errors.Join(err, server.Stop(ctx))
	}
	for last := time.Now(); time.Since(last) < idleTime; {
		time.Sleep(time.Second)
		err := tryLock(tests, unix.LOCK_EX)
		switch {
		case errors.Is(err, unix.EWOULDBLOCK):
			last = time.Now()
		case err != nil:
			return errors.Join(err, server.Stop(ctx))
		case time.Since(last) < idleTime:
			if err := unix.Flock(int(tests.Fd()), unix.LOCK_UN); err != nil {
				return errors.Join(err, server.Stop(ctx))
			}
		}
	}
	// Nobody comes in from here on: the lock is held until this process ends.
	if err := server.Stop(ctx); err != nil {
		return err
	}
	_, err = localpg.Remove(ctx, home)
	return err
}

// letCreateDatabases gives the town's role the one right that tests need on
// top of a town's.
func letCreateDatabases(ctx context.Context, dsn string) error {
	u, err := url.Parse(dsn)
	if err != nil {
		return err
	}
	role := pgx.Identifier{u.User.Username()}.Sanitize()
	u.User, u.Path = url.User("postgres"), "/postgres"
	if err := execute(ctx, u.String(), `alter role `+role+` createdb`); err != nil {
		return fmt.Errorf("let tests create databases: %w", err)
	}
	return nil
}

func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a lock of the test server: %w", err)
	}
	return f, nil
}

// tryLock takes a lock, or fails with EWOULDBLOCK.
func tryLock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// pause waits a moment, or fails when the context ends.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pollTime):
		return nil
	}
}
