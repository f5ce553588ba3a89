package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Files keeps contents under names of the form "ab/ab…-640.jpg". Contents never change.
type Files interface {
	// Put keeps content under a name that was never used. When it returns without an error, the content survives the
	// end of the process and of the machine's power; when it returns an error, nothing is seen under that name.
	Put(ctx context.Context, name string, content []byte) error
	// Open opens a content. The error is fs.ErrNotExist where there is none.
	Open(ctx context.Context, name string) (io.ReadSeekCloser, error)
	// Remove deletes a content. One that is not there is no error.
	Remove(ctx context.Context, name string) error
}

// temporary is the sub-folder for what is not finished; staleAfter is when something in it is nobody's any more.
const (
	temporary  = "tmp"
	staleAfter = time.Hour
)

// A folder is Files on a disk. It opens everything through os.Root, so that no name and no symbolic link leads out.
type folder struct {
	root *os.Root
	path string // absolute, for the programs that it starts
}

// openFolder makes the folder and all its sub-folders, so that keeping a file makes none, and clears away what a
// process that was killed left unfinished.
func openFolder(dir string) (*folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, err
	}
	f := &folder{root: root, path: abs}
	if err := f.prepare(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return f, nil
}

func (f *folder) prepare() error {
	names := []string{temporary}
	for i := range 256 {
		names = append(names, fmt.Sprintf("%02x", i))
	}
	for _, name := range names {
		if err := f.root.Mkdir(name, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	if err := f.sync("."); err != nil {
		return err
	}
	entries, err := fs.ReadDir(f.root.FS(), temporary)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && time.Since(info.ModTime()) < staleAfter {
			continue // another process is at work
		}
		if err := errors.Join(err, f.root.RemoveAll(path.Join(temporary, e.Name()))); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the folder.
func (f *folder) Close() error { return f.root.Close() }

// Put writes to a temporary file, brings it to the disk, gives it its name, and brings the name to the disk.
func (f *folder) Put(ctx context.Context, name string, content []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	temp := path.Join(temporary, newName())
	if err := f.write(temp, content); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), f.Remove(ctx, temp))
	}
	if err := f.root.Rename(temp, name); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), f.Remove(ctx, temp))
	}
	if err := f.sync(path.Dir(name)); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), f.Remove(ctx, name))
	}
	return nil
}

// write writes a new file and waits until its content is on the disk.
func (f *folder) write(name string, content []byte) error {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// sync waits until a folder's entries are on the disk.
func (f *folder) sync(name string) error {
	dir, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Open opens a file for reading. A folder, a link or a device counts as nothing.
func (f *folder) Open(_ context.Context, name string) (io.ReadSeekCloser, error) {
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.root.Open(name)
}

// Remove deletes a file.
func (f *folder) Remove(_ context.Context, name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// space returns how many bytes of the disk are free for this process, and how many there are.
func (f *folder) space() (free, total uint64, err error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return 0, 0, err
	}
	defer dir.Close()
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(dir.Fd()), &st); err != nil {
		return 0, 0, fmt.Errorf("measure free space: %w", err)
	}
	block := uint64(st.Bsize)
	return uint64(st.Bavail) * block, uint64(st.Blocks) * block, nil
}

// spool reads an upload into a file that has no name, so that it vanishes with the process, and returns it at its
// beginning. Many uploads can wait so without taking memory.
func (f *folder) spool(ctx context.Context, r io.Reader) (*os.File, error) {
	name := path.Join(temporary, newName())
	file, err := f.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store upload: %w", err)
	}
	err = f.root.Remove(name)
	var n int64
	if err == nil {
		n, err = io.Copy(file, io.LimitReader(r, MaxBytes+1))
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err == nil {
		err = ctx.Err()
	}
	switch {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("store upload: %w", err), file.Close())
	case n > MaxBytes:
		return nil, errors.Join(ErrTooLarge, file.Close())
	}
	return file, nil
}
