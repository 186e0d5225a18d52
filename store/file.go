package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strconv"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"weft/api"
)

var (
	bucketMeta  = []byte("meta")
	keySchema   = []byte("schema")
	keyRevision = []byte("revision")
)

const (
	// mapSize is reserved address space: a backup to a slow reader holds up an Update only when the file outgrows it.
	mapSize   = 256 << 20
	growChunk = 1 << 20
)

// file is the bbolt file: a bucket for each api.Kind (id → JSON) and the bucket meta (schema version, revision).
type file struct {
	path string
	db   *bolt.DB
}

func openFile(path string, lock time.Duration, sch schema) (f *file, snap *api.Snapshot, err error) {
	// bbolt answers a damaged page with a panic, and a file that is too short with a fault in its memory map.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w (%v)", errDamaged, r)
		}
		if err != nil && f != nil {
			_ = f.db.Close()
			f, snap = nil, nil
		}
	}()
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout: lock, FreelistType: bolt.FreelistMapType, InitialMmapSize: mapSize, NoStatistics: true,
	})
	if err != nil {
		return nil, nil, explain(err)
	}
	db.AllocSize = growChunk
	f = &file{path: path, db: db}
	if err := sch.bring(db); err != nil {
		return f, nil, err
	}
	snap, err = f.load()
	return f, snap, err
}

var errDamaged = errors.New("the file is damaged; put a backup in its place")

func explain(err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return errors.New("another process has the file locked; is a controller running already?")
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w (%w)", errDamaged, err)
	}
	return err
}

// write puts the commits into the file, in order, all or none.
func (f *file) write(cs []Commit) error {
	return f.db.Update(func(b *bolt.Tx) error {
		for _, c := range cs {
			for _, ch := range c.Changes {
				if err := writeChange(b, ch); err != nil {
					return err
				}
			}
		}
		return writeNumber(b, keyRevision, uint64(cs[len(cs)-1].New.Revision()))
	})
}

func writeChange(b *bolt.Tx, ch api.Change) error {
	ref := ch.Ref()
	bucket := b.Bucket([]byte(ref.Kind))
	if ch.After == nil {
		return bucket.Delete([]byte(ref.ID))
	}
	v, err := json.Marshal(ch.After)
	if err != nil {
		return fmt.Errorf("encode %s: %w", ref, err)
	}
	return bucket.Put([]byte(ref.ID), v)
}

// revision reads what the file holds now.
func (f *file) revision() (rev api.Revision, err error) {
	err = f.db.View(func(b *bolt.Tx) error {
		rev, err = readRevision(b)
		return err
	})
	return rev, err
}

func (f *file) copyTo(w io.Writer) error {
	return f.db.View(func(b *bolt.Tx) error {
		_, err := b.WriteTo(w)
		return err
	})
}

func (f *file) close() error {
	if err := f.db.Close(); err != nil {
		return fmt.Errorf("close state %s: %w", f.path, err)
	}
	return nil
}

func readRevision(b *bolt.Tx) (api.Revision, error) {
	n, err := readNumber(b, keyRevision)
	return api.Revision(n), err
}

func readNumber(b *bolt.Tx, key []byte) (uint64, error) {
	n, err := strconv.ParseUint(string(b.Bucket(bucketMeta).Get(key)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w (meta/%s: %w)", errDamaged, key, err)
	}
	return n, nil
}

func writeNumber(b *bolt.Tx, key []byte, n uint64) error {
	return b.Bucket(bucketMeta).Put(key, strconv.AppendUint(nil, n, 10))
}
