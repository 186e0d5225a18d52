package rest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	stories "weft/test/differential/exchange"
)

// What people should know who come from Neutron is what the tests hold: the document is made from their lists.
func TestTheDocumentOfDifferencesFromNeutronIsUpToDate(t *testing.T) {
	isUpToDate(t, "docs/api-differences.md", differences(t))
}

// told are the rows of what differs in the stories of test/differential.
func told(t *testing.T) (rows []string) {
	raw, err := os.ReadFile("../../test/differential/testdata/reasons.json")
	if err != nil {
		t.Fatal(err)
	}
	var reasons []stories.Reason
	if err := json.Unmarshal(raw, &reasons); err != nil {
		t.Fatal(err)
	}
	for _, r := range reasons {
		rows = append(rows, fmt.Sprintf("| %s | %s |", r.What, r.Why))
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

// recordedDifferences are the rows of what differs in the recording of clients, and how many requests do not.
func recordedDifferences(t *testing.T) (same int, rows []string) {
	requests := map[string][]string{}
	for _, s := range recording(t) {
		switch {
		case s.Setup:
		case s.Differs == "":
			same++
		default:
			path := idLists.ReplaceAllString(uuids.ReplaceAllString(s.Path, "ID"), "IDS")
			row := fmt.Sprintf("| %s | %s |", s.Differs, s.Ours)
			requests[row] = append(requests[row], fmt.Sprintf("`%s %s` (%s)", s.Method, path, verdict{s.Status, s.Type}))
		}
	}
	for _, row := range slices.Sorted(maps.Keys(requests)) {
		slices.Sort(requests[row])
		rows = append(rows, row+" "+strings.Join(slices.Compact(requests[row]), ", ")+" |")
	}
	return same, rows
}

func differences(t *testing.T) string {
	same, rows := recordedDifferences(t)
	var b strings.Builder
	fmt.Fprintf(&b, `# Where weft's answers differ from Neutron's

Made from the tests of controller/rest: do not edit. docs/conformance.md has what suites of Neutron's clients show.

## Requests of clients, and what a Neutron server answered

%d requests of a recording get the same status, the same error and the same attributes from weft, but for what nobody can
repeat: %s. These differ:

| why | weft answers | what Neutron answered |
|---|---|---|
%s

## Stories told to a Neutron and to weft

test/differential asks both the same. Beside ids, times and addresses that a server chooses by itself, these answers differ:

| what | why |
|---|---|
%s

## Who may do what

Every resource, verb and attribute is held against Neutron's rules of roles (member, reader, owner of the network, admin).
These rules differ:

| rule | in weft | why |
|---|---|---|
`, same, strings.Join(volatile, ", "), strings.Join(rows, "\n"), strings.Join(told(t), "\n"))
	for _, name := range slices.Sorted(maps.Keys(otherwise)) {
		o := otherwise[name]
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, cmp.Or(o.who, "admins"), o.why)
	}
	return b.String()
}

// String is short.
func (v verdict) String() string { return strings.TrimSpace(fmt.Sprint(v.Status, " ", v.Type)) }
