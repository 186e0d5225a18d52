package wire

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	of "github.com/contiv/libOpenflow/openflow13"

	"weft/pipeline"
	"weft/tables"
)

// Nicira's learn action, in the second form, which has a limit. Offsets are from the action's beginning.
const (
	nxLearn2        = 45
	learnDeleteFlag = 2 // delete what was learned when the flow that learns goes
	learnFixed      = 32
	learnFixed2     = 40
	learnToSource   = "\x00\x0c\x00\x00\x08\x02\x00\x00\x00\x00\x08\x02\x00\x00" + // match NXM_OF_VLAN_TCI[0..11]
		"\x00\x30\x00\x00\x04\x06\x00\x00\x00\x00\x02\x06\x00\x00" + // match NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]
		"\x28\x10\x00\x00\x00\x00\x08\x02\x00\x00" // load 0->NXM_OF_VLAN_TCI[]
	learnTunID   = "\x08\x40\x00\x01\x20\x08\x00\x00\x00\x01\x20\x08\x00\x00" // load NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[]
	learnTun4    = "\x08\x20\x00\x01\x3e\x04\x00\x00\x00\x01\x40\x04\x00\x00" // load NXM_NX_TUN_IPV4_SRC[]->NXM_NX_TUN_IPV4_DST[]
	learnTun6    = "\x08\x80\x00\x01\xda\x10\x00\x00\x00\x01\xdc\x10\x00\x00" // load NXM_NX_TUN_IPV6_SRC[]->NXM_NX_TUN_IPV6_DST[]
	learnOutput  = "\x10\x20\x80\x00\x00\x04\x00\x00"                         // output OXM_OF_IN_PORT[]
	learnArrived = "\x00\x20\x80\x00\x00\x04\x00\x00\x00\x01\x02\x04\x00\x00" // match NXM_NX_REG1[]=OXM_OF_IN_PORT[]
	learnInPort  = "\x00\x20\x80\x00\x00\x04\x00\x00\x80\x00\x00\x04\x00\x00" // match OXM_OF_IN_PORT[]
)

// learnSpecs says what learned flows match and do, by the way.
var learnSpecs = [...]string{
	pipeline.WayBack:    learnToSource + learnTunID + learnTun4 + learnOutput,
	pipeline.WayBack6:   learnToSource + learnTunID + learnTun6 + learnOutput,
	pipeline.WayArrived: learnArrived + learnOutput,
	pipeline.WayNowhere: learnInPort,
}

// learnLen is the length of the whole action.
func learnLen(w pipeline.Way) int { return (learnFixed2 + len(learnSpecs[w]) + 7) / 8 * 8 }

// Nicira's field of the whole 802.1Q tag, which the flow language knows only as what ClearVlan clears: 16 bits from the
// lowest.
const (
	fieldTCI = 4
	wholeTCI = 15
)

// clearsVlan reports whether a load, from its bits on, writes 0 to the whole tag.
func clearsVlan(b []byte) bool {
	return string(b) == "\x00\x0f\x00\x00\x08\x02\x00\x00\x00\x00\x00\x00\x00\x00"
}

// learnAction writes itself: libOpenflow has only the first form of learn, without the limit.
type learnAction struct {
	of.ActionHeader
	body []byte
}

// Len implements of.Action.
func (l *learnAction) Len() uint16 { return uint16(len(l.body)) }

// MarshalBinary implements of.Action.
func (l *learnAction) MarshalBinary() ([]byte, error) { return l.body, nil }

// UnmarshalBinary implements of.Action.
func (l *learnAction) UnmarshalBinary([]byte) error { return errors.New("only for encoding") }

func encodeLearn(a pipeline.Learn) (of.Action, error) {
	switch {
	case a.Table == 255:
		return nil, errors.New("learn: 255 is no table")
	case int(a.Way) >= len(learnSpecs):
		return nil, errors.New("learn: no such way")
	case a.Cookie.Ours():
		return nil, errors.New("learn: cookies with weft's owner byte are for flows of plans")
	}
	b := make([]byte, learnLen(a.Way))
	put16 := func(at int, v uint16) { binary.BigEndian.PutUint16(b[at:], v) }
	put16(0, actExperimenter)
	put16(2, uint16(len(b)))
	binary.BigEndian.PutUint32(b[4:], experimenterNicira)
	put16(8, nxLearn2)
	put16(10, a.Idle)
	put16(12, a.Hard)
	put16(14, a.Priority)
	binary.BigEndian.PutUint64(b[16:], uint64(a.Cookie))
	put16(24, learnDeleteFlag)
	b[26] = uint8(a.Table)
	binary.BigEndian.PutUint32(b[learnFixed:], a.Limit)
	copy(b[learnFixed2:], learnSpecs[a.Way])
	return &learnAction{ActionHeader: of.ActionHeader{Type: actExperimenter, Length: uint16(len(b))}, body: b}, nil
}

// learn decodes what follows vendor and subtype; nil for one that is not a Learn of the flow language.
func learn(b []byte) pipeline.Action {
	const before = 10 // type, length, vendor, subtype
	way := slices.IndexFunc(learnSpecs[:], func(s string) bool {
		return len(b) >= learnFixed2-before && strings.TrimRight(string(b[learnFixed2-before:]), "\x00") == strings.TrimRight(s, "\x00")
	})
	if way < 0 || len(b) != learnLen(pipeline.Way(way))-before {
		return nil
	}
	num := func(at int) uint16 { return binary.BigEndian.Uint16(b[at-before:]) }
	a := pipeline.Learn{
		Way:  pipeline.Way(way),
		Idle: num(10), Hard: num(12), Priority: num(14),
		Cookie: tables.Cookie(binary.BigEndian.Uint64(b[16-before:])),
		Table:  tables.ID(b[26-before]), Limit: binary.BigEndian.Uint32(b[learnFixed-before:]),
	}
	if num(24) != learnDeleteFlag || !allZero(b[27-before:learnFixed-before]) || !allZero(b[36-before:learnFixed2-before]) ||
		a.Table == 255 || a.Cookie.Ours() {
		return nil
	}
	return a
}
