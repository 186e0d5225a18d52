package nat

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"weft/plan"
)

// Prefix begins the names of our chains.
const Prefix = "weft-"

// builtin lists the chains that each table has by itself.
var builtin = map[string][]string{
	"raw":    {"PREROUTING", "OUTPUT"},
	"mangle": {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"},
	"nat":    {"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"},
	"filter": {"INPUT", "FORWARD", "OUTPUT"},
}

// ID names a chain: ours by the name in the kernel (weft-PREROUTING).
type ID struct{ Table, Chain string }

// Chains holds our chains with their rules, and which of iptables' own chains jump to them.
type Chains struct {
	Rules map[ID][]string // our chain → rules without "-A chain"
	Jumps map[ID]int      // chain of iptables' own → how many jumps to ours it has
}

// Want gives the chains that the items of IPv4, or those of IPv6, ask for. Items must have passed Check.
func Want(items []plan.Spec, six bool) Chains {
	c := Chains{Rules: map[ID][]string{}, Jumps: map[ID]int{}}
	var ns []plan.NAT
	for _, s := range items {
		if n, ok := s.(plan.NAT); ok && n.Six == six {
			ns = append(ns, n)
		}
	}
	slices.SortFunc(ns, func(a, b plan.NAT) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Rule, b.Rule))
	})
	for _, n := range ns {
		id := ID{n.Table, ChainName(n.Chain)}
		rule, target := translate(n.Rule)
		c.Rules[id] = append(c.Rules[id], rule)
		if target != "" && c.Rules[ID{n.Table, target}] == nil {
			c.Rules[ID{n.Table, target}] = []string{} // a chain must be there before one can jump to it
		}
		if slices.Contains(builtin[n.Table], n.Chain) {
			c.Jumps[ID{n.Table, n.Chain}] = 1
		}
	}
	return c
}

// ChainName gives the kernel's name of an item's chain.
func ChainName(chain string) string {
	if strings.HasPrefix(chain, Prefix) {
		return chain
	}
	return Prefix + chain
}

// translate gives a rule with the target written as the kernel's name, and that name if it is a chain of ours. iptables'
// own targets are in capitals (DNAT, ACCEPT), so anything else is a chain.
func translate(rule string) (text, target string) {
	f := strings.Fields(rule)
	for i := 0; i+1 < len(f); i++ {
		if f[i] != "-j" && f[i] != "-g" || f[i+1] == strings.ToUpper(f[i+1]) {
			continue
		}
		target = ChainName(f[i+1])
		f[i+1] = target
	}
	return strings.Join(f, " "), target
}

// Parse reads the output of iptables-save. Lines that are not ours are passed over.
func Parse(save string) Chains {
	c := Chains{Rules: map[ID][]string{}, Jumps: map[ID]int{}}
	eachLine(save, func(table, line string) {
		switch {
		case strings.HasPrefix(line, ":"+Prefix):
			name, _, _ := strings.Cut(line[1:], " ")
			c.Rules[ID{table, name}] = []string{}
		case strings.HasPrefix(line, "-A "):
			chain, rule, _ := strings.Cut(line[3:], " ")
			c.parseRule(table, chain, rule)
		}
	})
	return c
}

// Foreign gives what the output of iptables-save has that is not ours: rules of other chains, and chains that end in a drop,
// each as "iptables -t TABLE …" would be told of it.
func Foreign(save string) []string {
	var out []string
	eachLine(save, func(table, line string) {
		switch {
		case strings.HasPrefix(line, ":"):
			if f := strings.Fields(line[1:]); len(f) > 1 && f[1] == "DROP" {
				out = append(out, fmt.Sprintf("-t %s -P %s DROP", table, f[0]))
			}
		case strings.HasPrefix(line, "-A "):
			chain, rule, _ := strings.Cut(line[3:], " ")
			if !strings.HasPrefix(chain, Prefix) && rule != "-j "+Prefix+chain {
				out = append(out, fmt.Sprintf("-t %s %s", table, line))
			}
		}
	})
	return out
}

// eachLine goes through the output of iptables-save with the table that each line belongs to.
func eachLine(save string, do func(table, line string)) {
	table := ""
	for line := range strings.Lines(save) {
		line = strings.TrimSpace(line)
		if name, begins := strings.CutPrefix(line, "*"); begins {
			table = name
			continue
		}
		do(table, line)
	}
}

func (c *Chains) parseRule(table, chain, rule string) {
	id := ID{table, chain}
	if strings.HasPrefix(chain, Prefix) {
		c.Rules[id] = append(c.Rules[id], rule)
		return
	}
	if rule == "-j "+Prefix+chain {
		c.Jumps[id]++
	}
}

// Difference gives the input of "iptables-restore --noflush" that turns have into want, "" if nothing is to do. Each
// table is one transaction of the kernel; a chain that is right is not mentioned.
func Difference(have, want Chains) string {
	var b strings.Builder
	for _, t := range slices.Sorted(maps.Keys(builtin)) {
		lines := tableDifference(t, have, want)
		if len(lines) > 0 {
			fmt.Fprintf(&b, "*%s\n%s\nCOMMIT\n", t, strings.Join(lines, "\n"))
		}
	}
	return b.String()
}

// tableDifference gives the lines of one table: declarations (which empty a chain), rules, jumps, removals.
func tableDifference(table string, have, want Chains) []string {
	var declare, rules, remove []string
	for _, id := range sorted(want.Rules, table) {
		if h, ok := have.Rules[id]; ok && slices.Equal(h, want.Rules[id]) {
			continue
		}
		declare = append(declare, ":"+id.Chain+" - [0:0]")
		for _, r := range want.Rules[id] {
			rules = append(rules, "-A "+id.Chain+" "+r)
		}
	}
	for _, id := range sorted(have.Rules, table) {
		if _, ok := want.Rules[id]; !ok {
			declare = append(declare, ":"+id.Chain+" - [0:0]")
			remove = append(remove, "-X "+id.Chain)
		}
	}
	jumps := jumpDifference(table, have, want)
	return slices.Concat(declare, rules, jumps, remove)
}

func jumpDifference(table string, have, want Chains) []string {
	var out []string
	for _, chain := range builtin[table] {
		id := ID{table, chain}
		jump := chain + " -j " + Prefix + chain
		for range max(0, have.Jumps[id]-want.Jumps[id]) {
			out = append(out, "-D "+jump)
		}
		if have.Jumps[id] < want.Jumps[id] {
			out = append(out, "-I "+jump)
		}
	}
	return out
}

func sorted(m map[ID][]string, table string) []ID {
	var ids []ID
	for id := range m {
		if id.Table == table {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b ID) int { return cmp.Compare(a.Chain, b.Chain) })
	return ids
}

var chainName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,22}$`)

// Check refuses an item whose text could be read as anything but one rule of its chain.
func Check(n plan.NAT) error {
	if builtin[n.Table] == nil {
		return fmt.Errorf("unknown iptables table %q", n.Table)
	}
	if !chainName.MatchString(n.Chain) {
		return fmt.Errorf("bad chain name %q", n.Chain)
	}
	if strings.TrimSpace(n.Rule) == "" || strings.ContainsFunc(n.Rule, func(r rune) bool { return r < ' ' || r > '~' }) {
		return fmt.Errorf("bad rule %q", n.Rule)
	}
	return nil
}
