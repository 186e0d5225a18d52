package flows

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"weft/agent/mgmt"
	"weft/agent/run"
	"weft/controller/ofp"
	"weft/controller/ofp/wire"
	"weft/plan"
)

// sure is how long it takes to be sure that a bridge has no controller: ovs-vswitchd says every five seconds whether it is
// connected to one.
const sure = 6 * time.Second

// ear hears from a switch that somebody has changed flows of weft's.
type ear chan struct{} // capacity 1

// Connected implements ofp.Handler.
func (ear) Connected(*ofp.Session) error { return nil }

// Disconnected implements ofp.Handler.
func (ear) Disconnected(*ofp.Session, error) {}

// FlowsChanged implements ofp.FlowWatcher. What is given back, by the connection that looks for lost flows, is no harm.
func (e ear) FlowsChanged(_ *ofp.Session, changes []wire.FlowChange) {
	if len(changes) > 0 && !slices.ContainsFunc(changes, func(c wire.FlowChange) bool { return c.Concerns() && !c.Given }) {
		return
	}
	e.tell()
}

func (e ear) tell() {
	select {
	case e <- struct{}{}:
	default:
	}
}

// guard holds a bridge to the copy while it has no controller, who would do that. It looks only after somebody has changed
// something: of the last difference the copy may not know yet, if the controller died while it told it.
func (k *Keeper) guard(ctx context.Context, bridge string) {
	for run.Pause(ctx, k.o.Sure) {
		if k.o.Alone(ctx, bridge) && run.Pause(ctx, k.o.Sure) && k.o.Alone(ctx, bridge) {
			k.standIn(ctx, bridge)
		}
	}
}

// standIn is guard's work until there is a controller.
func (k *Keeper) standIn(ctx context.Context, bridge string) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	heard := make(ear, 1)
	use := func(ctx context.Context, s *ofp.Session) error {
		if err := s.WatchFlows(ctx); err != nil {
			return err
		}
		for {
			changed, err := k.await(ctx, heard, s)
			if err != nil {
				return err
			}
			if !k.o.Alone(ctx, bridge) {
				end()
				return nil
			}
			if !changed {
				continue
			}
			if err := k.mend(ctx, bridge, s); err != nil {
				heard.tell() // it is tried again over the next connection
				return err
			}
		}
	}
	mgmt.Keep(ctx, mgmt.Socket(k.o.Dir, bridge), ofp.Config{Log: k.o.Log, Handler: heard}, use, func(err error) {
		k.o.Log.WithFields(logrus.Fields{"bridge": bridge, "err": err}).Debug("flows of the bridge are not looked after now")
	})
}

// await waits until it is time to see whether there is a controller, and says whether something was changed before: long
// enough before for it to be known if that was a controller.
func (k *Keeper) await(ctx context.Context, heard ear, s *ofp.Session) (changed bool, err error) {
	wait := time.NewTimer(k.o.Sure)
	defer wait.Stop()
	news := (<-chan struct{})(heard)
	for {
		select {
		case <-news:
			changed, news = true, nil
			wait.Reset(k.o.Sure)
		case <-wait.C:
			return changed, nil
		case <-s.Done():
			return false, s.Err()
		case <-ctx.Done():
			return false, context.Cause(ctx)
		}
	}
}

// mend makes a bridge hold the copy.
func (k *Keeper) mend(ctx context.Context, bridge string, s *ofp.Session) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	have, err := s.ReadOurFlows(ctx, bridge)
	if err != nil {
		return err
	}
	d := plan.Repair(have, k.of(bridge), wire.Same)
	if d.Empty() {
		return nil
	}
	if err := k.numbered(ctx, bridge, s); err != nil {
		return fmt.Errorf("%w: %w", errNotGiven, err)
	}
	if err := k.give(ctx, bridge, s, d); err != nil {
		return err
	}
	k.o.Log.WithFields(logrus.Fields{"bridge": bridge, "put": len(d.PutFlows), "drop": len(d.DropFlows)}).
		Warn("somebody changed flows of weft's while there is no controller; they are as they were")
	return nil
}

// give brings a difference to a bridge.
func (k *Keeper) give(ctx context.Context, bridge string, s *ofp.Session, d *plan.Delta) error {
	err := s.GiveBack(ctx, bridge, d.PutFlows, d.DropFlows, func(_ plan.Flow, refused *ofp.CommitError) {
		k.o.Log.WithFields(logrus.Fields{"bridge": bridge, "err": refused}).Warn("switch refused a flow that it once had")
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errNotGiven, err)
	}
	k.o.Restored()
	return nil
}
