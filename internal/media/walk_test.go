package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// before collects what Before finds, by name, and checks the size of the batches.
func before(t *testing.T, s *Store, written time.Time, most int) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := s.Before(t.Context(), written, most, func(batch []Photo) error {
		if len(batch) == 0 || len(batch) > most {
			t.Errorf("got a batch of %d photos, want 1 to %d", len(batch), most)
		}
		for _, p := range batch {
			if found[p.Name] != nil {
				t.Errorf("got photo %s twice", p.Name)
			}
			for _, v := range p.Variants {
				found[p.Name] = append(found[p.Name], v.File)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Before: %v", err)
	}
	return found
}

func TestBefore(t *testing.T) {
	t.Parallel()
	s := open(t)
	old := time.Now().Add(-72 * time.Hour)
	put := func(name string, written time.Time) {
		t.Helper()
		path := filepath.Join(s.folder.path, name)
		if err := errors.Join(os.WriteFile(path, []byte("x"), 0o600), os.Chtimes(path, written, written)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][]string{}
	for i := range 7 {
		name := fmt.Sprintf("%02x%030x", 40*i, i)
		for _, size := range []string{"-320.jpg", "-640.webp"} {
			file := name[:2] + "/" + name + size
			put(file, old)
			want[name] = append(want[name], file)
		}
	}
	// A photo that is being kept right now, half of it, and files that are none of ours.
	young := fmt.Sprintf("00%030x", 99)
	put("00/"+young+"-320.jpg", old)
	put("00/"+young+"-640.jpg", time.Now())
	put("00/README", old)
	put("01/"+young+"-320.jpg", old)
	if err := os.Mkdir(filepath.Join(s.folder.path, "00", fmt.Sprintf("00%030x-320.jpg", 5)), 0o755); err != nil {
		t.Fatal(err)
	}

	for _, most := range []int{1, 2, 1000} {
		got := before(t, s, time.Now().Add(-48*time.Hour), most)
		if len(got) != len(want) {
			t.Errorf("batches of %d: got %d photos, want %d", most, len(got), len(want))
		}
		for name, files := range want {
			if !slices.Equal(got[name], files) {
				t.Errorf("batches of %d: got %q of %s, want %q", most, got[name], name, files)
			}
		}
	}

	stop := errors.New("enough")
	calls := 0
	err := s.Before(t.Context(), time.Now(), 1, func([]Photo) error { calls++; return stop })
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("got %v after %d calls, want the function's own error after 1", err, calls)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Before(ended, time.Now(), 1, func([]Photo) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

// What Before finds is enough for Remove.
func TestBeforeAndRemove(t *testing.T) {
	t.Parallel()
	s := open(t)
	add(t, s, asJPEG(t, landscape(50, 40, 0), 80))
	err := s.Before(t.Context(), time.Now().Add(time.Hour), 10, func(batch []Photo) error {
		for _, p := range batch {
			if err := s.Remove(t.Context(), p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := before(t, s, time.Now().Add(time.Hour), 10); len(left) != 0 {
		t.Errorf("got %d photos left, want none", len(left))
	}
}
