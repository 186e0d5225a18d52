package main

import (
	"fmt"
	"regexp"
	"strconv"

	"weft/controller/intent"
)

// vlanRange is how --vlan-range writes one: as Neutron's network_vlan_ranges.
var vlanRange = regexp.MustCompile(`^([^:]+):([0-9]{1,4}):([0-9]{1,4})$`)

// vlanRanges reads --vlan-range.
func (f controllerFlags) vlanRanges() ([]intent.SegmentRange, error) {
	var out []intent.SegmentRange
	for _, text := range f.vlans {
		m := vlanRange.FindStringSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("--vlan-range %q: want PHYSICAL_NETWORK:FIRST:LAST, such as physnet1:100:199", text)
		}
		first, _ := strconv.ParseUint(m[2], 10, 16) // four digits
		last, _ := strconv.ParseUint(m[3], 10, 16)
		if first < 1 || last > 4094 || first > last {
			return nil, fmt.Errorf("--vlan-range %q: VLAN ids are 1 through 4094, the first not greater than the last", text)
		}
		out = append(out, intent.SegmentRange{PhysicalNetwork: m[1], First: uint32(first), Last: uint32(last)})
	}
	return out, nil
}
