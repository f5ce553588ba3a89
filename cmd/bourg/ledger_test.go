package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// ledger remembers what was acknowledged, line by line in a file that is only appended
// to. What stands in it must be there in the end, whatever was killed in between.
type ledger struct {
	t    *testing.T
	mu   sync.Mutex
	file *os.File
}

// entry is one line: something that a town acknowledged.
type entry struct {
	What string // "post", or the type of an activity that was taken
	Name string // the words of the post, or the id of the activity
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(t.TempDir(), "ledger"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		t.Fatalf("open the ledger: %v", err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Errorf("close the ledger: %v", err)
		}
	})
	return &ledger{t: t, file: file}
}

// write adds a line.
func (l *ledger) write(what, name string) {
	line, err := json.Marshal(entry{What: what, Name: name})
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, err = l.file.Write(append(line, '\n'))
	}
	if err != nil {
		l.t.Errorf("write the ledger: %v", err)
	}
}

// read returns the lines of a kind.
func (l *ledger) read(what string) []string {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	file, err := os.Open(l.file.Name())
	if err != nil {
		l.t.Fatalf("read the ledger: %v", err)
	}
	defer file.Close()
	var names []string
	for decoder := json.NewDecoder(file); decoder.More(); {
		var e entry
		if err := decoder.Decode(&e); err != nil {
			l.t.Fatalf("read the ledger: %v", err)
		}
		if e.What == what {
			names = append(names, e.Name)
		}
	}
	return names
}

// rounds returns how often a test kills: BOURG_TEST_ROUNDS where it is set (for long
// runs), else n.
func rounds(t *testing.T, n int) int {
	t.Helper()
	set := os.Getenv("BOURG_TEST_ROUNDS")
	if set == "" {
		return n
	}
	more, err := strconv.Atoi(set)
	if err != nil {
		t.Fatalf("BOURG_TEST_ROUNDS: %v", err)
	}
	return more
}
