package browsertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bourg/internal/postgres/testdb"
)

// patience is how long a test waits for what must come. It is no measure.
const patience = 90 * time.Second

// town is a town run by the real binary.
type town struct {
	t      *testing.T
	origin string
	data   string
	env    []string
	log    *logBook
	serve  *exec.Cmd // nil while it does not run
	ended  chan struct{}
}

// newTown prepares a town before its first visit, on a loopback address and with a
// database of its own.
func newTown(t *testing.T) *town {
	t.Helper()
	host := freeAddress(t)
	return prepare(t, host, "http://"+host, "BOURG_DATABASE_URL="+testdb.URL(t))
}

func prepare(t *testing.T, listen, origin string, more ...string) *town {
	t.Helper()
	data, err := os.MkdirTemp("", "b") // short: a socket's name has 107 bytes at most
	if err != nil {
		t.Fatalf("make a data folder: %v", err)
	}
	// Where the tests run as root, PostgreSQL runs as another user and must reach the folder.
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatalf("open the data folder: %v", err)
	}
	tw := &town{t: t, origin: origin, data: data, log: &logBook{}}
	tw.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + data, "TZ=UTC", "BOURG_URL=" + origin, "BOURG_LISTEN=" + listen,
		"BOURG_DATA=" + data, "BOURG_PEER_NETWORKS=127.0.0.0/8",
	}, more...)
	t.Cleanup(func() {
		tw.stop()
		if t.Failed() {
			t.Logf("log of %s:\n%s", origin, tw.log.tail(10_000))
		}
		if err := os.RemoveAll(data); err != nil {
			t.Errorf("remove the data folder: %v", err)
		}
	})
	return tw
}

// start runs a command of the binary that serves, and waits until the town is ready.
func (tw *town) start(command string) {
	tw.t.Helper()
	tw.serve, tw.ended = tw.command(command), make(chan struct{})
	tw.serve.Stdout, tw.serve.Stderr = tw.log, tw.log
	tw.serve.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	tw.serve.WaitDelay = time.Second
	if err := tw.serve.Start(); err != nil {
		tw.t.Fatalf("start bourg %s: %v", command, err)
	}
	go func(cmd *exec.Cmd, ended chan struct{}) {
		defer close(ended)
		_ = cmd.Wait() // how it ended is seen by what it no longer answers
	}(tw.serve, tw.ended)
	eventually(tw.t, tw.origin+" is ready", func() error {
		select {
		case <-tw.ended:
			tw.t.Fatalf("bourg %s ended before it was ready:\n%s", command, tw.log.tail(10_000))
		default:
		}
		res, err := http.Get(tw.origin + "/readyz")
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

// stop ends the town as systemd does.
func (tw *town) stop() {
	tw.t.Helper()
	if tw.serve == nil {
		return
	}
	_ = tw.serve.Process.Signal(syscall.SIGTERM)
	select {
	case <-tw.ended:
	case <-time.After(patience):
		_ = tw.serve.Process.Kill()
		tw.t.Errorf("%s did not stop", tw.origin)
	}
	tw.serve = nil
}

func (tw *town) command(args ...string) *exec.Cmd {
	tw.t.Helper()
	path, err := binary()
	if err != nil {
		tw.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = tw.env
	return cmd
}

// run runs a command beside the town, which must succeed, and returns the values of the
// JSON object that it printed.
func (tw *town) run(args ...string) map[string]string {
	tw.t.Helper()
	cmd := tw.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		tw.t.Fatalf("bourg %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	answer := map[string]string{}
	if err := json.Unmarshal(stdout.Bytes(), &answer); err != nil {
		tw.t.Fatalf("bourg %s: got %q, want a JSON object of strings: %v", strings.Join(args, " "), stdout.String(), err)
	}
	return answer
}

// loggedLink waits for the one-time link that the log names.
func (tw *town) loggedLink() string {
	tw.t.Helper()
	pattern := regexp.MustCompile(regexp.QuoteMeta(tw.origin) + `/[^\s"\\]*[A-Za-z0-9_-]{20,}`)
	var link string
	eventually(tw.t, "the log names a one-time link", func() error {
		if link = pattern.FindString(tw.log.String()); link == "" {
			return fmt.Errorf("got none in the log")
		}
		return nil
	})
	return link
}

// signIn uses up a one-time link and returns the cookie of the session, "name=value".
func (tw *town) signIn(link string) string {
	tw.t.Helper()
	req, err := http.NewRequestWithContext(tw.t.Context(), http.MethodPost, link, nil)
	if err != nil {
		tw.t.Fatalf("sign in: %v", err)
	}
	req.Header.Set("Origin", tw.origin)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		tw.t.Fatalf("sign in: %v", err)
	}
	defer res.Body.Close()
	for _, c := range res.Cookies() {
		if c.HttpOnly && c.Value != "" {
			return c.Name + "=" + c.Value
		}
	}
	tw.t.Fatalf("sign in by %s: got status %d and no session", link, res.StatusCode)
	return ""
}

// freeAddress returns "127.x.y.z:port" on which nobody listens: an address of its own for
// each server, because servers are told apart by their host.
func freeAddress(t *testing.T) string {
	t.Helper()
	n := time.Now().UnixNano() / 1000
	listener, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.%d:0", 1+n>>16%254, n>>8%256, 1+n%254))
	if err != nil {
		t.Fatalf("find a free address: %v", err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// freePorts returns a port of 127.0.0.1 on which nobody listens, nor on the one after it.
func freePorts(t *testing.T) int {
	t.Helper()
	var port int
	eventually(t, "two free ports", func() error {
		first, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer first.Close()
		port = first.Addr().(*net.TCPAddr).Port
		second, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+1)))
		if err != nil {
			return err
		}
		return second.Close()
	})
	return port
}

// eventually calls try until it returns nil, and fails the test with its last error when
// patience is at an end.
func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	end := time.Now().Add(patience)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: waited for %v: %v", what, patience, err)
		}
		time.Sleep(pause)
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
