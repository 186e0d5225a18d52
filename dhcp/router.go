package dhcp

import (
	"net/netip"
	"slices"
	"strings"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
)

const (
	// routerLifetime is how many seconds a guest takes a router for one without hearing from it.
	routerLifetime = 1800

	routerSolicitation = 133
)

// advertised gives what routers tell the guest, one item for each router that it is behind. A subnet whose ipv6_ra_mode
// is set is announced without a router too, so that guests make up their addresses: by the host, which says that it is no
// router. Where weft announces nothing, solicitations are forwarded, to routers that it does not manage.
func (g guest) advertised() pipeline.Part {
	var part pipeline.Part
	routers := g.routers()
	for _, r := range routers {
		part.Put(r.item(g))
	}
	if len(routers) > 0 {
		ask := []pipeline.Field{pipeline.IPv6(), pipeline.NwProto(pipeline.ProtoICMPv6), pipeline.ICMPType(routerSolicitation)}
		part.Flow(
			flow(tables.Transient, tables.PrioAnswered, g.ask(ask...), pipeline.Goto{Table: tables.RouterSolicit}),
			g.toAgent(tables.RouterSolicit, g.ask(ask...)),
		)
	}
	return part
}

// router is one that a guest hears of, with the subnets that it announces.
type router struct {
	mac      api.MAC
	lifetime uint16
	subnets  []*api.Subnet
}

// routers lists the routers of a guest's subnets. What has none is announced by the first, or by the host.
func (g guest) routers() []*router {
	var out []*router
	find := func(mac api.MAC, lifetime uint16) *router {
		if i := slices.IndexFunc(out, func(r *router) bool { return r.mac == mac }); i >= 0 {
			return out[i]
		}
		out = append(out, &router{mac: mac, lifetime: lifetime})
		return out[len(out)-1]
	}
	var alone []*api.Subnet
	for sub := range g.SubnetsOf(g.NetworkID) {
		leg, routed := g.GatewayLeg(sub.ID)
		switch {
		case sub.IPVersion() == 4:
		case routed && g.has(sub):
			r := find(leg.MAC, routerLifetime)
			r.subnets = append(r.subnets, sub)
		case sub.IPv6RAMode != "":
			alone = append(alone, sub)
		}
	}
	if len(alone) > 0 && (len(out) > 0 || slices.ContainsFunc(alone, g.has)) {
		if len(out) == 0 {
			find(g.Site.Host.MAC, 0)
		}
		out[0].subnets = append(out[0].subnets, alone...)
	}
	return out
}

// has reports whether the port has an address on a subnet.
func (g guest) has(s *api.Subnet) bool {
	return slices.ContainsFunc(g.FixedIPs, func(f api.FixedIP) bool { return f.SubnetID == s.ID })
}

// item says what the router tells the guest. A guest makes up an address only where its port has one: it may use no other.
func (r *router) item(g guest) plan.RA {
	out := plan.RA{
		PortID: g.ID, OFPort: g.of, Tag: g.tag, MAC: g.MAC, RouterMAC: r.mac, Lifetime: r.lifetime, MTU: g.local.MTU,
		Domain: g.DomainOf(g.Port, g.Site.Domain),
	}
	var prefixes []string
	var dns []netip.Addr
	for _, s := range r.subnets {
		if s.IPv6RAMode == "" {
			continue // its guests have their addresses from elsewhere, and know what is on the link
		}
		word := s.CIDR.String()
		if s.IPv6RAMode != api.ModeStateful && g.has(s) {
			word += plan.AutoPrefix
		}
		prefixes = append(prefixes, word)
		out.Managed = out.Managed || s.IPv6RAMode == api.ModeStateful
		out.Other = out.Other || s.IPv6RAMode == api.ModeStateless
		if g.has(s) {
			dns = append(dns, nameservers(s)...)
		}
	}
	out.Prefixes, out.DNS = strings.Join(prefixes, " "), words(dns)
	return out
}
