package link

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"weft/agent/nat"
	"weft/plan"
)

var (
	nsPrefixes  = []string{"qrouter-", "fip-", "snat-"}
	devPrefixes = []string{"qr-", "fg-", "rfp-", "fpr-", "tqr-", "tfg-", "sg-", "tsg-", "qg-", "tqg-"}

	nsName  = regexp.MustCompile(`^[a-z]+-[A-Za-z0-9_-]{1,64}$`)
	devName = regexp.MustCompile(`^[a-z]+-[A-Za-z0-9_-]{1,12}$`)
	setting = regexp.MustCompile(`^net(\.([a-z0-9_-]+|\{dev\}))+$`)
)

func ownNamespace(ns string) bool { return hasPrefix(ns, nsPrefixes) && nsName.MatchString(ns) }

func ownDevice(dev string) bool {
	return hasPrefix(dev, devPrefixes) && devName.MatchString(dev) && len(dev) <= 15
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// Check refuses an item that would make the agent touch what is not weft's: a name without one of its prefixes, a
// setting outside of net, a rule that is more than one rule.
func Check(s plan.Spec) error {
	switch s := s.(type) {
	case plan.Namespace:
		return errors.Join(inNS(s.Name), namespace(s.Name))
	case plan.Sysctl:
		return errors.Join(inNS(s.NS), namespace(s.NS), isSetting(s.Name))
	case plan.DevSysctl:
		return errors.Join(inNS(s.NS), isDevice(s.Dev), isSetting(s.Name))
	case plan.Veth:
		return errors.Join(inNS(s.NS), inNS(s.PeerNS), isDevice(s.Dev), isDevice(s.PeerDev), isMTU(s.MTU))
	case plan.Address:
		return errors.Join(inNS(s.NS), isDevice(s.Dev), isTrue("prefix", s.Prefix.IsValid()))
	case plan.Neighbour:
		return errors.Join(inNS(s.NS), isDevice(s.Dev), isTrue("address", s.Addr.IsValid()),
			isTrue("MAC address", !s.MAC.IsZero()))
	case plan.Route:
		return errors.Join(inNS(s.NS), namespace(s.NS), isDevice(s.Dev),
			isTrue("destination", s.Dst.IsValid() && s.Dst == s.Dst.Masked()), isTrue("table", s.Table != 0))
	case plan.Rule:
		return errors.Join(inNS(s.NS), namespace(s.NS), isTrue("priority", s.Priority != 0),
			isTrue("table", s.Table != 0))
	case plan.NAT:
		return errors.Join(inNS(s.NS), namespace(s.NS), nat.Check(s))
	case plan.Tracked:
		return errors.Join(inNS(s.NS), namespace(s.NS), isTrue("address", s.Addr.IsValid()))
	case plan.Announce:
		return errors.Join(inNS(s.NS), isDevice(s.Dev), isTrue("address", s.Addr.IsValid()))
	}
	return nil
}

func inNS(ns string) error {
	if ns == "" || ownNamespace(ns) {
		return nil
	}
	return fmt.Errorf("refused: namespace %q is not weft's", ns)
}

func isDevice(dev string) error {
	if ownDevice(dev) {
		return nil
	}
	return fmt.Errorf("refused: device %q is not weft's", dev)
}

func isSetting(name string) error {
	if setting.MatchString(name) {
		return nil
	}
	return fmt.Errorf("refused: %q is not a network setting", name)
}

func isMTU(mtu int) error {
	if mtu >= 68 && mtu <= 65535 {
		return nil
	}
	return fmt.Errorf("refused: MTU %d is not between 68 and 65535", mtu)
}

func namespace(s string) error { return isTrue("namespace", s != "") }

func isTrue(what string, ok bool) error {
	if ok {
		return nil
	}
	return fmt.Errorf("refused: no valid %s", what)
}
