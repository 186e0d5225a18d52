package api

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// PortRange is ports of a transport protocol, from First to Last. In JSON one port alone is a number, more are "80:90".
type PortRange struct{ First, Last uint16 }

// OnePort is the range of one port alone.
func OnePort(n uint16) PortRange { return PortRange{n, n} }

// Alone is the one port that the range has. It reports false if there are more.
func (r PortRange) Alone() (uint16, bool) { return r.First, r.First == r.Last }

// Size is how many ports there are.
func (r PortRange) Size() int { return int(r.Last) - int(r.First) + 1 }

// Overlaps reports whether two ranges have a port in common.
func (r PortRange) Overlaps(o PortRange) bool { return r.First <= o.Last && o.First <= r.Last }

// IsValid reports whether there is a port, and no port is 0.
func (r PortRange) IsValid() bool { return r.First > 0 && r.First <= r.Last }

// String is "80:90", and "80:80" of one port alone, as Neutron writes ranges.
func (r PortRange) String() string { return fmt.Sprintf("%d:%d", r.First, r.Last) }

// MarshalJSON implements json.Marshaler.
func (r PortRange) MarshalJSON() ([]byte, error) {
	if n, alone := r.Alone(); alone {
		return strconv.AppendUint(nil, uint64(n), 10), nil
	}
	return json.Marshal(r.String())
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *PortRange) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	first, last, more := strings.Cut(text, ":")
	if !more {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return fmt.Errorf("range of ports %q: %w", text, err)
	}
	to, err := strconv.ParseUint(last, 10, 16)
	if err != nil {
		return fmt.Errorf("range of ports %q: %w", text, err)
	}
	*r = PortRange{uint16(from), uint16(to)}
	return nil
}
