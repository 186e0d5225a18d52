package noun

import (
	"weft/api"
	"weft/controller/rest/access"
	"weft/controller/rest/wire"
)

// Deed implements Resource.
func (n *Noun[O, R]) Deed(v access.Verb, d access.Demands) access.Deed {
	word := map[access.Verb]string{access.Seeing: "get", access.Creating: "create", access.Updating: "update", access.Deleting: "delete"}[v]
	return access.Deed{Verb: v, Rule: word + "_" + n.One, Plain: v == access.Updating || v == access.Deleting, Demands: d}
}

func (n *Noun[O, R]) rights() access.Rights { return n.Who.WithDefaults(n.Meta != nil) }

// target is an object as rights see it.
func (n *Noun[O, R]) target(v api.View, o O) access.Target {
	t := access.Target{View: v, Object: o.Ref()}
	if n.Meta != nil {
		t.Project = n.Meta(o).ProjectID
	}
	if n.Network != nil {
		t.Network = n.Network(o)
	}
	if n.Shared != nil {
		t.Shared = n.Shared(o)
	}
	return t
}

// visible reports whether the caller may know of an object.
func (n *Noun[O, R]) visible(p access.Policy, v api.View, o O) bool {
	return p.Admin || p.Sees(n.rights().See, n.target(v, o))
}

// find gives an object that the caller may know of; of others it says that they are not there.
func (n *Noun[O, R]) found(p access.Policy, v api.View, id string) (O, error) {
	o, err := n.find(v, id)
	if err == nil && !n.visible(p, v, o) {
		var none O
		return none, n.Missing(wire.Shorten(id))
	}
	return o, err
}

// Permit refuses a deed on an object that the caller must not do.
func (n *Noun[O, R]) Permit(p access.Policy, v api.View, id string, d access.Deed) error {
	o, err := n.found(p, v, id)
	if err != nil || p.Admin {
		return err
	}
	t := n.target(v, o)
	if d.Verb == access.Seeing {
		return nil
	}
	if bad := d.Forbidden(p, t); len(bad) > 0 || !p.May(n.rights().Of(d.Verb), t) {
		if d.Plain {
			return access.Disallowed(d.Rule, bad...)
		}
		return p.Refused(t, d.Rule, bad...)
	}
	if n.Held != nil && d.Verb == access.Updating && !d.Beside {
		return n.Held(p, v, o)
	}
	return nil
}

// PermitNew refuses an object that the caller must not make.
func (n *Noun[O, R]) PermitNew(p access.Policy, v api.View, d access.Demands) error {
	if p.Admin {
		return nil
	}
	t, act := access.Target{View: v, Project: p.ProjectID, Network: d.Network}, n.Deed(access.Creating, d)
	if !p.May(n.rights().Create, t) {
		return access.Disallowed(act.Rule)
	}
	if bad := d.Forbidden(p, t); len(bad) > 0 {
		return access.Disallowed(act.Rule, bad...)
	}
	return nil
}
