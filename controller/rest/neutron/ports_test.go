package neutron

import (
	"testing"

	"weft/api"
	"weft/controller/rest/noun"
)

func TestAPortThatIsOnlyWhereItMayNotBeIsNotBound(t *testing.T) {
	tx := api.NewSnapshot().Txn()
	p := &api.Port{ID: "p1"}
	tx.Put(p)
	tx.Put(&api.Binding{PortID: "p1", HostID: "h1", OFPort: 5, Problem: "bound on another host"})
	s := noun.Scope{View: tx.Commit(1).View}
	if got := vifType(s, p); got != "binding_failed" {
		t.Errorf("vif_type is %s, want binding_failed", got)
	}
	if got := hostOf(s, p); got != "" {
		t.Errorf("host is %s, want none", got)
	}
}
