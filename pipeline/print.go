package pipeline

import (
	"strconv"
	"strings"

	"weft/tables"
)

// defaultPriority is the one that ovs-ofctl does not print.
const defaultPriority = 32768

// Names replaces numbers of tables and ports, as "ovs-ofctl --names" does. A function may be nil, and gives "" for what
// has no name.
type Names struct {
	Table func(tables.ID) string
	Port  func(uint32) string
}

// String is Format without cookie and names.
func (f Flow) String() string { return f.Format(0, Names{}) }

// Format gives the line that "ovs-ofctl -O OpenFlow13 dump-flows BRIDGE --no-stats" prints for the flow on a switch,
// without the leading space. A cookie of 0 is not printed, nor is table 0 without a name, nor priority 32768.
func (f Flow) Format(c tables.Cookie, n Names) string {
	p := &printer{names: n, match: f.Match}
	if c != 0 {
		p.put("cookie=", c.String(), ", ")
	}
	if name := p.tableName(f.Table); name != "" {
		p.put("table=", name, ", ")
	} else if f.Table != 0 {
		p.put("table=", dec(uint64(f.Table)), ", ")
	}
	if f.Priority != defaultPriority {
		p.put("priority=", dec(uint64(f.Priority)), ",")
	}
	p.matches()
	p.endMatch()
	p.put("actions=")
	p.actions(f.Actions)
	return string(p.b)
}

// String gives the match as a dump does: "dl_vlan=5,dl_dst=fa:16:3e:00:00:01".
func (m Match) String() string {
	p := &printer{match: m}
	p.matches()
	return strings.TrimSuffix(string(p.b), ",")
}

// String gives the condition alone. Protocol words, and names that depend on other fields, need the whole match.
func (f Field) String() string { return Match{f}.String() }

// FormatActions gives a list of actions as a dump of a flow that matches m does, without "actions=".
func FormatActions(m Match, as []Action, n Names) string {
	p := &printer{names: n, match: m}
	p.actions(as)
	return string(p.b)
}

// printer builds one line.
type printer struct {
	b     []byte
	names Names
	match Match
}

func (p *printer) put(ss ...string) {
	for _, s := range ss {
		p.b = append(p.b, s...)
	}
}

// endMatch makes exactly one space follow what came first.
func (p *printer) endMatch() {
	if n := len(p.b); n > 0 && p.b[n-1] == ',' {
		p.b = p.b[:n-1]
	}
	if n := len(p.b); n > 0 && p.b[n-1] != ' ' {
		p.put(" ")
	}
}

func (p *printer) tableName(t tables.ID) string {
	if p.names.Table == nil {
		return ""
	}
	return quote(p.names.Table(t))
}

func (p *printer) table(t tables.ID) string {
	if name := p.tableName(t); name != "" {
		return name
	}
	return dec(uint64(t))
}

// portWord gives the word of a reserved port, or "".
func portWord(port uint32) string {
	switch port {
	case 0xfffffff7:
		return "UNSET"
	case PortInPort:
		return "IN_PORT"
	case 0xfffffff9:
		return "TABLE"
	case PortNormal:
		return "NORMAL"
	case 0xfffffffb:
		return "FLOOD"
	case 0xfffffffc:
		return "ALL"
	case PortController:
		return "CONTROLLER"
	case PortLocal:
		return "LOCAL"
	case 0xffffffff:
		return "ANY"
	}
	return ""
}

func (p *printer) port(port uint32) string {
	if w := portWord(port); w != "" {
		return w
	}
	if p.names.Port != nil {
		if name := quote(p.names.Port(port)); name != "" {
			return name
		}
	}
	return dec(uint64(port))
}

// quote puts a name in double quotes unless it is letters and digits only and begins with a letter.
func quote(name string) string {
	for i, c := range []byte(name) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return strconv.Quote(name)
		}
	}
	return name
}

func dec(v uint64) string { return strconv.FormatUint(v, 10) }

// hex is C's %#x, which gives zero no prefix.
func hex(v uint64) string {
	if v == 0 {
		return "0"
	}
	return "0x" + strconv.FormatUint(v, 16)
}
