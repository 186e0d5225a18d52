package api

import "net/netip"

// Gateway is a router's connection to an external network (Neutron's external_gateway_info).
type Gateway struct {
	NetworkID  NetworkID `json:"network_id"`
	PortID     PortID    `json:"port_id"` // owner OwnerRouterGateway; its fixed IPs are external_fixed_ips
	EnableSNAT bool      `json:"enable_snat"`
	// HostID is the elected gateway host, which has the router's snat- namespace; "" while there is none.
	HostID HostID `json:"host_id,omitempty"`
	// Left is a host that died as the gateway host and has not been connected since: it may still think that it is. "" if
	// there is none.
	Left HostID `json:"left_host_id,omitempty"`
	// Problem says why guests without a floating IP cannot get out, or not all of them ("" = they can).
	Problem string `json:"problem,omitempty"`
}

// Router is a distributed router. Its legs are ports with owner OwnerRouterInterface and device_id = router id.
type Router struct {
	ID RouterID `json:"id"`
	Meta
	AdminStateUp bool        `json:"admin_state_up"`
	Gateway      *Gateway    `json:"gateway,omitempty"`
	Routes       []HostRoute `json:"routes,omitempty"`
	// ZoneHints are the availability zones that it was asked to be in.
	ZoneHints []string `json:"zone_hints,omitempty"`
	// Auto: weft made it for its project, which asked for some topology.
	Auto bool `json:"auto,omitempty"`
}

// GatewayHost is the host that the router's guests leave by if they have no floating IP; "" if there is none.
func (r *Router) GatewayHost() HostID {
	if r.Gateway == nil {
		return ""
	}
	return r.Gateway.HostID
}

// Ref implements Object.
func (r *Router) Ref() Ref { return Ref{KindRouter, string(r.ID)} }

// FloatingIP is an external address that stands for one fixed IP of one port.
type FloatingIP struct {
	ID FloatingIPID `json:"id"`
	Meta
	NetworkID NetworkID  `json:"floating_network_id"`
	Addr      netip.Addr `json:"floating_ip_address"`
	OwnPortID PortID     `json:"own_port_id"` // the port that holds Addr, owner OwnerFloatingIP
	// DNSName and DNSDomain are what the address is to be called outside. weft keeps them for those who publish names.
	DNSName   string `json:"dns_name,omitempty"`
	DNSDomain string `json:"dns_domain,omitempty"`

	// Set together while associated, and all zero otherwise.
	PortID   PortID     `json:"port_id,omitempty"`
	FixedIP  netip.Addr `json:"fixed_ip_address"`
	RouterID RouterID   `json:"router_id,omitempty"`
	// RulePriority is the policy rule's priority in the router's namespaces, unique among the router's floating IPs.
	RulePriority uint32 `json:"rule_priority,omitempty"`
	// Changed is the revision at which the association last changed: ACTIVE once the host confirms it.
	Changed Revision `json:"changed,omitempty"`
	// Central says that the router's gateway host serves the address: there are port forwardings, or it stands for a leg of
	// the router, which is on many hosts, or its port is plugged in nowhere and others may have the fixed IP, which moves
	// between them (an address of VRRP, say).
	Central bool `json:"central,omitempty"`
	// Forwards are the port forwardings, in the order of protocol and external port. With them RouterID is set, and PortID
	// is not.
	Forwards []PortForwarding `json:"forwards,omitempty"`
}

// PortForwarding leads what comes to ports of a floating IP to ports of a guest: each to its own, in their order, or all to one.
type PortForwarding struct {
	ID string `json:"id"`
	Meta
	Protocol string     `json:"protocol"` // one of ForwardedProtocols
	External PortRange  `json:"external"`
	Internal PortRange  `json:"internal"` // as many as External, or one
	PortID   PortID     `json:"port_id"`  // the guest's
	Addr     netip.Addr `json:"addr"`     // one of its fixed IPs
	// Turns counts how often it was led elsewhere, and with it the connections that must not go on.
	Turns uint32 `json:"turns,omitempty"`
}

// ForwardedProtocols are those whose ports can be forwarded: the ones that Linux translates ports of.
func ForwardedProtocols() []string { return []string{"tcp", "udp", "sctp"} }

// Forward finds a port forwarding by its id.
func (f *FloatingIP) Forward(id string) (PortForwarding, bool) {
	for _, pf := range f.Forwards {
		if pf.ID == id {
			return pf, true
		}
	}
	return PortForwarding{}, false
}

// Ref implements Object.
func (f *FloatingIP) Ref() Ref { return Ref{KindFloatingIP, string(f.ID)} }
