package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"weft/lab"
)

// Example is a folder with a topology and the name of a scenario.
type Example struct {
	Title    string       `yaml:"title"`
	Scenario string       `yaml:"scenario"`
	Topology lab.Topology `yaml:"-"`
	Chaos    bool         `yaml:"-"` // kill the controller and an agent in the middle
	Keep     bool         `yaml:"-"` // do not take the cloud apart at the end

	// Look is called once the checks are done, while the cloud is whole; it says what was seen.
	Look func(context.Context) (string, error) `yaml:"-"`
}

// Load reads the example in a folder: example.yaml and topology.yaml.
func Load(dir string) (Example, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "example.yaml"))
	if err != nil {
		return Example{}, fmt.Errorf("read example: %w", err)
	}
	var e Example
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&e); err != nil {
		return Example{}, fmt.Errorf("read example %s: %w", dir, err)
	}
	if _, ok := scenarios()[e.Scenario]; !ok {
		return Example{}, fmt.Errorf("read example %s: there is no scenario %q; there are %q", dir, e.Scenario,
			slices.Sorted(maps.Keys(scenarios())))
	}
	e.Topology, err = lab.LoadTopology(filepath.Join(dir, "topology.yaml"))
	return e, err
}

// scenario builds a cloud and checks it. An error means that it could not go on; failed checks are in the report.
type scenario func(ctx context.Context, e *Env) error

func scenarios() map[string]scenario {
	return map[string]scenario{
		"seed-000": seed000, "seed-001": seed001, "seed-002": seed002, "seed-003": seed003, "seed-004": seed004, "dhcp": dhcp,
		"guests": behaviour, "ipv6": ipv6, "migration": migration, "snat": snat, "vlans": vlans, "port-forwarding": forwarding, "routers": routers,
	}
}

// ErrFailed means that at least one check failed.
var ErrFailed = errors.New("not all checks passed")

// Run runs an example in a lab, which it makes anew, and prints the checks to out. It returns ErrFailed unless all pass.
func (x Example) Run(ctx context.Context, l *lab.Lab, out io.Writer) error {
	fmt.Fprintf(out, "%s\n\n", x.Title)
	if err := l.Renew(ctx, x.Topology, "example "+x.Scenario); err != nil {
		return err
	}
	c, err := l.Client()
	if err != nil {
		return err
	}
	defer c.Close()
	e := &Env{Report: NewReport(out, time.Now), Lab: l, Client: c, Chaos: x.Chaos, keep: x.Keep, look: x.Look}
	err = scenarios()[x.Scenario](ctx, e)
	if err == nil {
		e.lookAt(ctx)
	}
	if err != nil {
		e.Check(ctx, "the scenario could go on", func(context.Context) (string, error) { return "", err })
	}
	e.Summary()
	if e.Failed() > 0 || len(e.Results) == 0 {
		return ErrFailed
	}
	return nil
}
