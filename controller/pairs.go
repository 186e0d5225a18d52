package controller

import (
	"context"
	"fmt"
	"time"
)

const (
	smallTrial = 128 // bytes on the underlay

	pairEvery = 250 * time.Millisecond // the first may be lost while the underlay's neighbours are looked up
	mostPairs = 24
	// enoughPairs are those that all have to say the same before a tunnel is said to be broken.
	enoughPairs = 4
)

// way is what trial packets are sent on.
type way interface {
	// send sends a packet that takes size bytes on the underlay. came is closed when it has come out at the other end;
	// forget stops waiting for it.
	send(ctx context.Context, size int) (came <-chan struct{}, forget func(), err error)
	// settle returns when the switches at both ends have done all that they were asked to before, however slow they are.
	settle(ctx context.Context) error
}

// pair is two packets that were sent in one moment, the full one first: the small one, which comes behind it on the same
// way, tells whether something could pass just then.
type pair struct{ full, small <-chan struct{} }

// outcome is what pairs have shown of a way.
type outcome struct{ small, full bool }

// compare sends pairs until what passes is certain. A machine that has no time to spare delivers late, or loses packets
// of all sizes: so a size is judged only by pairs of which the small packet came, silence only while the switches at both
// ends answer, and the more pairs are lost whole the longer a size is tried. It is an error if nothing becomes certain.
func compare(ctx context.Context, w way, size int) (outcome, error) {
	var all []pair
	for range mostPairs {
		p, forget, err := sendPair(ctx, w, size)
		defer forget()
		if err != nil {
			return outcome{}, err
		}
		all = append(all, p)
		if err := p.settled(ctx, w); err != nil {
			return outcome{}, err
		}
		if found, certain := judge(all); certain {
			return found, nil
		}
	}
	_, smalls := count(all)
	return outcome{}, fmt.Errorf("%d of %d small packets came through, and no full one: too many are lost to say why; "+
		"look for loss on the underlay, or try again when the machines have less to do", smalls, len(all))
}

func sendPair(ctx context.Context, w way, size int) (p pair, forget func(), err error) {
	full, forgetFull, err := w.send(ctx, size)
	if err != nil {
		return pair{}, forgetFull, err
	}
	small, forgetSmall, err := w.send(ctx, smallTrial)
	return pair{full: full, small: small}, func() { forgetFull(); forgetSmall() }, err
}

// settled waits for the full packet, for the time that a pair is given, and until the switches have answered.
func (p pair) settled(ctx context.Context, w way) error {
	timer := time.NewTimer(pairEvery)
	defer timer.Stop()
	select {
	case <-p.full:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	return w.settle(ctx)
}

// judge says what pairs show, and whether that is certain. One full packet that came, however late, is enough.
func judge(all []pair) (found outcome, certain bool) {
	full, small := count(all)
	lost := len(all) - small
	switch {
	case full > 0:
		return outcome{small: true, full: true}, true
	case small == 0:
		return outcome{}, lost >= enoughPairs
	}
	return outcome{small: true}, small >= enoughPairs+2*lost
}

func count(all []pair) (full, small int) {
	for _, p := range all {
		full += arrived(p.full)
		small += arrived(p.small)
	}
	return full, small
}

func arrived(came <-chan struct{}) int {
	select {
	case <-came:
		return 1
	default:
		return 0
	}
}
