package compile_test

import (
	"testing"

	"weft/api"
	"weft/controller/compile"
	"weft/plan"
	"weft/test/cloud"
)

func strict() *compile.Compiler {
	return &compile.Compiler{OpenFlowTargets: []string{"tcp:10.0.0.254:6653"}, Strict: true}
}

func hostPlan(t testing.TB, s *api.Snapshot, h api.HostID) *plan.Plan {
	t.Helper()
	p, err := strict().Host(s, h)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHostCompilesTheSeed(t *testing.T) {
	s := cloud.Seed()
	for h := range s.Hosts() {
		p := hostPlan(t, s, h.ID)
		t.Logf("%s: %d flows, %d items", h.ID, len(p.Flows), len(p.Items))
	}
}
