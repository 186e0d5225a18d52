package agent

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"weft/agent/run"
	"weft/api"
	"weft/plan"
)

// planFile holds the last plan as lines of plan.Message: a snapshot, the deltas since, and what was done of the items
// that leave no trace on the host. A line that was cut off by a crash, and what follows it, is not read.
const planFile = "plan.jsonl"

// doneType is the type of lines that say what was done: Put are items that were told or forgotten, Drop those undone.
const doneType = "done"

// compactFrom is how many bytes of deltas make the file be written anew, once they outweigh the snapshot.
const compactFrom = 1 << 20

// cache is the plan on disk. It is used by the loop alone.
type cache struct {
	path       string
	f          *os.File
	base, size int64     // bytes of the snapshot, and of everything
	dirty      time.Time // of the first line since the last sync; the zero time: none
}

// kept is what a cache held.
type kept struct {
	revision api.Revision
	want     *run.Wanted
	flows    map[plan.FlowKey]plan.Flow
	done     map[plan.Key]plan.Spec
	found    bool // there was a snapshot
}

// loadCache reads the file; one that is not there or damaged gives what could be read.
func loadCache(path string) (kept, error) {
	k := kept{want: run.NewWanted(), flows: map[plan.FlowKey]plan.Flow{}, done: map[plan.Key]plan.Spec{}}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, fmt.Errorf("read last plan: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return k, nil // the end, or a line that was not finished
		}
		var m plan.Message
		if err := json.Unmarshal(line, &m); err != nil {
			return k, fmt.Errorf("read last plan %s: %w", path, err)
		}
		k.take(m)
	}
}

func (k *kept) take(m plan.Message) {
	switch m.Type {
	case typeSnapshot:
		k.want, k.found, k.revision = run.NewWanted(), true, m.Revision
		clear(k.flows)
		k.change(m)
	case typeDelta:
		k.revision = m.Revision
		k.change(m)
	case doneType:
		for _, i := range m.Put {
			k.done[i.Key()] = i.Spec
		}
		for _, d := range m.Drop {
			delete(k.done, d)
		}
	}
}

func (k *kept) change(m plan.Message) {
	for _, d := range m.Drop {
		k.want.Drop(d)
	}
	for _, i := range m.Put {
		k.want.Put(i)
	}
	for _, d := range m.DropFlows {
		delete(k.flows, d)
	}
	for _, f := range m.PutFlows {
		k.flows[f.FlowKey] = f
	}
}

// rewrite replaces the file by one with a snapshot and what is done.
func (c *cache) rewrite(snapshot plan.Message, done map[plan.Key]plan.Spec) error {
	var b []byte
	var did []plan.Item
	for _, s := range done {
		did = append(did, plan.Item{Spec: s})
	}
	for _, m := range []plan.Message{snapshot, {Type: doneType, Put: did}} {
		line, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("write plan: %w", err)
		}
		b = append(append(b, line...), '\n')
	}
	if err := writeWhole(c.path, b); err != nil {
		return err
	}
	c.close()
	f, err := os.OpenFile(c.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open plan: %w", err)
	}
	c.f, c.base, c.size, c.dirty = f, int64(len(b)), int64(len(b)), time.Time{}
	return nil
}

// add appends a line. It survives the end of the process at once, and that of the machine after sync.
func (c *cache) add(m plan.Message) error {
	if c.f == nil {
		return nil // before the first snapshot there is nothing to add to
	}
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	n, err := c.f.Write(append(line, '\n'))
	c.size += int64(n)
	if c.dirty.IsZero() {
		c.dirty = time.Now()
	}
	if err != nil {
		c.close() // half a line may be there: nothing may follow it
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}

// full reports whether the file should be written anew, since it is long or was broken.
func (c *cache) full() bool { return c.f == nil || c.size-c.base > max(c.base, compactFrom) }

// syncAfter is how long a change of flows alone may be where only the end of the machine can take it.
const syncAfter = time.Second

// stale reports whether there is something that should be synced now.
func (c *cache) stale() bool { return !c.dirty.IsZero() && time.Since(c.dirty) >= syncAfter }

func (c *cache) sync() error {
	if c.f == nil || c.dirty.IsZero() {
		return nil
	}
	c.dirty = time.Time{}
	return c.f.Sync()
}

func (c *cache) close() {
	if c.f != nil {
		_ = c.f.Close()
		c.f = nil
	}
}

// writeWhole writes a file so that at any moment either the old content is there or the new.
func writeWhole(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name()) // gone after the rename
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
