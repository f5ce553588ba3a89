package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"bourg/internal/postgres/testdb"
)

// patience is how long a test waits for what must come. It is no measure: nothing here
// takes more than a few seconds, except on a machine that does ten other things.
const patience = 60 * time.Second

// town is one town run by the real binary on a loopback address of its own, with a data
// folder and a database of its own.
type town struct {
	t    testing.TB
	url  *url.URL
	host string // with the port
	data string
	env  []string
	log  *logBook

	program string // "": the released binary

	serving *process // nil while it does not run
}

// townOption changes a town before it starts.
type townOption func(*town)

// with sets a variable of the environment.
func with(name, value string) townOption {
	return func(tw *town) { tw.env = append(tw.env, name+"="+value) }
}

// privatePostgres leaves the database to bourg.
func privatePostgres(tw *town) { tw.drop("BOURG_DATABASE_URL") }

// notSetUp is a town before its first visit.
func notSetUp(tw *town) {
	for _, name := range []string{"NAME", "HANDLE", "INSEE", "LAT", "LON"} {
		tw.drop("BOURG_TOWN_" + name)
	}
}

// newTown prepares a town; start starts it.
func newTown(t testing.TB, options ...townOption) *town {
	t.Helper()
	// A short path: a socket's name has 107 bytes at most.
	data, err := os.MkdirTemp("", "b")
	if err != nil {
		t.Fatalf("make a data folder: %v", err)
	}
	// Where the tests run as root, PostgreSQL runs as another user and must reach the folder.
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatalf("open the data folder: %v", err)
	}
	host := freeAddress(t)
	tw := &town{t: t, host: host, url: &url.URL{Scheme: "http", Host: host}, data: data, log: &logBook{}}
	tw.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + data, "TZ=UTC",
		"BOURG_URL=" + tw.url.String(), "BOURG_LISTEN=" + host, "BOURG_DATA=" + data,
		"BOURG_DATABASE_URL=" + testdb.URL(t),
		"BOURG_PEER_NETWORKS=127.0.0.0/8", "BOURG_UNDO_WINDOW=0s",
		"BOURG_TOWN_NAME=Saint-Laurent-sur-Cèze", "BOURG_TOWN_HANDLE=saintlaurent", "BOURG_TOWN_INSEE=30273",
		"BOURG_TOWN_LAT=44.17", "BOURG_TOWN_LON=4.49",
	}
	for _, o := range options {
		o(tw)
	}
	t.Cleanup(func() {
		if tw.serving != nil {
			tw.stop()
		}
		if strings.Contains(tw.log.String(), "DATA RACE") {
			t.Errorf("the race detector found something in %s", tw.host)
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", tw.host, tw.log.tail(20_000))
		}
		if err := os.RemoveAll(data); err != nil {
			t.Errorf("remove the data folder: %v", err)
		}
	})
	return tw
}

// startTown prepares and starts a town.
func startTown(t testing.TB, options ...townOption) *town {
	t.Helper()
	tw := newTown(t, options...)
	tw.start()
	return tw
}

func (tw *town) drop(name string) {
	kept := tw.env[:0]
	for _, v := range tw.env {
		if !strings.HasPrefix(v, name+"=") {
			kept = append(kept, v)
		}
	}
	tw.env = kept
}

// start runs `bourg serve` and returns when /readyz answers 200.
func (tw *town) start() {
	tw.t.Helper()
	tw.launch()
	eventually(tw.t, "the town is ready", func() error {
		if code, ended := tw.serving.ended(); ended {
			tw.t.Fatalf("bourg serve ended with %d before it was ready", code)
		}
		res, err := http.Get(tw.at("/readyz"))
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return fmt.Errorf("got status %d, want 200", res.StatusCode)
		}
		return nil
	})
}

// launch runs `bourg serve` and does not wait.
func (tw *town) launch() {
	tw.t.Helper()
	tw.serving = run(tw.t, tw.command("serve"), tw.log)
}

// kill ends the server as a power cut would: SIGKILL, to this one process.
func (tw *town) kill() {
	tw.t.Helper()
	tw.serving.signal(syscall.SIGKILL)
	tw.serving.wait()
	tw.serving = nil
}

// stop ends the server as systemd does: SIGTERM, and it must leave by itself with 0.
func (tw *town) stop() {
	tw.t.Helper()
	tw.serving.signal(syscall.SIGTERM)
	if code := tw.serving.wait(); code != 0 {
		tw.t.Errorf("bourg serve after SIGTERM: got exit code %d, want 0", code)
	}
	tw.serving = nil
}

// at returns the address of a path in the town.
func (tw *town) at(path string) string { return tw.url.String() + path }

// command prepares a command of the binary in the town's environment.
func (tw *town) command(args ...string) *exec.Cmd {
	tw.t.Helper()
	path := tw.program
	if path == "" {
		var err error
		if path, err = binary(); err != nil {
			tw.t.Fatal(err)
		}
	}
	cmd := exec.Command(path, args...)
	cmd.Env = tw.env
	return cmd
}

// result is what a command left behind.
type result struct {
	code           int
	stdout, stderr string
}

// try runs a command of the binary to its end.
func (tw *town) try(args ...string) result {
	tw.t.Helper()
	cmd := tw.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		tw.t.Fatalf("bourg %s: %v", strings.Join(args, " "), err)
	}
	return result{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// run runs a command that must succeed and returns the JSON object that it printed.
func (tw *town) run(args ...string) map[string]any {
	tw.t.Helper()
	got := tw.try(args...)
	if got.code != 0 {
		tw.t.Fatalf("bourg %s: got exit code %d, want 0\n%s", strings.Join(args, " "), got.code, got.stderr)
	}
	var answer map[string]any
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil {
		tw.t.Fatalf("bourg %s: got %q, want one JSON object: %v", strings.Join(args, " "), got.stdout, err)
	}
	return answer
}

// merchant is what `merchant add` answers.
type merchant struct{ Handle, Actor, URL, SignIn string }

// addMerchant adds a merchant, with further arguments.
func (tw *town) addMerchant(handle, name, trade string, more ...string) merchant {
	tw.t.Helper()
	got := tw.run(append([]string{"merchant", "add", "--handle", handle, "--name", name, "--trade", trade}, more...)...)
	return merchant{
		Handle: text(got, "handle"), Actor: text(got, "actor"), URL: text(got, "url"), SignIn: text(got, "sign_in"),
	}
}

// posted is what `publish` answers.
type posted struct{ ID, URL string }

// publish publishes at once, with further arguments.
func (tw *town) publish(as, words string, more ...string) posted {
	tw.t.Helper()
	got := tw.run(append([]string{"publish", "--as", as, "--text", words}, more...)...)
	return posted{ID: text(got, "id"), URL: text(got, "url")}
}

// settled waits until no delivery waits any more.
func (tw *town) settled() {
	tw.t.Helper()
	eventually(tw.t, "the queue is empty", func() error {
		if got := tw.run("queue"); number(got, "waiting") != 0 {
			return fmt.Errorf("got queue %v, want it empty", got)
		}
		return nil
	})
}

// process is a program that runs beside the test.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// run starts cmd with its output in log. It dies with the test process, should that be killed.
func run(t testing.TB, cmd *exec.Cmd, log io.Writer) *process {
	t.Helper()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// A child of the program (PostgreSQL) keeps the pipe open after a SIGKILL; Wait shall not wait for it.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", cmd.Path, err)
	}
	p := &process{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // How it ended is read from ProcessState.
	}()
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// signal sends a signal; a process that has ended takes it silently.
func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// wait waits for the end, kills after a minute, and returns the exit code.
func (p *process) wait() int {
	select {
	case <-p.done:
	case <-time.After(patience):
		p.signal(syscall.SIGKILL)
		<-p.done
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *process) ended() (code int, ended bool) {
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode(), true
	default:
		return 0, false
	}
}

// logBook keeps what a program writes.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBook) tail(n int) string {
	s := l.String()
	return s[max(0, len(s)-n):]
}

// lastAddress counts the loopback addresses that this test process has given out. The
// first is taken from the process id, so that test processes beside each other seldom meet.
var lastAddress atomic.Uint32

// freeAddress returns "127.x.y.z:port" on which nobody listens: an address of its own for
// each server, because servers are told apart by their host.
func freeAddress(t testing.TB) string {
	t.Helper()
	n := uint32(os.Getpid())*256 + lastAddress.Add(1)
	listener, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+n>>16%254, n>>8%256, 1+n%254))
	if err != nil {
		t.Fatalf("find a free address: %v", err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// eventually calls try until it returns nil, and fails the test with its last error when
// patience is at an end.
func eventually(t testing.TB, what string, try func() error) {
	t.Helper()
	within(t, patience, what, try)
}

func within(t testing.TB, limit time.Duration, what string, try func() error) {
	t.Helper()
	end := time.Now().Add(limit)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: waited for %v: %v", what, limit, err)
		}
		time.Sleep(pause)
	}
}

// text returns the string at a path of keys in decoded JSON, "" where there is none. A
// list on the way stands for its first element.
func text(v any, path ...string) string {
	s, _ := dig(v, path...).(string)
	return s
}

// number returns the number at a path of keys, -1 where there is none.
func number(v any, path ...string) int {
	if f, ok := dig(v, path...).(float64); ok {
		return int(f)
	}
	return -1
}

func dig(v any, path ...string) any {
	for _, key := range path {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// list returns the strings at a path, where one may stand for a list of one.
func list(v any, path ...string) []string {
	switch v := dig(v, path...).(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}
