package controller

import (
	"net/netip"
	"strings"
	"testing"

	"weft/plan"
)

func TestAHostWhoseTunnelAddressIsGoneSaysSo(t *testing.T) {
	r := plan.Report{TunnelIP: netip.MustParseAddr("10.1.2.4"), TunnelMTU: 1500}
	if why := lostAddress(r); why != "" {
		t.Errorf("a sound host: %s", why)
	}
	r.TunnelMTU = 0
	if why := lostAddress(r); !strings.Contains(why, "10.1.2.4") {
		t.Errorf("without the address: %q", why)
	}
	r.Problem = "ovs-vswitchd is not running"
	if why := lostAddress(r); why != "" {
		t.Errorf("while nothing can be seen: %s", why)
	}
	if why := lostAddress(plan.Report{}); why != "" {
		t.Errorf("before it has reported: %s", why)
	}
}
