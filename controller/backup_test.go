package controller_test

import (
	"bytes"
	"testing"

	"weft/api"
)

func TestARestoredPortIsWhereItsHostSaysThatItIs(t *testing.T) {
	w := newWorld(t)
	ports := w.network(2)
	w.report(0, nil)
	w.connect()
	var then bytes.Buffer
	if err := w.Backup(&then); err != nil { // nothing is plugged in yet
		t.Fatal(err)
	}
	ifaces := map[api.PortID]uint32{ports[0]: 10, ports[1]: 11}
	w.hear(ifaces)
	w.eventually("the ports are bound", func() bool {
		_, bound := w.store.Snapshot().Binding(ports[1], hostID)
		return bound
	})
	w.update(func(tx *api.Txn) error { return w.ops.DeletePort(tx, ports[1]) })
	change, err := w.Restore(&then)
	if err != nil {
		t.Fatal(err)
	}
	s := w.update(change)
	for i, id := range ports {
		p, ok := s.Port(id)
		b, bound := s.Binding(id, hostID)
		if !ok || !bound || b.Changed != s.Revision() && i == 1 || b.OFPort != uint32(10+i) {
			t.Errorf("port %d is %v, bound %v", i, p, b)
		}
	}
}
