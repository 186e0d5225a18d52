package rest

import (
	"errors"
	"fmt"
	"strings"

	"weft/api"
	"weft/controller/auth"
)

// verb is what is done to an object, as far as rights go.
type verb uint8

const (
	seeing   verb = iota
	using         // naming it in another object
	plugging      // putting a router on it
	creating
	updating
	deleting
)

func (r rights) of(v verb) right {
	switch v {
	case using:
		return r.use
	case plugging:
		return r.plug
	case creating:
		return r.create
	case updating:
		return r.update
	case deleting:
		return r.delete
	}
	return r.see
}

// deed is what a request wants to do to an object: the verb that rights are for, and the rule's name in answers.
type deed struct {
	verb   verb
	rule   string
	beside bool // it changes no attribute: tags, or a policy about the object
	plain  bool // PUT or DELETE of the object: who sees it is told that it is not theirs, and not that it is not there
	demands
}

func (n *noun[O, R]) deed(v verb, d demands) deed {
	word := map[verb]string{seeing: "get", creating: "create", updating: "update", deleting: "delete"}[v]
	return deed{verb: v, rule: word + "_" + n.one, plain: v == updating || v == deleting, demands: d}
}

// policy is what the caller of a request may do.
func (c *call) policy() policy { return policy{auth.FromContext(c.r.Context())} }

func (n *noun[O, R]) rights() rights { return n.who.withDefaults(n.meta != nil) }

// target is an object as rights see it.
func (n *noun[O, R]) target(v api.View, o O) target {
	t := target{view: v, object: o.Ref()}
	if n.meta != nil {
		t.project = n.meta(o).ProjectID
	}
	if n.network != nil {
		t.network = n.network(o)
	}
	if n.shared != nil {
		t.shared = n.shared(o)
	}
	return t
}

// visible reports whether the caller may know of an object.
func (n *noun[O, R]) visible(p policy, v api.View, o O) bool {
	return p.Admin || p.sees(n.rights().see, n.target(v, o))
}

// find gives an object that the caller may know of; of others it says that they are not there.
func (n *noun[O, R]) found(p policy, v api.View, id string) (O, error) {
	o, err := n.find(v, id)
	if err == nil && !n.visible(p, v, o) {
		var none O
		return none, n.missing(shorten(id))
	}
	return o, err
}

// permit refuses a deed on an object that the caller must not do.
func (n *noun[O, R]) permit(p policy, v api.View, id string, d deed) error {
	o, err := n.found(p, v, id)
	if err != nil || p.Admin {
		return err
	}
	t := n.target(v, o)
	if d.verb == seeing {
		return nil
	}
	if bad := d.forbidden(p, t); len(bad) > 0 || !p.may(n.rights().of(d.verb), t) {
		if d.plain {
			return disallowed(d.rule, bad...)
		}
		return p.refused(t, d.rule, bad...)
	}
	if n.held != nil && d.verb == updating && !d.beside {
		return n.held(p, v, o)
	}
	return nil
}

// permitNew refuses an object that the caller must not make.
func (n *noun[O, R]) permitNew(p policy, v api.View, d demands) error {
	if p.Admin {
		return nil
	}
	t, act := target{view: v, project: p.ProjectID, network: d.network}, n.deed(creating, d)
	if !p.may(n.rights().create, t) {
		return disallowed(act.rule)
	}
	if bad := d.forbidden(p, t); len(bad) > 0 {
		return disallowed(act.rule, bad...)
	}
	return nil
}

// forbidden names the attributes that were given and that the caller must not give.
func (d demands) forbidden(p policy, t target) (names []string) {
	for _, g := range d.guarded {
		if !g.who(p, t) {
			names = append(names, g.name)
		}
	}
	return names
}

// mentions refuses a request that names objects of which the caller may not know, or which it must not change.
func (s *service) mentions(p policy, v api.View, named []mention) error {
	if p.Admin {
		return nil
	}
	for _, m := range named {
		res, known := s.named[m.resource]
		if !known {
			return fmt.Errorf("a request may name a %s, but nothing says who may use one", m.resource)
		}
		act := deed{verb: using, rule: "use_" + m.resource}
		if m.plugged {
			act.verb = plugging
		}
		if m.owned {
			act = deed{verb: updating, beside: true, rule: "share_" + m.resource}
		}
		err := res.permit(p, v, m.id, act)
		if m.owned && errors.Is(err, errNoSuchPage) { // it is there, and the caller knows
			err = invalidInput("Only admins can manipulate policies on %s objects they do not own", m.resource)
		}
		if m.strangers != nil && errors.Is(err, errNoSuchPage) {
			err = m.strangers(m.id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// adopt gives a new object to the project of its caller, if the body names no other; that is for admins.
func adopt(p policy, d Resource, members map[string]any) error {
	named := false
	for _, name := range []string{"project_id", "tenant_id"} {
		given, ok := members[name]
		named = named || ok
		if ok && !p.Admin && given != p.ProjectID {
			return badRequest("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request " +
				"requires admin privileges")
		}
	}
	if !named && p.ProjectID != "" && d.owned() {
		members["project_id"] = p.ProjectID
	}
	return nil
}

// owned reports whether objects of a resource belong to projects.
func (d Resource) owned() bool {
	for _, a := range d.Attributes {
		if a.Name == "project_id" {
			return a.OnCreate
		}
	}
	return false
}

// admit refuses a route to those whom it is not for.
func (rt route) admit(p policy) error {
	switch {
	case rt.admin && !p.Admin:
		return onlyForAdmins(fmt.Sprintf("'%s'", rt.name))
	case strings.HasPrefix(rt.name, "/v") && !p.MayRead():
		return disallowed("get")
	}
	return nil
}
