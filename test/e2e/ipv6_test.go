package e2e

import (
	"strings"
	"testing"
)

// Kernels and DHCPv6 clients of guests come by their addresses, and IPv6 is routed, while the controller dies and comes back.
func TestIPv6GuestsAreToldAndRouted(t *testing.T) {
	w := build(t, "ipv6")
	out, code := w.run("lab", "run", "../../examples/ipv6", "--chaos")
	if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
		t.Fatalf("the example: exit status %d\n%s\n%s", code, out, w.logs())
	}
	w.nothingLeft(t)
}
