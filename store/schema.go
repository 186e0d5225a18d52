package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"

	"weft/api"
)

// schema is the layout of the file that this program writes, and how to get there from older ones.
type schema struct {
	version uint64
	// migrations[v] changes a file of version v into one of version v+1. Those of a start all run in one transaction.
	migrations map[uint64]func(*bolt.Tx) error
}

// current is the newest schema. Whoever changes the JSON of a stored type so that an old value would be read wrongly
// raises the version and adds a migration.
var current = schema{version: 1}

// bring makes the file one of this schema. A file that is one already is not written to, so that a controller starts
// on a full disk too.
func (s schema) bring(db *bolt.DB) error {
	ready := false
	if err := db.View(func(b *bolt.Tx) error {
		ready = s.ready(b)
		return nil
	}); err != nil || ready {
		return err
	}
	return db.Update(s.prepare)
}

func (s schema) ready(b *bolt.Tx) bool {
	for _, k := range api.Kinds {
		if b.Bucket([]byte(k)) == nil {
			return false
		}
	}
	if b.Bucket(bucketMeta) == nil {
		return false
	}
	have, err := readNumber(b, keySchema)
	return err == nil && have == s.version
}

// prepare makes the buckets of a new file, or brings an older file up to date.
func (s schema) prepare(b *bolt.Tx) error {
	if b.Bucket(bucketMeta) == nil {
		if name, _ := b.Cursor().First(); name != nil {
			return fmt.Errorf("%w (not a state file of weft: it has a bucket %q and no %q)", errDamaged, name, bucketMeta)
		}
		return s.create(b)
	}
	have, err := readNumber(b, keySchema)
	if err != nil {
		return err
	}
	if have > s.version {
		return fmt.Errorf("it was written by a newer weft (schema %d, this one knows %d); run that version, or restore an older backup", have, s.version)
	}
	return s.migrate(b, have)
}

func (s schema) create(b *bolt.Tx) error {
	if _, err := b.CreateBucket(bucketMeta); err != nil {
		return err
	}
	if err := writeNumber(b, keySchema, s.version); err != nil {
		return err
	}
	if err := writeNumber(b, keyRevision, 0); err != nil {
		return err
	}
	return createKinds(b)
}

func (s schema) migrate(b *bolt.Tx, have uint64) error {
	for ; have < s.version; have++ {
		step, ok := s.migrations[have]
		if !ok {
			return fmt.Errorf("no way to migrate from schema %d to %d; use an intermediate version of weft", have, have+1)
		}
		if err := step(b); err != nil {
			return fmt.Errorf("migrate from schema %d to %d: %w", have, have+1, err)
		}
		if err := writeNumber(b, keySchema, have+1); err != nil {
			return err
		}
	}
	return createKinds(b)
}

// createKinds makes the buckets that are missing: a kind may be newer than the file.
func createKinds(b *bolt.Tx) error {
	for _, k := range api.Kinds {
		if _, err := b.CreateBucketIfNotExists([]byte(k)); err != nil {
			return err
		}
	}
	return nil
}
