package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// Real virtual machines: libvirtd and QEMU on two hypervisors of a lab. What they need is installed by the project's own
// script, which does nothing if it is there.
func TestLibvirtsMachinesAreOnTheNetworksOfTheirPorts(t *testing.T) {
	w := build(t, "e2ev")
	if out, err := exec.CommandContext(t.Context(), "../../scripts/deps", "libvirt").CombinedOutput(); err != nil {
		t.Fatalf("install libvirt and build a guest: %v\n%s", err, out)
	}
	out, code := w.run("lab", "run", "../../examples/seed-003")
	if code != 0 || !strings.Contains(out, "\nPASS: ") || strings.Contains(out, "FAIL") {
		t.Fatalf("the example: exit status %d\n%s", code, out)
	}
	w.nothingLeft(t)
}
