package rest

import (
	"slices"
	"strings"

	"weft/api"
)

// guard says who may give an attribute, or a member inside its value.
type guard struct {
	on     access // in which requests
	path   []string
	who    right
	unless func(value any) bool // values that anybody may give; nil: none
}

// onlyBy makes an attribute one that only some may give, in POST and PUT.
func (a attribute[O]) onlyBy(who right) attribute[O] {
	return a.guard(guard{on: onCreate | onUpdate, who: who})
}

// onlyByUnless is onlyBy with values that anybody may give.
func (a attribute[O]) onlyByUnless(who right, harmless func(any) bool) attribute[O] {
	return a.guard(guard{on: onCreate | onUpdate, who: who, unless: harmless})
}

// onlyOnBy makes an attribute a switch that only some may turn on. Left off, anybody may give it to POST; in PUT it is
// theirs alone, as in Neutron.
func (a attribute[O]) onlyOnBy(who right) attribute[O] {
	return a.guard(guard{on: onCreate, who: who, unless: off}).guard(guard{on: onUpdate, who: who})
}

// inside guards a member of the attribute's value.
func (a attribute[O]) inside(who right, path ...string) attribute[O] {
	return a.guard(guard{on: onCreate | onUpdate, who: who, path: path})
}

func (a attribute[O]) guard(g guard) attribute[O] {
	a.guards = append(slices.Clip(a.guards), g)
	return a
}

// internal makes an attribute one that only admins see and give.
func (a attribute[O]) internal() attribute[O] {
	a.private = true
	return a.onlyBy(admins)
}

// filters reports whether a caller may filter by the attribute. As in Neutron everyone may by what admins alone are shown:
// Compute asks with its users' tokens which of a server's ports are on a host. What is weft's own stays hidden.
func (a attribute[O]) filters(p policy) bool {
	return a.match != nil && (!a.private || p.Admin || !strings.HasPrefix(a.name, "weft:"))
}

// ofUnseen lets the value name what its caller need not see, since something else in the request leads to it.
func (a attribute[O]) ofUnseen() attribute[O] {
	a.unseen = true
	return a
}

// ofStrangers says what is wrong with an object that the caller sees and must not use, since it is another project's.
func (a attribute[O]) ofStrangers(wrong func(id string) error) attribute[O] {
	a.strangers = wrong
	return a
}

// toPlug says that a router is put on the subnets that the value names; wrong is as in ofStrangers.
func (a attribute[O]) toPlug(wrong func(id string) error) attribute[O] {
	a.plugs = true
	return a.ofStrangers(wrong)
}

// notYoursToPlug is about a subnet that is shared with everyone: were anybody to put a router on it, that would have the
// address which all its guests send to.
func notYoursToPlug(id string) error {
	return badResource("router", "Cannot add interface to router because subnet %s is not owned by project making the request", id)
}

// off is what a switch that only admins may turn on can be given by anybody.
func off(v any) bool {
	b, err := toBool(v)
	return err == nil && !b
}

// ordinary is a device_owner that is none of the network's own.
func ordinary(v any) bool {
	s, isText := v.(string)
	return isText && !strings.HasPrefix(s, "network:")
}

// demands are what a request asks its caller to be allowed, beside the right to the object itself.
type demands struct {
	network api.NetworkID // that the request names for a new object
	guarded []demand
	named   []mention
}

// byNetwork parts what is named into the network of a new object, whose owner's rights count, and all else.
func (d demands) byNetwork() (network, others []mention) {
	for _, m := range d.named {
		if m.resource == "network" && m.id == string(d.network) {
			network = append(network, m)
		} else {
			others = append(others, m)
		}
	}
	return network, others
}

type demand struct {
	name string // of the attribute, like fixed_ips:ip_address
	who  right
}

// mention is an object that a request names by its id. Its caller must be allowed to use that object.
type mention struct {
	resource, id string
	owned        bool // and must be allowed to change it
	plugged      bool // and must be allowed to have a router on it
	strangers    func(id string) error
}

// demands reads them from the members of a body.
func (n *noun[O, R]) demands(members map[string]any, on access) demands {
	var d demands
	if id, isText := members["network_id"].(string); isText && on == onCreate {
		d.network = api.NetworkID(strings.ToLower(id))
	}
	for _, a := range n.attributes {
		value, given := members[a.name]
		if !given {
			continue
		}
		for _, g := range a.guards {
			if g.on&on != 0 && slices.ContainsFunc(within(value, g.path), func(v any) bool { return g.unless == nil || !g.unless(v) }) {
				d.guarded = append(d.guarded, demand{strings.Join(append([]string{a.name}, g.path...), ":"), g.who})
			}
		}
		if !a.unseen {
			for _, m := range mentioned(nil, a.typ, value) {
				m.strangers, m.plugged = a.strangers, a.plugs
				d.named = append(d.named, m)
			}
		}
	}
	if n.names != nil {
		d.named = append(d.named, n.names(members)...)
	}
	return d
}

// within gives what is at a path inside a JSON value, in each element of the lists on the way.
func within(value any, path []string) []any {
	if list, isList := value.([]any); isList && len(path) > 0 {
		var out []any
		for _, v := range list {
			out = append(out, within(v, path)...)
		}
		return out
	}
	if len(path) == 0 {
		return []any{value}
	}
	object, _ := value.(map[string]any)
	v, given := object[path[0]]
	if !given {
		return nil
	}
	return within(v, path[1:])
}

// mentioned adds the objects that a value names, as its schema says.
func mentioned(to []mention, s schema, value any) []mention {
	switch v := value.(type) {
	case string:
		if s.Ref != "" && v != "" {
			to = append(to, mention{resource: plainWord(s.Ref), id: strings.ToLower(v)})
		}
	case []any:
		for _, e := range v {
			if s.Items != nil {
				to = mentioned(to, *s.Items, e)
			}
		}
	case map[string]any:
		for _, m := range s.Members {
			to = mentioned(to, m.schema, v[m.Name])
		}
	}
	return to
}

// plainWord is a resource's name without what is between its words.
func plainWord(name string) string { return betweenWords.Replace(name) }

var betweenWords = strings.NewReplacer("_", "", "-", "")
