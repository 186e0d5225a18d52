package e2e

import (
	"strings"
	"testing"
)

// What hypervisors are joined by: VXLAN over IPv4 and IPv6, and the wires of provider networks.
func TestNetworksBetweenHypervisorsWorkAndSurviveDeaths(t *testing.T) {
	for _, c := range []struct {
		name, example string
		args          []string
	}{
		{"vxlan", "seed-000", nil},
		{"vxlan-controller-and-agent-die", "seed-000", []string{"--chaos"}},
		{"vxlan-over-ipv6-controller-and-agent-die", "seed-000-ipv6", []string{"--chaos"}},
		{"provider-networks", "seed-001", nil},
		{"provider-networks-controller-and-agent-die", "seed-001", []string{"--chaos"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := build(t, "e2enet")
			out, code := w.run(append([]string{"lab", "run", "../../examples/" + c.example}, c.args...)...)
			if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
				t.Errorf("exit status %d\n%s\n%s", code, out, w.logs())
			}
			w.nothingLeft(t)
		})
	}
}
