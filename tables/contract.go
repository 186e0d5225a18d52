package tables

import (
	"slices"
	"sync"
)

// Match is a field that the flows of a table may match. Masked says whether only a part of its bits may count.
type Match struct {
	Field  string // as ovs-ofctl spells it: dl_vlan, arp_tpa …
	Masked bool
}

// MissKind says what a table does with a packet that no flow takes.
type MissKind uint8

// The kinds of miss.
const (
	MissDrop MissKind = iota
	MissGoto
	MissNormal
	MissOutput // to a port that differs from host to host
)

// Contract is what a table promises: its place, what its flows may look at and do, and where packets go from it.
type Contract struct {
	Class Class
	ID    ID
	Name  string // what is decided here; lower snake, at most 15 letters, as in OVSDB and in dumps
	Doc   string
	Match []Match
	Set   []string // fields that its flows may write
	Next  []ID     // tables that its flows may go to, forward only
	// Again says whether its flows may look a frame up here once more, after they took off a tag that names no VLAN.
	Again bool
	// Output and Normal say whether its flows may send packets out, and give them to OVS's learning switch.
	Output, Normal bool
	// Controller says whether its flows may send packets to the host's agent.
	Controller bool
	// Probes says whether its flows may send packets to weft's controller.
	Probes bool
	// Learn lists the tables that its flows may make the switch add flows to.
	Learn     []ID
	Miss      MissKind
	MissTable ID // for MissGoto
}

// May reports whether flows of the table may match a field, and with a mask if masked.
func (c *Contract) May(field string, masked bool) bool {
	for _, m := range c.Match {
		if m.Field == field {
			return m.Masked || !masked
		}
	}
	return false
}

// Leads reports whether flows of the table may go on to another.
func (c *Contract) Leads(to ID) bool {
	return slices.Contains(c.Next, to) || c.Miss == MissGoto && c.MissTable == to
}

// Of gives the contract of a table, which nobody may change.
func Of(c Class, id ID) (*Contract, bool) {
	all := All(c)
	i := slices.IndexFunc(all, func(t Contract) bool { return t.ID == id })
	if i < 0 {
		return nil, false
	}
	return &all[i], true
}

// All gives the contracts of a class of bridge, in the order of ids. Nobody may change them.
func All(c Class) []Contract {
	switch c {
	case Int:
		return ofInt()
	case Tun:
		return ofTun()
	}
	return ofPhys()
}

// The contracts are made once: each flow that is printed or checked asks for one.
var ofInt, ofTun, ofPhys = sync.OnceValue(intTables), sync.OnceValue(tunTables), sync.OnceValue(physTables)

// Classes lists the classes of bridge.
func Classes() []Class { return []Class{Int, Tun, Phys} }

// Name gives the name of a table, "" if there is none with this id.
func Name(c Class, id ID) string {
	if t, ok := Of(c, id); ok {
		return t.Name
	}
	return ""
}

func exact(fields ...string) []Match {
	out := make([]Match, 0, len(fields))
	for _, f := range fields {
		out = append(out, Match{Field: f})
	}
	return out
}

func masked(fields ...string) []Match {
	out := make([]Match, 0, len(fields))
	for _, f := range fields {
		out = append(out, Match{Field: f, Masked: true})
	}
	return out
}

func match(groups ...[]Match) []Match { return slices.Concat(groups...) }
