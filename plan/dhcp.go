package plan

import (
	"net/netip"

	"weft/api"
)

// AgentController is the id of the agent's own OpenFlow connection with br-int: flows that send packets to it (OVS's
// controller action with an id) reach the agent of the host, and never the controller.
const AgentController uint16 = 0x7761 // "wa"

// DHCP is what the agent answers to a guest's DHCPv4 client.
type DHCP struct {
	PortID api.PortID `json:"port_id"`
	// OFPort is the guest's port of br-int: requests come from there with MAC as their source, and answers go there.
	OFPort uint32 `json:"ofport"`
	// Tag is the VLAN tag of the guest's frames there, if it is a sub-port; 0: they have none.
	Tag  uint16       `json:"tag,omitempty"`
	MAC  api.MAC      `json:"mac"`
	Addr netip.Prefix `json:"addr"` // the guest's address, with the length of its subnet
	// ServerID and ServerMAC are what answers come from.
	ServerID  netip.Addr `json:"server_id"`
	ServerMAC api.MAC    `json:"server_mac"`
	MTU       int        `json:"mtu"`   // bytes
	Lease     uint32     `json:"lease"` // seconds; 2³²−1 is for ever

	Router   netip.Addr `json:"router"`           // the zero Addr: none
	DNS      string     `json:"dns,omitempty"`    // addresses, with spaces between them
	HostName string     `json:"host_name"`        //
	Domain   string     `json:"domain"`           //
	Routes   string     `json:"routes,omitempty"` // CIDR via NEXTHOP, with ", " between them; 0.0.0.0 is on the link
	// Options are those of the port's own, as CODE=HEX with spaces between them, in the order of codes. They stand
	// instead of what the fields above would give; without HEX the option is not sent at all.
	Options string `json:"options,omitempty"`
}

// Key implements Spec. The bridge is the same for all: br-int.
func (d DHCP) Key() Key { return Key{KindDHCP, "br-int", string(d.PortID)} }
