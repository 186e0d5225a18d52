package e2e

import (
	"strings"
	"testing"
)

// Guests without a floating IP leave by an elected host, and by another when that dies.
func TestSNATAndItsFailoverWorkWithRealPackets(t *testing.T) {
	w := build(t, "snat")
	out, code := w.run("lab", "run", "../../examples/snat")
	if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
		t.Fatalf("the example: exit status %d\n%s\n%s", code, out, w.logs())
	}
	w.nothingLeft(t)
}
