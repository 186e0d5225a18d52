package plan

import "weft/api"

type (
	// DHCP6 is what the agent answers to a guest's DHCPv6 client.
	DHCP6 struct {
		PortID api.PortID `json:"port_id"`
		OFPort uint32     `json:"ofport"`        // of br-int: requests come from there with MAC as their source
		Tag    uint16     `json:"tag,omitempty"` // of the guest's frames there, if it is a sub-port; 0: they have none
		MAC    api.MAC    `json:"mac"`
		// ServerMAC is what answers come from, as an Ethernet address and as the link-local one made of it.
		ServerMAC api.MAC `json:"server_mac"`
		Addrs     string  `json:"addrs,omitempty"` // with spaces between them; "": only the rest is told
		Lease     uint32  `json:"lease"`           // seconds; 2³²−1 is for ever
		DNS       string  `json:"dns,omitempty"`   // addresses, with spaces between them
		Domain    string  `json:"domain"`
		HostName  string  `json:"host_name,omitempty"`
		// Options are those of the port's own, as CODE=HEX with spaces between them, in the order of codes. They stand
		// instead of what the fields above would give; without HEX the option is not sent at all.
		Options string `json:"options,omitempty"`
	}
	// RA is what the agent tells a guest as a router: when it asks, and from time to time.
	RA struct {
		PortID api.PortID `json:"port_id"`
		OFPort uint32     `json:"ofport"`        // of br-int: solicitations come from there with MAC as their source
		Tag    uint16     `json:"tag,omitempty"` // as in DHCP6
		MAC    api.MAC    `json:"mac"`
		// RouterMAC is what advertisements come from: the MAC of the router's leg, and the link-local address made of it,
		// which is the guest's gateway.
		RouterMAC api.MAC `json:"router_mac"`
		Lifetime  uint16  `json:"lifetime"` // seconds for which it is a default router; 0: it is none
		Managed   bool    `json:"managed"`  // addresses are there by DHCPv6
		Other     bool    `json:"other"`    // so is the rest
		MTU       int     `json:"mtu"`      // bytes; 0: not told
		// Prefixes are on the link, with spaces between them; a guest makes up an address in those that end with "=auto".
		Prefixes string `json:"prefixes,omitempty"`
		DNS      string `json:"dns,omitempty"`    // addresses, with spaces between them
		Domain   string `json:"domain,omitempty"` // that names are looked up in
	}
)

// AutoPrefix marks a prefix of an RA in which a guest makes up an address.
const AutoPrefix = "=auto"

// Key implements Spec. The bridge is the same for all: br-int.
func (d DHCP6) Key() Key { return Key{KindDHCP6, "br-int", string(d.PortID)} }

// Key implements Spec. A guest may have several routers.
func (r RA) Key() Key { return Key{KindRA, "br-int", string(r.PortID) + " " + r.RouterMAC.String()} }
