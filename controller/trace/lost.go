package trace

import (
	"fmt"
	"strings"

	"weft/api"
	"weft/tables"
)

// inWords says what a table did with the packet.
func (k *walk) inWords(host api.HostID, v visited) string {
	if !v.found {
		return "no flow matches: dropped"
	}
	if len(v.actions) == 0 {
		return "dropped"
	}
	var out []string
	for _, a := range v.actions {
		out = append(out, k.actionInWords(host, v.bridge, a))
	}
	return strings.Join(out, ", ")
}

func (k *walk) actionInWords(host api.HostID, bridge, action string) string {
	if to, ok := strings.CutPrefix(action, "goto_table:"); ok {
		var n uint8
		_, _ = fmt.Sscan(to, &n) // Open vSwitch's own number
		return strings.TrimSpace(fmt.Sprintf("on to %s %s", to, tables.Name(tables.ClassOf(bridge), tables.ID(n))))
	}
	if m := numbered.FindStringSubmatch(action); m != nil {
		var n uint32
		_, _ = fmt.Sscan(m[1], &n)
		if name := k.portName(host, bridge, n); name != "" {
			return "out by " + name
		}
		return "out by port " + m[1]
	}
	if m := setField.FindStringSubmatch(action); m != nil && m[2] == "vlan_vid" {
		f := frame{}
		f.change(action)
		return fmt.Sprintf("local VLAN %d", f.vlan)
	} else if m != nil {
		return m[2] + "=" + m[1]
	}
	switch {
	case action == "drop":
		return "dropped"
	case action == "push_vlan:0x8100":
		return "tagged"
	case action == "pop_vlan":
		return "untagged"
	case strings.HasPrefix(action, "learn("):
		return "learns where the sender is"
	}
	return action
}

// portName finds the name of a port of a bridge.
func (k *walk) portName(host api.HostID, bridge string, port uint32) string {
	if h, ok := k.at.Host(host); ok {
		if b, ok := h.Bridge(bridge); ok {
			for name, n := range b.Ports {
				if n == port {
					return name
				}
			}
		}
	}
	if bridge == tables.BridgeInt {
		for b := range k.at.BindingsOn(host) {
			if b.OFPort == port {
				return b.Interface
			}
		}
	}
	return ""
}

// lost ends the walk of a packet that nobody takes, and says why.
func (k *walk) lost(p place, last visited, outs []outcome, gone string) place {
	where := fmt.Sprintf("%s %d %s", last.bridge, last.table, tables.Name(tables.ClassOf(last.bridge), tables.ID(last.table)))
	for _, o := range outs {
		if o.kind == toAgent {
			return k.end(Delivered, p.host, where, "the host's agent answers it", "")
		}
		if t, ok := k.vtep(o); ok && len(outs) == 1 {
			return k.end(Left, p.host, where, fmt.Sprintf("it goes to %s at %s, behind which weft does not look", k.called(t.Ref()), t.Addr), "")
		}
	}
	n, known := k.networkOf(p)
	if len(outs) > 0 {
		why := fmt.Sprintf("it is flooded to %d ports and tunnels, since nobody is known to take %s", len(outs), k.pkt.dst)
		if reason := k.unreachable(n, k.pkt.dst); known && reason != "" {
			why += ": " + reason
		}
		verdict := Dropped
		if known && k.mayBeOutside(n) {
			verdict = Unknown
		}
		return k.end(verdict, p.host, where, why, "")
	}
	if gone != "" {
		return k.end(Dropped, p.host, where, gone, "weft diff "+string(p.host))
	}
	why, hint := k.reason(p, last)
	return k.end(Dropped, p.host, where, why, hint)
}

func (k *walk) vtep(o outcome) (*api.VTEP, bool) {
	if o.kind == toPort && o.bridge == tables.BridgeTun && o.frame.tunnel.IsValid() {
		for t := range k.at.VTEPsAt(o.frame.tunnel) {
			return t, true
		}
	}
	return nil, false
}

// networkOf finds the network on which a packet is at a place.
func (k *walk) networkOf(p place) (api.NetworkID, bool) {
	switch {
	case p.tunnel != nil:
		n, ok := k.at.NetworkBySegment(api.NetworkVXLAN, "", p.tunnel.vni)
		if !ok {
			return "", false
		}
		return n.ID, true
	case p.bridge == tables.BridgeInt:
		if _, port, ok := k.behind(p.host, outcome{kind: toPort, bridge: p.bridge, port: p.port, frame: frame{dst: k.pkt.src}}); ok {
			return port.NetworkID, true
		}
	}
	return "", false
}

// reason says why a table dropped the packet.
func (k *walk) reason(p place, last visited) (why, hint string) {
	n, known := k.networkOf(p)
	class, id := tables.ClassOf(last.bridge), tables.ID(last.table)
	switch {
	case class == tables.Int && id == tables.LocalSwitching && k.q.From != "" && p.bridge == tables.BridgeInt:
		return k.dead(p)
	case class == tables.Int && (id == tables.MACSpoof || id == tables.ARPSpoof):
		return k.spoofed(p)
	case class == tables.Int && id == tables.DVRToSrcMAC, class == tables.Int && id == tables.DVRToSrcMACPhysical:
		why = "no guest of this host has the MAC " + k.pkt.dst.String()
	case class == tables.Tun && id == tables.TunClassify && p.tunnel != nil:
		return fmt.Sprintf("host %s does not know the tunnel address %s", p.host, p.tunnel.from), "weft diff " + string(p.host)
	case class == tables.Tun && id == tables.VXLANToLV:
		why = fmt.Sprintf("no network with the VNI %d is on host %s", p.tunnel.vni, p.host)
	case id == tables.DVRProcess && class != tables.Int:
		why = fmt.Sprintf("%s is the MAC of a router's leg, and such frames never leave a host", k.pkt.dst)
	default:
		why = "nothing takes frames for " + k.pkt.dst.String()
	}
	if known {
		if r := k.unreachable(n, k.pkt.dst); r != "" {
			why += ": " + r
		}
	}
	return why, fmt.Sprintf("weft flows %s %s --table %d --explain shows the table's flows; weft diff %[1]s, whether some are missing",
		p.host, last.bridge, last.table)
}

// dead says why nothing is taken from a guest's port.
func (k *walk) dead(p place) (why, hint string) {
	port, ok := k.at.Port(k.q.From)
	if !ok {
		return "its port is not known any more", ""
	}
	if why := k.unplugged(port); why != "" {
		return why, "weft port set --enable PORT, weft network set --enable NETWORK, if that is not what is wanted"
	}
	if k.pkt.vlan != 0 {
		return fmt.Sprintf("the frame has the VLAN tag %d, for which the port's trunk has no sub-port", k.pkt.vlan), "weft trunk show TRUNK"
	}
	return fmt.Sprintf("the switch has no flows for %s yet", k.called(port.Ref())),
		fmt.Sprintf("weft diff %s shows what it lacks", p.host)
}

// spoofed says what the sender may send from.
func (k *walk) spoofed(p place) (why, hint string) {
	_, port, ok := k.behind(p.host, outcome{kind: toPort, bridge: p.bridge, port: p.port, frame: frame{dst: k.pkt.src}})
	if own, known := k.at.Port(k.q.From); known {
		port, ok = own, true
	}
	if !ok {
		return "the sender's addresses are not those of its port", ""
	}
	var may []string
	for _, f := range port.FixedIPs {
		may = append(may, fmt.Sprintf("%s (%s)", f.Addr, port.MAC))
	}
	for _, pair := range port.AllowedAddressPairs {
		may = append(may, fmt.Sprintf("%s (%s)", pair.Prefix, pair.MAC))
	}
	return fmt.Sprintf("%s may not send from %s (%s); it may from %s", k.called(port.Ref()), k.pkt.from, k.pkt.src, strings.Join(may, ", ")),
		"give the guest the port's addresses, or allow others: weft port set --allowed-address ip-address=IP,mac-address=MAC PORT"
}
