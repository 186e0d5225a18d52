package plan

import (
	"net/netip"

	"weft/api"
)

// Kind names a type of host item.
type Kind string

// The kinds, in the order in which they are made; they go in the reverse order.
const (
	KindBridge     Kind = "bridge"
	KindTableName  Kind = "table-name"
	KindController Kind = "controller"
	KindPatchPort  Kind = "patch-port"
	KindTunnelPort Kind = "tunnel-port"
	KindNamespace  Kind = "namespace"
	KindSysctl     Kind = "sysctl" // of a whole namespace
	KindVeth       Kind = "veth"
	KindDevSysctl  Kind = "dev-sysctl" // of one device
	KindOVSPort    Kind = "ovs-port"
	KindAddress    Kind = "address"
	KindNeighbour  Kind = "neighbour"
	KindRoute      Kind = "route"
	KindNAT        Kind = "nat"
	KindRule       Kind = "rule"
	KindTracked    Kind = "tracked"
	KindAnnounce   Kind = "announce"
	KindDHCP       Kind = "dhcp"
	KindDHCP6      Kind = "dhcp6"
	KindRA         Kind = "ra"
	KindArrival    Kind = "arrival"
)

// Kinds lists the kinds in the order of making.
var Kinds = [...]Kind{
	KindBridge, KindTableName, KindController, KindPatchPort, KindTunnelPort, KindNamespace, KindSysctl, KindVeth,
	KindDevSysctl, KindOVSPort, KindAddress, KindNeighbour, KindRoute, KindNAT, KindRule, KindTracked, KindAnnounce,
	KindDHCP, KindDHCP6, KindRA, KindArrival,
}

// Key identifies an item among those of its host. Two items with one key are two states of the same thing.
type Key struct {
	Kind Kind   `json:"kind"`
	NS   string `json:"ns,omitempty"` // network namespace, "" = the host's own; for OVS items the bridge
	ID   string `json:"id"`
}

// Spec is the content of an item. Every Spec is a comparable struct: two are the same if they are ==.
type Spec interface {
	Key() Key
}

// Item is one thing that a host must hold.
type Item struct {
	Spec
	// Subject is the logical object that the item serves.
	Subject api.Ref
}

type (
	// Bridge is an OVS bridge with fail_mode=secure, OpenFlow 1.3, and external_ids:owner=weft.
	Bridge struct {
		Name       string `json:"name"`
		DatapathID uint64 `json:"datapath_id"`
		// Existing means a provider bridge that the administrator made: its ports are not ours. If it is missing that is
		// an error of the item, and nothing is created.
		Existing bool `json:"existing,omitempty"`
	}
	// TableName names a flow table of a bridge, so that dumps are readable (OVSDB's Flow_Table).
	TableName struct {
		Bridge string `json:"bridge"`
		Table  uint8  `json:"table"`
		Name   string `json:"name"`
	}
	// Controller is an OpenFlow controller of a bridge, in OVSDB's form: "ssl:10.0.0.1:6653" or "tcp:…".
	Controller struct {
		Bridge string `json:"bridge"`
		Target string `json:"target"`
	}
	// PatchPort is one end of a patch between two bridges.
	PatchPort struct {
		Bridge string `json:"bridge"`
		Name   string `json:"name"`
		Peer   string `json:"peer"`
	}
	// TunnelPort is the flow-based VXLAN port: remote_ip=flow, key=flow, UDP 4789.
	TunnelPort struct {
		Bridge  string     `json:"bridge"`
		Name    string     `json:"name"`
		LocalIP netip.Addr `json:"local_ip"`
	}
	// Namespace is a named network namespace with lo up.
	Namespace struct {
		Name string `json:"name"`
	}
	// Sysctl is a kernel setting in a namespace, by its path under /proc/sys with dots ("net.ipv4.ip_forward").
	Sysctl struct {
		NS    string `json:"ns"`
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	// Veth is a pair of devices, both up. The item lives as long as both of its ends.
	Veth struct {
		NS      string  `json:"ns"`
		Dev     string  `json:"dev"`
		MAC     api.MAC `json:"mac"` // zero: whatever the kernel chose
		PeerNS  string  `json:"peer_ns"`
		PeerDev string  `json:"peer_dev"`
		PeerMAC api.MAC `json:"peer_mac"`
		MTU     int     `json:"mtu"`
	}
	// DevSysctl is a kernel setting of a device: {dev} in Name stands for it ("net.ipv4.conf.{dev}.proxy_arp").
	DevSysctl struct {
		NS    string `json:"ns"`
		Dev   string `json:"dev"`
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	// OVSPort plugs a device into a bridge with external_ids iface-id, attached-mac, iface-status=active, owner=weft. If
	// IfaceID is "" it is the host's own device that joins a provider bridge to its wire; only owner is written then.
	OVSPort struct {
		Bridge  string     `json:"bridge"`
		Dev     string     `json:"dev"`
		IfaceID api.PortID `json:"iface_id"`
		MAC     api.MAC    `json:"mac"`
	}
	// Address is an address of a device.
	Address struct {
		NS     string       `json:"ns"`
		Dev    string       `json:"dev"`
		Prefix netip.Prefix `json:"prefix"`
	}
	// Neighbour is a permanent entry of the ARP or ND table.
	Neighbour struct {
		NS   string     `json:"ns"`
		Dev  string     `json:"dev"`
		Addr netip.Addr `json:"addr"`
		MAC  api.MAC    `json:"mac"`
	}
	// Route is a unicast route. Via is the zero Addr for a route with scope link.
	Route struct {
		NS    string       `json:"ns"`
		Table uint32       `json:"table"` // 254 is main
		Dst   netip.Prefix `json:"dst"`
		Via   netip.Addr   `json:"via"`
		Dev   string       `json:"dev"`
	}
	// NAT is one rule of the nat table, or of another table, in iptables-save's words without "-A CHAIN". Rules of one
	// chain stand in the order of (Order, Rule). A rule in a chain of iptables' own (PREROUTING …) is not possible: there
	// the agent keeps one jump to the chain of the same name with the prefix "weft-".
	NAT struct {
		NS    string `json:"ns"`
		Table string `json:"table"` // nat, raw, filter or mangle
		Chain string `json:"chain"` // PREROUTING, POSTROUTING, OUTPUT …, or a name of ours such as float-snat
		Order int    `json:"order"`
		Rule  string `json:"rule"`
		Six   bool   `json:"six,omitempty"` // of IPv6: the chains of ip6tables are others
	}
	// Rule is a policy routing rule.
	Rule struct {
		NS       string       `json:"ns"`
		Priority uint32       `json:"priority"`
		From     netip.Prefix `json:"from"` // the zero Prefix: all
		IIF      string       `json:"iif,omitempty"`
		Table    uint32       `json:"table"`
	}
	// Tracked stands for the connections of a translated address: while the item is there they may be, and when it goes
	// or changes, those that involve Addr or were translated to or from it are removed from the namespace's conntrack.
	// With Proto and Port it is those to one port of Addr alone, or to those from Port to Last.
	Tracked struct {
		NS    string     `json:"ns"`
		Addr  netip.Addr `json:"addr"`            // the floating IP
		Fixed netip.Addr `json:"fixed"`           // what it stands for
		Proto string     `json:"proto,omitempty"` // tcp, udp or sctp; "": all
		Port  uint16     `json:"port,omitempty"`
		Last  uint16     `json:"last,omitempty"` // 0: Port alone
		Turn  uint32     `json:"turn,omitempty"` // changes when they are led elsewhere
	}
	// Announce makes the agent tell the segment (three gratuitous ARPs, or neighbour advertisements) that Addr is at the device, when the item is new
	// or changes. Token changes when it must be told again.
	Announce struct {
		NS    string     `json:"ns"`
		Dev   string     `json:"dev"`
		Addr  netip.Addr `json:"addr"`
		Token string     `json:"token,omitempty"`
	}
)

// Key implements Spec.
func (b Bridge) Key() Key     { return Key{KindBridge, b.Name, b.Name} }
func (t TableName) Key() Key  { return Key{KindTableName, t.Bridge, itoa(t.Table)} }
func (c Controller) Key() Key { return Key{KindController, c.Bridge, c.Target} }
func (p PatchPort) Key() Key  { return Key{KindPatchPort, p.Bridge, p.Name} }
func (p TunnelPort) Key() Key { return Key{KindTunnelPort, p.Bridge, p.Name} }
func (n Namespace) Key() Key  { return Key{KindNamespace, n.Name, n.Name} }
func (s Sysctl) Key() Key     { return Key{KindSysctl, s.NS, s.Name} }
func (v Veth) Key() Key       { return Key{KindVeth, v.NS, v.Dev} }
func (s DevSysctl) Key() Key  { return Key{KindDevSysctl, s.NS, s.Dev + " " + s.Name} }
func (p OVSPort) Key() Key    { return Key{KindOVSPort, p.Bridge, p.Dev} }
func (a Address) Key() Key    { return Key{KindAddress, a.NS, a.Dev + " " + a.Prefix.String()} }
func (n Neighbour) Key() Key  { return Key{KindNeighbour, n.NS, n.Dev + " " + n.Addr.String()} }
func (r Route) Key() Key      { return Key{KindRoute, r.NS, itoa(r.Table) + " " + r.Dst.String()} }
func (n NAT) Key() Key {
	family := ""
	if n.Six {
		family = "ip6 "
	}
	return Key{KindNAT, n.NS, family + n.Table + " " + n.Chain + " " + n.Rule}
}
func (r Rule) Key() Key {
	from := "all"
	if r.From.IsValid() {
		from = r.From.String()
	}
	return Key{KindRule, r.NS, itoa(r.Priority) + " " + from + " " + r.IIF}
}
func (t Tracked) Key() Key {
	if t.Proto == "" {
		return Key{KindTracked, t.NS, t.Addr.String()}
	}
	ports := itoa(uint32(t.Port))
	if t.Last != 0 {
		ports += ":" + itoa(uint32(t.Last))
	}
	return Key{KindTracked, t.NS, t.Addr.String() + " " + t.Proto + " " + ports}
}
func (a Announce) Key() Key { return Key{KindAnnounce, a.NS, a.Dev + " " + a.Addr.String()} }
