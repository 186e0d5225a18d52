package intent

import (
	"cmp"
	"maps"

	"weft/api"
)

// maxHostBindings bounds the hosts that one port may be bound on; a migration needs two.
const maxHostBindings = 16

// CreatePortBinding binds a port on one more host: inactive, if it is bound already. The host is made ready for the guest.
func (o *Ops) CreatePortBinding(tx *api.Txn, id api.PortID, req PortBindingRequest) error {
	p, err := movable(tx.View, id)
	if err != nil {
		return err
	}
	b := api.HostBinding{HostID: req.HostID.Or(""), VNICType: vnicNormal}
	if err := checkName("host", string(b.HostID)); err != nil {
		return err
	}
	if err := applyHostBinding(&b, req); err != nil {
		return err
	}
	active := ActiveHost(tx.View, p)
	if _, other := p.Other(b.HostID); other || active == b.HostID {
		return api.Faultf(api.Conflict, "PortBindingAlreadyExists", "Binding for port %s on host %s already exists.", id, b.HostID)
	}
	if why := cannotBind(tx.View, p, b.HostID); why != "" {
		return api.Faultf(api.Conflict, "PortBindingError",
			"Binding for port %s on host %s could not be created or updated: %s.", id, b.HostID, why)
	}
	if len(p.Others) >= maxHostBindings {
		return api.Faultf(api.Conflict, "OverQuota", "Port %s has %d inactive bindings already; delete one first.", id, maxHostBindings)
	}
	next := *p
	if active == "" {
		next.HostID, next.VNICType, next.Profile = b.HostID, b.VNICType, b.Profile
	} else {
		next.Others = p.WithOther(b)
	}
	o.save(tx, p, &next, &next.Meta)
	return nil
}

// UpdatePortBinding changes what is kept for the hypervisor in a port's binding on a host.
func (o *Ops) UpdatePortBinding(tx *api.Txn, id api.PortID, h api.HostID, req PortBindingRequest) error {
	p, err := movable(tx.View, id)
	if err != nil {
		return err
	}
	if given(req.HostID) && req.HostID.V != h {
		return readOnly("host")
	}
	next := *p
	if b, ok := p.Other(h); ok {
		if err := applyHostBinding(&b, req); err != nil {
			return err
		}
		next.Others = p.WithOther(b)
	} else if h != "" && ActiveHost(tx.View, p) == h {
		b := api.HostBinding{VNICType: p.VNICType, Profile: p.Profile}
		if err := applyHostBinding(&b, req); err != nil {
			return err
		}
		next.VNICType, next.Profile = b.VNICType, b.Profile
	} else {
		return noPortBinding(id, h)
	}
	o.save(tx, p, &next, &next.Meta)
	return nil
}

func applyHostBinding(b *api.HostBinding, req PortBindingRequest) error {
	if err := applyVNICType(&b.VNICType, req.VNICType); err != nil {
		return err
	}
	return applyProfile(&b.Profile, req.Profile)
}

// DeletePortBinding takes a port's binding on a host away. If that was the active one, another host on which the port is
// plugged takes over, and else the port is bound nowhere.
func (o *Ops) DeletePortBinding(tx *api.Txn, id api.PortID, h api.HostID) error {
	p, err := movable(tx.View, id)
	if err != nil {
		return err
	}
	next := *p
	if _, other := p.Other(h); other {
		next.Others = p.WithoutOther(h)
		o.save(tx, p, &next, &next.Meta)
		return nil
	}
	if h == "" || ActiveHost(tx.View, p) != h {
		return noPortBinding(id, h)
	}
	next.HostID, next.VNICType, next.Profile = "", vnicNormal, nil
	for _, b := range p.Others {
		if _, plugged := tx.Standby(id, b.HostID); plugged {
			next = activated(&next, b, "")
			next.HostID = b.HostID
			break
		}
	}
	o.save(tx, p, &next, &next.Meta)
	return nil
}

// ActivatePortBinding makes a port's binding on a host the one that carries it. The one that did is inactive afterwards.
func (o *Ops) ActivatePortBinding(tx *api.Txn, id api.PortID, h api.HostID) error {
	p, err := movable(tx.View, id)
	if err != nil {
		return err
	}
	active := ActiveHost(tx.View, p)
	if h != "" && active == h {
		return api.Faultf(api.Conflict, "PortBindingAlreadyActive", "Binding for port %s on host %s is already active.", id, h)
	}
	b, ok := p.Other(h)
	if !ok {
		return noPortBinding(id, h)
	}
	next := activated(p, b, active)
	next.HostID = h
	o.save(tx, p, &next, &next.Meta)
	return nil
}

// activated gives the port with a further binding as the active one, and the binding on the host that was active, "" for
// none, as a further one that the guest has left.
func activated(p *api.Port, b api.HostBinding, was api.HostID) api.Port {
	next := *p
	next.Others = p.WithoutOther(b.HostID)
	if was != "" {
		next.Others = next.WithOther(api.HostBinding{HostID: was, VNICType: p.VNICType, Profile: maps.Clone(p.Profile), Left: true})
	}
	next.VNICType, next.Profile = b.VNICType, b.Profile
	return next
}

// ActiveHost is the host of a port's active binding: where it was asked to be, or else where it is; "" for none.
func ActiveHost(v api.View, p *api.Port) api.HostID {
	if p.HostID != "" || p.IsRouterInterface() {
		return p.HostID
	}
	if b, ok := v.BoundOn(p.ID); ok {
		return b.HostID
	}
	return ""
}

// movable finds a port that can be bound on several hosts: a guest's own.
func movable(v api.View, id api.PortID) (*api.Port, error) {
	p, err := port(v, id)
	if err != nil {
		return nil, err
	}
	if !p.IsGuest() || followsParent(v, id) {
		return nil, badRequest("port", "Invalid port %s. Operation only valid on compute ports", id)
	}
	return p, nil
}

func noPortBinding(p api.PortID, h api.HostID) error {
	return api.Faultf(api.NotFound, "PortBindingNotFound", "Binding for port %s for host %s could not be found.", p, h)
}

// cannotBind says why a port cannot be on a host, "" if it can.
func cannotBind(v api.View, p *api.Port, id api.HostID) string {
	h, ok := v.Host(id)
	switch {
	case !ok:
		return "host " + string(id) + " is not known; make it with 'weft host create'"
	case !h.TunnelIP.IsValid():
		return "the agent of host " + string(id) + " has not reported yet; start it"
	}
	for sub := range v.SubPortsOf(p) {
		if why := Unreachable(v, sub, id); why != "" {
			return "its sub-port " + string(sub.ID) + " could not follow: " + why
		}
	}
	return cmp.Or(Unreachable(v, p, id), Unwelcome(v, p, id))
}

// arrive follows guests that have sent a frame from a host that was on standby for them.
func arrive(tx *api.Txn, id api.HostID, arrivals []Arrival) {
	for _, a := range arrivals {
		b, waits := tx.Standby(a.PortID, id)
		p, ok := tx.Port(a.PortID)
		if !waits || !ok || b.Changed != a.Changed {
			continue
		}
		to, ok := p.Other(id)
		if !ok {
			continue
		}
		next := activated(p, to, ActiveHost(tx.View, p))
		if p.HostID != "" {
			next.HostID = id
		}
		tx.Put(&next)
	}
}

// promote makes the further binding of a port that is plugged nowhere else its active one.
func promote(tx *api.Txn, p *api.Port, id api.HostID) *api.Port {
	b, _ := p.Other(id)
	next := activated(p, b, "")
	tx.Put(&next)
	return &next
}

// setLeft notes that the interface of a further binding is gone from its host, or there again.
func setLeft(tx *api.Txn, id api.PortID, h api.HostID, left bool) {
	p, ok := tx.Port(id)
	if !ok {
		return
	}
	b, ok := p.Other(h)
	if !ok || b.Left == left {
		return
	}
	b.Left = left
	next := *p
	next.Others = p.WithOther(b)
	tx.Put(&next)
}
