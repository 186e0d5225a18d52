package main

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

//go:embed exclusions
var exclusionFiles embed.FS

// exclusion is why tests need not pass.
type exclusion struct {
	pattern string // of their ids; * is any text
	reason  string
}

func (e exclusion) matches(id string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(e.pattern), `\*`, ".*") + "$").MatchString(id)
}

// exclusionsOf reads a suite's list. A suite that has none excludes nothing.
func exclusionsOf(suite string) ([]exclusion, error) {
	raw, err := exclusionFiles.ReadFile("exclusions/" + suite + ".txt")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return readExclusions(string(raw))
}

// readExclusions reads lines "= reason", each followed by the patterns that it is true of. # begins a comment.
func readExclusions(text string) ([]exclusion, error) {
	var list []exclusion
	reason := ""
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "="):
			reason = strings.TrimSpace(line[1:])
		case reason == "":
			return nil, fmt.Errorf("exclusions, line %d: %q has no reason: write one above it, as \"= reason\"", i+1, line)
		default:
			list = append(list, exclusion{line, reason})
		}
	}
	return list, nil
}

// verdict is what a suite came to.
type verdict struct {
	passed   []result
	failed   []result // that no exclusion names
	excluded []excluded
	skipped  []result // by the suite itself, and that no exclusion names
	stale    []string // exclusions that are not true any more
}

type excluded struct {
	result
	reason string
}

func (v verdict) ok() bool { return len(v.failed) == 0 && len(v.stale) == 0 }

// judge compares results with the exclusions. Whole says that all tests of the suite ran, so that an exclusion that names
// none of them is a mistake.
func judge(results []result, exclusions []exclusion, whole bool) verdict {
	var v verdict
	seen, needed := map[string]bool{}, map[string]bool{}
	for _, r := range results {
		i := slices.IndexFunc(exclusions, func(e exclusion) bool { return e.matches(r.ID) })
		if i >= 0 {
			seen[exclusions[i].pattern] = true
			needed[exclusions[i].pattern] = needed[exclusions[i].pattern] || r.Outcome != passed
		}
		switch {
		case r.Outcome == passed:
			v.passed = append(v.passed, r)
		case i >= 0:
			v.excluded = append(v.excluded, excluded{r, exclusions[i].reason})
		case r.Outcome == skipped:
			v.skipped = append(v.skipped, r)
		default:
			v.failed = append(v.failed, r)
		}
	}
	for _, e := range exclusions {
		switch {
		case seen[e.pattern] && !needed[e.pattern]:
			v.stale = append(v.stale, e.pattern+" is excluded, and passes: take it off the list")
		case whole && !seen[e.pattern]:
			v.stale = append(v.stale, e.pattern+" is excluded, and names no test that an earlier pattern does not: take it off the list")
		}
	}
	return v
}
