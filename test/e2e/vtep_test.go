package e2e

import (
	"strings"
	"testing"
)

// A Linux bridge with a kernel VXLAN device, which weft does not manage, in a network of weft.
func TestALinuxBridgeVTEPJoinsANetwork(t *testing.T) {
	w := build(t, "e2evt")
	out, code := w.run("lab", "run", "../../examples/seed-004")
	if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
		t.Fatalf("the example: exit status %d\n%s\n%s", code, out, w.logs())
	}
	w.nothingLeft(t)
}
