// Package backup puts a town into one file and takes it out again: a tar archive with a description, the photos, and at its end
// the database. The database is dumped first, so that every row in it finds its photo, but for what was withdrawn while the photos
// were copied; it stands last in the file, so that a file that was cut off has none and is refused.
package backup

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// The names in the archive.
const (
	aboutName  = "bourg.json"
	dumpName   = "database.dump"
	photosName = "media"
)

// format is the version of the archive's form.
const format = 1

// About says what a backup is of.
type About struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the program
	URL     string    `json:"url"`     // of the town: it is in every id
	Made    time.Time `json:"made"`
}

// ErrNotWhole says that a file is no backup, or only a part of one.
var ErrNotWhole = errors.New("the file is not a whole backup")

// Write makes a backup. dump writes the database into the file that it is told; photos is the folder that holds the photos. The
// file appears under its name when it is whole and on the disk, and replaces an older one then; only its owner may read it, because
// it holds the town's keys. n is how many photos there are.
func Write(file string, about About, photos string, dump func(file string) error) (n int, err error) {
	about.Format = format
	folder := filepath.Dir(file)
	dumped, err := tempFile(folder)
	if err != nil {
		return 0, err
	}
	defer discard(dumped)
	if err := dump(dumped.Name()); err != nil {
		return 0, err
	}
	whole, err := tempFile(folder)
	if err != nil {
		return 0, err
	}
	defer discard(whole)
	w := tar.NewWriter(whole)
	if err := addAbout(w, about); err != nil {
		return 0, err
	}
	if n, err = addPhotos(w, photos); err != nil {
		return 0, err
	}
	if err := addFile(w, dumpName, dumped.Name()); err != nil {
		return 0, err
	}
	if err := w.Close(); err != nil {
		return 0, fmt.Errorf("write the backup: %w", err)
	}
	if err := place(whole, file); err != nil {
		return 0, err
	}
	return n, syncFolder(folder)
}

// place gives a file its name once all of it is on the disk, and not before: what fails leaves there what was there.
func place(f *os.File, name string) error {
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write to the disk: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write to the disk: %w", err)
	}
	return os.Rename(f.Name(), name)
}

// tempFile is a file of its own beside the backup, whose owner alone may read it.
func tempFile(folder string) (*os.File, error) {
	f, err := os.CreateTemp(folder, ".bourg-*.partial")
	if err != nil {
		return nil, fmt.Errorf("write the backup: %w", err)
	}
	return f, nil
}

func discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name()) // it is not there any more where all went well
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

func addAbout(w *tar.Writer, about About) error {
	text, err := json.Marshal(about)
	if err != nil {
		return fmt.Errorf("describe the backup: %w", err)
	}
	if err := w.WriteHeader(&tar.Header{Name: aboutName, Mode: 0o600, Size: int64(len(text)), ModTime: about.Made}); err != nil {
		return fmt.Errorf("describe the backup: %w", err)
	}
	_, err = w.Write(text)
	return err
}

// addPhotos adds every file of a folder. One that is removed meanwhile is missed: somebody has just withdrawn it.
func addPhotos(w *tar.Writer, folder string) (n int, err error) {
	err = filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		inside, err := filepath.Rel(folder, name)
		if err != nil {
			return err
		}
		err = addFile(w, path.Join(photosName, filepath.ToSlash(inside)), name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			n++
		}
		return err
	})
	if err != nil {
		return n, fmt.Errorf("add the photos: %w", err)
	}
	return n, nil
}

func addFile(w *tar.Writer, name, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.CopyN(w, f, info.Size())
	return err
}

// Read takes a backup apart: it checks by admit whether it may be restored here, puts the photos into their folder, and
// gives the database's dump to load, which it does last. A photo that is there already stays. ErrNotWhole where the file is
// none, or is cut off; then nothing was loaded.
func Read(file, photos string, admit func(About) error, load func(dump string) error) (about About, n int, err error) {
	f, err := os.Open(file)
	if err != nil {
		return about, 0, fmt.Errorf("read the backup: %w", err)
	}
	defer f.Close()
	r := tar.NewReader(f)
	if about, err = readAbout(r); err != nil {
		return about, 0, err
	}
	if err := admit(about); err != nil {
		return about, 0, err
	}
	for {
		h, err := r.Next()
		if err != nil { // also at the end, where no database was
			return about, n, fmt.Errorf("%w: %w", ErrNotWhole, err)
		}
		if h.Name == dumpName {
			return about, n, loadDump(r, photos, load)
		}
		name, inside := strings.CutPrefix(h.Name, photosName+"/")
		if !inside || !filepath.IsLocal(filepath.FromSlash(name)) || h.Typeflag != tar.TypeReg {
			return about, n, fmt.Errorf("%w: it holds %q", ErrNotWhole, h.Name)
		}
		if err := putPhoto(r, filepath.Join(photos, filepath.FromSlash(name))); err != nil {
			return about, n, err
		}
		n++
	}
}

func readAbout(r *tar.Reader) (About, error) {
	var about About
	h, err := r.Next()
	if err != nil || h.Name != aboutName {
		return about, ErrNotWhole
	}
	if err := json.NewDecoder(io.LimitReader(r, 1<<16)).Decode(&about); err != nil {
		return about, fmt.Errorf("%w: %w", ErrNotWhole, err)
	}
	if about.Format != format {
		return about, fmt.Errorf("the backup was made by version %s of the program, and this one does not know its form", about.Version)
	}
	return about, nil
}

// putPhoto writes a file under another name first, so that a photo is whole or not there.
func putPhoto(r io.Reader, file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("put a photo back: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".bourg-*.partial")
	if err != nil {
		return fmt.Errorf("put a photo back: %w", err)
	}
	defer discard(f)
	if _, err := io.Copy(f, r); err != nil {
		return fmt.Errorf("%w: %w", ErrNotWhole, err)
	}
	return place(f, file)
}

// loadDump gives the dump to load once all of it has been read, and the archive's end after it.
func loadDump(r *tar.Reader, folder string, load func(dump string) error) error {
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return fmt.Errorf("take the database out of the backup: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(folder), ".bourg-*.partial")
	if err != nil {
		return fmt.Errorf("take the database out of the backup: %w", err)
	}
	defer discard(f)
	if _, err := io.Copy(f, r); err != nil {
		return fmt.Errorf("%w: %w", ErrNotWhole, err)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		return ErrNotWhole
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("take the database out of the backup: %w", err)
	}
	return load(f.Name())
}
