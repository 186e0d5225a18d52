package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const lockName = ".owner"

// Folder is a folder of this process.
type Folder struct {
	Path string
	lock int // a descriptor, which nobody but Close or the process's end closes
}

// New makes a folder in parent ("" is /tmp: the path of a socket has 108 bytes) whose name begins with prefix. Before, it
// removes the folders of that prefix whose processes are gone; end is called with each first, and ends what goes on there
// (nil: nothing does).
func New(parent, prefix string, end func(dir string)) (*Folder, error) {
	if parent == "" {
		parent = "/tmp"
	}
	found, err := filepath.Glob(filepath.Join(parent, prefix+"*", lockName))
	if err != nil {
		return nil, fmt.Errorf("look for folders %s*: %w", prefix, err)
	}
	for _, lock := range found {
		remove(lock, end)
	}
	dir, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return nil, err
	}
	f, err := own(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return f, nil
}

// own takes the lock before anybody can see it.
func own(dir string) (*Folder, error) {
	hidden := filepath.Join(dir, ".new")
	lock, err := unix.Open(hidden, unix.O_CREAT|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("own %s: %w", dir, err)
	}
	if err := errors.Join(unix.Flock(lock, unix.LOCK_EX|unix.LOCK_NB), os.Rename(hidden, filepath.Join(dir, lockName))); err != nil {
		return nil, errors.Join(fmt.Errorf("own %s: %w", dir, err), unix.Close(lock))
	}
	return &Folder{dir, lock}, nil
}

// remove removes the folder of a lock that nobody holds.
func remove(lock string, end func(string)) {
	f, err := os.Open(lock)
	if err != nil {
		return // it went just now
	}
	defer f.Close()
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		return
	}
	dir := filepath.Dir(lock)
	if end != nil {
		end(dir)
	}
	_ = os.RemoveAll(dir) // what resists is for the next run
}

// Close removes the folder.
func (f *Folder) Close() error { return errors.Join(os.RemoveAll(f.Path), unix.Close(f.lock)) }
