package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"weft/api"
)

// ErrNoBackup says that what was read is no state that this program could start with.
var ErrNoBackup = errors.New("this is no backup that can be read")

// Backup writes a consistent copy of the state file to w. Updates go on meanwhile.
func (s *Store) Backup(w io.Writer) error {
	f := s.file
	if f == nil {
		made, done, err := s.written()
		if err != nil {
			return err
		}
		defer done()
		f = made
	}
	if err := f.copyTo(w); err != nil {
		return fmt.Errorf("back up state %s: %w", f.path, err)
	}
	return nil
}

// written makes a file of a state in memory.
func (s *Store) written() (f *file, done func(), err error) {
	path, err := s.scratch(func(io.Writer) error { return nil })
	if err != nil {
		return nil, nil, fmt.Errorf("back up state: %w", err)
	}
	f, empty, err := openFile(path, DefaultLockTimeout, current)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("back up state: %w", err), os.Remove(path))
	}
	done = func() {
		_ = f.close() // nothing is written any more
		_ = os.Remove(path)
	}
	tx, now := empty.Txn(), s.Snapshot()
	tx.Become(now)
	changes := tx.Changes()
	if err := f.write([]Commit{{Old: empty, New: now, Changes: changes}}); err != nil {
		done()
		return nil, nil, fmt.Errorf("back up state: %w", err)
	}
	return f, done, nil
}

// Restore reads what Backup wrote, of this schema or an older one, and gives the change that makes the state what it was
// then, for Update, but for the certificates of hosts: those that they have now are theirs, whatever was renewed or replaced
// since. The copy that it works on lies beside the state file meanwhile. An error that is the backup's own is
// an ErrNoBackup.
func (s *Store) Restore(from io.Reader) (func(*api.Txn) error, error) {
	path, err := s.scratch(func(w io.Writer) error {
		n, err := io.Copy(w, from)
		if err == nil && n == 0 { // which would be a new and empty state
			err = fmt.Errorf("%w: it is empty", ErrNoBackup)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read backup: %w", err)
	}
	defer os.Remove(path)
	f, then, err := openFile(path, DefaultLockTimeout, current)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoBackup, err)
	}
	if err := f.close(); err != nil {
		return nil, err
	}
	return func(tx *api.Txn) error {
		joined := slices.Collect(tx.Hosts())
		tx.Become(then)
		for _, h := range joined {
			if was, ok := tx.Host(h.ID); ok && (was.CertHash != h.CertHash || was.OldCertHash != h.OldCertHash) {
				next := *was
				next.CertHash, next.OldCertHash = h.CertHash, h.OldCertHash
				tx.Put(&next)
			}
		}
		return nil
	}, nil
}

// scratch makes a file beside the state file, or wherever such files are if there is none.
func (s *Store) scratch(fill func(io.Writer) error) (path string, err error) {
	dir := os.TempDir()
	if s.file != nil {
		dir = filepath.Dir(s.file.path)
	}
	f, err := os.CreateTemp(dir, "backup-*.db")
	if err != nil {
		return "", err
	}
	if err := errors.Join(fill(f), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
