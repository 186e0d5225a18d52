package pipeline

import "weft/tables"

// Learn adds a flow to Table that follows from the packet, as Way says. Each further packet that does so renews the flow.
//
// The switch adds such flows by itself, so they are in no plan; their Cookie must not be one of weft's own. When the last
// flow with a Learn of this Table and Cookie goes, the learned ones go too.
type Learn struct {
	Way      Way
	Table    tables.ID
	Priority uint16
	Cookie   tables.Cookie
	Limit    uint32 // most flows of this Cookie in Table; more are not learned. 0: no limit
	Idle     uint16 // seconds without use after which a learned flow goes; 0: not for that
	Hard     uint16 // seconds without a packet from the source after which it goes; 0: not for that
}

func (Learn) action() {}

// ClearVlan removes the 802.1Q tag if there is one. Learned flows have it; the program says PopVlan.
type ClearVlan struct{}

func (ClearVlan) action() {}

// Way says what learned flows match and do.
type Way uint8

// The ways.
const (
	// WayBack takes frames with the packet's VLAN id and its Ethernet source as destination, removes the tag, and sends
	// them out of the port that the packet came in by, into a tunnel with the packet's tun_id to its tun_src.
	WayBack Way = iota
	// WayBack6 does the same over an underlay of IPv6.
	WayBack6
	// WayArrived takes frames that wait for the port that the packet came in by (tables.Waiting), and sends them out of it.
	WayArrived
	// WayNowhere drops what comes in by the same port.
	WayNowhere
)

const (
	clearVlan = "load:0->NXM_OF_VLAN_TCI[]"
	toSource  = "NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]," + clearVlan + ","
	toTunID   = "load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],"
	intoPort  = "output:OXM_OF_IN_PORT[]"
)

// words are the rest of what ovs-ofctl prints of a Learn.
func (w Way) words() string {
	switch w {
	case WayBack6:
		return toSource + toTunID + "load:NXM_NX_TUN_IPV6_SRC[]->NXM_NX_TUN_IPV6_DST[]," + intoPort
	case WayArrived:
		return "NXM_NX_REG1[]=OXM_OF_IN_PORT[]," + intoPort
	case WayNowhere:
		return "OXM_OF_IN_PORT[]"
	}
	return toSource + toTunID + "load:NXM_NX_TUN_IPV4_SRC[]->NXM_NX_TUN_IPV4_DST[]," + intoPort
}

func (p *printer) learn(a Learn) {
	p.put("learn(table=", p.table(a.Table))
	for _, x := range []struct {
		word  string
		value uint16
	}{{",idle_timeout=", a.Idle}, {",hard_timeout=", a.Hard}} {
		if x.value != 0 {
			p.put(x.word, dec(uint64(x.value)))
		}
	}
	if a.Priority != defaultPriority {
		p.put(",priority=", dec(uint64(a.Priority)))
	}
	p.put(",delete_learned")
	if a.Cookie != 0 {
		p.put(",cookie=", a.Cookie.String())
	}
	if a.Limit != 0 {
		p.put(",limit=", dec(uint64(a.Limit)))
	}
	p.put(",", a.Way.words(), ")")
}
