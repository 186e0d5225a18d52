package api

import (
	"net/netip"
	"time"
)

// Meta is what every object that people ask for carries (Neutron's standard attributes).
type Meta struct {
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	ProjectID   string    `json:"project_id,omitempty"`
	Tags        []string  `json:"tags,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	// RevisionNumber counts the changes of this one object, from 1 (Neutron's revision_number).
	RevisionNumber int `json:"revision_number"`
}

// NetworkType says how a network's frames travel between hosts (Neutron's provider:network_type).
type NetworkType string

// The network types that weft carries.
const (
	NetworkVXLAN NetworkType = "vxlan" // overlay; SegmentationID is the VNI
	NetworkVLAN  NetworkType = "vlan"  // a VLAN of a physical network; SegmentationID is the VLAN id
	NetworkFlat  NetworkType = "flat"  // the untagged frames of a physical network; SegmentationID is 0
)

// Network is one layer-2 broadcast domain.
type Network struct {
	ID NetworkID `json:"id"`
	Meta
	AdminStateUp bool `json:"admin_state_up"`
	Shared       bool `json:"shared,omitempty"`
	External     bool `json:"external,omitempty"` // router:external
	// ExternalToSome: External, but only to the projects that an RBACPolicy names.
	ExternalToSome      bool        `json:"external_to_some,omitempty"`
	MTU                 int         `json:"mtu"`                 // bytes, of a guest's IP packet
	AskedMTU            int         `json:"asked_mtu,omitempty"` // what MTU follows from; 0: the largest possible
	Type                NetworkType `json:"type"`
	PhysicalNetwork     string      `json:"physical_network,omitempty"` // "" for vxlan
	SegmentationID      uint32      `json:"segmentation_id,omitempty"`
	PortSecurityEnabled bool        `json:"port_security_enabled"`
	// VLANTransparent says that guests may send frames with VLAN tags of their own, which arrive with these tags.
	VLANTransparent bool `json:"vlan_transparent,omitempty"`
	// IsDefault: External, and the one that topologies made for projects lead to. At most one network is.
	IsDefault bool `json:"is_default,omitempty"`
	// Auto: weft made it for its project, which asked for some topology.
	Auto bool `json:"auto,omitempty"`
	// DNSDomain is what names of the network's guests end with, with a dot at its end; "": the cloud's domain.
	DNSDomain string `json:"dns_domain,omitempty"`
	// ZoneHints are the availability zones that it was asked to be in.
	ZoneHints []string `json:"zone_hints,omitempty"`
	// DropUnknown, of a network over VXLAN: unicast for a MAC that nobody knows to be anywhere crosses no tunnel.
	DropUnknown bool      `json:"drop_unknown,omitempty"`
	PublicIDs   PublicIDs `json:"public_ids,omitzero"`
}

// Ref implements Object.
func (n *Network) Ref() Ref { return Ref{KindNetwork, string(n.ID)} }

// Tunnelled reports whether the network's frames cross the underlay in VXLAN.
func (n *Network) Tunnelled() bool { return n.Type == NetworkVXLAN }

// AddrRange is a run of addresses, both ends included.
type AddrRange struct {
	Start netip.Addr `json:"start"`
	End   netip.Addr `json:"end"`
}

// HostRoute is a route that guests of a subnet learn by DHCP.
type HostRoute struct {
	Destination netip.Prefix `json:"destination"`
	NextHop     netip.Addr   `json:"nexthop"`
}

// How guests come by their IPv6 addresses, and what routers tell them (Neutron's ipv6_address_mode and ipv6_ra_mode). ""
// is a mode too: addresses are weft's to give, and routers announce no prefix.
const (
	ModeSLAAC     = "slaac"            // guests make them up from the announced prefix
	ModeStateless = "dhcpv6-stateless" // likewise; the rest is told by DHCPv6
	ModeStateful  = "dhcpv6-stateful"  // by DHCPv6
)

// Subnet is a range of addresses on a network.
type Subnet struct {
	ID SubnetID `json:"id"`
	Meta
	NetworkID       NetworkID    `json:"network_id"`
	SubnetPoolID    SubnetPoolID `json:"subnetpool_id,omitempty"` // that CIDR is cut from; "": none
	CIDR            netip.Prefix `json:"cidr"`                    // masked
	GatewayIP       netip.Addr   `json:"gateway_ip"`              // the zero Addr: none
	AllocationPools []AddrRange  `json:"allocation_pools"`
	EnableDHCP      bool         `json:"enable_dhcp"`
	DNSNameservers  []netip.Addr `json:"dns_nameservers,omitempty"`
	HostRoutes      []HostRoute  `json:"host_routes,omitempty"`
	IPv6RAMode      string       `json:"ipv6_ra_mode,omitempty"`
	IPv6AddressMode string       `json:"ipv6_address_mode,omitempty"`
	// ServiceTypes are the device owners whose ports get addresses of the subnet; none: all of them.
	ServiceTypes []string `json:"service_types,omitempty"`
}

// Ref implements Object.
func (s *Subnet) Ref() Ref { return Ref{KindSubnet, string(s.ID)} }

// IPVersion is 4 or 6.
func (s *Subnet) IPVersion() int {
	if s.CIDR.Addr().Is4() {
		return 4
	}
	return 6
}
