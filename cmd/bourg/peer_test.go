package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"testing"
)

// peer is a server made of Fedify (testdata/peer): its code, which nobody here wrote,
// verifies our signatures and reads our documents.
type peer struct {
	t       *testing.T
	host    string
	control string
	args    []string
	log     *logBook
	running *process
}

// startPeer starts a peer that signs by a scheme first. It ends with the test.
func startPeer(t *testing.T, first scheme) *peer {
	t.Helper()
	p := &peer{t: t, host: freeAddress(t), control: freeAddress(t), log: &logBook{}}
	p.args = []string{"testdata/peer/peer.js", "--listen", p.host, "--control", p.control, "--data", t.TempDir(), "--scheme", string(first)}
	p.start()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("log of the peer %s:\n%s", p.host, p.log.tail(5_000))
		}
	})
	return p
}

// start starts the peer, again on the same addresses and with the same keys.
func (p *peer) start() {
	p.t.Helper()
	p.running = run(p.t, exec.Command("node", p.args...), p.log)
	eventually(p.t, "the peer is ready", func() error {
		if code, ended := p.running.ended(); ended {
			p.t.Fatalf("the peer ended with %d; `npm ci` in cmd/bourg/testdata/peer (or `make test`) installs what it needs:\n%s", code, p.log)
		}
		conn, err := net.Dial("tcp", p.control)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}

// kill ends the peer at once.
func (p *peer) kill() {
	p.running.signal(9)
	p.running.wait()
}

// user returns the id of somebody on the peer: anna or bert.
func (p *peer) user(name string) string { return "http://" + p.host + "/users/" + name }

// fields are the arguments of an act.
type fields map[string]any

// order sends a control request and returns the answer's status and JSON.
func (p *peer) order(path string, f fields) (int, map[string]any) {
	p.t.Helper()
	body, err := json.Marshal(f)
	if err != nil {
		p.t.Fatalf("peer %s: %v", path, err)
	}
	res, err := http.Post("http://"+p.control+path, "application/json", bytes.NewReader(body))
	if err != nil {
		p.t.Fatalf("peer %s: %v", path, err)
	}
	defer res.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		p.t.Fatalf("peer %s: %v", path, err)
	}
	return res.StatusCode, answer
}

// does lets somebody do something that must succeed (testdata/peer/acts.js).
func (p *peer) does(act string, f fields) map[string]any {
	p.t.Helper()
	status, answer := p.order("/acts/"+act, f)
	if status != http.StatusOK {
		p.t.Fatalf("peer %s %v: %s", act, f, text(answer, "error"))
	}
	return answer
}

// set changes how the peer behaves.
func (p *peer) set(f fields) {
	p.t.Helper()
	p.order("/settings", f)
}

// journal is what happened on the wire.
type journal struct {
	// Deliveries came in; Fedify answers 202 only where it has verified the signature.
	Deliveries []struct {
		Path, Scheme, Body string
		Status             int
	}
	// Activities were taken, once for each id.
	Activities []struct {
		ID, Type, Actor, Object, Content, AttributedTo, ActorRead string
		Attachments                                               []struct{ URL, Alt, MediaType string }
	}
	// Requests went out.
	Requests []struct {
		Method, URL, Scheme, Type string
		Status                    int
	}
}

func (p *peer) journal() journal {
	p.t.Helper()
	res, err := http.Get("http://" + p.control + "/journal")
	if err != nil {
		p.t.Fatalf("peer's journal: %v", err)
	}
	defer res.Body.Close()
	var j journal
	if err := json.NewDecoder(res.Body).Decode(&j); err != nil {
		p.t.Fatalf("peer's journal: %v", err)
	}
	return j
}

// await waits until the peer has taken an activity of a type about an object, and returns its position among all.
func (p *peer) await(kind, object string) (j journal, at int) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("the peer gets the %s of %s", kind, object), func() error {
		j = p.journal()
		for i, a := range j.Activities {
			if a.Type == kind && (object == "" || a.Object == object) {
				at = i
				return nil
			}
		}
		return fmt.Errorf("got %+v", j.Activities)
	})
	return j, at
}
