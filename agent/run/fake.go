package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"weft/plan"
)

// Fake is a host that exists only in memory. It keeps state and refuses what a kernel would refuse: a thing in a
// namespace or on a device that is not there, and the removal of what is not there. What goes takes along what was on it.
type Fake struct {
	Items map[plan.Key]plan.Spec
	// Broken items cannot be made or removed.
	Broken map[plan.Key]error
	// Log holds the changes in order, "put KEY" and "drop KEY".
	Log []string
}

var _ Driver = (*Fake)(nil)

// NewFake makes an empty host.
func NewFake() *Fake { return &Fake{Items: map[plan.Key]plan.Spec{}, Broken: map[plan.Key]error{}} }

// String prints the host, a line an item.
func (f *Fake) String() string {
	var b strings.Builder
	for _, k := range slices.SortedFunc(maps.Keys(f.Items), plan.Key.Compare) {
		fmt.Fprintf(&b, "%s: %+v\n", k, f.Items[k])
	}
	return b.String()
}

// Kinds implements Driver.
func (f *Fake) Kinds() []plan.Kind { return plan.Kinds[:] }

// List implements Driver.
func (f *Fake) List(_ context.Context, want *Wanted, scope string) (map[plan.Key]plan.Spec, error) {
	have := map[plan.Key]plan.Spec{}
	for k, x := range f.Items {
		if scope != Everywhere && scope != k.NS || k.Kind == plan.KindTracked || k.Kind == plan.KindAnnounce {
			continue
		}
		if w, wanted := want.Get(k); !wanted || w == x {
			have[k] = x
		}
	}
	return have, nil
}

// Apply implements Driver.
func (f *Fake) Apply(_ context.Context, s Step) Result {
	var r Result
	for _, x := range s.Put {
		f.Log = append(f.Log, "put "+x.Key().String())
		r.Fail(x.Key(), f.put(x, &r))
	}
	for _, x := range s.Drop {
		f.Log = append(f.Log, "drop "+x.Key().String())
		r.Fail(x.Key(), f.drop(x.Key(), &r))
	}
	return r
}

func (f *Fake) put(x plan.Spec, r *Result) error {
	k := x.Key()
	if err := f.Broken[k]; err != nil {
		return err
	}
	if err := f.stands(x); err != nil {
		return err
	}
	if v, ok := x.(plan.Veth); ok && f.Items[k] != nil && f.Items[k] != x {
		f.vanish(f.Items[k].(plan.Veth)) // made anew: what was on it is lost
		r.Suspect(v.NS)
		r.Suspect(v.PeerNS)
	}
	f.Items[k] = x
	return nil
}

// stands checks that an item has what it stands on.
func (f *Fake) stands(x plan.Spec) error {
	switch x := x.(type) {
	case plan.TableName, plan.Controller, plan.PatchPort, plan.TunnelPort, plan.OVSPort:
		b := x.Key().NS
		return f.needs(plan.Bridge{Name: b}.Key())
	case plan.Veth:
		return errors.Join(f.inNS(x.NS), f.inNS(x.PeerNS))
	case plan.Address:
		return f.onDevice(x.NS, x.Dev)
	case plan.Neighbour:
		return f.onDevice(x.NS, x.Dev)
	case plan.Route:
		return f.onDevice(x.NS, x.Dev)
	case plan.DevSysctl:
		return f.onDevice(x.NS, x.Dev)
	case plan.Announce:
		return f.onDevice(x.NS, x.Dev)
	case plan.Bridge, plan.Namespace:
		return nil
	}
	return f.inNS(x.Key().NS)
}

func (f *Fake) inNS(ns string) error {
	if ns == "" {
		return nil
	}
	return f.needs(plan.Namespace{Name: ns}.Key())
}

func (f *Fake) needs(k plan.Key) error {
	if f.Items[k] == nil {
		return fmt.Errorf("%s is not there", k)
	}
	return nil
}

func (f *Fake) onDevice(ns, dev string) error {
	for _, x := range f.Items {
		if v, ok := x.(plan.Veth); ok && (v.NS == ns && v.Dev == dev || v.PeerNS == ns && v.PeerDev == dev) {
			return nil
		}
	}
	return fmt.Errorf("device %s in namespace %q is not there", dev, ns)
}

func (f *Fake) drop(k plan.Key, r *Result) error {
	if err := f.Broken[k]; err != nil {
		return err
	}
	x := f.Items[k]
	if x == nil {
		if k.Kind == plan.KindTracked || k.Kind == plan.KindAnnounce {
			return nil // went with its namespace, and nobody could see it
		}
		return fmt.Errorf("%s is not there", k)
	}
	delete(f.Items, k)
	switch x := x.(type) {
	case plan.Veth:
		f.vanish(x)
	case plan.Namespace:
		f.collapse(x.Name)
	case plan.Bridge:
		maps.DeleteFunc(f.Items, func(o plan.Key, _ plan.Spec) bool { return o.NS == x.Name })
	case plan.Address:
		r.Suspect(x.NS)
	}
	return nil
}

// collapse removes what was in a namespace, and pairs that had an end in it.
func (f *Fake) collapse(ns string) {
	for _, x := range f.Items {
		if v, ok := x.(plan.Veth); ok && (v.NS == ns || v.PeerNS == ns) {
			delete(f.Items, v.Key())
			f.vanish(v)
		}
	}
	maps.DeleteFunc(f.Items, func(o plan.Key, _ plan.Spec) bool { return o.NS == ns })
}

// vanish removes what was on the devices of a pair.
func (f *Fake) vanish(v plan.Veth) {
	on := func(ns, dev string) bool {
		return ns == v.NS && dev == v.Dev || ns == v.PeerNS && dev == v.PeerDev
	}
	maps.DeleteFunc(f.Items, func(_ plan.Key, x plan.Spec) bool {
		switch x := x.(type) {
		case plan.Address:
			return on(x.NS, x.Dev)
		case plan.Neighbour:
			return on(x.NS, x.Dev)
		case plan.Route:
			return on(x.NS, x.Dev)
		case plan.DevSysctl:
			return on(x.NS, x.Dev)
		}
		return false
	})
}
