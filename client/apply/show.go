package apply

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

func newReader(raw []byte) io.Reader { return bytes.NewReader(raw) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

// Write shows what the plan does, a change at a time: + makes, ~ changes, - deletes.
func (p *Plan) Write(w io.Writer) error {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintln(&b, p.Line(c))
		for _, f := range c.set {
			p.writeField(&b, c, f)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Line names a change in one line.
func (p *Plan) Line(c *Change) string {
	name := c.entryName()
	if name == "" && c.have != nil {
		name = cmp.Or(c.have.name(), c.called())
	}
	name = cmp.Or(name, p.told(c), c.id(), "without a name")
	line := fmt.Sprintf("%c %s %s", c.Verb, words(c.Kind.Singular), printable(name))
	if c.At.File != "" {
		line += "  (" + c.At.line() + ")"
	}
	return line
}

// called is what people call the object that is there, if that is not its id.
func (c *Change) called() string {
	if r := c.Kind.Resource(); !r.Named && r.CalledBy() != "id" {
		return c.have.Text(r.CalledBy())
	}
	return ""
}

func (c *Change) id() string {
	if c.have == nil {
		return ""
	}
	return c.have.id
}

// told names an object without a name by what tells it from the others.
func (p *Plan) told(c *Change) string {
	for _, set := range c.Kind.Identity {
		var parts []string
		switch {
		case c.entry != nil && c.entry.parent != nil:
			parts = append(parts, p.show(c.entry.parent))
		case c.Kind.Parent != "" && c.have != nil:
			parts = append(parts, p.show(c.have.parent))
		}
		for _, attr := range set {
			if v := c.value(attr); !empty(v) {
				parts = append(parts, p.show(v))
				continue
			}
			parts = nil
			break
		}
		if parts != nil {
			return strings.Join(parts, " ")
		}
	}
	return ""
}

func (c *Change) value(attr string) any {
	if c.entry != nil && !empty(c.entry.given[attr]) {
		return c.entry.given[attr]
	}
	if c.have != nil {
		return c.have.Object[attr]
	}
	return nil
}

func (c *Change) entryName() string {
	if c.entry == nil {
		return ""
	}
	return cmp.Or(c.entry.name(), text(c.entry.given[c.Kind.Resource().CalledBy()]), c.entry.handle)
}

func (p *Plan) writeField(b *strings.Builder, c *Change, f field) {
	if f.attr.Name == "tags" {
		f.want, f.have = withoutMarks(f.want), withoutMarks(f.have)
	}
	if c.Verb == Create && (f.attr.Name == "name" || f.attr.Name == "tags" && empty(f.want)) {
		return
	}
	name := label(f.attr.Member, members(c.Kind))
	if c.Verb == Create {
		fmt.Fprintf(b, "    %s: %s\n", name, p.show(f.want))
		return
	}
	want, both := f.want.([]any)
	have, _ := f.have.([]any)
	if !both && have == nil || f.attr.Ordered {
		fmt.Fprintf(b, "    %s: %s → %s\n", name, p.show(f.have), p.show(f.want))
		return
	}
	fmt.Fprintf(b, "    %s:\n", name)
	gone, come := p.lines(have), p.lines(want)
	for _, l := range gone {
		if !slices.Contains(come, l) {
			fmt.Fprintf(b, "      - %s\n", l)
		}
	}
	for _, l := range come {
		if !slices.Contains(gone, l) {
			fmt.Fprintf(b, "      + %s\n", l)
		}
	}
}

// withoutMarks drops the tags of scopes.
func withoutMarks(tags any) any {
	return slices.DeleteFunc(slices.Clone(asList(tags)), func(t any) bool { return strings.HasPrefix(text(t), scopeTag) })
}

func (p *Plan) lines(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = p.show(v)
	}
	return out
}

// show writes a value in a line, objects by what they are called.
func (p *Plan) show(v any) string {
	switch v := v.(type) {
	case *reference:
		return printable(v.text)
	case nil:
		return "none"
	case string:
		if v == "" {
			return `""`
		}
		return quoted(p.nameOf(v))
	case []any:
		if len(v) == 0 {
			return "none"
		}
		return strings.Join(p.lines(v), ", ")
	case map[string]any:
		var parts []string
		for _, key := range sortedKeys(v) {
			parts = append(parts, printable(strings.TrimSuffix(key, "_id"))+"="+p.show(v[key]))
		}
		return strings.Join(parts, " ")
	case json.Number:
		return string(v)
	}
	return fmt.Sprint(v)
}

// nameOf gives the name of an object that was read, if the text is its id.
func (p *Plan) nameOf(id string) string {
	for _, k := range p.kinds {
		if o, ok := p.live.byID[k.Singular][id]; ok {
			return cmp.Or(o.name(), o.Text(k.Resource().CalledBy()), id)
		}
	}
	return id
}

func sortedKeys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// brief shows a value in an error.
func brief(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

// quoted shows a text that breaks the line with the signs for that.
func quoted(s string) string {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return strconv.Quote(s)
	}
	return printable(s)
}

// printable keeps what others chose from driving the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}
