package backup

import (
	"archive/tar"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var about = About{Version: "1.0.0", URL: "https://bourg.example", Made: time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)}

// rows stand for a dump.
var rows = strings.Repeat("rows", 250)

// photos are the files of a folder by name; no folder is an empty one.
func photos(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		inside, _ := filepath.Rel(folder, name)
		found[inside] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func put(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		file := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// made writes a backup of two photos, and returns its folder and its file.
func made(t *testing.T) (folder, file string) {
	t.Helper()
	folder = t.TempDir()
	media := filepath.Join(folder, "media")
	put(t, media, map[string]string{"a.jpg": strings.Repeat("A", 3000), "b/c.webp": "C"})
	file = filepath.Join(folder, "bourg.tar")
	n, err := Write(file, about, media, func(dump string) error { return os.WriteFile(dump, []byte(rows), 0o600) })
	if err != nil || n != 2 {
		t.Fatalf("got %d photos and error %v, want 2", n, err)
	}
	return folder, file
}

func admitted(About) error { return nil }

func TestATownComesBackFromItsBackup(t *testing.T) {
	t.Parallel()
	folder, file := made(t)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: got %v and error %v, want a file for its owner alone", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".bourg-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	media := filepath.Join(t.TempDir(), "data", "media")
	put(t, media, map[string]string{"a.jpg": strings.Repeat("A", 3000)}) // a first try was broken off
	var loaded string
	got, n, err := Read(file, media, admitted, func(dump string) error {
		if len(photos(t, media)) != 2 {
			t.Error("the database is loaded before the photos are there")
		}
		content, err := os.ReadFile(dump)
		loaded = string(content)
		return err
	})
	if err != nil || n != 2 || loaded != rows || got.URL != about.URL || !got.Made.Equal(about.Made) {
		t.Fatalf("got %+v, %d photos, %q loaded, error %v", got, n, loaded, err)
	}
	if want := photos(t, filepath.Join(folder, "media")); !maps.Equal(photos(t, media), want) {
		t.Errorf("got photos %v, want %v", slices.Collect(maps.Keys(photos(t, media))), slices.Collect(maps.Keys(want)))
	}
}

// Wherever a file was cut off, nothing is loaded from it.
func TestABackupThatWasCutOffIsRefused(t *testing.T) {
	t.Parallel()
	folder, file := made(t)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{0, 10, 600, 1100, 4000, 5000, 5700, len(whole) - 2100, len(whole) - 1100} {
		cut := filepath.Join(folder, "cut.tar")
		put(t, folder, map[string]string{"cut.tar": string(whole[:length])})
		_, _, err := Read(cut, filepath.Join(t.TempDir(), "media"), admitted, func(string) error {
			t.Errorf("cut off after %d of %d bytes: it is loaded", length, len(whole))
			return nil
		})
		if !errors.Is(err, ErrNotWhole) {
			t.Errorf("cut off after %d of %d bytes: got error %v, want %v", length, len(whole), err, ErrNotWhole)
		}
	}
}

// A file of somebody else's making writes nowhere but among the photos.
func TestABackupThatLeadsElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	for _, h := range []tar.Header{
		{Name: "media/../../escaped", Typeflag: tar.TypeReg}, {Name: "/etc/passwd", Typeflag: tar.TypeReg},
		{Name: "media//etc/passwd", Typeflag: tar.TypeReg}, {Name: "other", Typeflag: tar.TypeReg},
		{Name: "media/link", Typeflag: tar.TypeSymlink, Linkname: "/etc"},
	} {
		folder := t.TempDir()
		f, err := os.Create(filepath.Join(folder, "evil.tar"))
		if err != nil {
			t.Fatal(err)
		}
		w := tar.NewWriter(f)
		sent := about
		sent.Format = format
		h.Mode = 0o600
		if err := errors.Join(addAbout(w, sent), w.WriteHeader(&h), w.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		_, _, err = Read(f.Name(), filepath.Join(folder, "in", "media"), admitted, func(string) error { return nil })
		if !errors.Is(err, ErrNotWhole) {
			t.Errorf("%s: got error %v, want %v", h.Name, err, ErrNotWhole)
		}
		if found := photos(t, folder); len(found) != 1 {
			t.Errorf("%s: got files %v, want the archive alone", h.Name, found)
		}
	}
}

// What fails leaves the backup of the day before as it was.
func TestABackupThatFailsReplacesNothing(t *testing.T) {
	t.Parallel()
	folder, file := made(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is full")
	if _, err := Write(file, about, filepath.Join(folder, "media"), func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the backup of before: got error %v, or another content", err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".bourg-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestABackupOfAnotherTownIsRefused(t *testing.T) {
	t.Parallel()
	_, file := made(t)
	other := errors.New("another town")
	media := filepath.Join(t.TempDir(), "media")
	if _, _, err := Read(file, media, func(About) error { return other }, nil); !errors.Is(err, other) || len(photos(t, media)) != 0 {
		t.Errorf("got error %v and %d photos, want %v and none", err, len(photos(t, media)), other)
	}
}

// Until all of a file is on the disk, what had its name keeps it.
func TestAFileThatIsNotOnTheDiskGetsNoName(t *testing.T) {
	t.Parallel()
	_, file := made(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := tempFile(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil { // so that it cannot be synced
		t.Fatal(err)
	}
	if err := place(f, file); err == nil {
		t.Error("a file that cannot be synced: got no error")
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the backup of before: got error %v, or another content", err)
	}
}

// A town that has no photos yet comes back too, to a machine that has no data folder yet.
func TestATownWithoutPhotosComesBack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "bourg.tar")
	n, err := Write(file, about, filepath.Join(folder, "none"), func(dump string) error { return os.WriteFile(dump, []byte(rows), 0o600) })
	if err != nil || n != 0 {
		t.Fatalf("got %d photos and error %v, want none", n, err)
	}
	loaded := false
	_, _, err = Read(file, filepath.Join(folder, "new", "data", "media"), admitted, func(string) error { loaded = true; return nil })
	if err != nil || !loaded {
		t.Errorf("got loaded %v and error %v", loaded, err)
	}
}
