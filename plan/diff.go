package plan

import (
	"cmp"
	"slices"
	"strconv"

	"weft/api"
)

// Diff compares what is there with what should be. It gives the wanted values that are missing or differ, and the keys
// that are there and not wanted, both in no particular order.
func Diff[K comparable, V any](have, want map[K]V, same func(have, want V) bool) (put []V, drop []K) {
	for k, w := range want {
		if h, ok := have[k]; !ok || !same(h, w) {
			put = append(put, w)
		}
	}
	for k := range have {
		if _, ok := want[k]; !ok {
			drop = append(drop, k)
		}
	}
	return put, drop
}

// Plan is all that one host must hold at one revision. Flows and Items are sorted by key, without repetition, so equal
// state gives equal bytes.
type Plan struct {
	Host     api.HostID
	Revision api.Revision
	Flows    []Flow
	Items    []Item
}

// Sort puts flows and items into the order of their keys.
func (p *Plan) Sort() {
	slices.SortFunc(p.Flows, func(a, b Flow) int { return a.FlowKey.Compare(b.FlowKey) })
	slices.SortFunc(p.Items, func(a, b Item) int { return a.Key().Compare(b.Key()) })
}

// Delta is the difference between two plans of one host.
type Delta struct {
	PutFlows  []Flow
	DropFlows []FlowKey
	PutItems  []Item
	DropItems []Key
}

// Empty reports whether there is nothing to do.
func (d *Delta) Empty() bool {
	return len(d.PutFlows)+len(d.DropFlows)+len(d.PutItems)+len(d.DropItems) == 0
}

// Between gives what turns old into new, sorted by key. Only the flows and items given matter, so two plans of the same
// few subjects give the difference that those subjects make.
func Between(old, next *Plan) *Delta {
	d := &Delta{}
	d.PutFlows, d.DropFlows = diffFlows(old.Flows, next.Flows, sameCookie)
	sameItem := func(a, b Item) bool { return a.Spec == b.Spec }
	d.PutItems, d.DropItems = Diff(itemMap(old.Items), itemMap(next.Items), sameItem)
	d.sortFlows()
	slices.SortFunc(d.PutItems, func(a, b Item) int { return a.Key().Compare(b.Key()) })
	slices.SortFunc(d.DropItems, Key.Compare)
	return d
}

// Repair gives what turns the flows that a switch holds into those that it should hold. Same reports whether one of them
// still is what was wanted, which its cookie alone does not say: anybody can change what a flow does and leave its cookie.
func Repair(have, want []Flow, same func(have, want *Flow) bool) *Delta {
	d := &Delta{}
	d.PutFlows, d.DropFlows = diffFlows(have, want, same)
	d.sortFlows()
	return d
}

func (d *Delta) sortFlows() {
	slices.SortFunc(d.PutFlows, func(a, b Flow) int { return a.FlowKey.Compare(b.FlowKey) })
	slices.SortFunc(d.DropFlows, FlowKey.Compare)
}

func sameCookie(have, want *Flow) bool { return have.Cookie == want.Cookie }

// diffFlows is Diff with one map instead of two, since a switch may hold 100,000 flows.
func diffFlows(have, want []Flow, same func(have, want *Flow) bool) (put []Flow, drop []FlowKey) {
	at := make(map[FlowKey]int, len(have))
	for i := range have {
		at[have[i].FlowKey] = i
	}
	wanted := make([]bool, len(have))
	for i := range want {
		h, ok := at[want[i].FlowKey]
		if ok {
			wanted[h] = true
		}
		if !ok || !same(&have[h], &want[i]) {
			put = append(put, want[i])
		}
	}
	for k, i := range at {
		if !wanted[i] {
			drop = append(drop, k)
		}
	}
	return put, drop
}

func itemMap(is []Item) map[Key]Item {
	m := make(map[Key]Item, len(is))
	for _, i := range is {
		m[i.Key()] = i
	}
	return m
}

// Rank is the place of a kind in the order of making.
func (k Kind) Rank() int { return slices.Index(Kinds[:], k) }

// Compare orders keys by rank of the kind, namespace and id: the order of making.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Kind.Rank(), o.Kind.Rank()), cmp.Compare(k.NS, o.NS), cmp.Compare(k.ID, o.ID))
}

// String gives "kind ns id", as in logs and reports.
func (k Key) String() string { return string(k.Kind) + " " + k.NS + " " + k.ID }

func itoa[T uint8 | uint32](v T) string { return strconv.FormatUint(uint64(v), 10) }
