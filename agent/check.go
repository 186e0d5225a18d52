package agent

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"weft/agent/dhcp"
	"weft/agent/link"
	"weft/plan"
)

var (
	ovsName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$`)
	tableName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,31}$`)
	target    = regexp.MustCompile(`^(ssl|tcp):[A-Za-z0-9.:\[\]_-]+$`)
)

var errNotOurs = errors.New("refused: not weft's")

// check refuses an item that is not whole, or that would reach beyond what weft owns. The controller is trusted to say
// what to make, not to be free of mistakes.
func check(s plan.Spec) error {
	switch s := s.(type) {
	case plan.Unknown:
		return fmt.Errorf("this agent does not know items of kind %s: upgrade it to the controller's version", s.Name.Kind)
	case plan.Bridge:
		return named(s.Name)
	case plan.TableName:
		return named(s.Bridge, tableName.MatchString(s.Name))
	case plan.Controller:
		return named(s.Bridge, target.MatchString(s.Target))
	case plan.PatchPort:
		return named(s.Bridge, ovsName.MatchString(s.Name), ovsName.MatchString(s.Peer))
	case plan.TunnelPort:
		return named(s.Bridge, ovsName.MatchString(s.Name), s.LocalIP.IsValid())
	case plan.Arrival:
		if s.PortID == "" || s.OFPort == 0 {
			return fmt.Errorf("%w: an arrival without a port", errNotOurs)
		}
		return nil
	case plan.DHCP, plan.DHCP6, plan.RA:
		return dhcp.Check(s)
	case plan.OVSPort:
		if s.IfaceID == "" {
			return named(s.Bridge, ovsName.MatchString(s.Dev), s.Bridge != "br-int", s.Bridge != "br-tun")
		}
		if !strings.HasPrefix(s.Dev, "t") || link.Check(plan.Veth{Dev: s.Dev, PeerDev: s.Dev, MTU: 1500}) != nil {
			return fmt.Errorf("%w: device %q", errNotOurs, s.Dev)
		}
		return named(s.Bridge, s.IfaceID != "")
	}
	return link.Check(s)
}

func named(bridge string, rest ...bool) error {
	for _, ok := range append(rest, ovsName.MatchString(bridge)) {
		if !ok {
			return fmt.Errorf("%w: a name or value is missing or malformed", errNotOurs)
		}
	}
	return nil
}
