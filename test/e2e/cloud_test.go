package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"weft/client"
	"weft/lab"
	"weft/lab/machine"
	"weft/lab/scenario"
)

// cloud is a lab with one network, and guests on it.
type cloud struct {
	w       *program
	lab     *lab.Lab
	api     *client.Client
	network client.Network
}

// newCloud brings a lab up, which goes with the test.
func newCloud(t *testing.T, name string) *cloud {
	t.Helper()
	w := build(t, name)
	w.must(t, "lab", "up")
	c := &cloud{w: w, lab: w.open(t), api: w.client(t)}
	var err error
	if c.network, err = c.api.Networks().Create(t.Context(), client.Network{Name: "blue"}); err != nil {
		t.Fatal(err)
	}
	_, err = c.api.Subnets().Create(t.Context(), client.Subnet{NetworkID: c.network.ID, IPVersion: 4, CIDR: "10.66.0.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// guest makes a port and plugs a guest of the same name into a host.
func (c *cloud) guest(t *testing.T, name, host string) lab.Guest {
	t.Helper()
	p, err := c.api.Ports().Create(t.Context(), client.Port{Name: name, NetworkID: c.network.ID})
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.lab.AddGuest(t.Context(), lab.GuestSpec{Name: name, Host: host, Port: p.ID})
	if err != nil {
		t.Fatal(err)
	}
	c.status(t, p.ID, "ACTIVE")
	return g
}

// status waits until a port has a status.
func (c *cloud) status(t *testing.T, port, want string) {
	t.Helper()
	within(t, func() error {
		p, err := c.api.Ports().Show(t.Context(), port)
		if err == nil && p.Status != want {
			err = fmt.Errorf("port %s is %s, want %s", port, p.Status, want)
		}
		return err
	})
}

// settled waits until every host confirms the newest revision and differs in nothing from its plan.
func (c *cloud) settled(t *testing.T) {
	t.Helper()
	env := &scenario.Env{Lab: c.lab, Client: c.api}
	within(t, func() error {
		if err := env.Settled(t.Context()); err != nil {
			return err
		}
		for _, h := range c.lab.Topology().Hosts {
			d, err := c.api.Diff(t.Context(), h.Name)
			if err == nil && !d.Empty() {
				err = fmt.Errorf("host %s differs from its plan: %+v", h.Name, d)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// reach wants every guest to reach every other one.
func (c *cloud) reach(t *testing.T) {
	t.Helper()
	for _, a := range c.lab.Guests() {
		for _, b := range c.lab.Guests() {
			if a.Name != b.Name && len(b.Addresses) > 0 {
				c.pings(t, a.Name, b)
			}
		}
	}
}

func (c *cloud) pings(t *testing.T, from string, to lab.Guest) {
	t.Helper()
	if _, err := scenario.Ping(t.Context(), c.place(t, from), to.Addresses[0].Addr()); err != nil {
		t.Error(err)
	}
}

func (c *cloud) place(t *testing.T, name string) lab.Place {
	t.Helper()
	p, err := c.lab.Place(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// in runs a script in a guest or on a machine, and does not care how it ends.
func (c *cloud) in(t *testing.T, name, script string) string {
	t.Helper()
	p := c.place(t, name)
	out, err := machine.Run(t.Context(), p.Process, p.Netns, "sh", "-c", script)
	if err != nil {
		out += err.Error()
	}
	return out
}

// sh runs a script on a machine, which must succeed.
func (c *cloud) sh(t *testing.T, name, script string) string {
	t.Helper()
	out, err := c.lab.Run(t.Context(), name, "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func (c *cloud) kill(t *testing.T, name string, services ...string) {
	t.Helper()
	for _, s := range services {
		if err := c.lab.Stop(t.Context(), name, s); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *cloud) start(t *testing.T, name string, services ...string) {
	t.Helper()
	for _, s := range services {
		if err := c.lab.Start(t.Context(), name, s); err != nil {
			t.Fatal(err)
		}
	}
}

// hostProblem waits until the controller says of a host's problem what is wanted; "" is none.
func (c *cloud) hostProblem(t *testing.T, host, want string) {
	t.Helper()
	within(t, func() error {
		h, err := c.api.Show(t.Context(), client.Hosts, host)
		if err != nil {
			return err
		}
		if p := h.Text("problem"); !strings.Contains(p, want) || want == "" && p != "" {
			return fmt.Errorf("host %s: problem %q, want %q", host, p, want)
		}
		return nil
	})
}

// within polls try for three minutes: this machine may be busy, and what is waited for comes by itself.
func within(t *testing.T, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-tick.C:
		}
	}
}
