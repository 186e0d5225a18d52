package intent

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"weft/api"
)

const maxForwards = 500 // of one floating IP

// PortForwardingRequest creates or changes a port forwarding.
type PortForwardingRequest struct {
	MetaRequest
	Protocol Opt[string]
	External Opt[api.PortRange]
	Internal Opt[api.PortRange]
	PortID   Opt[api.PortID]
	Addr     Opt[netip.Addr] // left out: the port's only IPv4 address
}

// CreatePortForwarding leads what comes to ports of a floating IP to a guest's.
func (o *Ops) CreatePortForwarding(tx *api.Txn, id api.FloatingIPID, req PortForwardingRequest) (api.PortForwarding, error) {
	none := api.PortForwarding{}
	prev, err := floatingIP(tx.View, id)
	if err != nil {
		return none, err
	}
	if len(prev.Forwards) >= maxForwards {
		return none, api.Faultf(api.Conflict, "OverQuota", "Floating IP %s can have %d port forwardings at most.", prev.ID, maxForwards)
	}
	req.ProjectID = Some(prev.ProjectID)
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return none, err
	}
	pf := api.PortForwarding{ID: o.NewID(), Meta: meta}
	return o.saveForward(tx, prev, pf, req)
}

// UpdatePortForwarding changes what the request sets.
func (o *Ops) UpdatePortForwarding(tx *api.Txn, id api.FloatingIPID, forward string, req PortForwardingRequest) (api.PortForwarding, error) {
	prev, pf, err := forwardOf(tx.View, id, forward)
	if err != nil {
		return pf, err
	}
	old := pf
	if err := applyMeta(&pf.Meta, req.MetaRequest); err != nil {
		return pf, err
	}
	if given(req.PortID) && req.PortID.V != old.PortID && !given(req.Addr) {
		pf.Addr = netip.Addr{}
	}
	pf.UpdatedAt = o.now()
	pf.RevisionNumber++
	return o.saveForward(tx, prev, pf, req)
}

// DeletePortForwarding takes a port forwarding away. With the last one the floating IP is free again.
func (o *Ops) DeletePortForwarding(tx *api.Txn, id api.FloatingIPID, forward string) error {
	prev, _, err := forwardOf(tx.View, id, forward)
	if err != nil {
		return err
	}
	o.dropForwards(tx, prev, func(pf api.PortForwarding) bool { return pf.ID == forward })
	return nil
}

// dropForwards removes port forwardings of a floating IP.
func (o *Ops) dropForwards(tx *api.Txn, prev *api.FloatingIP, drop func(api.PortForwarding) bool) {
	f := *prev
	f.Forwards = slices.DeleteFunc(slices.Clone(prev.Forwards), drop)
	if len(f.Forwards) == 0 {
		f.Forwards = nil
		dissociate(&f)
	}
	o.save(tx, prev, &f, &f.Meta)
}

func forwardOf(v api.View, id api.FloatingIPID, forward string) (*api.FloatingIP, api.PortForwarding, error) {
	f, err := floatingIP(v, id)
	if err != nil {
		return nil, api.PortForwarding{}, err
	}
	pf, ok := f.Forward(forward)
	if !ok {
		return nil, pf, api.Faultf(api.NotFound, "PortForwardingNotFound", "Port Forwarding %s could not be found.", forward)
	}
	return f, pf, nil
}

// saveForward judges a port forwarding as it shall be, and puts it into its floating IP.
func (o *Ops) saveForward(tx *api.Txn, prev *api.FloatingIP, pf api.PortForwarding, req PortForwardingRequest) (api.PortForwarding, error) {
	pf.Protocol, pf.External, pf.Internal = req.Protocol.Or(pf.Protocol), req.External.Or(pf.External), req.Internal.Or(pf.Internal)
	pf.PortID, pf.Addr = req.PortID.Or(pf.PortID), req.Addr.Or(pf.Addr)
	if err := checkForward(pf); err != nil {
		return pf, err
	}
	fixed, err := o.forwardedTo(tx, prev, pf)
	if err != nil {
		return pf, err
	}
	pf.Addr = fixed.Addr
	if prev.PortID != "" {
		return pf, api.Faultf(api.Conflict, "FloatingIPPortAlreadyAssociated", "Floating IP %s (%s) stands for port %s as a whole; "+
			"disassociate it before ports of it are forwarded.", prev.Addr, prev.ID, prev.PortID)
	}
	old, _ := prev.Forward(pf.ID)
	if err := uniqueForward(tx, prev, old, pf); err != nil {
		return pf, err
	}
	if led(old) != led(pf) && old.ID != "" {
		pf.Turns++
	}
	f := *prev
	if f.RouterID, err = forwardRouter(tx, prev, pf, fixed.SubnetID); err != nil {
		return pf, err
	}
	f.Forwards = slices.DeleteFunc(slices.Clone(prev.Forwards), func(x api.PortForwarding) bool { return x.ID == pf.ID })
	f.Forwards = append(f.Forwards, pf)
	slices.SortFunc(f.Forwards, func(a, b api.PortForwarding) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.External.First, b.External.First))
	})
	o.save(tx, prev, &f, &f.Meta)
	return pf, nil
}

// forwardedTo finds the address of the guest's port.
func (o *Ops) forwardedTo(tx *api.Txn, f *api.FloatingIP, pf api.PortForwarding) (api.FixedIP, error) {
	p, err := port(tx.View, pf.PortID)
	if err != nil {
		return api.FixedIP{}, err
	}
	asked := Opt[netip.Addr]{}
	if pf.Addr.IsValid() {
		asked = Some(pf.Addr)
	}
	fixed, err := internalAddress(p, asked)
	if err != nil {
		return fixed, err
	}
	for other := range tx.FloatingIPsOfPort(p.ID) {
		if other.FixedIP == fixed.Addr {
			return fixed, api.Faultf(api.Conflict, "PortHasBindingFloatingIP", "Cannot create port forwarding to floating IP %s (%s) "+
				"with port %s using fixed IP %s, as that port already has a binding floating IP.", f.Addr, f.ID, p.ID, fixed.Addr)
		}
	}
	return fixed, nil
}

// checkForward refuses what no translation can do: ports of protocols that have none, and ranges that do not fit.
func checkForward(pf api.PortForwarding) error {
	switch {
	case !slices.Contains(api.ForwardedProtocols(), pf.Protocol):
		return badRequest("port_forwarding", "ports of '%s' cannot be forwarded, only those of %s", pf.Protocol,
			strings.Join(api.ForwardedProtocols(), ", "))
	case !pf.External.IsValid():
		return badRequest("port_forwarding", "external_port or external_port_range is needed")
	case !pf.Internal.IsValid():
		return badRequest("port_forwarding", "internal_port or internal_port_range is needed")
	case pf.Internal.Size() > 1 && pf.Internal.Size() != pf.External.Size():
		return badRequest("port_forwarding", "Invalid ranges of internal and/or external ports. The relation between internal and "+
			"external ports must be N-N or 1-N")
	}
	return nil
}

// ends are where a port forwarding leads.
type ends struct {
	addr  netip.Addr
	ports api.PortRange
}

func led(pf api.PortForwarding) ends { return ends{pf.Addr, pf.Internal} }

// uniqueForward refuses what would lead one port to two ends, or lead to one end twice. What the port forwarding was before it
// was changed is no reason: it has been taken.
func uniqueForward(tx *api.Txn, f *api.FloatingIP, old, pf api.PortForwarding) error {
	collision := func(what string, have, want api.PortRange) error {
		return badRequest("port_forwarding", "There is a port collision with the %s. The following ranges collides: %s and %s", what, have, want)
	}
	if old.Protocol != pf.Protocol || old.PortID != pf.PortID || led(old) != led(pf) {
		for other := range tx.FloatingIPsForwardingTo(pf.PortID) {
			for _, x := range other.Forwards {
				if x.ID != pf.ID && x.Protocol == pf.Protocol && x.PortID == pf.PortID && x.Addr == pf.Addr && x.Internal.Overlaps(pf.Internal) {
					return collision("internal_port_range", x.Internal, pf.Internal)
				}
			}
		}
	}
	for _, x := range f.Forwards {
		if x.ID != pf.ID && x.Protocol == pf.Protocol && x.External.Overlaps(pf.External) {
			return collision("external_port_range", x.External, pf.External)
		}
	}
	return nil
}

// forwardRouter finds the router that leads to the address that is forwarded to: the one that the floating IP has already,
// if any.
func forwardRouter(tx *api.Txn, f *api.FloatingIP, pf api.PortForwarding, s api.SubnetID) (api.RouterID, error) {
	p, err := port(tx.View, pf.PortID)
	if err != nil {
		return "", err
	}
	alone := !slices.ContainsFunc(f.Forwards, func(x api.PortForwarding) bool { return x.ID != pf.ID })
	if alone {
		if r, ok := routerFor(tx, p, s, f.NetworkID); ok {
			return r, nil
		}
		return "", unforwardable(f, p.ID)
	}
	for leg := range tx.LegsOnSubnet(s) {
		if leg.DeviceID == string(f.RouterID) && (leg.ID == p.ID || !p.IsRouterInterface()) {
			return f.RouterID, nil
		}
	}
	return "", unforwardable(f, p.ID)
}

// unforwardable is the error of a port to which no router leads from a floating IP.
func unforwardable(f *api.FloatingIP, p api.PortID) error {
	return badRequest("port_forwarding", "Floating IP %s cannot forward to port %s: no router of the floating IP's network leads there; "+
		"add an interface of one on the port's subnet", f.Addr, p)
}

// forwardsFollow removes the port forwardings to a port that is to go, or to addresses that it is to lose. p is the port
// as it shall be; nil: not at all.
func (o *Ops) forwardsFollow(tx *api.Txn, id api.PortID, p *api.Port) {
	for _, f := range slices.Collect(tx.FloatingIPsForwardingTo(id)) {
		o.dropForwards(tx, f, func(pf api.PortForwarding) bool {
			if pf.PortID != id {
				return false
			}
			return p == nil || !slices.ContainsFunc(p.FixedIPs, func(ip api.FixedIP) bool { return ip.Addr == pf.Addr })
		})
	}
}

// checkForwards refuses what port forwardings of a floating IP, or to a port, do not allow.
func checkForwards(tx *api.Txn, f *api.FloatingIP, p *api.Port) error {
	if p != nil {
		for range tx.FloatingIPsForwardingTo(p.ID) {
			return api.Faultf(api.BadRequest, "PortHasPortForwarding",
				"Cannot associate floating IP to port %s because it already has a Port Forwarding binding.", p.ID)
		}
	}
	if len(f.Forwards) > 0 {
		return api.Faultf(api.Conflict, "FipInUseByPortForwarding", "Floating IP %s in use by Port Forwarding resources.", f.ID)
	}
	return nil
}
