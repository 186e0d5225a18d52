package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"weft/agent/mgmt"
	"weft/plan"
)

// look finds out how an interface of br-int is: Open vSwitch knows it of every kind of interface, the kernel only of its own.
func look(ctx context.Context, c *Config, q plan.InterfaceQuestion) (*plan.InterfaceState, error) {
	if !ifName.MatchString(q.Name) || q.Flows != "" && !flowWords.MatchString(q.Flows) {
		return nil, fmt.Errorf("refused: %q is no interface, or %q no flows", q.Name, q.Flows)
	}
	text, err := ovsSays(ctx, c.sockets(), "ovs-vsctl", "--db="+c.OVSDB, "--timeout=3", "--format=json",
		"--columns=admin_state,link_state,statistics", "find", "Interface", fmt.Sprintf("name=%q", q.Name))
	if err != nil {
		return nil, fmt.Errorf("look at interface %s: %w", q.Name, err)
	}
	s, err := readInterface(text)
	if err != nil {
		return nil, fmt.Errorf("look at interface %s: %w", q.Name, err)
	}
	if q.Flows == "" {
		return s, nil
	}
	text, err = ovsSays(ctx, c.sockets(), "ovs-ofctl", "-O", "OpenFlow13", "--no-names", "dump-flows", "unix:"+mgmt.Socket(c.sockets(), "br-int"), q.Flows)
	if err != nil {
		return nil, fmt.Errorf("count the packets of %s: %w", q.Flows, err)
	}
	s.Counts = count(text)
	return s, nil
}

// ifName is a name that Open vSwitch may have for an interface, and that is nothing else to its programs.
var ifName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}$`)

// readInterface reads admin_state, link_state and statistics as ovs-vsctl prints them: an empty one is ["set",[]].
func readInterface(text string) (*plan.InterfaceState, error) {
	var table struct{ Data [][3]json.RawMessage }
	if err := json.Unmarshal([]byte(text), &table); err != nil {
		return nil, fmt.Errorf("read what Open vSwitch says: %w", err)
	}
	if len(table.Data) != 1 {
		return nil, errors.New("there is none of that name")
	}
	var stats [2]json.RawMessage // "map", and pairs
	var pairs [][2]any
	_ = errors.Join(json.Unmarshal(table.Data[0][2], &stats), json.Unmarshal(stats[1], &pairs)) // none: nothing is known
	s := &plan.InterfaceState{}
	for _, p := range pairs {
		if n, ok := p[1].(float64); ok && p[0] == "rx_packets" && n > 0 {
			s.Received = uint64(n)
		}
	}
	switch {
	case string(table.Data[0][0]) == `"down"`:
		s.Down = "its device is switched off on the host"
	case string(table.Data[0][1]) == `"down"`:
		s.Down = "nothing is at its other end, or that is switched off"
	}
	return s, nil
}

var flowStats = regexp.MustCompile(`duration=([0-9.]+)s, table=([0-9]+), n_packets=([0-9]+),`)

// count sums up flows that ovs-ofctl printed.
func count(text string) map[uint8]plan.FlowCount {
	out := map[uint8]plan.FlowCount{}
	for line := range strings.Lines(text) {
		m := flowStats.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		age, err1 := strconv.ParseFloat(m[1], 64)
		table, err2 := strconv.ParseUint(m[2], 10, 8)
		packets, err3 := strconv.ParseUint(m[3], 10, 64)
		if errors.Join(err1, err2, err3) != nil {
			continue
		}
		c, seen := out[uint8(table)]
		if !seen {
			c.Youngest = age
		}
		c.Packets, c.Youngest, c.Oldest = c.Packets+packets, min(c.Youngest, age), max(c.Oldest, age)
		out[uint8(table)] = c
	}
	return out
}
