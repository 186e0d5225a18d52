package compile_test

import (
	"testing"

	"weft/api"
	"weft/test/cloud"
)

func TestAGatewayOnAProviderNetworkIsForItsOwnHostAlone(t *testing.T) {
	b := cloud.On(nil)
	b.Network("ext", api.NetworkVLAN, 300, "phys")
	b.Subnet("outside", "ext", "100.64.0.0/16")
	for i := range 5 {
		b.Host(crowdHost(i), byte(i+1), "phys")
		gatedRouter(b, i, i)
	}
	old, _ := b.Done()
	b = cloud.On(old)
	gatedRouter(b, 5, 0)
	next, changes := b.Done()
	got := strict().Affected(old, next, changes)
	if len(got) != 1 || len(got[crowdHost(0)]) == 0 {
		t.Errorf("hosts that look: %v, want the gateway host", got)
	}
}
