package e2e

import (
	"strings"
	"testing"
)

// Real clients get addresses, routes, MTU and names, while controller, agent and switch die and come back.
func TestDHCPAnswersRealClients(t *testing.T) {
	w := build(t, "dhcp")
	out, code := w.run("lab", "run", "../../examples/dhcp")
	if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
		t.Fatalf("the example: exit status %d\n%s\n%s", code, out, w.logs())
	}
	w.nothingLeft(t)
}
