package apply

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"

	"weft/client"
)

// Export writes a file of all that people have declared, as Read reads it: not what weft makes by itself, and of a port
// that Compute runs not which device uses it and on which host. Applied to a controller without objects, it makes
// the same; of that, Export writes the same bytes. The exception are addresses that were given before a subnet's
// service_types said that they are for others: nobody could get them now.
func Export(ctx context.Context, c *client.Client, all []client.Kind, w io.Writer) error {
	x := &exporter{live: newLive(c, managed(all)), refs: map[string]map[string]string{}, shared: map[string]*item{}}
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range x.live.kinds {
		list, err := x.live.all(ctx, k)
		if err != nil {
			return err
		}
		if items := x.objects(k, list); len(items) > 0 {
			root.Content = append(root.Content, word(k.Plural), &yaml.Node{Kind: yaml.SequenceNode, Content: items})
		}
	}
	x.handles()
	var b bytes.Buffer
	if len(root.Content) > 0 {
		e := yaml.NewEncoder(&b)
		e.SetIndent(2)
		if err := e.Encode(root); err != nil {
			return fmt.Errorf("write the export: %w", err)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

type exporter struct {
	live   *live
	refs   map[string]map[string]string // kind → id → how the file refers to it
	shared map[string]*item             // by id, those that have no name of their own
}

// item is one object on its way into the file.
type item struct {
	o      *object
	node   *yaml.Node
	bytes  string // see text
	handle string
	used   bool // something refers to the handle
}

// text is the node as it will be written, to sort those by that have one name. It is made when it is asked for: a node that
// was just made of JSON can always be written.
func (it *item) text() string {
	if it.bytes == "" {
		raw, _ := yaml.Marshal(it.node)
		it.bytes = string(raw)
	}
	return it.bytes
}

// objects writes the objects of a kind in an order that depends on nothing but what they say.
func (x *exporter) objects(k client.Kind, list []*object) []*yaml.Node {
	items := make([]*item, len(list))
	for i, o := range list {
		items[i] = &item{o: o, node: x.object(k, o)}
	}
	slices.SortStableFunc(items, func(a, b *item) int {
		if c := cmp.Compare(a.o.name(), b.o.name()); c != 0 {
			return c
		}
		return cmp.Compare(a.text(), b.text())
	})
	x.call(k, items)
	out := make([]*yaml.Node, len(items))
	for i, it := range items {
		out[i] = it.node
	}
	return out
}

// call decides how the file refers to each object: by its name, by what people call it, or by a handle.
func (x *exporter) call(k client.Kind, items []*item) {
	count, called := map[string]int{}, k.Resource().CalledBy()
	for _, it := range items {
		for _, s := range slices.Compact([]string{it.o.name(), it.o.Text(called)}) {
			count[s]++
		}
	}
	refs, nth := map[string]string{}, map[string]int{}
	for _, it := range items {
		name, address := it.o.name(), it.o.Text(called)
		switch {
		case name != "" && count[name] == 1:
			refs[it.o.id] = name
			continue
		case address != "" && count[address] == 1:
			refs[it.o.id] = address
			continue
		}
		base := cmp.Or(name, k.Singular)
		for it.handle == "" || count[it.handle] > 0 {
			nth[base]++
			it.handle = fmt.Sprintf("%s#%d", base, nth[base])
		}
		refs[it.o.id] = it.handle
		x.shared[it.o.id] = it
	}
	x.refs[k.Singular] = refs
}

// handles writes the handles that something refers to.
func (x *exporter) handles() {
	for _, it := range x.shared {
		if it.used {
			it.node.Content = append([]*yaml.Node{word("handle"), word(it.handle)}, it.node.Content...)
		}
	}
}

// object writes one object: what its declaration would not give it anyway.
func (x *exporter) object(k client.Kind, o *object) *yaml.Node {
	n, all := &yaml.Node{Kind: yaml.MappingNode}, members(k)
	add := func(key string, v *yaml.Node) { n.Content = append(n.Content, word(key), v) }
	if k.Parent != "" {
		add(parentKey(k), word(x.ref(k.Parent, o.parent)))
	}
	if k.Upsert {
		add(k.Key, word(o.id))
	}
	for _, a := range k.Attributes {
		_, there := o.Object[a.Name]
		v := o.asked(a)
		switch {
		case !a.Settable() || !a.Shown || !there || a.Foreign && (k.Lent.Finds(o.Object) || k.Drawn.Finds(o.Object)):
			continue
		case saidElsewhere(k, a, o):
			continue
		case a.Name == "tags":
			v = any(list(o.tags(false)))
		case a.Name == "project_id" && empty(v):
			continue
		}
		if a.Default != nil && same(a.Schema, fromJSON(a.Default), v) {
			continue
		}
		if a.RefBy != "" {
			a.Ref = o.Text(a.RefBy)
		}
		add(label(a.Member, all), x.value(a.Schema, v, true))
	}
	return n
}

// saidElsewhere reports whether another attribute says what this one does: one at greater length, or a shorter one.
func saidElsewhere(k client.Kind, a client.Attribute, o *object) bool {
	if a.Longer != "" && o.Object[a.Name] == nil {
		return true
	}
	return slices.ContainsFunc(k.Attributes, func(b client.Attribute) bool { return b.Longer == a.Name && o.Object[b.Name] != nil })
}

// ref is how the file refers to an object. One that is not in the file goes by its id.
func (x *exporter) ref(kind, id string) string {
	k, ok := client.KindOf(x.live.kinds, kind)
	if !ok || x.refs[k.Singular][id] == "" {
		return id
	}
	if it, ok := x.shared[id]; ok {
		it.used = true
	}
	return x.refs[k.Singular][id]
}

// value writes a value; top says that it is an attribute's own.
func (x *exporter) value(s client.Schema, v any, top bool) *yaml.Node {
	switch v := v.(type) {
	case nil:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if len(v) == 0 {
			n.Style = yaml.FlowStyle
		}
		for _, e := range x.inOrder(s, v) {
			n.Content = append(n.Content, x.value(element(s), e, false))
		}
		return n
	case map[string]any:
		return x.mapping(s, v, top)
	case json.Number:
		return numeral(v)
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}
	case string:
		if n := x.legOf(s.Ref, v); n != nil {
			return n
		}
		if s.Ref != "" && v != "" {
			return word(x.ref(s.Ref, v))
		}
		return word(v)
	}
	return word(fmt.Sprint(v))
}

func element(s client.Schema) client.Schema {
	if s.Items == nil {
		return client.Schema{}
	}
	return *s.Items
}

// inOrder sorts a list whose order means nothing, so that the same list is always written in one way.
func (x *exporter) inOrder(s client.Schema, list []any) []any {
	if s.Ordered || s.Items == nil || len(list) < 2 {
		return list
	}
	texts := make(map[int]string, len(list))
	order := make([]int, len(list))
	for i, v := range list {
		raw, _ := yaml.Marshal(x.value(*s.Items, v, false)) // a node that was just made of JSON
		texts[i], order[i] = string(raw), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(texts[a], texts[b]) })
	out := make([]any, len(list))
	for i, at := range order {
		out[i] = list[at]
	}
	return out
}

// mapping writes an object: an element of a list in one line, and its one needed member alone if there is no other.
func (x *exporter) mapping(s client.Schema, m map[string]any, top bool) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	if !top || len(m) == 0 {
		n.Style = yaml.FlowStyle
	}
	if only, ok := needed(s); ok && len(m) == 1 && m[only.Name] != nil && !top {
		return x.value(only.Schema, m[only.Name], false)
	}
	if len(s.Members) == 0 {
		for _, key := range sortedKeys(m) {
			n.Content = append(n.Content, word(key), x.value(client.Schema{}, m[key], false))
		}
		return n
	}
	for _, member := range s.Members {
		if v, ok := m[member.Name]; ok && (v != nil || member.Required) {
			n.Content = append(n.Content, word(label(member, s.Members)), x.value(member.Schema, v, false))
		}
	}
	return n
}

// otherwise are texts that other programs, of YAML 1.1, read as truths or as numbers to the base of 60, and the key that merges.
var otherwise = regexp.MustCompile(`^((?i:y|n|yes|no|on|off)|<<|=|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$`)

// word writes a text so that it is read as one, whatever it looks like.
func word(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	if otherwise.MatchString(s) {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}
