package trace

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"weft/api"
)

// visited is a table that a packet came to.
type visited struct {
	bridge  string
	table   uint8
	match   string
	cookie  uint64
	found   bool // a flow matched
	actions []string
}

// What becomes of a frame.
const (
	toPort  = "port"
	toWire  = "wire"  // the learning switch of a provider bridge
	toAgent = "agent" // the host's agent answers it
)

// outcome is a copy of the frame that leaves a bridge, as it is then.
type outcome struct {
	kind   string
	bridge string
	port   uint32
	frame  frame
	note   string // why it does not leave after all
}

// frame is what actions change of a frame.
type frame struct {
	src, dst api.MAC
	vlan     uint16
	vni      uint32
	tunnel   netip.Addr
}

// level is a bridge in the text: what is indented more than its head belongs to it, unless the head is at the margin.
type level struct {
	bridge   string
	indent   int
	frame    frame
	underlay bool // below a tunnel: none of weft's business
}

// reading is the text of ofproto/trace being read.
type reading struct {
	levels []level
	tables []visited
	outs   []outcome
	tunnel bool // the last output went into a tunnel
}

var (
	bridgeLine = regexp.MustCompile(`^bridge\("([^"]+)"\)$`)
	tableLine  = regexp.MustCompile(`^(\d+)\. (?:(.*), )?priority \d+(?:, cookie (0x[0-9a-f]+))?$`)
	missLine   = regexp.MustCompile(`^(\d+)\. No match\.`)
	numbered   = regexp.MustCompile(`^output:(\d+)$`)
	setField   = regexp.MustCompile(`^set_field:([^-]+)->(\w+)$`)
	notOutput  = regexp.MustCompile(`(?i)skipping output|nonexistent output|not forwarding`)
)

// read reads what ovs-vswitchd printed about a frame. What it does not know it leaves out: a newer Open vSwitch may say more.
func read(text string, start frame) (tables []visited, outs []outcome) {
	r := reading{levels: []level{{frame: start}}}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n\r ")
		words := strings.TrimLeft(line, " ")
		if strings.HasPrefix(words, "Final flow:") {
			break
		}
		if words != "" && !strings.HasPrefix(words, "---") && !strings.HasPrefix(words, "Flow:") {
			r.line(len(line)-len(words), words)
		}
	}
	return r.tables, r.outs
}

func (r *reading) line(indent int, words string) {
	head := bridgeLine.FindStringSubmatch(words)
	for top := r.top(); top.indent > 0 && (indent < top.indent || indent == top.indent && head == nil); top = r.top() {
		r.levels = r.levels[:len(r.levels)-1]
	}
	if head != nil {
		r.enter(indent, head[1])
		return
	}
	if r.top().underlay {
		return
	}
	if m := tableLine.FindStringSubmatch(words); m != nil {
		r.table(m[1], m[2], m[3])
		return
	}
	if m := missLine.FindStringSubmatch(words); m != nil {
		r.table(m[1], "", "")
		r.tables[len(r.tables)-1].found = false
		return
	}
	if strings.HasPrefix(words, "->") || strings.HasPrefix(words, ">>") {
		r.remark(words)
		return
	}
	r.action(words)
}

func (r *reading) top() *level { return &r.levels[len(r.levels)-1] }

// enter goes into the bridge that the last output leads to.
func (r *reading) enter(indent int, bridge string) {
	next := level{bridge: bridge, indent: indent, frame: r.top().frame, underlay: r.tunnel || r.top().underlay}
	if n := len(r.outs); n > 0 && !next.underlay && r.outs[n-1].kind == toPort && r.outs[n-1].bridge == r.top().bridge {
		r.outs = r.outs[:n-1] // a patch: it goes on
	}
	r.levels, r.tunnel = append(r.levels, next), false
}

func (r *reading) table(number, match, cookie string) {
	n, _ := strconv.ParseUint(number, 10, 8) // digits; tables end at 254
	c, _ := strconv.ParseUint(strings.TrimPrefix(cookie, "0x"), 16, 64)
	r.tables = append(r.tables, visited{bridge: r.top().bridge, table: uint8(n), match: match, cookie: c, found: true})
}

func (r *reading) remark(words string) {
	if len(r.outs) == 0 {
		return
	}
	if strings.Contains(words, "tunnel") {
		r.tunnel = true
	}
	if notOutput.MatchString(words) {
		r.outs[len(r.outs)-1].note = strings.TrimLeft(words, "->< ")
	}
}

// action does what an action does to the frame.
func (r *reading) action(words string) {
	if n := len(r.tables); n > 0 {
		r.tables[n-1].actions = append(r.tables[n-1].actions, words)
	}
	f := &r.top().frame
	r.tunnel = false
	out := outcome{bridge: r.top().bridge, frame: *f}
	switch m := numbered.FindStringSubmatch(words); {
	case m != nil:
		n, _ := strconv.ParseUint(m[1], 10, 32)
		out.kind, out.port = toPort, uint32(n)
	case words == "NORMAL":
		out.kind = toWire
	case strings.HasPrefix(words, "controller("), strings.HasPrefix(words, "CONTROLLER"):
		out.kind = toAgent
	default:
		f.change(words)
		return
	}
	r.outs = append(r.outs, out)
}

func (f *frame) change(words string) {
	if words == "pop_vlan" {
		f.vlan = 0
		return
	}
	m := setField.FindStringSubmatch(words)
	if m == nil {
		return
	}
	switch m[2] {
	case "eth_src":
		f.src, _ = api.ParseMAC(m[1]) // Open vSwitch prints no other
	case "eth_dst":
		f.dst, _ = api.ParseMAC(m[1])
	case "vlan_vid":
		n, _ := strconv.ParseUint(m[1], 0, 16)
		f.vlan = uint16(n) & 0xfff
	case "tun_id":
		n, _ := strconv.ParseUint(m[1], 0, 32)
		f.vni = uint32(n)
	case "tun_dst", "tun_ipv6_dst":
		f.tunnel, _ = netip.ParseAddr(m[1])
	}
}
