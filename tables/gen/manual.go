package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"

	"weft/tables"
)

const introduction = `# The pipeline

This page is generated from package tables ("go generate ./tables"); every flow that weft makes is held against it.

A frame goes from table to table, always to a higher number. In each table the flow with the highest priority that matches
decides; if none does, the table's miss does. Numbers and names are Neutron's where the job is the same. The agent sets the
names in OVSDB, so "ovs-ofctl -O OpenFlow13 dump-flows --names" shows them.

On br-int and br-tun nothing is learned and OVS's own switch (NORMAL) is not used: the controller knows every MAC and
address. Between table 0 and delivery a frame carries its network's local VLAN, which has a meaning on one host only.

## Cookies

The first byte of a cookie is 0x77 ('w'): the flow is weft's. The second says what it belongs to: 1 the host itself, 2 another
host, 3 a network, 4 a port, 5 a router, 6 a floating IP. The other six are a hash of the whole flow, so equal cookies mean equal
flows. "weft flows HOST --explain" names the object.
`

// manual gives the text of the page; source is the file with the priorities.
func manual(source string) (string, error) {
	var b strings.Builder
	b.WriteString(introduction)
	for _, c := range tables.Classes() {
		fmt.Fprintf(&b, "\n## %s\n", title(c))
		for _, t := range tables.All(c) {
			describe(&b, t)
		}
	}
	rows, err := priorities(source)
	if err != nil {
		return "", err
	}
	b.WriteString("\n## Registers\n\n| bits | name | |\n|---|---|---|\n")
	for _, r := range tables.Registers() {
		fmt.Fprintf(&b, "| reg%d[%d..%d] | %s | %s |\n", r.Reg, r.First, r.Last, r.Name, r.Doc)
	}
	b.WriteString("\n## Priorities\n\nNo flow has 32768, which ovs-ofctl leaves out of its dumps.\n\n| name | value | |\n|---|---|---|\n")
	b.WriteString(rows)
	return b.String(), nil
}

func title(c tables.Class) string {
	if c == tables.Phys {
		return "Provider bridges"
	}
	return string(c)
}

func describe(b *strings.Builder, t tables.Contract) {
	fmt.Fprintf(b, "\n### %d %s\n\n%s\n\n", t.ID, t.Name, t.Doc)
	fmt.Fprintf(b, "* matches: %s\n", list(t.Match, func(m tables.Match) string {
		if m.Masked {
			return m.Field + " (masked too)"
		}
		return m.Field
	}))
	fmt.Fprintf(b, "* writes: %s\n", list(t.Set, func(s string) string { return s }))
	next := list(t.Next, func(id tables.ID) string { return fmt.Sprintf("%d %s", id, tables.Name(t.Class, id)) })
	fmt.Fprintf(b, "* goes on to: %s\n", next)
	if len(t.Learn) > 0 {
		into := list(t.Learn, func(id tables.ID) string { return fmt.Sprintf("%d %s", id, tables.Name(t.Class, id)) })
		fmt.Fprintf(b, "* learns into: %s\n", into)
	}
	fmt.Fprintf(b, "* sends packets out: %s\n", output(t))
	fmt.Fprintf(b, "* miss: %s\n", miss(t))
}

func list[T any](xs []T, text func(T) string) string {
	if len(xs) == 0 {
		return "nothing"
	}
	out := make([]string, 0, len(xs))
	for _, x := range xs {
		out = append(out, text(x))
	}
	return strings.Join(out, ", ")
}

func output(t tables.Contract) string {
	switch {
	case t.Output && t.Normal:
		return "yes, and by NORMAL"
	case t.Normal:
		return "by NORMAL"
	case t.Output:
		return "yes"
	case t.Controller:
		return "to the agent of the host"
	}
	return "no"
}

func miss(t tables.Contract) string {
	switch t.Miss {
	case tables.MissGoto:
		return fmt.Sprintf("%d %s", t.MissTable, tables.Name(t.Class, t.MissTable))
	case tables.MissNormal:
		return "NORMAL"
	case tables.MissOutput:
		return "to br-int"
	}
	return "drop"
}

// priorities reads the constants with their comments.
func priorities(source string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.ParseComments)
	if err != nil {
		return "", fmt.Errorf("read the priorities: %w", err)
	}
	var b strings.Builder
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			row(&b, v)
		}
		return true
	})
	return b.String(), nil
}

func row(b *strings.Builder, v *ast.ValueSpec) {
	group, why := comment(v.Doc), comment(v.Comment)
	if why == "" && !strings.HasPrefix(group, "br-") {
		why, group = group, ""
	}
	if group != "" {
		fmt.Fprintf(b, "| **%s** | | |\n", group)
	}
	if lit, ok := v.Values[0].(*ast.BasicLit); ok {
		fmt.Fprintf(b, "| %s | %s | %s |\n", v.Names[0].Name, lit.Value, why)
	}
}

func comment(c *ast.CommentGroup) string {
	return strings.ReplaceAll(strings.TrimSpace(c.Text()), "\n", " ")
}
