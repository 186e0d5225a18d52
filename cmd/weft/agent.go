package main

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"weft/agent"
	"weft/api"
	"weft/cmd/weft/cli"
)

// agentFlags are the flags of "weft agent".
type agentFlags struct {
	name, controller, tunnelIP, datapath, stateDir, ovsdb, join string
	mappings                                                    []string
	logLevel                                                    string
}

func newAgentCommand() *cobra.Command {
	var f agentFlags
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Run the agent of this hypervisor",
		Long: `Run the agent of this hypervisor: it makes what the controller plans for this host (bridges and ports in Open
vSwitch, network namespaces, links, addresses, routes and NAT) and reports what is plugged in.

The first start needs the token that "weft host create NAME" prints at the controller. The agent then has its own
certificate, and starts again without the token. Stopping it leaves all networks running.`,
		Example: `  weft agent --tunnel-ip 10.0.0.11 --join TOKEN
  weft agent --tunnel-ip 10.0.0.11 --bridge-mapping public:br-ex --controller https://10.0.0.1:9698`,
		Args: cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.config()
			if err != nil {
				return err
			}
			c.Version = cmd.Root().Version
			return agent.Run(cmd.Context(), c)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.name, "name", "", "name of this host (default: the one of the token, else of the machine)")
	fl.StringVar(&f.controller, "controller", "", "where the controller is, https://ADDRESS:9698 (default: as in the token)")
	fl.StringVar(&f.tunnelIP, "tunnel-ip", "", "address of this host at which other hosts' tunnels end (required)")
	fl.StringArrayVar(&f.mappings, "bridge-mapping", nil, "PHYSICAL_NETWORK:BRIDGE, for each provider network's bridge;\nPHYSICAL_NETWORK:BRIDGE=DEVICE makes the bridge and plugs the device into it")
	fl.StringVar(&f.datapath, "datapath", "", "system or netdev (default: system if the kernel has Open vSwitch)")
	fl.StringVar(&f.stateDir, "state-dir", "/var/lib/weft-agent", "directory of the key, certificates and last plan")
	fl.StringVar(&f.ovsdb, "ovsdb", "unix:/run/openvswitch/db.sock", "socket of Open vSwitch's database")
	fl.StringVar(&f.join, "join", "", "join token, needed at the first start only")
	fl.StringVar(&f.logLevel, "log-level", "info", "error, warn, info or debug")
	return cmd
}

// config gives the agent's configuration.
func (f agentFlags) config() (agent.Config, error) {
	c := agent.Config{
		Host: api.HostID(f.name), Controller: f.controller, Datapath: f.datapath, StateDir: f.stateDir, OVSDB: f.ovsdb,
		Join: f.join,
	}
	var err error
	if f.tunnelIP != "" {
		if c.TunnelIP, err = netip.ParseAddr(f.tunnelIP); err != nil {
			return c, fmt.Errorf("--tunnel-ip %s: want an IP address of this host", f.tunnelIP)
		}
	}
	if c.BridgeMappings, c.BridgeUplinks, err = parseMappings(f.mappings); err != nil {
		return c, err
	}
	c.Log, err = newLogger(f.logLevel)
	return c, err
}

// device is what a network device can be called.
var device = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$`)

// parseMappings reads PHYSICAL_NETWORK:BRIDGE and PHYSICAL_NETWORK:BRIDGE=DEVICE. No bridge may have two devices.
func parseMappings(given []string) (bridges, uplinks map[string]string, err error) {
	bridges, uplinks = map[string]string{}, map[string]string{}
	for _, m := range given {
		physnet, rest, ok := strings.Cut(m, ":")
		bridge, dev, makes := strings.Cut(rest, "=")
		if !ok || physnet == "" || !device.MatchString(bridge) || bridges[physnet] != "" || makes && !device.MatchString(dev) {
			return nil, nil, fmt.Errorf("read --bridge-mapping %q: want PHYSICAL_NETWORK:BRIDGE or PHYSICAL_NETWORK:BRIDGE=DEVICE, "+
				"each physical network once", m)
		}
		if makes && uplinks[bridge] != "" && uplinks[bridge] != dev {
			return nil, nil, fmt.Errorf("read --bridge-mapping %q: bridge %s has the device %s already", m, bridge, uplinks[bridge])
		}
		bridges[physnet] = bridge
		if makes {
			uplinks[bridge] = dev
		}
	}
	return bridges, uplinks, nil
}
