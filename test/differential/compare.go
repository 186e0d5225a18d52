package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"weft/test/differential/exchange"
)

// found is a difference, and where.
type found struct {
	exchange.Difference
	story exchange.Story
	step  int
}

// recorded reports whether a story has all of Neutron's answers.
func recorded(s exchange.Story) bool {
	return !slices.ContainsFunc(s.Steps, func(step exchange.Step) bool { return step.Answer == nil })
}

// record asks Neutron, and writes its answers into a copy of the story.
func (n neutron) record(ctx context.Context, s exchange.Story) (exchange.Story, error) {
	s.Steps = slices.Clone(s.Steps)
	if needsHosts(s) {
		if err := n.run(ctx, n.hosts); err != nil {
			return s, err
		}
	}
	answers, err := n.Tell(ctx, s)
	for i := range answers {
		s.Steps[i].Answer = &answers[i]
	}
	return s, errors.Join(err, n.clear(ctx, s))
}

// against holds weft's answers against those in a story.
func against(ctx context.Context, s exchange.Story) (out []found, err error) {
	w, err := newWeft(needsHosts(s))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	ours, err := w.Tell(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("ask weft: %w", err)
	}
	for i, step := range s.Steps {
		for _, d := range exchange.Compare(step, *step.Answer, ours[i]) {
			f := found{d, s, i}
			out = append(out, f)
			if isRandom(s) && f.parts() {
				return out, nil // what differs after this follows from it
			}
		}
	}
	return out, nil
}

// parts reports whether a change was made by one server alone, so that nothing is alike afterwards.
func (f found) parts() bool {
	done := func(verdict string) bool { return strings.HasPrefix(verdict, "2") }
	return f.At == "status" && f.story.Steps[f.step].Method != http.MethodGet && done(f.Theirs) != done(f.Ours)
}

// changesOnly leaves out of a story what, as Neutron answered, changed nothing, and what came after.
func (f found) changesOnly() found {
	var kept []exchange.Step
	for _, step := range f.story.Steps[:f.step] {
		if step.Method != http.MethodGet && step.Answer.Status < http.StatusBadRequest {
			kept = append(kept, step)
		}
	}
	f.step, f.story.Steps = len(kept), append(kept, f.story.Steps[f.step])
	return f
}

// shrink leaves out of a story what a difference does not need.
func (n neutron) shrink(ctx context.Context, f found) (found, error) {
	best := f.changesOnly()
	for i := best.step - 1; i >= 0; i-- {
		less := best.story
		less.Steps = slices.Delete(slices.Clone(less.Steps), i, i+1)
		told, err := n.record(ctx, less)
		if err != nil {
			return best, err
		}
		again, err := against(ctx, told)
		if err != nil {
			return best, err
		}
		last := len(told.Steps) - 1
		if j := slices.IndexFunc(again, func(g found) bool { return g.step == last && g.Difference == f.Difference }); j >= 0 {
			best = again[j]
		}
	}
	return best, nil
}
