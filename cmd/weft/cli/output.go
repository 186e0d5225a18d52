package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	width "github.com/jedib0t/go-pretty/v6/text"
	"go.yaml.in/yaml/v3"

	"weft/client"
)

// The output formats.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatYAML  = "yaml"
	formatValue = "value"
	formatWide  = "wide"
)

var formats = []string{formatTable, formatWide, formatJSON, formatYAML, formatValue}

// forPeople reports whether the output is for people's eyes.
func (a *app) forPeople() bool { return a.output == formatTable || a.output == formatWide }

func (a *app) checkOutput() error {
	if !slices.Contains(formats, a.output) {
		return usagef("-o %s: want one of %s", a.output, strings.Join(formats, ", "))
	}
	return nil
}

// printOne shows an object: an attribute a line, in the order of the alphabet with id and name first.
func (a *app) printOne(w io.Writer, o client.Object) error {
	attrs := attributes(o)
	if len(a.columns) > 0 {
		attrs = nil
		for _, c := range a.columns {
			attr, ok := attributeOf(c, nil, []client.Object{o})
			if !ok {
				return usagef("-c %s: there is no such attribute; there are %s", c, strings.Join(attributes(o), ", "))
			}
			attrs = append(attrs, attr)
		}
	}
	switch a.output {
	case formatJSON, formatYAML:
		return encode(w, a.output, only(o, attrs, len(a.columns) > 0))
	case formatValue:
		for _, attr := range attrs {
			fmt.Fprintln(w, cell(o[attr]))
		}
		return nil
	}
	rows := make([][]string, 0, len(attrs))
	for _, attr := range attrs {
		rows = append(rows, []string{attr, cell(o[attr])})
	}
	return printTable(w, []string{"Field", "Value"}, rows)
}

// printList shows objects: one a line.
func (a *app) printList(w io.Writer, columns []column, objects []client.Object) error {
	columns, err := a.choose(columns, objects)
	if err != nil {
		return err
	}
	attrs, titles := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		attrs[i], titles[i] = c.attr, c.title
	}
	if a.output == formatJSON || a.output == formatYAML {
		list := make([]client.Object, len(objects))
		for i, o := range objects {
			list[i] = only(o, attrs, len(a.columns) > 0)
		}
		return encode(w, a.output, list)
	}
	rows := make([][]string, len(objects))
	for i, o := range objects {
		for _, attr := range attrs {
			rows[i] = append(rows[i], cell(o[attr]))
		}
	}
	if a.output == formatValue {
		for _, r := range rows {
			fmt.Fprintln(w, strings.Join(r, " "))
		}
		return nil
	}
	return printTable(w, titles, rows)
}

// choose gives the columns that -c names, by title or by attribute; without -c those that the list has.
func (a *app) choose(columns []column, objects []client.Object) ([]column, error) {
	if len(a.columns) == 0 {
		return columns, nil
	}
	var out []column
	for _, name := range a.columns {
		attr, ok := attributeOf(name, columns, objects)
		if !ok {
			return nil, usagef("-c %s: there is no such column or attribute", name)
		}
		out = append(out, column{title: name, attr: attr})
	}
	return out, nil
}

// attributeOf finds what a name on the command line stands for. Of an empty list anything may be a column.
func attributeOf(name string, columns []column, objects []client.Object) (string, bool) {
	for _, c := range columns {
		if strings.EqualFold(c.title, name) || strings.EqualFold(c.attr, name) {
			return c.attr, true
		}
	}
	if len(objects) == 0 {
		return name, true
	}
	for _, attr := range attributes(objects[0]) {
		if strings.EqualFold(attr, name) {
			return attr, true
		}
	}
	return "", false
}

// attributes lists an object's attributes in the order in which people want to see them.
func attributes(o client.Object) []string {
	first := []string{"id", "name"}
	rest := slices.Sorted(maps.Keys(o))
	rest = slices.DeleteFunc(rest, func(a string) bool { return slices.Contains(first, a) })
	first = slices.DeleteFunc(first, func(a string) bool { _, ok := o[a]; return !ok })
	return append(first, rest...)
}

// only gives an object with the attributes that were asked for.
func only(o client.Object, attrs []string, restrict bool) client.Object {
	if !restrict {
		return o
	}
	out := client.Object{}
	for _, attr := range attrs {
		out[attr] = o[attr]
	}
	return out
}

func encode(w io.Writer, format string, v any) error {
	if format == formatYAML {
		b, err := yamlOf(v)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
	return encodeJSON(w, v, "  ")
}

func encodeJSON(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapedJSON(b.Bytes()))
	return err
}

// yamlOf goes by way of JSON: its names and its numbers are the API's.
func yamlOf(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(escapedYAML(b), &n); err != nil { // JSON is YAML, but for control characters
		return nil, err
	}
	block(&n)
	b, err = yaml.Marshal(&n)
	return escapedYAML(b), err
}

// block turns JSON's braces and quotes into YAML's own style.
func block(n *yaml.Node) {
	n.Style &^= yaml.FlowStyle | yaml.DoubleQuotedStyle
	if oneLine(n.Value) != n.Value {
		n.Style |= yaml.DoubleQuotedStyle
	}
	for _, c := range n.Content {
		block(c)
	}
}

// cell shows a value in one line.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return oneLine(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = cell(e)
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		return cellOfMap(v)
	}
	return oneLine(fmt.Sprint(v))
}

func cellOfMap(m map[string]any) string {
	if ip, ok := m["ip_address"].(string); ok && m["subnet_id"] != nil { // a fixed IP: the address is what matters
		return oneLine(ip)
	}
	if start, ok := m["start"].(string); ok && len(m) == 2 { // a run of addresses
		return oneLine(start) + "-" + cell(m["end"])
	}
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, oneLine(k)+"="+cell(m[k]))
	}
	return strings.Join(parts, " ")
}

// printTable draws lines for a terminal, and plain columns, which other programs can cut, for everything else.
func printTable(w io.Writer, titles []string, rows [][]string) error {
	t := table.NewWriter()
	columns, _ := size(w)
	at, drawn := w.(*styled)
	if drawn {
		columns = at.columns
	}
	drawn = drawn || isTerminal(w)
	t.SetStyle(style(drawn))
	if drawn {
		t.SetColumnConfigs(fit(columns, titles, rows))
	}
	t.AppendHeader(rowOf(titles))
	for _, r := range rows {
		t.AppendRow(rowOf(r))
	}
	var b strings.Builder
	for line := range strings.Lines(t.Render() + "\n") {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// widest is how wide a column of ids is: these are copied, so they are not broken.
const widest = 36

// fit breaks the widest cells of a drawn table, so that it is no wider than the terminal. 0: any width will do.
func fit(columns int, titles []string, rows [][]string) []table.ColumnConfig {
	widths := make([]int, len(titles))
	sum := 1
	for i, t := range titles {
		widths[i] = width.StringWidth(t)
		for _, r := range rows {
			widths[i] = max(widths[i], width.StringWidth(r[i]))
		}
		sum += widths[i] + 3
	}
	narrowed := map[int]table.ColumnConfig{}
	for ; columns > 0 && sum > columns; sum-- {
		i := slices.Index(widths, slices.Max(widths))
		if widths[i] <= widest {
			break
		}
		widths[i]--
		narrowed[i] = table.ColumnConfig{Number: i + 1, WidthMax: widths[i], WidthMaxEnforcer: width.WrapSoft}
	}
	return slices.Collect(maps.Values(narrowed))
}

func style(terminal bool) table.Style {
	if terminal {
		s := table.StyleLight
		s.Format.Header = 0 // as it is
		return s
	}
	s := table.StyleDefault
	s.Options = table.OptionsNoBordersAndSeparators
	s.Box.PaddingLeft, s.Box.PaddingRight = "", "   "
	return s
}

func rowOf(cells []string) table.Row {
	r := make(table.Row, len(cells))
	for i, c := range cells {
		r[i] = c
	}
	return r
}
