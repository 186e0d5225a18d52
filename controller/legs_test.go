package controller_test

import (
	"testing"

	"weft/api"
	"weft/controller/intent"
	"weft/tables"
)

// leg makes a router with a leg on the one subnet that there is.
func (w *world) leg() (id api.PortID) {
	w.t.Helper()
	w.update(func(tx *api.Txn) error {
		r, err := w.ops.CreateRouter(tx, intent.RouterRequest{})
		if err != nil {
			return err
		}
		for s := range tx.Subnets() {
			made, err := w.ops.AddRouterInterface(tx, r.ID, intent.InterfaceRequest{SubnetID: s.ID})
			id = made.PortID
			return err
		}
		return nil
	})
	return id
}

// Clients wait for a leg to be ACTIVE before they go on, long before there is a guest.
func TestALegThatNoHostNeedsIsActive(t *testing.T) {
	w := newWorld(t)
	guest := w.network(1)[0]
	leg := w.leg()
	if got := w.Port(leg); got != "ACTIVE" {
		t.Errorf("no host needs the leg: it is %s, want ACTIVE", got)
	}
	w.update(func(tx *api.Txn) error {
		_, err := w.ops.UpdatePort(tx, leg, intent.PortRequest{AdminStateUp: intent.Some(false)})
		return err
	})
	if got := w.Port(leg); got != "DOWN" {
		t.Errorf("its port is administratively down: it is %s, want DOWN", got)
	}
	w.update(func(tx *api.Txn) error {
		_, err := w.ops.UpdatePort(tx, leg, intent.PortRequest{AdminStateUp: intent.Some(true)})
		return err
	})
	w.sw.AddPort(tables.BridgeInt, "tap10", 10)
	w.sw.AddPort(tables.BridgeInt, "tqr11", 11)
	w.report(0, map[api.PortID]uint32{guest: 10})
	if got := w.Port(leg); got == "ACTIVE" {
		t.Error("a host needs the leg and has not plugged it in: it is ACTIVE")
	}
	w.report(0, map[api.PortID]uint32{guest: 10, leg: 11})
	w.connect()
	w.eventually("the leg is ACTIVE", func() bool { return w.Port(leg) == "ACTIVE" })
}
