package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"weft/client"
	"weft/lab/machine"
)

// Config says which lab is meant and how it is run.
type Config struct {
	Name string    // "" is "lab"
	Root string    // "" is DefaultRoot
	Exe  string    // the weft program that machines run; "" is this one
	Out  io.Writer // progress, a line each; nil is none
}

// Lab is a cloud on this machine. Its methods are for one goroutine at a time.
type Lab struct {
	name, root, dir, exe string
	purpose              string
	out                  io.Writer
	mu                   sync.Mutex // guards state and out during the parallel parts of Up
	state                state
}

// New describes a lab, which need not exist.
func New(cfg Config) (*Lab, error) {
	l := &Lab{name: cfg.Name, root: cfg.Root, exe: cfg.Exe, out: cfg.Out}
	if l.name == "" {
		l.name = "lab"
	}
	if err := checkName("lab", l.name); err != nil {
		return nil, err
	}
	if len(shellPrefix+l.name) > 15 {
		return nil, fmt.Errorf("lab %q: the name has more than %d letters", l.name, 15-len(shellPrefix))
	}
	if l.root == "" {
		l.root = DefaultRoot
	}
	// Machines get their paths on the command line, and run in another folder than this program.
	root, err := filepath.Abs(l.root)
	if err != nil {
		return nil, fmt.Errorf("find folder %s: %w", l.root, err)
	}
	l.root, l.dir = root, filepath.Join(root, l.name)
	if l.out == nil {
		l.out = io.Discard
	}
	if l.exe == "" {
		exe, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find this program: %w", err)
		}
		l.exe = exe
	}
	return l, nil
}

// typed is how a person begins a command about the lab.
func (l *Lab) typed() string {
	if l.name == "lab" {
		return "weft lab"
	}
	return "weft lab --name " + l.name
}

// Open finds a lab that exists.
func Open(cfg Config) (*Lab, error) {
	l, err := New(cfg)
	if err != nil {
		return nil, err
	}
	if err := l.load(); missing(err) {
		return nil, fmt.Errorf("there is no lab %q; '%s up' makes it", l.name, l.typed())
	} else if err != nil {
		return nil, err
	}
	return l, nil
}

// shellPrefix and the lab's name make the name of the device that connects the real machine.
const shellPrefix = "weft-"

func (l *Lab) shellDevice() string { return shellPrefix + l.name }

// Topology is what the lab consists of.
func (l *Lab) Topology() Topology { return l.state.Topology }

// Endpoint is the controller's REST endpoint.
func (l *Lab) Endpoint() string { return "http://" + l.state.Topology.Controller().String() + ":9696" }

// TokenFile holds the token of the REST API.
func (l *Lab) TokenFile() string { return l.path(MachineController, "data", "token") }

// Client makes a client of the controller, which waits for hosts to confirm what it changes.
func (l *Lab) Client() (*client.Client, error) { return l.client(true) }

func (l *Lab) client(wait bool) (*client.Client, error) {
	return client.New(client.Config{
		Endpoint: l.Endpoint(), TokenFile: l.TokenFile(), Wait: wait,
		Getenv: func(string) string { return "" }, // the shell's may be about another cloud
	})
}

// Process finds a machine's init.
func (l *Lab) Process(name string) (machine.Process, error) {
	l.mu.Lock()
	p, ok := l.state.Machines[name]
	l.mu.Unlock()
	if !ok {
		return p, fmt.Errorf("there is no machine %q in the lab; there are %s", name,
			strings.Join(l.state.Topology.Machines(), ", "))
	}
	if !p.Alive() {
		return p, fmt.Errorf("machine %s does not run; 'weft lab up' starts it again", name)
	}
	return p, nil
}

// Run runs a command on a machine and returns what it printed.
func (l *Lab) Run(ctx context.Context, name string, argv ...string) (string, error) {
	p, err := l.Process(name)
	if err != nil {
		return "", err
	}
	out, err := machine.Run(ctx, p, "", argv...)
	if err != nil {
		return out, fmt.Errorf("on %s: %w", name, err)
	}
	return out, nil
}

// control speaks to a machine's init.
func (l *Lab) control(name string) machine.Client { return machine.Client{Dir: l.path(name)} }

func (l *Lab) logFile(name, service string) string { return l.path(name, "log", service+".log") }

func (l *Lab) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, format+"\n", args...)
}

// tools are the programs that a lab needs, and the Debian packages that hold them.
var tools = [...]struct{ program, pkg string }{
	{"ovsdb-tool", "openvswitch-switch"}, {"ovsdb-server", "openvswitch-switch"},
	{"ovs-vswitchd", "openvswitch-switch"}, {"ovs-vsctl", "openvswitch-switch"},
	{"ip", "iproute2"}, {"iptables", "iptables"}, {"ethtool", "ethtool"}, {"nsenter", "util-linux"},
	{"ping", "iputils-ping"}, {"sysctl", "procps"},
}

// Ready says what this machine lacks to run a lab.
func Ready() error {
	if os.Geteuid() != 0 {
		return errors.New("a lab makes namespaces: run it as root")
	}
	for _, t := range tools {
		if _, err := exec.LookPath(t.program); err != nil {
			return fmt.Errorf("the program %s is missing: 'make deps' or 'apt install %s' installs it", t.program, t.pkg)
		}
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		return fmt.Errorf("the userspace datapath of Open vSwitch needs /dev/net/tun: %w", err)
	}
	return nil
}

// until calls try until it succeeds or ctx ends, and then gives the last reason.
func until(ctx context.Context, every time.Duration, try func() error) error {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (last: %w)", ctx.Err(), err)
		case <-t.C:
		}
	}
}
