package link

import (
	"context"
	"maps"
	"slices"
	"strings"

	"weft/agent/nat"
	"weft/agent/run"
	"weft/plan"
)

// applyNAT writes the chains of each namespace that the step touches, with one call for all of its tables.
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
		err := h.writeNAT(ctx, ns, s.Want)
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
func (h *Host) writeNAT(ctx context.Context, ns string, want *run.Wanted) error {
	if _, err := h.open(ns); err != nil {
		return err
	}
	asked := nat.Want(checked(want.Of(plan.KindNAT, ns)))
	have, err := readNAT(ctx, ns)
	if err != nil {
		return err
	}
	text := nat.Difference(have, h.asSaved(ns, asked))
	if text == "" {
		return nil
	}
	if _, err := command(ctx, ns, text, "iptables-restore", "--noflush", "-w", "10"); err != nil {
		return err
	}
	if have, err = readNAT(ctx, ns); err != nil {
		return err
	}
	for id, rules := range asked.Rules {
		if got := have.Rules[id]; len(got) == len(rules) && !slices.Equal(got, rules) {
			h.saved[memory(ns, id, rules)] = got
		}
	}
	return nil
}

// checked leaves out items that Check refuses: one bad rule must not stop the others of its namespace.
func checked(xs []plan.Spec) []plan.Spec {
	return slices.DeleteFunc(xs, func(x plan.Spec) bool { return Check(x) != nil })
}

func readNAT(ctx context.Context, ns string) (nat.Chains, error) {
	text, err := command(ctx, ns, "", "iptables-save")
	return nat.Parse(text), err
}

func memory(ns string, id nat.ID, rules []string) string {
	return strings.Join(append([]string{ns, id.Table, id.Chain}, rules...), "\n")
}

// asSaved gives the chains in the words in which the kernel gave them back before.
func (h *Host) asSaved(ns string, c nat.Chains) nat.Chains {
	out := nat.Chains{Rules: map[nat.ID][]string{}, Jumps: c.Jumps}
	for id, rules := range c.Rules {
		out.Rules[id] = rules
		if s, ok := h.saved[memory(ns, id, rules)]; ok {
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
	have, err := readNAT(ctx, ns)
	if err != nil {
		return err
	}
	items := checked(l.want.Of(plan.KindNAT, ns))
	want := l.h.asSaved(ns, nat.Want(items))
	right := func(id nat.ID) bool {
		h, there := have.Rules[id]
		w, wanted := want.Rules[id]
		own := nat.ID{Table: id.Table, Chain: strings.TrimPrefix(id.Chain, nat.Prefix)}
		return there && wanted && slices.Equal(h, w) && have.Jumps[own] == want.Jumps[own]
	}
	for _, x := range items {
		n := x.(plan.NAT)
		if right(nat.ID{Table: n.Table, Chain: nat.ChainName(n.Chain)}) {
			l.have[x.Key()] = x
		}
	}
	for id, rules := range have.Rules {
		if !right(id) {
			l.strayChain(ns, id, rules)
		}
	}
	return nil
}

// strayChain gives the rules of a chain as items that nobody wants, so that the chain is written again or removed.
func (l *listing) strayChain(ns string, id nat.ID, rules []string) {
	name := strings.TrimPrefix(id.Chain, nat.Prefix)
	for _, r := range append([]string{""}, rules...) {
		n := plan.NAT{NS: ns, Table: id.Table, Chain: name, Rule: r}
		if _, wanted := l.want.Get(n.Key()); !wanted {
			l.have[n.Key()] = n
		}
	}
}
