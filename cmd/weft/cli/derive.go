package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"weft/client"
)

// resources are what the command line has commands for: every kind that the controller declares, with the words of the
// openstack client where those are others than the declaration's.
func (a *app) resources() []resource {
	said := map[string]resource{}
	for _, r := range spoken() {
		said[r.Singular] = r
	}
	out := make([]resource, 0, len(a.kinds))
	for _, k := range a.kinds {
		out = append(out, a.derive(k).with(said[k.Singular]))
	}
	return out
}

// derive makes a resource's commands of its declaration alone.
func (a *app) derive(k client.Kind) resource {
	r := resource{Resource: k.Resource(), kind: k, noun: words(k.Singular)}
	if p, ok := client.KindOf(a.kinds, k.Parent); ok {
		parent := p.Resource()
		r.parent = &parent
	}
	if name, ok := k.Attribute("name"); ok && name.OnCreate {
		r.arg, r.argHelp, r.argument = "NAME", "its name", nameArg
		if name.OnUpdate {
			r.options = append(r.options, newName)
		}
	}
	for _, attr := range k.Attributes {
		if limited, ok := limitFlag(a.kinds, attr.Name); ok && k.Upsert {
			r.options = append(r.options, number(limited, attr.Name, "NUMBER", attr.Doc, onSet))
			continue
		}
		attr.OnUpdate = attr.OnUpdate && attr.Name != k.Key // which names the object
		if attr.Settable() && attr.Name != "name" && attr.Name != "tags" {
			r.options = append(r.options, a.optionsOf(attr)...)
		}
	}
	if _, ok := k.Attribute("tags"); ok {
		r.options = append(r.options, tagOptions()...)
	}
	r.columns, r.long = columnsOf(k)
	r.filters = a.filtersOf(k)
	if _, ok := k.Attribute("tags"); ok {
		r.filters = append(r.filters, tagFilters()...)
	}
	return r
}

// with takes the words of another, and keeps what those do not cover.
func (r resource) with(said resource) resource {
	if said.Singular == "" {
		return r
	}
	said.kind, said.parent = r.kind, r.parent
	if said.Resource.Path == "" || said.Path != r.Path {
		said.Resource = r.Resource
	}
	covered, flags := map[string]bool{}, map[string]stage{}
	for _, o := range said.options {
		flags[o.flag] |= o.on
		for _, attr := range o.sets {
			covered[attr] = true
		}
	}
	for _, attr := range said.argument.sets {
		covered[attr] = true
	}
	for _, o := range r.options {
		missing := !slices.ContainsFunc(o.sets, func(attr string) bool { return covered[attr] })
		if missing && flags[o.flag]&o.on == 0 {
			said.options = append(said.options, o)
		}
	}
	if said.columns == nil {
		said.columns, said.long = r.columns, r.long
	}
	known := map[string]bool{}
	for _, f := range said.filters {
		known[f.flag], known[f.attr] = true, true
	}
	for _, f := range r.filters {
		if !known[f.flag] && !known[f.attr] {
			said.filters = append(said.filters, f)
		}
	}
	return said
}

// limitFlag is how the openstack client calls the limit of a kind: --networks, --floating-ips.
// Security groups have limits although there are none: clients set all limits together.
func limitFlag(kinds []client.Kind, name string) (string, bool) {
	switch name {
	case client.FloatingIPs.Singular:
		return "floating-ips", true
	case "security_group":
		return "secgroups", true
	case "security_group_rule":
		return "secgroup-rules", true
	}
	k, ok := client.KindOf(kinds, name)
	return strings.ReplaceAll(k.Plural, "_", "-"), ok
}

// words are an attribute's or a resource's name as people say it.
func words(name string) string { return strings.NewReplacer("_", " ", "-", " ").Replace(name) }

// flagOf makes an attribute's name the name of a flag: "binding:vnic_type" is --vnic-type, "network_id" is --network.
func flagOf(a client.Member) string {
	name := a.Name
	if _, after, ok := strings.Cut(name, ":"); ok {
		name = after
	}
	if a.Ref != "" || a.Name == "project_id" {
		name = strings.TrimSuffix(name, "_id")
	}
	if a.Type == "array" {
		name = oneOfMany(name)
	}
	return strings.ReplaceAll(name, "_", "-")
}

// oneOfMany is the singular of an English plural, as far as attributes have them.
func oneOfMany(s string) string {
	for _, end := range []struct{ many, one string }{{"ies", "y"}, {"xes", "x"}, {"sses", "ss"}, {"s", ""}} {
		if before, ok := strings.CutSuffix(s, end.many); ok {
			return before + end.one
		}
	}
	return s
}

func stagesOf(a client.Attribute) stage {
	var s stage
	if a.OnCreate {
		s |= onCreate
	}
	if a.OnUpdate {
		s |= onSet
	}
	return s
}

// optionsOf gives the flags that set an attribute.
func (a *app) optionsOf(attr client.Attribute) []option {
	flag, on := flagOf(attr.Member), stagesOf(attr)
	var out []option
	switch attr.Type {
	case "boolean":
		out = toggle(flag, "no-"+flag, attr.Name, attr.Doc, "the opposite")
	case "integer":
		out = one(number(flag, attr.Name, "NUMBER", attr.Doc, on))
	case "array":
		out = entries(option{flag: flag, value: a.valueOf(attr.Items), help: attr.Doc, on: on}, attr.Name, a.reader(flag, attr.Items))
	case "object":
		if len(attr.Members) == 0 {
			out = pairs(flag, attr.Name, attr.Doc)
			break
		}
		out = one(option{flag: flag, value: a.valueOf(&attr.Schema), help: attr.Doc, on: on, sets: []string{attr.Name},
			apply: setRead(attr.Name, a.reader(flag, &attr.Schema))})
	default:
		out = one(oneOf(a.textOf(flag, attr, on), attr.Enum...))
	}
	for i := range out {
		out[i].on = on
		out[i].required = attr.Required && on&onCreate != 0
	}
	if attr.Nullable && on&onSet != 0 {
		out = append(out, null(flag, attr.Name, "no "+words(flag), onUnset))
	}
	return out
}

func setRead(attr string, read func(*edit, string) (any, error)) func(*edit, []string) error {
	return func(e *edit, v []string) (err error) {
		e.attrs[attr], err = read(e, v[0])
		return err
	}
}

func (a *app) textOf(flag string, attr client.Attribute, on stage) option {
	if k, ok := client.KindOf(a.kinds, attr.Ref); ok {
		return ref(flag, attr.Name, k.Resource(), attr.Doc, on)
	}
	return text(flag, attr.Name, valueWord(attr.Schema), attr.Doc, on)
}

func valueWord(s client.Schema) string {
	switch s.Format {
	case "uuid":
		return "ID"
	case "":
		return "TEXT"
	}
	return strings.ToUpper(strings.ReplaceAll(s.Format, " ", "-"))
}

// valueOf shows how a value is written on the command line.
func (a *app) valueOf(s *client.Schema) string {
	if s == nil || s.Type == "object" && len(s.Members) == 0 {
		return "JSON"
	}
	if s.Type != "object" {
		if k, ok := client.KindOf(a.kinds, s.Ref); ok {
			return strings.ToUpper(k.Singular)
		}
		return valueWord(*s)
	}
	var parts []string
	for _, m := range s.Members {
		parts = append(parts, flagOf(m)+"="+a.valueOf(&m.Schema))
	}
	return strings.Join(parts, ",")
}

// reader reads one value as valueOf shows it.
func (a *app) reader(flag string, s *client.Schema) func(*edit, string) (any, error) {
	if s == nil || s.Type == "object" && len(s.Members) == 0 {
		return readJSON(flag)
	}
	if s.Type != "object" {
		return func(e *edit, v string) (any, error) { return a.scalar(e, flag, *s, v) }
	}
	keys, kinds := map[string]string{}, map[string]client.Schema{}
	for _, m := range s.Members {
		keys[flagOf(m)], kinds[m.Name] = m.Name, m.Schema
	}
	read := keyed(flag, keys)
	return func(e *edit, v string) (any, error) {
		item, err := read(e, v)
		if err != nil {
			return nil, err
		}
		m := item.(map[string]any)
		for name, given := range m {
			if m[name], err = a.scalar(e, flag, kinds[name], given.(string)); err != nil {
				return nil, err
			}
		}
		return m, nil
	}
}

func readJSON(flag string) func(*edit, string) (any, error) {
	return func(_ *edit, v string) (out any, err error) {
		if err := json.Unmarshal([]byte(v), &out); err != nil {
			return nil, usagef("--%s %s: want JSON: %w", flag, v, err)
		}
		return out, nil
	}
}

// scalar reads a value that is no list; what is called by name becomes an id.
func (a *app) scalar(e *edit, flag string, s client.Schema, v string) (any, error) {
	if k, ok := client.KindOf(a.kinds, s.Ref); ok {
		id, err := e.c.ID(e.ctx, k.Resource(), v)
		if err != nil {
			return nil, fmt.Errorf("--%s %s: %w", flag, v, err)
		}
		return id, nil
	}
	switch s.Type {
	case "integer":
		n, err := strconv.Atoi(v)
		if err != nil {
			return nil, usagef("--%s: %s is not a whole number", flag, v)
		}
		return n, nil
	case "boolean":
		b, err := strconv.ParseBool(v)
		if err != nil {
			return nil, usagef("--%s: %s is neither true nor false", flag, v)
		}
		return b, nil
	}
	return v, nil
}

// columnsOf chooses what a list shows: what tells objects apart, and what they belong to; the rest with --long.
func columnsOf(k client.Kind) (columns, long []column) {
	for _, a := range k.Attributes {
		c := column{title(a.Name), a.Name}
		switch {
		case !a.Shown || a.Constant || a.Name == "tenant_id" || a.Format == "date-time":
		case a.Name == k.Key || a.Name == "name" || a.Required || a.Name == "status":
			columns = append(columns, c)
		case k.Upsert || !k.Creatable && a.Type != "object" && (a.Items == nil || a.Items.Type != "object"):
			columns = append(columns, c)
		case a.Name != "revision_number" && a.Name != "project_id":
			long = append(long, c)
		}
	}
	return columns, long
}

// title is an attribute's name as the head of a column.
func title(attr string) string {
	if _, after, ok := strings.Cut(attr, ":"); ok {
		attr = after
	}
	parts := strings.Fields(words(attr))
	for i, p := range parts {
		switch p {
		case "id", "ip", "mac", "mtu", "cidr", "dns", "ips":
			parts[i] = strings.ToUpper(p)
			if p == "ips" {
				parts[i] = "IPs"
			}
		default:
			parts[i] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, " ")
}

// filtersOf makes flags of what lists are mostly restricted by: what an object refers to, its kind and its status.
func (a *app) filtersOf(k client.Kind) []filter {
	var out []filter
	for _, attr := range k.Attributes {
		ref, refers := client.KindOf(a.kinds, attr.Ref)
		switch {
		case !attr.Filterable || attr.Constant || attr.Name == "name" || attr.Name == k.Key:
		case refers:
			out = append(out, filter{flag: flagOf(attr.Member), attr: attr.Name, names: ref.Resource(),
				help: "only those of this " + words(ref.Singular)})
		case attr.Type == "string" && (len(attr.Enum) > 0 || attr.Name == "status" || attr.Name == "project_id"):
			out = append(out, filter{flag: flagOf(attr.Member), attr: attr.Name, help: "only those with this " + words(flagOf(attr.Member))})
		}
	}
	return out
}
