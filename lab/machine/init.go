package machine

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Init is the first process of a machine: the hidden command that Spec.Argv names calls it. It returns only on failure
// or when ctx ends; the machine ends with it.
func Init(ctx context.Context, name, dir string) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("start machine %s: this command is run by 'weft lab up' only", name)
	}
	leave, ready := os.NewFile(3, "leave"), os.NewFile(4, "ready")
	if line, err := bufio.NewReader(leave).ReadString('\n'); err != nil || line != "go\n" {
		return fmt.Errorf("start machine %s: its maker went away", name)
	}
	l, err := settle(ctx, name, dir)
	if err != nil {
		fmt.Fprintln(ready, err)
		return err
	}
	defer l.Close()
	s := newServices()
	go s.reap(ctx)
	fmt.Fprintln(ready, "ready")
	for _, f := range []*os.File{leave, ready} {
		if err := f.Close(); err != nil {
			return err
		}
	}
	return serve(ctx, l, s)
}

// settle makes the namespaces a machine: private mounts, a name, a loopback device, the control socket.
func settle(ctx context.Context, name, dir string) (net.Listener, error) {
	if err := mountAll(dir); err != nil {
		return nil, err
	}
	if err := nameSelf(name, dir); err != nil {
		return nil, err
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return nil, fmt.Errorf("set host name: %w", err)
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return nil, fmt.Errorf("find lo: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return nil, fmt.Errorf("set lo up: %w", err)
	}
	path := SocketPath(dir)
	if err := os.RemoveAll(path); err != nil {
		return nil, err
	}
	return new(net.ListenConfig).Listen(ctx, "unix", path)
}

// nameSelf lets the machine find its own name: what asks for it, as libvirt does in the middle of a migration, would
// wait for name servers that cannot be reached from here.
func nameSelf(name, dir string) error {
	const known = "/etc/hosts"
	own := filepath.Join(dir, "hosts")
	text := "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 " + name + "\n"
	if err := os.WriteFile(own, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the machine's %s: %w", known, err)
	}
	if _, err := os.Stat(known); err != nil {
		return nil //nolint:nilerr // nothing to take the place of
	}
	if err := unix.Mount(own, known, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %s: %w", known, err)
	}
	return nil
}

// SocketPath is where a machine's init listens.
func SocketPath(dir string) string { return filepath.Join(dir, "ctl") }

type mount struct {
	source, target, fs string
	flags              uintptr
	data               string
	optional           bool // skipped where the target folder does not exist
}

// mountAll gives the machine folders of its own where services keep what is a host's. What the real machine mounted
// stays visible, and nothing mounted here is seen there.
func mountAll(dir string) error {
	own := func(name string) string { return filepath.Join(dir, name) }
	const quiet = unix.MS_NOSUID | unix.MS_NODEV
	mounts := []mount{
		{target: "/", flags: unix.MS_REC | unix.MS_PRIVATE},
		{source: "proc", target: "/proc", fs: "proc", flags: quiet | unix.MS_NOEXEC},
		{source: "sysfs", target: "/sys", fs: "sysfs", flags: quiet | unix.MS_NOEXEC},
		{source: "tmpfs", target: "/run", fs: "tmpfs", flags: quiet, data: "mode=755"},
		{source: own("etc-openvswitch"), target: "/etc/openvswitch", flags: unix.MS_BIND, optional: true},
		{source: own("log"), target: "/var/log/openvswitch", flags: unix.MS_BIND, optional: true},
		{source: own("etc-libvirt"), target: "/etc/libvirt", flags: unix.MS_BIND, optional: true},
		{source: own("lib-libvirt"), target: "/var/lib/libvirt", flags: unix.MS_BIND, optional: true},
		{source: own("log-libvirt"), target: "/var/log/libvirt", flags: unix.MS_BIND, optional: true},
		{source: own("cache-libvirt"), target: "/var/cache/libvirt", flags: unix.MS_BIND, optional: true},
	}
	for _, m := range mounts {
		if _, err := os.Stat(m.target); m.optional && err != nil {
			continue
		}
		if m.flags&unix.MS_BIND != 0 {
			if err := os.MkdirAll(m.source, 0o755); err != nil {
				return err
			}
		}
		if err := unix.Mount(m.source, m.target, m.fs, m.flags, m.data); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	for _, d := range []string{"/run/openvswitch", "/run/netns", "/run/lock"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	return nil
}
