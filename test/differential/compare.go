package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	answers, err := n.Tell(ctx, s)
	for i := range answers {
		s.Steps[i].Answer = &answers[i]
	}
	return s, errors.Join(err, n.empty(ctx))
}

// against holds weft's answers against those in a story.
func against(ctx context.Context, s exchange.Story) (out []found, err error) {
	w := newWeft()
	defer func() { err = errors.Join(err, w.close()) }()
	ours, err := w.Tell(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("ask weft: %w", err)
	}
	for i, step := range s.Steps {
		for _, d := range exchange.Compare(step, *step.Answer, ours[i]) {
			out = append(out, found{d, s, i})
		}
	}
	return out, nil
}

// shrink leaves out of a story what a difference does not need.
func (n neutron) shrink(ctx context.Context, f found) (found, error) {
	best := f
	best.story.Steps = best.story.Steps[:f.step+1]
	for i := f.step - 1; i >= 0; i-- {
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
