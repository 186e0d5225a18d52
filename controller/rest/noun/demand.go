package noun

import (
	"slices"
	"strings"

	"weft/api"
	"weft/controller/rest/access"
	"weft/controller/rest/wire"
)

// Guard says who may give an attribute, or a member inside its value.
type Guard struct {
	On     When // in which requests
	path   []string
	Who    access.Right
	unless func(value any) bool // values that anybody may give; nil: none
}

// OnlyBy makes an attribute one that only some may give, in POST and PUT.
func (a Attr[O]) OnlyBy(who access.Right) Attr[O] {
	return a.Guard(Guard{On: OnCreate | OnUpdate, Who: who})
}

// OnlyByUnless is onlyBy with values that anybody may give.
func (a Attr[O]) OnlyByUnless(who access.Right, harmless func(any) bool) Attr[O] {
	return a.Guard(Guard{On: OnCreate | OnUpdate, Who: who, unless: harmless})
}

// OnlyOnBy makes an attribute a switch that only some may turn on. Left off, anybody may give it to POST; in PUT it is
// theirs alone, as in Neutron.
func (a Attr[O]) OnlyOnBy(who access.Right) Attr[O] {
	return a.Guard(Guard{On: OnCreate, Who: who, unless: off}).Guard(Guard{On: OnUpdate, Who: who})
}

// Inside guards a member of the attribute's value.
func (a Attr[O]) Inside(who access.Right, path ...string) Attr[O] {
	return a.Guard(Guard{On: OnCreate | OnUpdate, Who: who, path: path})
}

// Guard says who may give the attribute, or a member inside its value.
func (a Attr[O]) Guard(g Guard) Attr[O] {
	a.guards = append(slices.Clip(a.guards), g)
	return a
}

// Internal makes an attribute one that only admins see and give.
func (a Attr[O]) Internal() Attr[O] {
	a.private = true
	return a.OnlyBy(access.Admins)
}

// filters reports whether a caller may filter by the attribute. As in Neutron everyone may by what admins alone are shown:
// Compute asks with its users' tokens which of a server's ports are on a host. What is weft's own stays hidden.
func (a Attr[O]) filters(p access.Policy) bool {
	return a.Match != nil && (!a.private || p.Admin || !strings.HasPrefix(a.Name, "weft:"))
}

// OfUnseen lets the value name what its caller need not see, since something else in the request leads to it.
func (a Attr[O]) OfUnseen() Attr[O] {
	a.unseen = true
	return a
}

// OfStrangers says what is wrong with an object that the caller sees and must not use, since it is another project's.
func (a Attr[O]) OfStrangers(wrong func(id string) error) Attr[O] {
	a.strangers = wrong
	return a
}

// ToPlug says that a router is put on the subnets that the value names; wrong is as in ofStrangers.
func (a Attr[O]) ToPlug(wrong func(id string) error) Attr[O] {
	a.plugs = true
	return a.OfStrangers(wrong)
}

// off is what a switch that only admins may turn on can be given by anybody.
func off(v any) bool {
	b, err := wire.ToBool(v)
	return err == nil && !b
}

// Demands reads them from the members of a body.
func (n *Noun[O, R]) Demands(members map[string]any, on When) access.Demands {
	var d access.Demands
	if id, isText := members["network_id"].(string); isText && on == OnCreate {
		d.Network = api.NetworkID(strings.ToLower(id))
	}
	for _, a := range n.Attributes {
		value, given := members[a.Name]
		if !given {
			continue
		}
		for _, g := range a.guards {
			if g.On&on != 0 && slices.ContainsFunc(within(value, g.path), func(v any) bool { return g.unless == nil || !g.unless(v) }) {
				d.Guarded = append(d.Guarded, access.Demand{Name: strings.Join(append([]string{a.Name}, g.path...), ":"), Who: g.Who})
			}
		}
		if !a.unseen {
			for _, m := range mentioned(nil, a.typ, value) {
				m.Strangers, m.Plugged = a.strangers, a.plugs
				d.Named = append(d.Named, m)
			}
		}
	}
	if n.Names != nil {
		d.Named = append(d.Named, n.Names(members)...)
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
func mentioned(to []access.Mention, s wire.Schema, value any) []access.Mention {
	switch v := value.(type) {
	case string:
		if s.Ref != "" && v != "" {
			to = append(to, access.Mention{Resource: PlainWord(s.Ref), ID: strings.ToLower(v)})
		}
	case []any:
		for _, e := range v {
			if s.Items != nil {
				to = mentioned(to, *s.Items, e)
			}
		}
	case map[string]any:
		for _, m := range s.Members {
			to = mentioned(to, m.Schema, v[m.Name])
		}
	}
	return to
}

// PlainWord is a resource's name without what is between its words.
func PlainWord(name string) string { return betweenWords.Replace(name) }

var betweenWords = strings.NewReplacer("_", "", "-", "")
