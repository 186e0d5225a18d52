package link

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"weft/agent/nat"
	"weft/agent/run"
	"weft/plan"
)

// tables are the chains of one IP version: the programs' names begin with the word.
type tables struct {
	six  bool
	word string
}

func bothTables() [2]tables { return [2]tables{{false, "iptables"}, {true, "ip6tables"}} }

// in reports whether a step has a rule of these tables.
func (f tables) in(s run.Step) bool {
	return slices.ContainsFunc(slices.Concat(s.Put, s.Drop), func(x plan.Spec) bool { return x.(plan.NAT).Six == f.six })
}

// applyNAT writes the chains of each namespace that the step touches, with one call for all of its tables of an IP version.
func (h *Host) applyNAT(ctx context.Context, s run.Step) run.Result {
	var r run.Result
	touched := map[string]run.Step{}
	for _, x := range s.Put {
		t := touched[x.Key().NS]
		t.Put = append(t.Put, x)
		touched[x.Key().NS] = t
	}
	for _, x := range s.Drop {
		t := touched[x.Key().NS]
		t.Drop = append(t.Drop, x)
		touched[x.Key().NS] = t
	}
	for _, ns := range slices.Sorted(maps.Keys(touched)) {
		var err error
		for _, f := range bothTables() {
			if f.in(touched[ns]) {
				err = errors.Join(err, h.writeNAT(ctx, ns, f, s.Want))
			}
		}
		if len(touched[ns].Put) == 0 {
			err = gone(err) // the rules went with their namespace
		}
		if err != nil {
			r.FailAll(touched[ns], err)
		}
	}
	return r
}

// writeNAT brings our chains of a namespace to what is wanted.
func (h *Host) writeNAT(ctx context.Context, ns string, f tables, want *run.Wanted) error {
	if _, err := h.open(ns); err != nil {
		return err
	}
	asked := nat.Want(checked(want.Of(plan.KindNAT, ns)), f.six)
	have, err := h.readNAT(ctx, ns, f)
	if err != nil {
		return err
	}
	text := nat.Difference(have, h.asSaved(ns, f, asked))
	if text == "" {
		return nil
	}
	if _, err := h.command(ctx, ns, text, f.word+"-restore", "--noflush", "-w", "10"); err != nil {
		return err
	}
	if have, err = h.readNAT(ctx, ns, f); err != nil {
		return err
	}
	for id, rules := range asked.Rules {
		if got := have.Rules[id]; len(got) == len(rules) && !slices.Equal(got, rules) {
			h.saved[memory(ns, f, id, rules)] = got
		}
	}
	return nil
}

// checked leaves out items that Check refuses: one bad rule must not stop the others of its namespace.
func checked(xs []plan.Spec) []plan.Spec {
	return slices.DeleteFunc(xs, func(x plan.Spec) bool { return Check(x) != nil })
}

func memory(ns string, f tables, id nat.ID, rules []string) string {
	return strings.Join(append([]string{f.word, ns, id.Table, id.Chain}, rules...), "\n")
}

// asSaved gives the chains in the words in which the kernel gave them back before.
func (h *Host) asSaved(ns string, f tables, c nat.Chains) nat.Chains {
	out := nat.Chains{Rules: map[nat.ID][]string{}, Jumps: c.Jumps}
	for id, rules := range c.Rules {
		out.Rules[id] = rules
		if s, ok := h.saved[memory(ns, f, id, rules)]; ok {
			out.Rules[id] = s
		}
	}
	return out
}

// nat gives the items of chains that are right, and, for each chain that is not wanted so, its rules as items to drop.
func (l *listing) nat(ctx context.Context, ns string) error {
	if ns == "" {
		return nil
	}
	for _, f := range bothTables() {
		if err := l.natOf(ctx, ns, f); err != nil {
			return err
		}
	}
	return nil
}

func (l *listing) natOf(ctx context.Context, ns string, f tables) error {
	have, err := l.h.readNAT(ctx, ns, f)
	if err != nil {
		return err
	}
	items := checked(l.want.Of(plan.KindNAT, ns))
	want := l.h.asSaved(ns, f, nat.Want(items, f.six))
	right := func(id nat.ID) bool {
		h, there := have.Rules[id]
		w, wanted := want.Rules[id]
		own := nat.ID{Table: id.Table, Chain: strings.TrimPrefix(id.Chain, nat.Prefix)}
		return there && wanted && slices.Equal(h, w) && have.Jumps[own] == want.Jumps[own]
	}
	for _, x := range items {
		n := x.(plan.NAT)
		if n.Six == f.six && right(nat.ID{Table: n.Table, Chain: nat.ChainName(n.Chain)}) {
			l.have[x.Key()] = x
		}
	}
	for id, rules := range have.Rules {
		if !right(id) {
			l.strayChain(ns, f, id, rules)
		}
	}
	return nil
}

// strayChain gives the rules of a chain as items that nobody wants, so that the chain is written again or removed.
func (l *listing) strayChain(ns string, f tables, id nat.ID, rules []string) {
	name := strings.TrimPrefix(id.Chain, nat.Prefix)
	for _, r := range append([]string{""}, rules...) {
		n := plan.NAT{NS: ns, Table: id.Table, Chain: name, Rule: r, Six: f.six}
		if _, wanted := l.want.Get(n.Key()); !wanted {
			l.have[n.Key()] = n
		}
	}
}
