package localpg_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"bourg/internal/localpg"
)

// holdEnv makes this test binary a process that opens the server of the folder
// it names, says so, and stays until it is killed.
const holdEnv = "LOCALPG_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdEnv); dir != "" {
		s, err := localpg.Open(context.Background(), dir, slog.New(slog.DiscardHandler))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.DSN())
		select {}
	}
	os.Exit(m.Run())
}

func TestDataOutlivesTheServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := open(t, dir)
	exec1(t, first.DSN(), `create table note (words text)`)
	exec1(t, first.DSN(), `insert into note values ('Le marché de Noël')`)
	pid := postmaster(t, dir)
	stop(t, first)
	if alive(pid) {
		t.Errorf("postmaster %d lives after Stop, want it gone", pid)
	}

	second := open(t, dir)
	defer stop(t, second)
	if got, want := query(t, second.DSN(), `select words from note`), "Le marché de Noël"; got != want {
		t.Errorf("after a restart: got %q, want %q", got, want)
	}
	if first.DSN() != second.DSN() {
		t.Errorf("DSN changed from %s to %s", first.DSN(), second.DSN())
	}
}

func TestClusterIsDurableAndPrivate(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := open(t, dir)
	defer stop(t, s)
	for setting, want := range map[string]string{
		"listen_addresses":         "",
		"fsync":                    "on",
		"full_page_writes":         "on",
		"synchronous_commit":       "on",
		"data_checksums":           "on",
		"server_encoding":          "UTF8",
		"unix_socket_permissions":  "0700",
		"is_superuser":             "off",
		"session_authorization":    "bourg",
		"log_truncate_on_rotation": "on",
		"max_wal_size":             "512MB",
	} {
		if got := query(t, s.DSN(), `show `+setting); got != want {
			t.Errorf("%s: got %q, want %q", setting, got, want)
		}
	}
	// "É" sorts by its code point, behind every ASCII letter, and is folded.
	if got := query(t, s.DSN(), `select lower('ÉTÉ') || ('Z' < 'É')`); got != "ététrue" {
		t.Errorf("collation: got %q, want %q", got, "ététrue")
	}
	for _, name := range []string{"data", "run"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o700 {
			t.Errorf("mode of %s: got %o, want 700", name, got)
		}
	}
}

func TestPostmasterIsNotRoot(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := open(t, dir)
	defer stop(t, s)
	info, err := os.Stat(filepath.Join("/proc", strconv.Itoa(postmaster(t, dir))))
	if err != nil {
		t.Fatal(err)
	}
	if uid := info.Sys().(*syscall.Stat_t).Uid; uid == 0 {
		t.Errorf("the postmaster runs as uid %d, want another", uid)
	}
}

func TestServerIsStartedAgainWhenKilled(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := open(t, dir)
	defer stop(t, s)
	exec1(t, s.DSN(), `create table counter as select 0 as n`)
	for round := 1; round <= 3; round++ {
		exec1(t, s.DSN(), `update counter set n = n + 1`)
		// A session that keeps writing holds on to the shared memory of
		// the killed server.
		busy := connect(t, s.DSN())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = busy.Exec(context.Background(), `select count(*) from generate_series(1, 100000000)`)
		}()
		t.Cleanup(func() { <-ended }) // before the connection is closed
		kill(t, postmaster(t, dir))
		awaitAnswer(t, s.DSN())
		if got, want := query(t, s.DSN(), `select n from counter`), strconv.Itoa(round); got != want {
			t.Errorf("round %d: got %s, want %s", round, got, want)
		}
	}
}

func TestKilledServerWithoutUsersRecovers(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	dsn, holder := hold(t, dir)
	exec1(t, dsn, `create table kept as select 1 as n`)
	pid := postmaster(t, dir)
	kill(t, holder.Process.Pid)
	_ = holder.Wait()
	kill(t, pid)

	// The pid in the file may belong to another program by now.
	file := pidFile(dir)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	if err := os.WriteFile(file, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}

	s := open(t, dir)
	defer stop(t, s)
	if got := query(t, s.DSN(), `select n from kept`); got != "1" {
		t.Errorf("after both were killed: got %q, want 1", got)
	}
}

func TestServerOfAKilledProcessIsReplaced(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	dsn, holder := hold(t, dir)
	exec1(t, dsn, `create table kept as select 1 as n`)
	left := postmaster(t, dir)
	kill(t, holder.Process.Pid)
	_ = holder.Wait()
	if !alive(left) {
		t.Fatalf("postmaster %d went with its killed user; this test wants one that is left behind", left)
	}

	s := open(t, dir)
	if now := postmaster(t, dir); now == left || alive(left) {
		t.Errorf("postmaster %d still runs, want it replaced (now %d)", left, now)
	}
	if got := query(t, s.DSN(), `select n from kept`); got != "1" {
		t.Errorf("after the kill: got %q, want 1", got)
	}
	pid := postmaster(t, dir)
	stop(t, s)
	if alive(pid) {
		t.Errorf("postmaster %d lives after Stop, want it gone", pid)
	}
}

func TestSecondUserShares(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	first := open(t, dir)
	pid := postmaster(t, dir)
	second := open(t, dir)
	if got := postmaster(t, dir); got != pid {
		t.Fatalf("the second Open runs postmaster %d, want the first's %d", got, pid)
	}
	stop(t, first)
	if got := query(t, second.DSN(), `select 1`); got != "1" {
		t.Errorf("after the first user left: got %q, want 1", got)
	}
	stop(t, second)
	if alive(pid) {
		t.Errorf("postmaster %d lives after the last user left, want it gone", pid)
	}
}

func TestManyComeAndGoAtOnce(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	stop(t, open(t, dir))
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 3 {
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
				defer cancel()
				s, err := localpg.Open(ctx, dir, discard())
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				conn, err := pgx.Connect(ctx, s.DSN())
				if err != nil {
					t.Errorf("connect to a server that Open returned: %v", err)
				} else {
					_ = conn.Close(ctx)
				}
				if err := s.Stop(ctx); err != nil {
					t.Errorf("stop: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if _, running, err := localpg.Running(context.Background(), dir); running || err != nil {
		t.Errorf("after everybody left: got running %v, error %v, want false and none", running, err)
	}
}

func TestWaitingNamesTheHolder(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	stop(t, open(t, dir))
	gate, err := os.OpenFile(filepath.Join(dir, "gate"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	if err := syscall.Flock(int(gate.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(gate.Name(), []byte("4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err = localpg.Open(ctx, dir, discard())
	if err == nil || !strings.Contains(err.Error(), "process 4711") {
		t.Errorf("got error %v, want one that names process 4711", err)
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(folder(t), strings.Repeat("une-commune-au-nom-sans-fin/", 5), "postgres")
	s := open(t, dir)
	defer stop(t, s)
	if got := query(t, s.DSN(), `select 1`); got != "1" {
		t.Errorf("got %q, want 1", got)
	}
	dsn, err := url.Parse(s.DSN())
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dsn.Query().Get("host"))
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("mode of the socket's folder: got %o, want 700", got)
	}
	t.Cleanup(func() { _ = os.Remove(dsn.Query().Get("host")) })
}

// TestUnreachableFolder uses a folder that only its owner may enter. For root
// that owner is not the one who runs PostgreSQL.
func TestUnreachableFolder(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	s, err := localpg.Open(t.Context(), dir, slog.New(slog.NewTextHandler(&lines, nil)))
	if err != nil {
		t.Fatal(err)
	}
	exec1(t, s.DSN(), `create table kept as select 1 as n`)
	stop(t, s)

	target, err := os.Readlink(filepath.Join(dir, "data"))
	if os.Geteuid() != 0 {
		if err == nil {
			t.Errorf("the data lie in %s, want them in %s", target, dir)
		}
		return
	}
	if err != nil || !strings.HasPrefix(target, "/var/lib/bourg/") {
		t.Fatalf("got data in %q (%v), want a link into /var/lib/bourg", target, err)
	}
	home := filepath.Dir(target)
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if !strings.Contains(lines.String(), home) {
		t.Errorf("the log does not name %s:\n%s", home, lines.String())
	}
	again := open(t, dir)
	defer stop(t, again)
	if got := query(t, again.DSN(), `select n from kept`); got != "1" {
		t.Errorf("opened again: got %q, want 1", got)
	}
}

func TestForeignFilesAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	precious := filepath.Join(dir, "data", "comptes.ods")
	if err := os.MkdirAll(filepath.Dir(precious), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(precious, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := localpg.Open(t.Context(), dir, discard()); err == nil {
		stop(t, s)
		t.Error("got a server in a folder with foreign files, want an error")
	}
	if _, err := os.Stat(precious); err != nil {
		t.Errorf("the foreign file: %v", err)
	}
}

func TestClusterOfAMissingVersion(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := localpg.Open(t.Context(), dir, discard())
	if err == nil || !strings.Contains(err.Error(), "written by postgresql 9") {
		t.Errorf("got error %v, want one that names version 9", err)
	}
}

func TestFailedStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := localpg.Open(t.Context(), folder(t), discard(), "shared_buffers=nonsense")
	if err == nil || !strings.Contains(err.Error(), "shared_buffers") {
		t.Errorf("got error %v, want PostgreSQL's own words about shared_buffers", err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := open(t, dir)
	if removed, err := localpg.Remove(t.Context(), dir); removed || err != nil {
		t.Errorf("in use: got removed %v, error %v, want false and none", removed, err)
	}
	if got := query(t, s.DSN(), `select 1`); got != "1" {
		t.Errorf("after Remove of a server in use: got %q, want 1", got)
	}
	stop(t, s)
	if removed, err := localpg.Remove(t.Context(), dir); !removed || err != nil {
		t.Errorf("not in use: got removed %v, error %v, want true and none", removed, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !os.IsNotExist(err) {
		t.Errorf("the data after Remove: got %v, want them gone", err)
	}
	if removed, err := localpg.Remove(t.Context(), filepath.Join(dir, "nothing")); !removed || err != nil {
		t.Errorf("no such folder: got removed %v, error %v, want true and none", removed, err)
	}
}

// folder returns a folder that every user can reach, with a short name.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "localpg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove %s: %v", dir, err)
		}
	})
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t *testing.T, dir string) *localpg.Server {
	t.Helper()
	s, err := localpg.Open(t.Context(), dir, discard())
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return s
}

func stop(t *testing.T, s *localpg.Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// hold starts another process that uses the server of dir.
func hold(t *testing.T, dir string) (dsn string, holder *exec.Cmd) {
	t.Helper()
	holder = exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), holdEnv+"="+dir)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = holder.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "postgres://") {
		t.Fatalf("the holding process said %q (%v)", line, err)
	}
	return strings.TrimSpace(line), holder
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatalf("connect to %s: %v", dsn, err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec1(t *testing.T, dsn, sql string) {
	t.Helper()
	if _, err := connect(t, dsn).Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func query(t *testing.T, dsn, sql string) string {
	t.Helper()
	rows, err := connect(t, dsn).Query(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	defer rows.Close()
	rows.Next()
	value := rows.RawValues()
	if len(value) != 1 {
		t.Fatalf("%s: got %d columns (%v), want 1", sql, len(value), rows.Err())
	}
	return string(value[0])
}

// awaitAnswer waits until the database of dsn accepts sessions again.
func awaitAnswer(t *testing.T, dsn string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, dsn)
		if err == nil {
			_ = conn.Close(ctx)
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the server does not come back: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func pidFile(dir string) string { return filepath.Join(dir, "data", "postmaster.pid") }

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	content, err := os.ReadFile(pidFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// alive says whether a process runs; one that waits to be reaped does not.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	return !bytes.HasPrefix(rest, []byte("Z"))
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %d: %v", pid, err)
	}
}
