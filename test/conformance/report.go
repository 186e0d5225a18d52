package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// tell prints a verdict for whoever waits for it.
func tell(out io.Writer, s suite, v verdict) {
	for _, r := range v.failed {
		fmt.Fprintf(out, "FAIL %s: %s\n%s\n", s.name, r.ID, indent(r.Why))
	}
	for _, r := range v.skipped {
		fmt.Fprintf(out, "SKIP %s: %s: %s\n", s.name, r.ID, lastLine(r.Why))
	}
	for _, e := range v.stale {
		fmt.Fprintf(out, "STALE %s: %s\n", s.name, e)
	}
	fmt.Fprintf(out, "%s: PASS %d  FAIL %d  EXCLUDED %d  SKIPPED by the suite %d\n",
		s.name, len(v.passed), len(v.failed), len(v.excluded), len(v.skipped))
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, l := range slices.Backward(lines) {
		if !strings.HasPrefix(l, "---") && !strings.HasPrefix(l, "===") {
			return strings.TrimSpace(l)
		}
	}
	return ""
}

// section is a suite's part of the document.
func section(s suite, v verdict) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", s.title)
	fmt.Fprintf(&b, "`make conformance SUITES=%s`: %d passed, %d failed, %d excluded, %d skipped by the suite itself.\n",
		s.name, len(v.passed), len(v.failed), len(v.excluded), len(v.skipped))
	if len(v.failed) > 0 {
		b.WriteString("\n| fails |\n|---|\n")
		for _, r := range v.failed {
			fmt.Fprintf(&b, "| `%s` |\n", r.ID)
		}
	}
	reasons := map[string][]string{}
	for _, e := range v.excluded {
		reasons[e.reason] = append(reasons[e.reason], e.ID)
	}
	writeReasons(&b, "excluded because", reasons)
	reasons = map[string][]string{}
	for _, r := range v.skipped {
		why := source.ReplaceAllString(lastLine(r.Why), "")
		reasons[why] = append(reasons[why], r.ID)
	}
	writeReasons(&b, "the suite skips, and says", reasons)
	return b.String()
}

// source is where a Go test says that it spoke.
var source = regexp.MustCompile(`^\w+\.go:\d+: `)

func writeReasons(b *strings.Builder, head string, reasons map[string][]string) {
	if len(reasons) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| %s | tests |\n|---|---|\n", head)
	for _, why := range slices.Sorted(maps.Keys(reasons)) {
		ids := reasons[why]
		slices.Sort(ids)
		for i, id := range ids {
			ids[i] = "`" + short(id) + "`"
		}
		fmt.Fprintf(b, "| %s | %s |\n", strings.ReplaceAll(why, "|", `\|`), strings.Join(ids, ", "))
	}
}

// short leaves out of a Python test's name what all of a suite have.
func short(id string) string {
	if _, rest, ok := strings.Cut(id, ".test_"); ok && strings.Contains(id, ".tests.") {
		return "test_" + rest
	}
	return id
}

// replaceSection puts a suite's part into the document, in the place of the one that is there, or at its end.
func replaceSection(document, name, text string) string {
	begin, end := "<!-- suite "+name+" -->\n", "<!-- end "+name+" -->\n"
	text = begin + text + end
	before, rest, found := strings.Cut(document, begin)
	if !found {
		return strings.TrimRight(document, "\n") + "\n\n" + text
	}
	_, after, _ := strings.Cut(rest, end)
	return before + text + after
}
