package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"time"

	"weft/client"
	"weft/lab"
)

// checkMoves moves a virtual machine with libvirt's live migration, in the order in which OpenStack Compute calls:
// a further binding, the migration, the old binding away. It is a trunk's parent. Meanwhile the other one boots.
func (v *virtual) checkMoves(ctx context.Context) error {
	v.Section("Live migration by libvirt: QEMU to QEMU, no shared disk; the port's further binding leads the way")
	v.checkCalledOff(ctx, "called off by virsh domjobabort", func(ctx context.Context) error {
		_, err := v.Lab.Virsh(ctx, v.host("vm1"), "domjobabort", "vm1")
		return err
	})
	v.checkCalledOff(ctx, "activated too early, and QEMU killed on the new host", func(ctx context.Context) error {
		port, to := v.ports["vm1"].ID, v.other("vm1")
		if _, err := v.Client.Action(ctx, client.PortBindings.Under(port), to, "activate", nil); err != nil {
			return err
		}
		return errors.Join(lab.AwaitBinding(ctx, v.Client, port, to, lab.BindingCarries), v.Lab.KillDomain(ctx, to, "vm1"))
	})
	v.Check(ctx, "meanwhile vm2 was reset: it boots, takes its address, and reaches web", v.booted)
	v.checkMove(ctx, "vm1", movement{
		stream: "web", pings: map[string]netip.Addr{"web": v.addr("vm1"), "db": v.addr("red"), lab.MachineOutside: v.floating},
		boot: func(ctx context.Context) error {
			return errors.Join(v.start(ctx, "vm1", ""), v.vlan(ctx))
		},
	})
	v.Check(ctx, "vm1's sub-port went with it: ACTIVE there, reached, and reaches db", func(ctx context.Context) (string, error) {
		if err := v.Active(ctx, v.ports["red"].ID); err != nil {
			return "", err
		}
		return v.reaches(ctx, "vm1", v.addr("db"))
	})
	v.ping(ctx, "vm1 → outside, by its floating IP, from its new host", "vm1", v.Lab.Topology().External.Outside.Addr())
	v.Check(ctx, "vm1 goes back paused, and says nothing: its traffic follows once the binding is activated", v.activated)
	return nil
}

// activated moves vm1 while it is paused, so that no frame tells where it is.
func (v *virtual) activated(ctx context.Context) (string, error) {
	from, to, port := v.host("vm1"), v.other("vm1"), v.ports["vm1"].ID
	// A port that was asked to be on no host in particular would follow its interface.
	if _, err := v.Client.Update(ctx, client.Ports, port, client.Object{"binding:host_id": from}); err != nil {
		return "", err
	}
	if err := v.bindFurther(ctx, "vm1", to); err != nil {
		return "", err
	}
	if _, err := v.Lab.Virsh(ctx, from, "suspend", "vm1"); err != nil {
		return "", err
	}
	if err := v.Lab.MigrateDomain(ctx, "vm1", from, to); err != nil {
		return "", err
	}
	v.at["vm1"] = to
	seen, err := v.problem(ctx, "vm1", "gone from host "+from, "weft port binding activate "+port+" "+to)
	if err != nil {
		return seen, err
	}
	bindings := client.PortBindings.Under(port)
	if _, err := v.Client.Action(ctx, bindings, to, "activate", nil); err != nil {
		return seen, err
	}
	if err := lab.AwaitBinding(ctx, v.Client, port, to, lab.BindingCarries); err != nil {
		return seen, err
	}
	if _, err := v.Lab.Virsh(ctx, to, "resume", "vm1"); err != nil {
		return seen, err
	}
	err = errors.Join(v.Client.Delete(ctx, bindings, from), v.BoundOn(ctx, port, to), v.unplugged(ctx, "vm1", from), v.Settled(ctx))
	for _, addr := range []netip.Addr{v.addr("web"), v.addr("db")} {
		_, rerr := v.reaches(ctx, "vm1", addr)
		err = errors.Join(err, rerr)
	}
	return seen, err
}

// movement says who speaks with a guest while it moves.
type movement struct {
	stream string                      // a guest to which it has a TCP connection
	pings  map[string]netip.Addr       // who sends it echo requests, and to which address
	boot   func(context.Context) error // starts it anew where it was
}

// streamPort is where the receivers of guests' TCP connections listen.
const streamPort = 5000

// checkMove moves a virtual machine to the other host.
func (v *virtual) checkMove(ctx context.Context, guest string, m movement) {
	from, to := v.host(guest), v.other(guest)
	what := fmt.Sprintf("%s goes to %s: silence ≤ QEMU's + 0.5 s, TCP lives", guest, to)
	v.Check(ctx, what, func(ctx context.Context) (seen string, err error) {
		const most = 3
		for try := range most {
			seen, err = v.move(ctx, guest, m)
			if !errors.Is(err, errFrozen) || try == most-1 {
				break
			}
			if err := v.reboot(ctx, guest, from, m.boot); err != nil {
				return "", err
			}
		}
		return seen, err
	})
	v.Check(ctx, guest+" is bound on "+to+" alone, and nothing of it is left on "+from, func(ctx context.Context) (string, error) {
		return "", errors.Join(v.BoundOn(ctx, v.ports[guest].ID, to), v.unplugged(ctx, guest, from), v.Settled(ctx))
	})
}

// errFrozen says that a guest does not even answer on its serial line any more: QEMU's emulated processors now and then
// lose memory that changes while it is sent.
var errFrozen = errors.New("the guest did not survive its migration")

// move moves a guest while others speak to it.
func (v *virtual) move(ctx context.Context, guest string, m movement) (string, error) {
	from, to, port := v.host(guest), v.other(guest), v.ports[guest].ID
	all, stream, err := v.speak(ctx, guest, m)
	if err != nil {
		return "", err
	}
	defer all.stop()
	defer stream.Stop()
	if err := v.bindFurther(ctx, guest, to); err != nil {
		return "", err
	}
	if err := v.Lab.MigrateDomain(ctx, guest, from, to); err != nil {
		return "", err
	}
	v.at[guest] = to
	if _, err := v.in(ctx, guest, "true"); err != nil {
		return "", errors.Join(errFrozen, err)
	}
	err = errors.Join(all.heard(ctx), lab.AwaitBinding(ctx, v.Client, port, to, lab.BindingCarries),
		v.Client.Delete(ctx, client.PortBindings.Under(port), from), all.heard(ctx), stream.AwaitAnswers(ctx, 5))
	if err != nil {
		return "", err
	}
	stood, err := v.stoodStill(ctx, guest)
	if err != nil {
		return "", err
	}
	seen, err := all.gaps(stood + mostGap)
	resent, _ := stream.silences() // what was lost is sent again when TCP thinks fit
	return fmt.Sprintf("%s; QEMU's own %d ms, TCP's %d ms", seen, stood.Milliseconds(), resent.Length.Milliseconds()), err
}

// reboot ends a guest where it is, and boots it on a host anew.
func (v *virtual) reboot(ctx context.Context, guest, host string, boot func(context.Context) error) error {
	if _, err := v.Lab.Virsh(ctx, v.host(guest), "destroy", guest); err != nil {
		return err
	}
	v.at[guest] = host
	bindings := client.PortBindings.Under(v.ports[guest].ID)
	all, err := v.Client.List(ctx, bindings, nil)
	for _, b := range all {
		err = errors.Join(err, v.Client.Delete(ctx, bindings, b.Text("host")))
	}
	if err != nil {
		return err
	}
	return boot(ctx)
}

// bindFurther binds a guest's port on one more host.
func (v *virtual) bindFurther(ctx context.Context, guest, host string) error {
	_, err := v.Client.Create(ctx, client.PortBindings.Under(v.ports[guest].ID), client.Object{"host": host})
	return err
}

// speak begins all that goes on while a guest moves, and waits until it is heard.
func (v *virtual) speak(ctx context.Context, guest string, m movement) (listeners, *OpenPing, error) {
	all, err := v.pings(ctx, m.pings)
	if err != nil {
		return nil, nil, err
	}
	stream, err := v.stream(ctx, guest, m.stream)
	if err != nil {
		all.stop()
		return nil, nil, err
	}
	if err := errors.Join(all.heard(ctx), stream.AwaitAnswers(ctx, 1)); err != nil {
		all.stop()
		stream.Stop()
		return nil, nil, err
	}
	return all, stream, nil
}

// pings begins to speak to addresses, by who sends.
func (v *virtual) pings(ctx context.Context, to map[string]netip.Addr) (listeners, error) {
	all := listeners{}
	for from, addr := range to {
		p, err := StartPingEvery(ctx, v.place(from), addr, 20*time.Millisecond)
		if err != nil {
			all.stop()
			return nil, err
		}
		all[from] = p
	}
	return all, nil
}

// stream has a guest send lines over one TCP connection for as long as somebody takes them.
func (v *virtual) stream(ctx context.Context, guest, to string) (*OpenPing, error) {
	r, err := StartReceiver(ctx, v.place(to), streamPort)
	if err != nil {
		return nil, err
	}
	script := fmt.Sprintf("for try in 1 2 3 4 5 6 7 8 9; do "+
		"while usleep 30000; do echo %s; done | nc %s %d && break; usleep 300000; done >/dev/null 2>&1 &", tick, v.addr(to), streamPort)
	if _, err := v.in(ctx, guest, script); err != nil {
		r.Stop()
		return nil, err
	}
	return r, nil
}

var downtimeForm = regexp.MustCompile(`Total downtime: +(\d+) +ms`)

// stoodStill is how long a guest ran nowhere, as libvirt says.
func (v *virtual) stoodStill(ctx context.Context, guest string) (time.Duration, error) {
	out, err := v.Lab.Virsh(ctx, v.host(guest), "domjobinfo", guest, "--completed")
	if err != nil {
		return 0, err
	}
	m := downtimeForm.FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("libvirt does not say how long %s stood still:\n%s", guest, out)
	}
	return time.Duration(atoi(m[1])) * time.Millisecond, nil
}

// unplugged wants no device of a guest on a host's switch.
func (v *virtual) unplugged(ctx context.Context, guest, host string) error {
	out, err := v.Lab.Run(ctx, host, "ovs-vsctl", "--timeout=5", "list-ports", "br-int")
	if err != nil {
		return err
	}
	return lacks("br-int of "+host, out, client.TapDevice(v.ports[guest].ID))
}

// checkCalledOff begins to move vm1, slowly, and ends that in the middle. It goes on where it was, and the other host is as
// it was before.
func (v *virtual) checkCalledOff(ctx context.Context, how string, end func(context.Context) error) {
	v.Check(ctx, "a migration "+how+": vm1 goes on, nothing is left", func(ctx context.Context) (string, error) {
		from, to := v.host("vm1"), v.other("vm1")
		if err := v.Settled(ctx); err != nil {
			return "", err
		}
		before, err := v.Holds(ctx, to)
		if err != nil {
			return "", err
		}
		if err := v.bindFurther(ctx, "vm1", to); err != nil {
			return "", err
		}
		err = errors.Join(v.endInTheMiddle(ctx, to, end), v.comesBack(ctx))
		port := client.PortBindings.Under(v.ports["vm1"].ID)
		err = errors.Join(err, v.unplugged(ctx, "vm1", to), v.Client.Delete(ctx, port, to), v.AwaitHolds(ctx, to, before))
		if err != nil {
			return "", err
		}
		if err := v.BoundOn(ctx, v.ports["vm1"].ID, from); err != nil {
			return "", err
		}
		if seen, err := v.reaches(ctx, "vm1", v.addr("db")); err != nil {
			return seen, err
		}
		return v.reaches(ctx, "vm1", v.addr("web"))
	})
}

// comesBack waits until vm1, by what it sends itself, is reached where it is.
func (v *virtual) comesBack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	return until(ctx, func() error {
		_, err := v.in(ctx, "vm1", fmt.Sprintf("ping -c1 -W1 %s", v.addr("web")))
		return err
	})
}

// endInTheMiddle moves vm1 so slowly that it cannot arrive, and ends that once its port is plugged on the new host.
func (v *virtual) endInTheMiddle(ctx context.Context, to string, end func(context.Context) error) error {
	moved := make(chan error, 1)
	go func() { moved <- v.Lab.MigrateDomain(ctx, "vm1", v.host("vm1"), to, "--bandwidth", "1") }()
	err := lab.AwaitBinding(ctx, v.Client, v.ports["vm1"].ID, to, lab.BindingReady)
	if err == nil {
		err = v.transferring(ctx)
	}
	if err := errors.Join(err, end(ctx)); err != nil {
		return errors.Join(err, <-moved)
	}
	if err := <-moved; err == nil {
		return errors.New("vm1 moved all the same")
	}
	return nil
}

// transferring waits until libvirt sends the memory of vm1.
func (v *virtual) transferring(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	return until(ctx, func() error {
		out, err := v.Lab.Virsh(ctx, v.host("vm1"), "domjobinfo", "vm1")
		if err != nil {
			return err
		}
		return contains("the job", out, "Memory processed:")
	})
}
