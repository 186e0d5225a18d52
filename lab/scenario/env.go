package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"weft/client"
	"weft/lab"
	"weft/lab/machine"
)

// Env is what a scenario works with.
type Env struct {
	*Report
	Lab    *lab.Lab
	Client *client.Client
	Chaos  bool // the scenario shall survive the death of the controller and of an agent

	keep bool
	look func(context.Context) (string, error) // nil: nobody wants to, or did already
}

// ends tells whether the cloud may be taken apart now, which a scenario asks last: whoever wants to look at the cloud does it
// before.
func (e *Env) ends(ctx context.Context) bool {
	e.lookAt(ctx)
	return !e.keep
}

// lookAt lets whoever wants to look at the cloud, once.
func (e *Env) lookAt(ctx context.Context) {
	if look := e.look; look != nil {
		e.look = nil
		e.Section("Looked at")
		e.Check(ctx, "the cloud does what its page says", look)
	}
}

// Settled waits until every host holds all that it should, and says which does not if that takes too long.
func (e *Env) Settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, func() error {
		hosts, err := e.Client.List(ctx, client.Hosts, nil)
		if err != nil {
			return err
		}
		for _, h := range hosts {
			wanted, confirmed := fmt.Sprint(h["revision_wanted"]), fmt.Sprint(h["revision_confirmed"])
			if p := h.Text("problem"); p != "" || h.Text("state") != "up" || wanted != confirmed {
				return fmt.Errorf("host %s is %s, at revision %s of %s: %s", h.Text("name"), h.Text("state"), confirmed, wanted, p)
			}
		}
		return nil
	})
}

// Active waits until every port is ACTIVE.
func (e *Env) Active(ctx context.Context, ids ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, func() error {
		for _, id := range ids {
			p, err := e.Client.Ports().Show(ctx, id)
			if err != nil {
				return err
			}
			if p.Status != "ACTIVE" {
				return fmt.Errorf("port %s (%s) is %s", p.Name, id, p.Status)
			}
		}
		return nil
	})
}

// run runs a command in a network namespace of a machine.
func (e *Env) run(ctx context.Context, name, netns string, argv ...string) (string, error) {
	p, err := e.Lab.Process(name)
	if err != nil {
		return "", err
	}
	return machine.Run(ctx, p, netns, argv...)
}

// place finds a guest or machine that the scenario knows is there.
func (e *Env) place(name string) lab.Place {
	p, err := e.Lab.Place(name)
	if err != nil {
		return lab.Place{Name: name} // every command there fails, and says so
	}
	return p
}

// Namespaces lists the namespaces on a host that weft makes for routers.
func (e *Env) Namespaces(ctx context.Context, host string) ([]string, error) {
	out, err := e.Lab.Run(ctx, host, "ip", "netns", "list")
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(out) {
		name := strings.Fields(line + " ")
		if len(name) > 0 && !strings.HasPrefix(name[0], "guest-") {
			names = append(names, name[0])
		}
	}
	slices.Sort(names)
	return names, nil
}

// Flows dumps the flows of all of a host's bridges, one a line, sorted, without counters.
func (e *Env) Flows(ctx context.Context, host string) ([]string, error) {
	var all []string
	for _, bridge := range []string{"br-int", "br-tun", e.Lab.Topology().External.Bridge} {
		out, err := e.dump(ctx, host, bridge)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(out) {
			if line = strings.TrimSpace(line); strings.Contains(line, "actions=") {
				all = append(all, bridge+" "+line)
			}
		}
	}
	slices.Sort(all)
	return all, nil
}

// dump asks again of a switch that is too busy to keep the connection.
func (e *Env) dump(ctx context.Context, host, bridge string) (out string, err error) {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	err = until(ctx, func() error {
		out, err = e.Lab.Run(ctx, host, "ovs-ofctl", "-O", "OpenFlow13", "--no-stats", "--no-names", "dump-flows", bridge)
		return err
	})
	return out, err
}

// Holds gives all that a host holds: its flows and weft's namespaces, sorted.
func (e *Env) Holds(ctx context.Context, host string) ([]string, error) {
	flows, err := e.Flows(ctx, host)
	if err != nil {
		return nil, err
	}
	spaces, err := e.Namespaces(ctx, host)
	return slices.Sorted(slices.Values(slices.Concat(flows, spaces))), err
}

// AwaitHolds waits until a host holds exactly what Holds gave before.
func (e *Env) AwaitHolds(ctx context.Context, host string, before []string) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	return until(ctx, func() error {
		after, err := e.Holds(ctx, host)
		if d := difference(before, after); err == nil && d != "" {
			err = errors.New(host + " differs:\n" + d)
		}
		return err
	})
}

// BoundOn wants a port bound on one host only.
func (e *Env) BoundOn(ctx context.Context, port, host string) error {
	all, err := e.Client.List(ctx, client.PortBindings.Under(port), nil)
	if err != nil {
		return err
	}
	if len(all) != 1 || all[0].Text("host") != host || all[0].Text("status") != "ACTIVE" {
		return fmt.Errorf("the bindings are %v, want one on %s", all, host)
	}
	return nil
}

// difference lists what is only in one of two sorted lists.
func difference(before, after []string) string {
	var b strings.Builder
	for _, s := range before {
		if _, ok := slices.BinarySearch(after, s); !ok {
			fmt.Fprintf(&b, "- %s\n", s)
		}
	}
	for _, s := range after {
		if _, ok := slices.BinarySearch(before, s); !ok {
			fmt.Fprintf(&b, "+ %s\n", s)
		}
	}
	return b.String()
}

// contains wants every part in a text.
func contains(where, text string, parts ...string) error {
	for _, p := range parts {
		if !strings.Contains(text, p) {
			return fmt.Errorf("%s lacks %q:\n%s", where, p, strings.TrimSpace(text))
		}
	}
	return nil
}

// lacks wants no part in a text.
func lacks(where, text string, parts ...string) error {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return fmt.Errorf("%s still has %q:\n%s", where, p, strings.TrimSpace(text))
		}
	}
	return nil
}

// device is Neutron's name of a device: a prefix and the beginning of an id, 14 characters in all.
func device(prefix, id string) string { return (prefix + id)[:14] }

// address reads the address in a port, which has one.
func address(p client.Port) netip.Addr {
	if len(p.FixedIPs) == 0 {
		return netip.Addr{}
	}
	a, _ := netip.ParseAddr(p.FixedIPs[0].IPAddress)
	return a
}
