package cli

import (
	"fmt"
	"io"
)

// progress tells a person at a terminal how far a long work is, in a line that the next one overwrites. In a pipe it
// says nothing.
type progress struct {
	w           io.Writer // nil: not shown
	done, total int
	shown       bool
}

func newProgress(w io.Writer, total int) *progress {
	if !isTerminal(w) {
		w = nil
	}
	return &progress{w: w, total: total}
}

func (p *progress) step() {
	p.done++
	if p.w != nil {
		fmt.Fprintf(p.w, "%d of %d", p.done, p.total)
		p.shown = true
	}
}

// clear takes the line away, so that something else can be written.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}
