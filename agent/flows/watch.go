package flows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	"weft/agent/mgmt"
	"weft/controller/ofp"
	"weft/plan"
	"weft/tables"
)

// within is how long giving flows back may take: longer than 100,000 do.
const within = time.Minute

var errNotGiven = errors.New("flows are not given back")

// watch keeps a connection with a bridge, whose end tells that the flows may be lost.
func (k *Keeper) watch(ctx context.Context, bridge string) {
	use := func(ctx context.Context, s *ofp.Session) error {
		k.note(bridge, condition{connected: true}, nil)
		for {
			again := k.next()
			if err := k.look(ctx, bridge, s); err != nil {
				return err
			}
			k.note(bridge, condition{connected: true, inPlace: true}, nil)
			select {
			case <-again:
			case <-s.Done():
				return s.Err()
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	mgmt.Keep(ctx, mgmt.Socket(k.o.Dir, bridge), ofp.Config{Log: k.o.Log}, use, func(err error) {
		k.note(bridge, condition{}, err)
	})
	k.note(bridge, condition{}, nil)
}

// look gives a bridge its flows if it has none of weft's.
func (k *Keeper) look(ctx context.Context, bridge string, s *ofp.Session) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	n, err := s.CountFlows(ctx, uint64(tables.OwnerCookie), uint64(tables.CookieMask))
	if err != nil || n > 0 {
		return err
	}
	if err := k.numbered(ctx, bridge, s); err != nil {
		return fmt.Errorf("%w: %w", errNotGiven, err)
	}
	log := k.o.Log.WithField("bridge", bridge)
	put := k.of(bridge)
	began := time.Now()
	if err := k.give(ctx, bridge, s, &plan.Delta{PutFlows: put}); err != nil {
		return err
	}
	log.WithFields(logrus.Fields{"flows": len(put), "took": time.Since(began)}).Info("the bridge had none of its flows and was given them")
	return nil
}

// numbered makes sure that the ports have the numbers that the flows were made for.
func (k *Keeper) numbered(ctx context.Context, bridge string, s *ofp.Session) error {
	ports, err := s.Ports(ctx)
	if err != nil {
		return err
	}
	there := make(map[string]uint32, len(ports))
	for _, p := range ports {
		there[p.Name] = p.No
	}
	return k.o.Ready(ctx, bridge, there)
}
