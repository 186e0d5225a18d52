package intent

import (
	"maps"
	"slices"

	"weft/api"
)

// set holds keys.
type set[K comparable] map[K]bool

// touched is what a transaction's changes concern, each object as it was and as it is.
type touched struct {
	changes  []api.Change
	ports    set[api.PortID]                   // ports that changed, or whose bindings or floating IPs did
	versions map[api.PortID][]*api.Port        // before and after, of ports that changed
	hosts    map[api.PortID]set[api.HostID]    // where a port was or is bound or asked to be, as far as that changed
	external map[api.PortID]set[api.NetworkID] // networks whose floating IPs a port had or has, as far as that changed
	floating set[api.FloatingIPID]
}

func touchedBy(cs []api.Change) *touched {
	t := &touched{
		changes: cs, ports: set[api.PortID]{}, versions: map[api.PortID][]*api.Port{},
		hosts: map[api.PortID]set[api.HostID]{}, external: map[api.PortID]set[api.NetworkID]{},
		floating: set[api.FloatingIPID]{},
	}
	for o := range versionsOf[api.Object](cs) {
		switch o := o.(type) {
		case *api.Port:
			t.ports[o.ID] = true
			t.versions[o.ID] = append(t.versions[o.ID], o)
			for _, h := range hostsAskedFor(o) {
				add(t.hosts, o.ID, h)
			}
		case *api.Binding:
			t.ports[o.PortID] = true
			add(t.hosts, o.PortID, o.HostID)
		case *api.FloatingIP:
			t.floating[o.ID] = true
			if o.PortID != "" {
				t.ports[o.PortID] = true
				add(t.external, o.PortID, o.NetworkID)
			}
		}
	}
	return t
}

func add[K, V comparable](m map[K]set[V], k K, v V) {
	if m[k] == nil {
		m[k] = set[V]{}
	}
	m[k][v] = true
}

// versionsOf yields the objects of a type among the changes, first as they were, then as they are.
func versionsOf[T api.Object](cs []api.Change) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		for _, c := range cs {
			for _, o := range [...]api.Object{c.Before, c.After} {
				if v, ok := o.(T); ok && !yield(v) {
					return
				}
			}
		}
	}
}

// versionsOfPort gives a touched port as it was and is, if it changed, and else as it is.
func (t *touched) versionsOfPort(v api.View, id api.PortID) []*api.Port {
	if vs := t.versions[id]; vs != nil {
		return vs
	}
	if p, ok := v.Port(id); ok {
		return []*api.Port{p}
	}
	return nil
}

// hostsOfPort lists where a touched port was or is bound or asked to be.
func (t *touched) hostsOfPort(v api.View, id api.PortID) set[api.HostID] {
	out := set[api.HostID]{}
	maps.Copy(out, t.hosts[id])
	for b := range v.BindingsOf(id) {
		out[b.HostID] = true
	}
	if p, ok := v.Port(id); ok {
		for _, h := range hostsAskedFor(p) {
			out[h] = true
		}
	}
	return out
}

// hostsAskedFor lists where a port is asked to be, or about to arrive.
func hostsAskedFor(p *api.Port) []api.HostID {
	out := p.Expected()
	if p.HostID != "" {
		out = append(out, p.HostID)
	}
	return out
}

// awaited adds the ports that hosts which are new were expected to be ready for, and the sub-ports of parents that hosts
// are or were.
func (t *touched) awaited(v api.View) {
	for p := range versionsOf[*api.Port](t.changes) {
		if tr, ok := v.TrunkOf(p.ID); ok {
			t.behind(p, tr)
		}
	}
	for tr := range versionsOf[*api.Trunk](t.changes) {
		if p, ok := v.Port(tr.PortID); ok {
			t.behind(p, tr)
		}
	}
	for _, c := range t.changes {
		if h, ok := c.After.(*api.Host); ok && c.Before == nil {
			for p := range v.PortsExpectedOn(h.ID) {
				t.ports[p.ID] = true
				add(t.hosts, p.ID, h.ID)
			}
		}
	}
}

// behind adds the sub-ports of a parent where its guest is expected.
func (t *touched) behind(p *api.Port, tr *api.Trunk) {
	for _, h := range p.Expected() {
		for _, s := range tr.SubPorts {
			t.ports[s.PortID] = true
			add(t.hosts, s.PortID, h)
		}
	}
}

// sortedKeys gives the keys of a set of pairs in an order that does not vary.
func sortedKeys[K comparable](m set[K], compare func(a, b K) int) []K {
	return slices.SortedFunc(maps.Keys(m), compare)
}
