package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sync/errgroup"

	"weft/lab/machine"
)

const downTimeout = 90 * time.Second

// Down removes the lab, whatever state it is in. It is no error if there is none.
func (l *Lab) Down(ctx context.Context) error {
	if os.Geteuid() != 0 {
		return errors.New("a lab is made of namespaces: remove it as root")
	}
	if _, err := os.Stat(l.dir); missing(err) {
		return nil
	}
	unlock, err := l.lock()
	if err != nil {
		return err
	}
	defer unlock()
	return l.destroy(ctx)
}

func (l *Lab) destroy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, downTimeout)
	defer cancel()
	if err := l.load(); err != nil && !missing(err) {
		l.say("the lab's state is damaged (%v): looking for its machines by their folder", err)
	}
	g, gctx := errgroup.WithContext(ctx)
	for _, p := range l.processes() {
		g.Go(func() error { return p.Kill(gctx) })
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("take the lab down: %w", err)
	}
	if err := removeShellDevice(l.shellDevice()); err != nil {
		return fmt.Errorf("take the lab down: %w", err)
	}
	if l.state.Topology.Management.IsValid() {
		unreserve(l.state.Topology.Management, l.dir)
	}
	if err := os.RemoveAll(l.dir); err != nil {
		return fmt.Errorf("take the lab down: %w", err)
	}
	_ = os.Remove(l.root) // unless other labs are there
	return nil
}

// processes lists the machines' inits: those recorded, and those whose command line names the lab's folder.
func (l *Lab) processes() []machine.Process {
	found := map[int]machine.Process{}
	for _, p := range l.state.Machines {
		if p.Alive() {
			found[p.PID] = p
		}
	}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range lines {
		raw, err := os.ReadFile(f)
		if err != nil || !l.isInit(strings.Split(string(raw), "\x00")) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err != nil {
			continue
		}
		if p, err := machine.Find(pid); err == nil {
			found[pid] = p
		}
	}
	all := make([]machine.Process, 0, len(found))
	for _, p := range found {
		all = append(all, p)
	}
	return all
}

// isInit recognizes the command line of an init of this lab.
func (l *Lab) isInit(argv []string) bool {
	if len(argv) < 7 || argv[1] != "lab" || argv[2] != "machine" || argv[5] != "--dir" {
		return false
	}
	return filepath.Dir(argv[6]) == l.dir
}

func removeShellDevice(name string) error {
	link, err := netlink.LinkByName(name)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find device %s: %w", name, err)
	}
	if link.Type() != "veth" {
		return fmt.Errorf("device %s is not the lab's: it is a %s", name, link.Type())
	}
	err = netlink.LinkDel(link)
	if _, gone := netlink.LinkByName(name); errors.As(gone, &netlink.LinkNotFoundError{}) {
		return nil // the kernel was faster: the other end went with its machine
	}
	if err != nil {
		return fmt.Errorf("remove device %s: %w", name, err)
	}
	return nil
}
