package media

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"
)

// Before calls f with the photos whose files were all written before a time, at most so many at once, and stops at f's
// first error. A photo is found by its files alone: it has a Name and Variants with their File, and nothing else, which
// is what Remove needs. Files whose names are not those of photos are left out.
func (s *Store) Before(ctx context.Context, written time.Time, most int, f func([]Photo) error) error {
	var batch []Photo
	for i := range 256 {
		if err := ctx.Err(); err != nil {
			return err
		}
		found, err := s.folder.before(fmt.Sprintf("%02x", i), written)
		if err != nil {
			return fmt.Errorf("look through the photos: %w", err)
		}
		batch = append(batch, found...)
		for len(batch) >= most {
			if err := f(batch[:most:most]); err != nil {
				return err
			}
			batch = batch[most:]
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return f(batch)
}

// before lists a sub-folder, in which the files of a photo stand together.
func (f *folder) before(name string, written time.Time) ([]Photo, error) {
	entries, err := fs.ReadDir(f.root.FS(), name)
	if err != nil {
		return nil, err
	}
	var found []Photo
	fresh := map[string]bool{} // by photo
	for _, e := range entries {
		file := path.Join(name, e.Name())
		if _, ok := mediaType(file); !ok || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since
		}
		if err != nil {
			return nil, err
		}
		photo := e.Name()[:32]
		fresh[photo] = fresh[photo] || !info.ModTime().Before(written)
		if len(found) == 0 || found[len(found)-1].Name != photo { // ReadDir sorts
			found = append(found, Photo{Name: photo})
		}
		last := &found[len(found)-1]
		last.Variants = append(last.Variants, Variant{File: file})
	}
	return slices.DeleteFunc(found, func(p Photo) bool { return fresh[p.Name] }), nil
}
