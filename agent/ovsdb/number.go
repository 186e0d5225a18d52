package ovsdb

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"weft/api"
	"weft/plan"
)

// Numbers are OpenFlow ports as flows name them: those of guests and of other things with an iface-id, which are on
// br-int, and those of a bridge's patch and tunnel ports.
type Numbers struct {
	Interfaces map[api.PortID]uint32        `json:"interfaces,omitempty"`
	Ports      map[string]map[string]uint32 `json:"ports,omitempty"` // by bridge and name
}

// NumbersOf takes the numbers from a report. What has none at the moment keeps the one that it had.
func NumbersOf(r plan.Report, before Numbers) Numbers {
	n := Numbers{map[api.PortID]uint32{}, map[string]map[string]uint32{}}
	for _, i := range r.Interfaces {
		if n.Interfaces[i.IfaceID] = i.OFPort; i.OFPort == 0 {
			n.Interfaces[i.IfaceID] = before.Interfaces[i.IfaceID]
		}
	}
	for _, b := range r.Bridges {
		n.Ports[b.Name] = map[string]uint32{}
		for name, no := range b.Ports {
			if n.Ports[b.Name][name] = no; no == 0 {
				n.Ports[b.Name][name] = before.Ports[b.Name][name]
			}
		}
	}
	return n
}

// on gives the number that an interface of a bridge should have, 0 if none is known.
func (n Numbers) on(bridge string, i *interfaceRow) uint32 {
	if id := i.ExternalIDs["iface-id"]; id != "" && bridge == intBridge && !i.inactive() {
		return n.Interfaces[api.PortID(id)]
	}
	return n.Ports[bridge][i.Name]
}

// taken gives every number of a bridge that flows name.
func (n Numbers) taken(bridge string) map[uint32]bool {
	taken := map[uint32]bool{}
	for _, no := range n.Ports[bridge] {
		taken[no] = true
	}
	if bridge == intBridge {
		for _, no := range n.Interfaces {
			taken[no] = true
		}
	}
	delete(taken, 0)
	return taken
}

// Hold asks Open vSwitch to give the ports of a bridge the numbers that they had (ofport_request), which it may have
// changed when it or the host was started anew, and to give none of these to anybody else. now has the numbers that there
// are, by name; nil means those in the database. The error says that a port has another number yet; ports that are not
// there are not waited for.
func (d *DB) Hold(ctx context.Context, bridge string, now map[string]uint32, n Numbers) error {
	cl, err := d.client()
	if err != nil {
		return err
	}
	rows, err := read(ctx, cl)
	if err != nil {
		return err
	}
	b := rows.bridges[bridge]
	if b == nil {
		return fmt.Errorf("bridge %s is not there", bridge)
	}
	h := &holding{change: change{o: d.o, cl: cl, rows: rows}, bridge: bridge, numbers: n, taken: n.taken(bridge), now: now}
	for _, i := range rows.interfacesOf(b) {
		h.hold(i)
	}
	if err := d.transact(ctx, cl, h.ops); err != nil {
		return err
	}
	return h.err
}

// holding computes what Hold must ask for.
type holding struct {
	change
	bridge  string
	numbers Numbers
	taken   map[uint32]bool
	now     map[string]uint32
	free    uint32 // the last number given to an interface that had somebody else's
}

func (h *holding) number(i *interfaceRow) uint32 {
	if h.now != nil {
		return h.now[i.Name]
	}
	return ofport(i)
}

func (h *holding) hold(i *interfaceRow) {
	has, should := h.number(i), h.numbers.on(h.bridge, i)
	switch {
	case should != 0 && has != should:
		h.ask(i, should)
		if has != 0 {
			h.fail("port %s has the number %d yet, not %d", i.Name, has, should)
		}
	case should == 0 && h.taken[has] && (ours(i.ExternalIDs) || i.ExternalIDs["iface-id"] != ""):
		h.ask(i, h.unused())
		h.fail("port %s has the number %d yet, which is another's", i.Name, has)
	case should == 0 && h.taken[has]:
		h.fail("port %s, which is not weft's, has the number %d of another; set its ofport_request to one that is free", i.Name, has)
	}
}

func (h *holding) ask(i *interfaceRow, no uint32) {
	if i.OFPortRequest != nil && *i.OFPortRequest == int(no) {
		return
	}
	request := int(no)
	i.OFPortRequest = &request
	h.add(h.cl.Where(i).Update(i, &i.OFPortRequest))
}

// unused gives a number above all that are in use or spoken for.
func (h *holding) unused() uint32 {
	h.free++
	for no := range h.taken {
		h.free = max(h.free, no+1)
	}
	for _, i := range h.rows.interfacesOf(h.rows.bridges[h.bridge]) {
		h.free = max(h.free, h.number(i)+1)
	}
	return h.free
}

// interfacesOf gives the interfaces of a bridge, without the one that the bridge itself is, by name.
func (r *rows) interfacesOf(b *bridgeRow) []*interfaceRow {
	var out []*interfaceRow
	for _, id := range b.Ports {
		p := r.ports[id]
		if p == nil || p.Name == b.Name {
			continue
		}
		for _, id := range p.Interfaces {
			if i := r.interfaces[id]; i != nil {
				out = append(out, i)
			}
		}
	}
	slices.SortFunc(out, func(a, b *interfaceRow) int { return strings.Compare(a.Name, b.Name) })
	return out
}
