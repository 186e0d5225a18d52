package store

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"

	"weft/api"
)

// piece is how many objects are decoded at a time, while other processors decode others.
const piece = 1000

// stored is an object as the file has it. It is part of the file, so it holds as long as the transaction.
type stored struct{ id, value []byte }

func (f *file) load() (snap *api.Snapshot, err error) {
	err = f.db.View(func(b *bolt.Tx) error {
		objects, err := decodeAll(b)
		if err != nil {
			return err
		}
		rev, err := readRevision(b)
		if err != nil {
			return err
		}
		snap = api.Load(rev, objects, func(work []func()) {
			err = together(len(work), func(i int) error { work[i](); return nil })
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return snap, nil
}

func decodeAll(b *bolt.Tx) (map[api.Kind][]api.Object, error) {
	objects := map[api.Kind][]api.Object{}
	var work []func() error
	for _, k := range api.Kinds {
		all, err := readKind(b, k)
		if err != nil {
			return nil, err
		}
		into := make([]api.Object, len(all))
		objects[k] = into
		for at := 0; at < len(all); at += piece {
			end := min(at+piece, len(all))
			work = append(work, func() error { return decode(k, all[at:end], into[at:end]) })
		}
	}
	return objects, together(len(work), func(i int) error { return work[i]() })
}

func readKind(b *bolt.Tx, k api.Kind) (all []stored, err error) {
	bucket := b.Bucket([]byte(k))
	if bucket == nil {
		return nil, fmt.Errorf("%w (no bucket %q)", errDamaged, k)
	}
	err = bucket.ForEach(func(id, value []byte) error {
		all = append(all, stored{id, value})
		return nil
	})
	return all, err
}

func decode(k api.Kind, all []stored, into []api.Object) error {
	for i, s := range all {
		o := k.New()
		if err := json.Unmarshal(s.value, o); err != nil {
			return fmt.Errorf("%w (%s/%s: %w)", errDamaged, k, s.id, err)
		}
		if o.Ref().ID != string(s.id) {
			return fmt.Errorf("%w (%s/%s holds %s)", errDamaged, k, s.id, o.Ref())
		}
		into[i] = o
	}
	return nil
}

// together does n pieces of work on all processors, and gives the error of the first that has one.
func together(n int, do func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = unharmed(func() error { return do(i) })
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// unharmed makes an error of what a damaged file does to a goroutine: a fault in its memory map.
func unharmed(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w (%v)", errDamaged, r)
		}
	}()
	return f()
}
