package scenario

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// Result is the outcome of a check.
type Result struct {
	Name string
	Err  error  // nil: it passed
	Seen string // what was seen
	Took time.Duration
}

// Report prints results as they come, and keeps them.
type Report struct {
	out     io.Writer
	now     func() time.Time
	begun   time.Time
	Results []Result
}

// NewReport makes a report that prints to out.
func NewReport(out io.Writer, now func() time.Time) *Report {
	return &Report{out: out, now: now, begun: now()}
}

// Section begins a group of checks.
func (r *Report) Section(title string) { fmt.Fprintf(r.out, "\n%s\n", title) }

const nameWidth = 74

// Check runs one check and prints its row.
func (r *Report) Check(ctx context.Context, name string, f func(context.Context) (seen string, err error)) {
	begun := r.now()
	seen, err := f(ctx)
	res := Result{Name: name, Err: err, Seen: strings.TrimSpace(seen), Took: r.now().Sub(begun)}
	r.Results = append(r.Results, res)
	verdict := "PASS"
	if err != nil {
		verdict = "FAIL"
	}
	fmt.Fprintf(r.out, "  %s  %-*s %s\n", verdict, nameWidth, name, firstLine(res.Seen))
	if err != nil {
		fmt.Fprintf(r.out, "        %s\n", strings.ReplaceAll(err.Error(), "\n", "\n        "))
		if rest := strings.TrimSpace(strings.TrimPrefix(res.Seen, firstLine(res.Seen))); rest != "" {
			fmt.Fprintf(r.out, "        %s\n", strings.ReplaceAll(rest, "\n", "\n        "))
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// Failed counts the checks that failed.
func (r *Report) Failed() int {
	n := 0
	for _, res := range r.Results {
		if res.Err != nil {
			n++
		}
	}
	return n
}

// Summary prints the last line.
func (r *Report) Summary() {
	verdict := "PASS"
	if r.Failed() > 0 || len(r.Results) == 0 {
		verdict = "FAIL"
	}
	fmt.Fprintf(r.out, "\n%s: %d of %d checks passed, in %.1f s\n", verdict, len(r.Results)-r.Failed(), len(r.Results),
		r.now().Sub(r.begun).Seconds())
}
