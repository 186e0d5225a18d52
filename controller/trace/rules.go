package trace

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"weft/api"
	"weft/plan"
)

// ruleset is what a plan has of translation and filters for a namespace and an IP version. It evaluates the words that
// weft writes into rules, for the first packet of a connection; a rule with other words matches nothing.
type ruleset struct {
	plan plan.Plan
	ns   string
	six  bool
}

// chain lists the rules of a chain in their order.
func (r ruleset) chain(table, name string) []*plan.Item {
	var out []*plan.Item
	for i := range r.plan.Items {
		n, ok := r.plan.Items[i].Spec.(plan.NAT)
		if ok && n.NS == r.ns && n.Six == r.six && n.Table == table && n.Chain == name {
			out = append(out, &r.plan.Items[i])
		}
	}
	slices.SortFunc(out, func(a, b *plan.Item) int {
		x, y := a.Spec.(plan.NAT), b.Spec.(plan.NAT)
		return cmp.Or(cmp.Compare(x.Order, y.Order), cmp.Compare(x.Rule, y.Rule))
	})
	return out
}

// maxJumps bounds the depth of chains: a plan has two.
const maxJumps = 8

// verdict walks a chain until a rule decides, and gives that rule.
func (r ruleset) verdict(p packet, table, chain, in, out string, depth int) (*plan.Item, rule) {
	if depth > maxJumps {
		return nil, rule{}
	}
	for _, i := range r.chain(table, chain) {
		x, ok := parseRule(i.Spec.(plan.NAT).Rule)
		if !ok || !x.matches(p, in, out) {
			continue
		}
		switch x.target {
		case "ACCEPT", "DROP", "DNAT", "SNAT":
			return i, x
		case "RETURN":
			return nil, rule{}
		}
		if by, found := r.verdict(p, table, x.target, in, out, depth+1); by != nil {
			return by, found
		}
	}
	return nil, rule{}
}

// translate does what the nat table does to the packet, and gives the rule that did it.
func (r ruleset) translate(p *packet, chain, in, out string) *plan.Item {
	by, x := r.verdict(*p, "nat", chain, in, out, 0)
	if by == nil || !x.to.IsValid() {
		return nil
	}
	if x.target == "SNAT" {
		p.from = x.to
		return by
	}
	p.to, p.dnat = x.to, true
	p.port = x.portOf(p.port)
	return by
}

// refused gives the rule by which the filter drops the packet; nil if none does.
func (r ruleset) refused(p packet, in, out string) *plan.Item {
	if by, x := r.verdict(p, "filter", "FORWARD", in, out, 0); by != nil && x.target == "DROP" {
		return by
	}
	return nil
}

// rule is one rule in parts. Conditions that a rule does not have are met by all.
type rule struct {
	conditions []func(p packet, in, out string) bool
	target     string
	to         netip.Addr
	toPorts    api.PortRange // the zero range: the port stays
	base       uint16        // the port that becomes the first of toPorts
}

// portOf gives what a port becomes.
func (x rule) portOf(port uint16) uint16 {
	_, alone := x.toPorts.Alone()
	switch {
	case !x.toPorts.IsValid():
		return port
	case alone:
		return x.toPorts.First
	}
	return x.toPorts.First + (port-x.base)%uint16(x.toPorts.Size())
}

func (x rule) matches(p packet, in, out string) bool {
	for _, c := range x.conditions {
		if !c(p, in, out) {
			return false
		}
	}
	return true
}

// parseRule reads a rule in iptables-save's words. It reports false if it has words that are not known here.
func parseRule(text string) (rule, bool) {
	var x rule
	words, not := strings.Fields(text), false
	for i := 0; i < len(words); i++ {
		if words[i] == "!" {
			not = true
			continue
		}
		if i+1 == len(words) || !x.option(words[i], words[i+1], not) {
			return rule{}, false
		}
		not = false
		i++ // its value
	}
	return x, x.target != ""
}

func (x *rule) option(name, value string, not bool) bool {
	when := func(c func(p packet, in, out string) bool) bool {
		x.conditions = append(x.conditions, func(p packet, in, out string) bool { return c(p, in, out) != not })
		return true
	}
	switch name {
	case "-m":
		return true // the match's own options follow
	case "-j":
		x.target = value
		return true
	case "-i":
		return when(func(_ packet, in, _ string) bool { return in == value })
	case "-o":
		return when(func(_ packet, _, out string) bool { return out == value })
	case "-p":
		return when(func(p packet, _, _ string) bool { return p.proto == value })
	case "--dport":
		ports, ok := portsIn(value, ":")
		return ok && when(func(p packet, _, _ string) bool { return ports.Overlaps(api.OnePort(p.port)) })
	case "--ctstate":
		states := strings.Split(value, ",")
		return when(func(p packet, _, _ string) bool {
			return slices.Contains(states, "NEW") || p.dnat && slices.Contains(states, "DNAT")
		})
	case "-s", "-d":
		prefix, err := netip.ParsePrefix(value)
		return err == nil && when(func(p packet, _, _ string) bool {
			if name == "-s" {
				return prefix.Contains(p.from)
			}
			return prefix.Contains(p.to)
		})
	case "--to-destination", "--to-source":
		return x.translation(value)
	}
	return false
}

func (x *rule) translation(value string) bool {
	to, err := netip.ParseAddr(value)
	if err == nil {
		x.to = to
		return true
	}
	addr, ports, ok := strings.Cut(value, ":") // ports are translated of IPv4 alone
	if x.to, err = netip.ParseAddr(addr); err != nil || !ok {
		return false
	}
	ports, base, shifted := strings.Cut(ports, "/")
	if x.toPorts, ok = portsIn(ports, "-"); !ok {
		return false
	}
	from, ok := portsIn(base, "-")
	x.base = from.First
	_, alone := x.toPorts.Alone()
	return shifted && ok || !shifted && alone
}

// portsIn reads a port, or a range of them, whose ends a sign divides.
func portsIn(text, sign string) (api.PortRange, bool) {
	first, last, more := strings.Cut(text, sign)
	if !more {
		last = first
	}
	a, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return api.PortRange{}, false
	}
	b, err := strconv.ParseUint(last, 10, 16)
	r := api.PortRange{First: uint16(a), Last: uint16(b)}
	return r, err == nil && r.IsValid()
}
