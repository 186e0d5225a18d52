package e2e

import (
	"bufio"
	"os"
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
	script := exec.CommandContext(t.Context(), withOpenStack+"cloud.sh")
	script.Env = append(os.Environ(), exports(w.must(t, "lab", "env"))...)
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("cloud.sh: %v\n%s\n%s", err, out, w.logs())
	}
	for _, line := range commandsOf(t, withOpenStack+"README.md", "weft lab guest ") {
		w.must(t, strings.Fields(line)[1:]...)
	}
	within(t, w.recovers)
	w.works(t)
	pings := commandsOf(t, withOpenStack+"README.md", "weft lab exec ")
	if len(pings) != 4 {
		t.Errorf("the page has %d pings: %q", len(pings), pings)
	}
	for _, line := range pings {
		w.must(t, strings.Fields(line)[1:]...)
	}
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

// commandsOf gives the commands of a page that begin so, without the words about them.
func commandsOf(t *testing.T, name, begin string) []string {
	t.Helper()
	page, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	var found []string
	for lines := bufio.NewScanner(page); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if command := strings.TrimSpace(line); strings.HasPrefix(line, "    ") && strings.HasPrefix(command, begin) {
			found = append(found, command)
		}
	}
	return found
}
