package media

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
)

// failing is Files that fail after some files.
type failing struct {
	Files
	err   error
	after int
}

func (f *failing) Put(ctx context.Context, name string, content []byte) error {
	if f.after--; f.after < 0 {
		return fmt.Errorf("write %s: %w", name, f.err)
	}
	return f.Files.Put(ctx, name, content)
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	upload := asJPEG(t, landscape(1300, 500, 0), 90)
	const mb, gb = 1 << 20, 1 << 30
	for _, tt := range []struct {
		name        string
		free, total uint64
		full        bool
	}{
		{"U10/less than 200 MB", 199 * mb, gb, true},
		{"U10/less than two in a hundred", 19 * gb, 1000 * gb, true},
		{"U10/enough", 21 * gb, 1000 * gb, false},
		{"U10/enough on a small disk", 201 * mb, gb, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.space = func() (uint64, uint64, error) { return tt.free, tt.total, nil }
			if _, err := s.Add(t.Context(), bytes.NewReader(upload)); errors.Is(err, ErrDiskFull) != tt.full || !tt.full && err != nil {
				t.Errorf("got error %v, want disk full: %t", err, tt.full)
			}
		})
	}
	for _, errno := range []error{syscall.ENOSPC, syscall.EDQUOT} {
		t.Run("U10/"+errno.Error(), func(t *testing.T) {
			t.Parallel()
			s := open(t)
			s.files = &failing{s.files, errno, 2}
			if _, err := s.Add(t.Context(), bytes.NewReader(upload)); !errors.Is(err, ErrDiskFull) {
				t.Errorf("got error %v, want %v", err, ErrDiskFull)
			}
			if names := kept(t, s); len(names) != 0 {
				t.Errorf("files are left: %v", names)
			}
		})
	}
	t.Run("measured", func(t *testing.T) {
		t.Parallel()
		free, total, err := open(t).folder.space()
		if err != nil || total == 0 || free > total {
			t.Errorf("got %d of %d bytes free, error %v", free, total, err)
		}
	})
}

func TestReaderFails(t *testing.T) {
	t.Parallel()
	s := open(t)
	upload := asJPEG(t, landscape(400, 300, 0), 90)
	broken := errors.New("connection reset")
	if _, err := s.Add(t.Context(), io.MultiReader(bytes.NewReader(upload[:100]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
	if _, err := s.Add(t.Context(), http.MaxBytesReader(nil, io.NopCloser(bytes.NewReader(upload)), 50)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got error %v, want %v", err, ErrTooLarge)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Add(ctx, bytes.NewReader(upload)); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	if names := kept(t, s); len(names) != 0 {
		t.Errorf("files are left: %v", names)
	}
}

func TestConcurrentAdds(t *testing.T) {
	t.Parallel()
	s := open(t)
	upload := asJPEG(t, landscape(800, 600, 5), 90)
	photos := make([]Photo, 12)
	var all sync.WaitGroup
	for i := range photos {
		all.Go(func() {
			p, err := s.Add(t.Context(), bytes.NewReader(upload))
			if err != nil {
				t.Errorf("Add: %v", err)
			}
			photos[i] = p
		})
	}
	all.Wait()
	seen := map[string]bool{}
	files := 0
	for _, p := range photos {
		files += len(p.Variants)
		seen[p.Name] = true
		largest(t, s, p)
	}
	if len(seen) != len(photos) || len(kept(t, s)) != files {
		t.Errorf("got %d names and %d files, want %d and %d", len(seen), len(kept(t, s)), len(photos), files)
	}
}

// TestKilled kills a process that adds photos, and looks for those that it said it had.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "media")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]Photo{}
	for round := range 4 {
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), "MEDIA_TEST_ADD_TO="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			var p Photo
			if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
				t.Fatalf("line %q: %v", lines.Text(), err)
			}
			acknowledged[p.Name] = p
			if n == round {
				if err := cmd.Process.Kill(); err != nil { // what it still printed counts
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the process ended by itself, want it killed")
		}
	}
	s, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer s.Close()
	if len(acknowledged) < 10 {
		t.Errorf("got %d photos, want at least 10", len(acknowledged))
	}
	for _, p := range acknowledged {
		largest(t, s, p)
	}
	// Files that nobody was told of may be there, but whole.
	for _, name := range kept(t, s) {
		if _, ok := mediaType(name); ok {
			if _, err := jpeg.Decode(bytes.NewReader(content(t, s, Variant{File: name}))); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if filepath.Dir(name) != temporary {
			t.Errorf("got file %s", name)
		}
	}
}

// TestOpenClearsAway: what a killed process left goes after a while; what another process works on stays.
func TestOpenClearsAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"tmp/stale/a.ppm", "tmp/fresh", "ab/kept"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var old syscall.Timespec
	for _, name := range []string{"tmp/stale", "ab/kept"} {
		if err := syscall.UtimesNano(filepath.Join(dir, name), []syscall.Timespec{old, old}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer s.Close()
	if got, want := kept(t, s), []string{"ab/kept", "tmp/fresh"}; !slices.Equal(got, want) {
		t.Errorf("got files %v, want %v", got, want)
	}
}
