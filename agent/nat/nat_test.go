package nat

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weft/plan"
)

func rule(chain string, order int, text string) plan.Spec {
	return plan.NAT{NS: "n", Table: "nat", Chain: chain, Order: order, Rule: text}
}

func TestRulesBecomeOneTransaction(t *testing.T) {
	want := Want([]plan.Spec{
		rule("POSTROUTING", 2, "-j float-snat"), rule("POSTROUTING", 1, "! -o rfp-1 -j ACCEPT"),
		rule("float-snat", 1, "-s 10.0.0.2/32 -j SNAT --to-source 2.2.2.100"),
	}, false)
	have := Parse("*nat\n:PREROUTING ACCEPT [0:0]\n:weft-old - [0:0]\n:mine - [0:0]\n-A PREROUTING -j mine\n-A weft-old -j ACCEPT\nCOMMIT\n")
	got := Difference(have, want)
	expected := `*nat
:weft-POSTROUTING - [0:0]
:weft-float-snat - [0:0]
:weft-old - [0:0]
-A weft-POSTROUTING ! -o rfp-1 -j ACCEPT
-A weft-POSTROUTING -j weft-float-snat
-A weft-float-snat -s 10.0.0.2/32 -j SNAT --to-source 2.2.2.100
-I POSTROUTING -j weft-POSTROUTING
-X weft-old
COMMIT
`
	if d := cmp.Diff(expected, got); d != "" {
		t.Error(d)
	}
}

func TestAChainThatIsRightIsNotWritten(t *testing.T) {
	want := Want([]plan.Spec{rule("PREROUTING", 1, "-d 1.1.1.1/32 -j ACCEPT"), rule("other", 1, "-j DROP")}, false)
	have := Parse("*nat\n:weft-PREROUTING - [0:0]\n:weft-other - [0:0]\n-A PREROUTING -j weft-PREROUTING\n-A weft-PREROUTING -d 1.1.1.1/32 -j ACCEPT\nCOMMIT\n")
	got := Difference(have, want)
	if strings.Contains(got, "weft-PREROUTING") || !strings.Contains(got, "-A weft-other -j DROP") {
		t.Errorf("written:\n%s", got)
	}
}

func TestTheSameTwiceIsNothingToDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "rules")
		var items []plan.Spec
		for range n {
			items = append(items, rule(rapid.SampledFrom([]string{"PREROUTING", "OUTPUT", "float-snat", "x"}).Draw(t, "chain"),
				rapid.IntRange(0, 3).Draw(t, "order"),
				rapid.SampledFrom([]string{"-j ACCEPT", "-j x", "-s 1.1.1.1/32 -j y"}).Draw(t, "rule")))
		}
		want := Want(items, false)
		saved := printed(want)
		if got := Difference(Parse(saved), want); got != "" {
			t.Fatalf("still to do:\n%s\nthough saved is:\n%s", got, saved)
		}
	})
}

// printed writes chains as iptables-save does.
func printed(c Chains) string {
	var b strings.Builder
	b.WriteString("# comment\n*nat\n")
	for id := range c.Rules {
		b.WriteString(":" + id.Chain + " - [0:0]\n")
	}
	for id, n := range c.Jumps {
		for range n {
			b.WriteString("-A " + id.Chain + " -j " + Prefix + id.Chain + "\n")
		}
	}
	for id, rules := range c.Rules {
		for _, r := range rules {
			b.WriteString("-A " + id.Chain + " " + r + "\n")
		}
	}
	return b.String() + "COMMIT\n"
}

func TestRulesThatAreMoreThanOneRuleAreRefused(t *testing.T) {
	for name, n := range map[string]plan.NAT{
		"line-break":    {Table: "nat", Chain: "PREROUTING", Rule: "-j ACCEPT\nCOMMIT"},
		"no-rule":       {Table: "nat", Chain: "PREROUTING", Rule: "  "},
		"unknown-table": {Table: "security", Chain: "PREROUTING", Rule: "-j ACCEPT"},
		"chain-options": {Table: "nat", Chain: "x -j DROP", Rule: "-j ACCEPT"},
		"long-chain":    {Table: "nat", Chain: strings.Repeat("x", 24), Rule: "-j ACCEPT"},
	} {
		if Check(n) == nil {
			t.Errorf("%s: %+v is let through", name, n)
		}
	}
}
