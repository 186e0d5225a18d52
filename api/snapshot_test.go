package api

import (
	"net/netip"
	"slices"
	"testing"
)

func TestSnapshotStaysAsItWasWhenACopyChanges(t *testing.T) {
	tx := NewSnapshot().Txn()
	sub := &Subnet{ID: "s1", NetworkID: "n1", CIDR: netip.MustParsePrefix("10.0.0.0/24")}
	tx.Put(sub)
	p := &Port{ID: "p1", NetworkID: "n1", MAC: MustMAC("fa:16:3e:00:00:01"), FixedIPs: []FixedIP{{"s1", netip.MustParseAddr("10.0.0.5")}}}
	tx.Put(p)
	one := tx.Commit(tx.Next())

	tx = one.Txn()
	moved := *p
	moved.FixedIPs = []FixedIP{{"s1", netip.MustParseAddr("10.0.0.6")}}
	tx.Put(&moved)
	tx.Put(&Port{ID: "p2", NetworkID: "n1"})
	tx.Delete(&Port{ID: "p2"})
	if got := tx.Changes(); len(got) != 1 || got[0].Ref() != p.Ref() {
		t.Fatalf("changes = %v, want one of p1", got)
	}
	two := tx.Commit(tx.Next())

	if _, ok := one.PortByAddr("s1", netip.MustParseAddr("10.0.0.6")); ok {
		t.Error("the old snapshot sees the new address")
	}
	if got, ok := two.PortByAddr("s1", netip.MustParseAddr("10.0.0.6")); !ok || got.ID != "p1" {
		t.Error("the new snapshot does not see the new address")
	}
	if _, ok := two.PortByAddr("s1", netip.MustParseAddr("10.0.0.5")); ok {
		t.Error("the new snapshot sees the old address")
	}
	if got := slices.Collect(two.Ports()); len(got) != 1 {
		t.Errorf("ports = %d, want 1", len(got))
	}
	if one.Revision() != 1 || two.Revision() != 2 {
		t.Errorf("revisions = %d, %d, want 1, 2", one.Revision(), two.Revision())
	}
}
