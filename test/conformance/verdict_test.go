package main

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatFailsWithoutAReasonIsAFailure(t *testing.T) {
	list, err := readExclusions("# a comment\n= not served\nqos.*\n\n= a mistake of the suite\nports.TestB\n")
	if err != nil {
		t.Fatal(err)
	}
	v := judge([]result{
		{ID: "qos.TestA", Outcome: failed}, {ID: "qos.TestB", Outcome: passed}, {ID: "ports.TestA", Outcome: failed},
		{ID: "ports.TestB", Outcome: skipped}, {ID: "ports.TestC", Outcome: skipped}, {ID: "ports.TestD", Outcome: passed},
	}, list, true)
	want := verdict{
		passed:   []result{{ID: "qos.TestB", Outcome: passed}, {ID: "ports.TestD", Outcome: passed}},
		failed:   []result{{ID: "ports.TestA", Outcome: failed}},
		excluded: []excluded{{result{ID: "qos.TestA", Outcome: failed}, "not served"}, {result{ID: "ports.TestB", Outcome: skipped}, "a mistake of the suite"}},
		skipped:  []result{{ID: "ports.TestC", Outcome: skipped}},
	}
	if diff := cmp.Diff(want, v, cmp.AllowUnexported(verdict{}, excluded{})); diff != "" {
		t.Error(diff)
	}
	if v.ok() {
		t.Error("it is called good")
	}
}

func TestAnExclusionThatIsNotTrueAnyMoreIsTold(t *testing.T) {
	list := []exclusion{{"a.*", "x"}, {"b.*", "x"}}
	results := []result{{ID: "a.Test", Outcome: passed}}
	if v := judge(results, list, false); len(v.stale) != 1 || v.ok() {
		t.Errorf("a part of the suite: %q", v.stale)
	}
	if v := judge(results, list, true); len(v.stale) != 2 || v.ok() {
		t.Errorf("the whole suite: %q", v.stale)
	}
}

func TestAnExclusionNeedsAReason(t *testing.T) {
	if _, err := readExclusions("qos.*\n"); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("got %v", err)
	}
	for _, s := range suites() {
		if _, err := exclusionsOf(s.name); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

func TestTheOutputOfGoTestIsRead(t *testing.T) {
	in := `{"Action":"run","Package":"m/internal/acceptance/openstack/networking/v2/extensions/layer3","Test":"TestA"}
{"Action":"output","Package":"m/internal/acceptance/openstack/networking/v2/extensions/layer3","Test":"TestA","Output":"no\n"}
{"Action":"output","Package":"m/internal/acceptance/openstack/networking/v2/extensions/layer3","Test":"TestA/part","Output":"no part\n"}
{"Action":"fail","Package":"m/internal/acceptance/openstack/networking/v2/extensions/layer3","Test":"TestA/part"}
{"Action":"fail","Package":"m/internal/acceptance/openstack/networking/v2/extensions/layer3","Test":"TestA"}
{"Action":"fail","Package":"m/internal/acceptance/openstack/networking/v2/extensions/layer3"}
{"Action":"pass","Package":"m/internal/acceptance/openstack/networking/v2","Test":"TestB"}
{"Action":"pass","Package":"m/internal/acceptance/openstack/networking/v2"}
{"Action":"fail","Package":"m/internal/acceptance/openstack/networking/v2/broken"}
`
	got, err := readGoTest(strings.NewReader(in), gophercloudTests, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	want := []result{{"extensions/layer3.TestA", failed, "no\nno part\n"}, {".TestB", passed, ""}, {"broken.", failed, ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestATestThatOnePersonsRunSkipsIsAsInTheOthers(t *testing.T) {
	got := merge([]result{{ID: "a", Outcome: skipped}, {ID: "b", Outcome: passed}, {ID: "c", Outcome: passed}, {ID: "d", Outcome: skipped}},
		[]result{{ID: "a", Outcome: passed}, {ID: "b", Outcome: skipped}, {ID: "c", Outcome: failed}, {ID: "d", Outcome: skipped}, {ID: "e", Outcome: failed}})
	want := []result{{ID: "a", Outcome: passed}, {ID: "b", Outcome: passed}, {ID: "c", Outcome: failed}, {ID: "d", Outcome: skipped}, {ID: "e", Outcome: failed}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASuitesResultsReplaceItsOldOnes(t *testing.T) {
	s := suite{name: "one", title: "One"}
	once := replaceSection("# Title\n", "one", section(s, verdict{failed: []result{{ID: "x"}}}))
	both := replaceSection(once, "two", "two\n")
	again := replaceSection(both, "one", section(s, verdict{passed: []result{{ID: "x"}}}))
	want := "# Title\n\n<!-- suite one -->\n## One\n\n`make conformance SUITES=one`: 1 passed, 0 failed, 0 excluded, 0 skipped by the suite itself.\n" +
		"<!-- end one -->\n\n<!-- suite two -->\ntwo\n<!-- end two -->\n"
	if diff := cmp.Diff(want, again); diff != "" {
		t.Error(diff)
	}
}
