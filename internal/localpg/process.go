package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// startPoll and stopPoll are how often a server that starts or ends is
	// looked at.
	startPoll = 25 * time.Millisecond
	stopPoll  = 10 * time.Millisecond

	// longestStart bounds a start whose context has no deadline: recovery
	// replays at most max_wal_size of log.
	longestStart = 10 * time.Minute
)

// baseSettings fit a machine with 1 GB for everything. The durable ones are
// PostgreSQL's defaults; they stand here so that nothing in a configuration
// file turns them off. Timeouts of statements are the store's to set.
func (s site) baseSettings() []string {
	return []string{
		"listen_addresses=",
		"port=" + port,
		"unix_socket_directories=" + s.sockets,
		"unix_socket_permissions=0700",

		"fsync=on",
		"full_page_writes=on",
		"synchronous_commit=on",

		"max_connections=60",
		"shared_buffers=96MB",
		"effective_cache_size=384MB",
		"work_mem=4MB",
		"maintenance_work_mem=32MB",
		"min_wal_size=80MB",
		"max_wal_size=512MB",
		"wal_compression=on",
		"autovacuum_max_workers=2",
		"max_parallel_workers_per_gather=0",
		"jit=off",
		"random_page_cost=1.1",

		"timezone=UTC",
		"log_timezone=UTC",
		"log_checkpoints=off",
		// A week of log files under data/log, each written over after it.
		"logging_collector=on",
		"log_filename=postgresql-%a.log",
		"log_rotation_age=1d",
		"log_rotation_size=0",
		"log_truncate_on_rotation=on",
	}
}

// start makes the cluster where there is none, starts the server, waits until
// it answers, and makes the town's role and database where they are missing.
// The gate must be held and the folder must be free.
func (s site) start(ctx context.Context, log *slog.Logger, settings []string) error {
	ctx, cancel := context.WithTimeout(ctx, longestStart)
	defer cancel()
	bin, err := s.prepareCluster(ctx, log, settings)
	if err != nil {
		return err
	}
	if err := s.clearTraces(); err != nil {
		return err
	}
	began := time.Now()
	exited, err := s.launch(ctx, bin, settings)
	if err != nil {
		return err
	}
	if err := s.awaitAnswer(ctx, log, exited); err != nil {
		return errors.Join(err, s.shutDown(ctx))
	}
	if err := s.ensureDatabase(ctx); err != nil {
		return errors.Join(err, s.shutDown(ctx))
	}
	log.Info("the private PostgreSQL runs", "version", bin.major, "folder", s.home,
		"took", time.Since(began).Round(time.Millisecond))
	return nil
}

// launch starts the postmaster in a session of its own, so that a Ctrl-C in
// the terminal reaches bourg alone. The channel is closed when it has ended.
func (s site) launch(ctx context.Context, bin binaries, settings []string) (<-chan struct{}, error) {
	held, err := openLock(s.serverPath())
	if err != nil {
		return nil, err
	}
	// The copy that the postmaster inherits keeps the lock.
	defer held.release()
	free, err := held.tryExclusive()
	if err != nil {
		return nil, err
	}
	if !free {
		return nil, fmt.Errorf("another postgresql holds %s", s.home)
	}
	output, err := os.Create(s.startLogPath())
	if err != nil {
		return nil, fmt.Errorf("make the log of the start: %w", err)
	}
	defer output.Close()

	args := []string{"-D", s.data}
	for _, setting := range append(s.baseSettings(), settings...) {
		args = append(args, "-c", setting)
	}
	// The server outlives the context, and even the process.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(bin.dir, "postgres"), args...)
	cmd.Dir = s.data
	cmd.Env = environment()
	cmd.Stdout, cmd.Stderr = output, output
	cmd.ExtraFiles = []*os.File{held.file}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: s.runAs}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start postgresql: %w", err)
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait() // Its log tells why; here it is only reaped.
	}()
	return exited, nil
}

// awaitAnswer waits until the server accepts sessions.
func (s site) awaitAnswer(ctx context.Context, log *slog.Logger, exited <-chan struct{}) error {
	said := time.Now()
	for !s.answers(ctx) {
		select {
		case <-exited:
			return fmt.Errorf("postgresql ended while it started: %s", s.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("wait for postgresql to accept sessions: %w: %s", context.Cause(ctx), s.lastWords())
		case <-time.After(startPoll):
		}
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			log.Info("the private PostgreSQL is still starting; after a crash it replays its log", "folder", s.home)
		}
	}
	return nil
}

// occupied says whether any process of the site's server lives.
func (s site) occupied() bool {
	l, err := openLock(s.serverPath())
	if err != nil {
		return true
	}
	defer l.release()
	free, err := l.tryExclusive()
	return err != nil || !free
}

// shutDown ends the server and waits until its last process is gone. It
// returns nil at once when there is none.
func (s site) shutDown(ctx context.Context) error {
	if !s.occupied() {
		return nil
	}
	if pid, alive := s.postmaster(); alive {
		// Fast shutdown: sessions end, a checkpoint is written.
		if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("ask postgresql (process %d) to end: %w", pid, err)
		}
		if s.awaitEnd(ctx, 30*time.Second) {
			awaitExit(pid)
			return nil
		}
	} else if s.awaitEnd(ctx, time.Second) {
		// Its main process was killed; the others notice and leave.
		return nil
	}
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		for _, pid := range s.processes() {
			_ = syscall.Kill(pid, sig)
		}
		if s.awaitEnd(context.WithoutCancel(ctx), 5*time.Second) {
			return nil
		}
	}
	return fmt.Errorf("the postgresql in %s does not end; its processes (seen from here: %v) may belong to another container", s.home, s.processes())
}

// awaitEnd waits until the site is free, and says whether it is.
func (s site) awaitEnd(ctx context.Context, longest time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	for s.occupied() {
		select {
		case <-ctx.Done():
			return !s.occupied()
		case <-time.After(stopPoll):
		}
	}
	return true
}

// awaitExit waits until a process that has given its lock back is gone too: the
// kernel closes a process's files a moment before it ends the process.
func awaitExit(pid int) {
	for range 100 {
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		// Behind the name, in parentheses, stands the state: Z waits for its
		// parent, X is dead.
		_, state, _ := bytes.Cut(stat, []byte(") "))
		if err != nil || bytes.HasPrefix(state, []byte("Z")) || bytes.HasPrefix(state, []byte("X")) {
			return
		}
		time.Sleep(stopPoll)
	}
}

// clearTraces removes what a killed server leaves behind. PostgreSQL would
// refuse to start where the pid in these files has been given to an unrelated
// process since. It is safe because the server lock is free: no process that
// ever wrote to this cluster lives.
func (s site) clearTraces() error {
	if s.occupied() {
		return fmt.Errorf("another postgresql holds %s", s.home)
	}
	for _, path := range []string{
		filepath.Join(s.data, "postmaster.pid"), s.socketPath(), s.socketPath() + ".lock",
	} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("clear the traces of a killed postgresql: %w", err)
		}
	}
	return nil
}

// postmaster returns the pid of the server's main process, and whether it
// lives and is what it is taken for.
func (s site) postmaster() (int, bool) {
	content, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		return 0, false
	}
	line, _, _ := bytes.Cut(content, []byte("\n"))
	pid, err := strconv.Atoi(string(bytes.TrimSpace(line)))
	if err != nil {
		return 0, false
	}
	return pid, s.isOurs(strconv.Itoa(pid))
}

// processes returns the pids of all PostgreSQL processes that work on the
// site's cluster, as far as this process may look.
func (s site) processes() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && s.isOurs(entry.Name()) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// isOurs says whether a process is a PostgreSQL on the site's cluster: each of
// them has the cluster's folder as its working directory.
func (s site) isOurs(pid string) bool {
	dir, err := os.Readlink(filepath.Join("/proc", pid, "cwd"))
	if err != nil || dir != s.data {
		return false
	}
	program, err := os.Readlink(filepath.Join("/proc", pid, "exe"))
	// The kernel appends this to a program that was replaced by an upgrade.
	program = strings.TrimSuffix(program, " (deleted)")
	return err == nil && filepath.Base(program) == "postgres"
}

func (s site) startLogPath() string { return filepath.Join(s.home, "start.log") }

// lastWords returns the end of what the server last wrote.
func (s site) lastWords() string {
	newest, at := s.startLogPath(), time.Time{}
	logs, _ := filepath.Glob(filepath.Join(s.data, "log", "*.log"))
	for _, path := range logs {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(at) && info.Size() > 0 {
			newest, at = path, info.ModTime()
		}
	}
	words := tail(s.startLogPath())
	if newest != s.startLogPath() {
		words += " | " + tail(newest)
	}
	return words
}

// tail returns the last lines of a file in one line.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	const most = 600
	if info, err := f.Stat(); err == nil && info.Size() > most {
		if _, err := f.Seek(-most, io.SeekEnd); err != nil {
			return err.Error()
		}
	}
	content, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.FieldsFunc(string(content), func(r rune) bool { return r == '\n' }), " / ")
}

// environment is what PostgreSQL's programs see of bourg's environment:
// nothing that changes their behaviour, and no secret.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
}
