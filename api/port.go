package api

import (
	"net/netip"
	"strings"
)

// Device owners that weft itself sets (Neutron's constants). Guests' ports have "compute:…", "" or anything else.
const (
	OwnerRouterInterface = "network:router_interface_distributed"
	OwnerRouterGateway   = "network:router_gateway"
	OwnerFloatingIP      = "network:floatingip"
	OwnerAgentGateway    = "network:floatingip_agent_gateway" // a host's own address on an external network
	OwnerCentralSNAT     = "network:router_centralized_snat"  // a router's address on a subnet, in its snat- namespace
	OwnerNetworkPrefix   = "network:"
)

// FixedIP is an address of a port on one subnet.
type FixedIP struct {
	SubnetID SubnetID   `json:"subnet_id"`
	Addr     netip.Addr `json:"ip_address"`
}

// AddressPair is one more source address that a guest may use (Neutron's allowed_address_pairs).
type AddressPair struct {
	MAC    MAC          `json:"mac_address"` // never zero in the store: the port's own MAC is filled in
	Prefix netip.Prefix `json:"ip_address"`
}

// Port is a connection point on a network: a guest's interface, or a router's.
type Port struct {
	ID PortID `json:"id"`
	Meta
	NetworkID           NetworkID      `json:"network_id"`
	MAC                 MAC            `json:"mac_address"`
	FixedIPs            []FixedIP      `json:"fixed_ips"`
	AdminStateUp        bool           `json:"admin_state_up"`
	DeviceID            string         `json:"device_id,omitempty"`
	DeviceOwner         string         `json:"device_owner,omitempty"`
	PortSecurityEnabled bool           `json:"port_security_enabled"`
	AllowedAddressPairs []AddressPair  `json:"allowed_address_pairs,omitempty"`
	ExtraDHCPOpts       []DHCPOption   `json:"extra_dhcp_opts,omitempty"`
	DNSName             string         `json:"dns_name,omitempty"`        // of the guest; with a dot at its end, a whole one
	DNSDomain           string         `json:"dns_domain,omitempty"`      // with a dot at its end; "": its network's
	HostID              HostID         `json:"binding_host_id,omitempty"` // where it was asked to be; "" = wherever it is seen
	VNICType            string         `json:"binding_vnic_type,omitempty"`
	Profile             map[string]any `json:"binding_profile,omitempty"`
	Others              []HostBinding  `json:"inactive_bindings,omitempty"` // sorted by host; none is HostID
	Unaddressed         bool           `json:"unaddressed,omitempty"`       // it was made to have no address, whatever it has now
}

// Ref implements Object.
func (p *Port) Ref() Ref { return Ref{KindPort, string(p.ID)} }

// IsGuest reports whether the port belongs to a guest, not to a router or another part of weft.
func (p *Port) IsGuest() bool { return !strings.HasPrefix(p.DeviceOwner, OwnerNetworkPrefix) }

// Unguarded reports whether the port's frames pass without a look at their sender: port security is off, or it is a leg
// of weft's own.
func (p *Port) Unguarded() bool { return !p.PortSecurityEnabled || !p.IsGuest() }

// Loose reports whether frames for MACs other than the port's own may have to reach it: a guest's port without port
// security, or with an allowed pair of another MAC.
func (p *Port) Loose() bool {
	if !p.IsGuest() {
		return false
	}
	if !p.PortSecurityEnabled {
		return true
	}
	for _, ap := range p.AllowedAddressPairs {
		if ap.MAC != p.MAC {
			return true
		}
	}
	return false
}

// IsRouterInterface reports whether the port is a distributed router's leg (qr-) on a network.
func (p *Port) IsRouterInterface() bool { return p.DeviceOwner == OwnerRouterInterface }

// IsAgentGateway reports whether the port is a host's own leg (fg-) on an external network.
func (p *Port) IsAgentGateway() bool { return p.DeviceOwner == OwnerAgentGateway }

// IsCentralSNAT reports whether the port is a router's leg (sg-) on its gateway host, which guests without a floating IP
// leave by.
func (p *Port) IsCentralSNAT() bool { return p.DeviceOwner == OwnerCentralSNAT }

// IsRouterGateway reports whether the port is a router's own leg (qg-) on its external network.
func (p *Port) IsRouterGateway() bool { return p.DeviceOwner == OwnerRouterGateway }
