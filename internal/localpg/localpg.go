// Package localpg runs a private PostgreSQL for a town that names no database
// of its own: it finds the installed binaries, makes a cluster on first use,
// and starts a server that listens on a unix socket and nowhere else.
//
// A server belongs to its folder, not to the process that happened to start
// it. Every process that works with it holds a share of the folder; the first
// one in starts the server, the last one out stops it, and one that dies
// without a word loses its share because the kernel releases its locks. So
// `bourg publish` beside a running `bourg serve`, two commands at once, and a
// command that begins while the server is going down are one case. A server
// that a killed process left behind is stopped cleanly and started afresh by
// the next first one in: that costs less than a second, and rids the database
// of sessions and locks of the dead. Tying the server's life to its parent's
// (PR_SET_PDEATHSIG) would be the other way; it hangs on the thread that
// forked, would cut off the commands that work beside the killed process, and
// would not spare the clean-up at the next start, so it is not used.
//
// Three lock files (flock) lie in the folder:
//
//	gate    held while somebody starts or stops the server; holds the pid
//	users   shared by each process that uses the server
//	server  held by the PostgreSQL processes themselves, which inherit it; it
//	        is free exactly when the last of them is gone, so there are never
//	        two servers on one folder, even when a server's main process is
//	        killed and its children still write
//
// The package needs Linux: it recognises processes by /proc.
package localpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// database and role are made in a new cluster; the role owns the
	// database and has no further rights.
	database = "bourg"
	role     = "bourg"

	// superuser is the role that initdb makes. Whoever reaches the socket's
	// folder may use it; the folder has mode 0700.
	superuser = "postgres"

	// watchInterval is the longest time that the death of the server stays
	// unnoticed.
	watchInterval = 250 * time.Millisecond

	// longestPause caps the pause between two attempts to start a server
	// that does not come up again.
	longestPause = 30 * time.Second
)

// Server is this process's share of the private PostgreSQL of one folder. As
// long as it is held, a server that dies is started again.
type Server struct {
	site     site
	users    *lock
	log      *slog.Logger
	settings []string

	endWatch context.CancelFunc
	watched  chan struct{}
}

// Open takes a share of the private PostgreSQL whose files lie in dir (made
// where it does not exist), and returns when the server answers. It starts the
// server if this process is the first to use it, after having stopped one that
// a killed process left behind.
//
// The context bounds the start only; recovery after a crash can take minutes.
// The settings are further PostgreSQL settings ("max_connections=300"), and
// count only for a server that this call starts; "fsync=off" also makes
// the creation of the cluster quick and unsafe, and is for tests.
//
// Where bourg runs as root, the server runs as the user postgres, else nobody.
// If that user cannot reach dir, the files lie in a folder of their own under
// /var/lib/bourg, a symbolic link in dir leads there, and the log says so.
func Open(ctx context.Context, dir string, log *slog.Logger, settings ...string) (*Server, error) {
	site, err := locate(ctx, dir, log)
	if err != nil {
		return nil, fmt.Errorf("find a place for the private postgresql: %w", err)
	}
	s := &Server{site: site, log: log, settings: settings, watched: make(chan struct{})}
	if err := s.enter(ctx); err != nil {
		return nil, fmt.Errorf("open the private postgresql in %s: %w", site.home, err)
	}
	watch, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.endWatch = cancel
	go s.watch(watch)
	return s, nil
}

// DSN returns the URL of the town's database on this server, for pgx and for
// PostgreSQL's own programs. It stays the same for as long as the folder does.
func (s *Server) DSN() string { return s.site.dsn(role, database) }

// Stop gives this process's share back, and shuts the server down if nobody
// else holds one. It waits for the server to end: it asks open sessions to end
// (fast shutdown), and when the context is done, or half a minute has passed,
// ends it without a checkpoint, which loses nothing and makes the next start
// replay the log.
func (s *Server) Stop(ctx context.Context) error {
	s.endWatch()
	<-s.watched
	defer s.users.release()
	// Somebody else may be starting or stopping; that ends, and must not be
	// interrupted halfway because this process is in a hurry.
	gate, err := acquireGate(context.WithoutCancel(ctx), s.site.gatePath())
	if err != nil {
		return fmt.Errorf("stop the private postgresql: %w", err)
	}
	defer gate.release()
	alone, err := s.users.tryExclusive()
	if err != nil {
		return fmt.Errorf("stop the private postgresql: %w", err)
	}
	if !alone {
		s.log.Info("the private PostgreSQL stays: another process uses it", "folder", s.site.home)
		return nil
	}
	if err := s.site.shutDown(ctx); err != nil {
		return fmt.Errorf("stop the private postgresql: %w", err)
	}
	return nil
}

// Running says whether a private PostgreSQL of dir answers at the moment, and
// how to reach it, without starting one and without taking a share of it: it
// may be gone when the caller connects. It is for commands that only report.
func Running(ctx context.Context, dir string) (dsn string, running bool, err error) {
	site, found, err := find(dir)
	if err != nil || !found {
		return "", false, err
	}
	if !site.answers(ctx) {
		return "", false, nil
	}
	return site.dsn(role, database), true, nil
}

// Remove stops the private PostgreSQL of dir and deletes its data, unless a
// process uses it; removed says whether it did. It is for tests, which leave
// nothing behind.
func Remove(ctx context.Context, dir string) (removed bool, err error) {
	site, found, err := find(dir)
	if err != nil {
		return false, fmt.Errorf("remove the private postgresql: %w", err)
	}
	if !found {
		return true, nil
	}
	gate, err := acquireGate(ctx, site.gatePath())
	if err != nil {
		return false, fmt.Errorf("remove the private postgresql: %w", err)
	}
	defer gate.release()
	users, err := openLock(site.usersPath())
	if err != nil {
		return false, fmt.Errorf("remove the private postgresql: %w", err)
	}
	defer users.release()
	alone, err := users.tryExclusive()
	if err != nil || !alone {
		return false, err
	}
	if err := site.shutDown(ctx); err != nil {
		return false, fmt.Errorf("remove the private postgresql: %w", err)
	}
	if err := os.RemoveAll(site.data); err != nil {
		return false, fmt.Errorf("remove the private postgresql: %w", err)
	}
	return true, os.RemoveAll(site.sockets)
}

// enter takes a share and makes sure that a server answers.
func (s *Server) enter(ctx context.Context) error {
	gate, err := acquireGate(ctx, s.site.gatePath())
	if err != nil {
		return err
	}
	defer gate.release()
	s.users, err = openLock(s.site.usersPath())
	if err != nil {
		return err
	}
	alone, err := s.users.tryExclusive()
	if err == nil && alone {
		err = s.startAfresh(ctx)
	} else if err == nil {
		err = s.ensure(ctx)
	}
	if err == nil {
		// Nobody can come in between: the gate is held.
		err = s.users.share()
	}
	if err != nil {
		s.users.release()
	}
	return err
}

// startAfresh starts a server as the only process that uses the folder. One
// that is already there belongs to a process that was killed.
func (s *Server) startAfresh(ctx context.Context) error {
	if s.site.occupied() {
		s.log.Info("stopping a private PostgreSQL that was left behind", "folder", s.site.home)
	}
	if err := s.site.shutDown(ctx); err != nil {
		return err
	}
	return s.site.start(ctx, s.log, s.settings)
}

// ensure starts the server if it does not answer. The gate must be held.
func (s *Server) ensure(ctx context.Context) error {
	if s.site.answers(ctx) {
		return nil
	}
	return s.startAfresh(ctx)
}

// watch starts the server again when it dies, until the context ends.
func (s *Server) watch(ctx context.Context) {
	defer close(s.watched)
	pause := watchInterval
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if _, alive := s.site.postmaster(); alive || s.site.answers(ctx) {
			pause = watchInterval
			continue
		}
		if ctx.Err() != nil {
			return
		}
		s.log.Error("the private PostgreSQL is gone; starting it again", "folder", s.site.home)
		if err := s.revive(ctx); err != nil && !errors.Is(err, context.Canceled) {
			pause = min(2*pause, longestPause)
			s.log.Error("starting the private PostgreSQL again failed", "error", err, "next_try", pause)
		}
	}
}

// revive starts the server under the gate: of several processes that notice
// its death, one starts it and the others find it running.
func (s *Server) revive(ctx context.Context) error {
	gate, err := acquireGate(ctx, s.site.gatePath())
	if err != nil {
		return err
	}
	defer gate.release()
	return s.ensure(ctx)
}

// dsn returns the URL of a database on the server of this site.
func (s site) dsn(user, name string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(user),
		Path:     "/" + name,
		RawQuery: url.Values{"host": {s.sockets}, "port": {port}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// connect opens a session of the superuser.
func (s site) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.Connect(ctx, s.dsn(superuser, "postgres"))
}

// answers says whether a server accepts sessions on the site's socket.
func (s site) answers(ctx context.Context) bool {
	if _, err := os.Stat(s.socketPath()); err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := s.connect(ctx)
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}
