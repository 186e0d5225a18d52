package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

const withOpenStack = "../../examples/openstack/"

// A newcomer has the openstack client and the endpoint, and follows the example's page to the end.
func TestOpenStacksClientAloneBuildsTheDemosCloud(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), "../../scripts/deps", "clients").CombinedOutput(); err != nil {
		t.Fatalf("install the openstack client: %v\n%s", err, out)
	}
	w := build(t, "e2eosc")
	w.must(t, "lab", "up", "-f", withOpenStack+"topology.yaml")
	w.page(t, withOpenStack+"README.md")
	w.works(t)
	w.must(t, "lab", "down")
	w.nothingLeft(t)
}

// exports are the variables that "weft lab env" sets.
func exports(script string) []string {
	var env []string
	for line := range strings.Lines(script) {
		env = append(env, strings.Fields(strings.TrimPrefix(line, "export "))...)
	}
	return env
}
