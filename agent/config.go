package agent

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/vishvananda/netlink"

	"weft/api"
)

// Config is what the administrator of a host decides.
type Config struct {
	Host           api.HostID        // the host's name; "" takes the one in Join, else that of the machine
	Controller     string            // https://C:9698; "" takes the one in Join
	TunnelIP       netip.Addr        // the address of this host's tunnels
	BridgeMappings map[string]string // physical network → bridge
	BridgeUplinks  map[string]string // of mapped bridges that weft makes itself: bridge → device that joins it to the wire
	Datapath       string            // system or netdev; "" is system if the kernel has Open vSwitch
	StateDir       string            // key, certificates and last plan; "" is /var/lib/weft-agent
	OVSDB          string            // "" is unix:/run/openvswitch/db.sock
	Join           string            // the token of "weft host create"; needed only without a certificate
	Version        string            // of this program, for reports
	Log            *logrus.Entry     // nil: the standard logger

	sure time.Duration // flows.Options.Sure, for tests
}

// The datapaths of Open vSwitch: in the kernel, and in ovs-vswitchd itself.
const (
	DatapathSystem = "system"
	DatapathNetdev = "netdev"
)

// complete fills in what was not said and refuses what cannot be.
func (c *Config) complete() error {
	t, err := parseToken(c.Join)
	if err != nil {
		return err
	}
	machine, _ := os.Hostname()
	c.StateDir = first(c.StateDir, "/var/lib/weft-agent")
	c.Host = api.HostID(first(string(c.Host), t.Host, c.joinedAs(), machine))
	joined, _ := os.ReadFile(c.file(urlFile)) // absent before the first start: then the token says it
	c.Controller = first(c.Controller, t.URL, strings.TrimSpace(string(joined)))
	c.OVSDB = first(c.OVSDB, "unix:/run/openvswitch/db.sock")
	c.Datapath = first(c.Datapath, defaultDatapath())
	if c.Log == nil {
		c.Log = logrus.NewEntry(logrus.StandardLogger())
	}
	c.Log = c.Log.WithField("host", c.Host)
	return errors.Join(c.check(t), makeDir(c.StateDir))
}

func (c *Config) check(t token) error {
	if c.Datapath != DatapathSystem && c.Datapath != DatapathNetdev {
		return fmt.Errorf("datapath %q: want %s or %s", c.Datapath, DatapathSystem, DatapathNetdev)
	}
	if !c.TunnelIP.IsValid() {
		return errors.New("no tunnel address: say with --tunnel-ip which address of this host others reach it at")
	}
	u, err := url.Parse(c.Controller)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("controller %q: want https://ADDRESS:9698; give it with --controller, or a join token with --join", c.Controller)
	}
	if t.Host != "" && t.Host != string(c.Host) {
		return fmt.Errorf("the join token is for host %q, and this host is called %q: use --name %s", t.Host, c.Host, t.Host)
	}
	return nil
}

func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make state directory: %w", err)
	}
	return nil
}

func (c *Config) file(name string) string { return filepath.Join(c.StateDir, name) }

func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}

// sockets is the folder in which ovs-vswitchd listens for OpenFlow: that of its database's socket, if that is one.
func (c *Config) sockets() string {
	if path, ok := strings.CutPrefix(c.OVSDB, "unix:"); ok {
		return filepath.Dir(path)
	}
	return "/run/openvswitch"
}

// defaultDatapath asks the kernel for its Open vSwitch; asking makes it load the module if there is one.
func defaultDatapath() string {
	if _, err := netlink.GenlFamilyGet("ovs_datapath"); err != nil {
		return DatapathNetdev
	}
	return DatapathSystem
}
