package agent

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/plan"
)

// What cannot be written, since the disk is full, leaves nothing behind that could be taken for a plan, and all is written
// anew once there is room.
func TestACacheThatCannotBeWrittenIsWrittenAnewLater(t *testing.T) {
	c := &cache{path: filepath.Join(t.TempDir(), planFile)}
	message := func(kind string, rev uint64) plan.Message {
		m := snapshot(rev, plan.Bridge{Name: "br-int", DatapathID: rev})
		m.Type = kind
		return m
	}
	holds := func(rev uint64) {
		t.Helper()
		k, err := loadCache(c.path)
		if err != nil || uint64(k.revision) != rev {
			t.Errorf("revision %d is on the disk (%v), want %d", k.revision, err, rev)
		}
	}
	if err := c.rewrite(message(typeSnapshot, 7), nil); err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	good := c.f
	defer good.Close()
	c.f = full
	if err := c.add(message(typeDelta, 8)); err == nil {
		t.Fatal("a full disk has taken a line")
	}
	if err := c.add(message(typeDelta, 9)); err != nil || !c.full() {
		t.Errorf("after a line that failed: %v, to be written anew: %v, want so, and no lines behind it", err, c.full())
	}
	holds(7)
	if err := c.rewrite(message(typeSnapshot, 9), nil); err != nil {
		t.Fatal(err)
	}
	if err := c.add(message(typeDelta, 10)); err != nil {
		t.Fatal(err)
	}
	defer c.close()
	holds(10)
	left, err := os.ReadDir(filepath.Dir(c.path))
	if err != nil || len(left) != 1 {
		t.Errorf("files beside the plan: %v (%v)", cmp.Diff(1, len(left)), err)
	}
}
