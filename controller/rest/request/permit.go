package request

import (
	"errors"
	"fmt"
	"strings"

	"weft/api"
	"weft/controller/auth"
	"weft/controller/rest/access"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

// Policy is what the caller of a request may do.
func (c *Call) Policy() access.Policy {
	return access.Policy{Caller: auth.FromContext(c.Request.Context())}
}

// mentions refuses a request that names objects of which the caller may not know, or which it must not change.
func (s *Service) mentions(p access.Policy, v api.View, named []access.Mention) error {
	if p.Admin {
		return nil
	}
	for _, m := range named {
		res, known := s.Named[m.Resource]
		if !known {
			return fmt.Errorf("a request may name a %s, but nothing says who may use one", m.Resource)
		}
		act := access.Deed{Verb: access.Using, Rule: "use_" + m.Resource}
		if m.Plugged {
			act.Verb = access.Plugging
		}
		if m.Owned {
			act = access.Deed{Verb: access.Updating, Beside: true, Rule: "share_" + m.Resource}
		}
		err := res.Permit(p, v, m.ID, act)
		if m.Owned && errors.Is(err, wire.ErrNoSuchPage) { // it is there, and the caller knows
			err = wire.InvalidInput("Only admins can manipulate policies on %s objects they do not own", m.Resource)
		}
		if m.Strangers != nil && errors.Is(err, wire.ErrNoSuchPage) {
			err = m.Strangers(m.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// adopt gives a new object to the project of its caller, if the body names no other; that is for admins.
func adopt(p access.Policy, d noun.Description, members map[string]any) error {
	named := false
	for _, name := range []string{"project_id", "tenant_id"} {
		given, ok := members[name]
		named = named || ok
		if ok && !p.Admin && given != p.ProjectID {
			return wire.BadRequest("Specifying 'project_id' or 'tenant_id' other than the authenticated project in request " +
				"requires admin privileges")
		}
	}
	if !named && p.ProjectID != "" && d.Owned() {
		members["project_id"] = p.ProjectID
	}
	return nil
}

// Admit refuses a route to those whom it is not for.
func (rt Route) Admit(p access.Policy) error {
	switch {
	case rt.Admin && !p.Admin:
		return access.OnlyForAdmins(fmt.Sprintf("'%s'", rt.Name))
	case strings.HasPrefix(rt.Name, "/v") && !p.MayRead():
		return access.Disallowed("get")
	}
	return nil
}
