package lab

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"weft/lab/machine"
)

// ServiceLibvirt is the service of a host that runs virtual machines. A lab that is made does not start it.
const ServiceLibvirt = "libvirtd"

// What guests of libvirt boot from; scripts/guest/build makes it.
const (
	GuestKernel = "/var/cache/weft/guest/vmlinuz"
	GuestInitrd = "/var/cache/weft/guest/initrd"
)

// LibvirtReady says what this machine lacks to run virtual machines on the hosts of a lab.
func LibvirtReady() error {
	for _, program := range []string{"libvirtd", "virsh", "qemu-system-x86_64"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("the program %s is missing: 'make deps-libvirt' installs it", program)
		}
	}
	for _, path := range []string{GuestKernel, GuestInitrd, "/etc/libvirt", "/var/lib/libvirt"} {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%s is missing: 'make deps-libvirt' makes it: %w", path, err)
		}
	}
	return nil
}

// libvirtFiles configure libvirtd for a machine that has neither cgroups nor a users' database of its own.
var libvirtFiles = [...]struct{ name, content string }{
	{"libvirtd.conf", "auth_unix_rw = \"none\"\nauth_unix_ro = \"none\"\nunix_sock_group = \"root\"\nlog_outputs = \"2:stderr\"\n" +
		"listen_tls = 0\nlisten_tcp = 1\nauth_tcp = \"none\"\n"}, // nobody but the lab's hosts reaches it
	{"qemu.conf", "user = \"root\"\ngroup = \"root\"\nsecurity_driver = \"none\"\nstdio_handler = \"file\"\n" +
		"cgroup_controllers = []\nnamespaces = []\nremember_owner = 0\n"},
}

// StartLibvirt runs libvirtd on a host, unless it runs, and waits until it answers.
func (l *Lab) StartLibvirt(ctx context.Context, host string) error {
	if err := LibvirtReady(); err != nil {
		return err
	}
	for _, f := range libvirtFiles {
		if err := os.WriteFile(l.path(host, "etc-libvirt", f.name), []byte(f.content), 0o644); err != nil {
			return fmt.Errorf("configure libvirtd on %s: %w", host, err)
		}
	}
	path, err := exec.LookPath("libvirtd")
	if err != nil {
		return fmt.Errorf("find libvirtd: %w", err)
	}
	err = l.control(host).Run(ctx, machine.Command{
		Name: ServiceLibvirt, Argv: []string{path, "--listen", "--config", "/etc/libvirt/libvirtd.conf"},
		Log: l.logFile(host, ServiceLibvirt),
	})
	if err != nil {
		return err
	}
	return l.await(ctx, host, ServiceLibvirt, func() error {
		_, err := l.Virsh(ctx, host, "version")
		return err
	})
}

// Virsh runs a command of libvirt's shell on a host.
func (l *Lab) Virsh(ctx context.Context, host string, args ...string) (string, error) {
	return l.Run(ctx, host, append([]string{"virsh", "--quiet", "--connect", "qemu:///system"}, args...)...)
}

// MigrateDomain has libvirt move a domain to another host while it runs, from libvirtd to libvirtd over the network that the
// hosts have with the controller. It returns when the domain runs there, or why it does not.
func (l *Lab) MigrateDomain(ctx context.Context, domain, from, to string, options ...string) error {
	addr, ok := l.state.Topology.managedHost(to)
	if !ok {
		return fmt.Errorf("migrate domain %s: there is no host %q", domain, to)
	}
	args := append([]string{"migrate", "--live", "--p2p"}, options...)
	_, err := l.Virsh(ctx, from, append(args, domain, "qemu+tcp://"+addr.String()+"/system", "--migrateuri", "tcp://"+addr.String())...)
	return err
}

// KillDomain ends the QEMU of a domain on a host with SIGKILL.
func (l *Lab) KillDomain(ctx context.Context, host, domain string) error {
	_, err := l.Run(ctx, host, "sh", "-c", `kill -9 "$(cat "$0")"`, "/run/libvirt/qemu/"+domain+".pid")
	return err
}

// VirshXML is Virsh for a command whose last argument is a file, which gets the content.
func (l *Lab) VirshXML(ctx context.Context, host, content string, args ...string) (string, error) {
	f, err := os.CreateTemp(l.path(host), "virsh-*.xml")
	if err != nil {
		return "", fmt.Errorf("write a file for virsh: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(content)
	if err := joinClose(err, f); err != nil {
		return "", fmt.Errorf("write a file for virsh: %w", err)
	}
	return l.Virsh(ctx, host, append(args, f.Name())...)
}

func joinClose(err error, f *os.File) error {
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// Console gives the path, on the real machine, of a socket in a host's /run, where a guest's serial line can be.
func (l *Lab) Console(host, name string) (string, error) {
	p, err := l.Process(host)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("/proc/%d/root/run/%s", p.PID, name), nil
}
