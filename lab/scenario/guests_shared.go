package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"weft/client"
	"weft/lab"
)

// mostTakeover is how long an address may be nobody's. keepalived itself waits for three advertisements that do not come,
// which is 0.7 s here; and a kernel that has just learned where an address is believes nothing else for a second, so that
// the next announcement counts.
const mostTakeover = 3 * time.Second

// keepalivedConf has the one with the higher priority hold the address.
const keepalivedConf = `global_defs {
  router_id %[1]s
  vrrp_version 3
}
vrrp_instance shared {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority %[2]d
  advert_int 0.2
  garp_master_refresh 1
  %[3]s
  virtual_ipaddress { %[4]s/24 }
}
`

// virtualMAC is what VRRP makes of the number of a router.
const virtualMAC = "00:00:5e:00:01:33"

// checkShared lets keepalived give an address to one of two guests, with the guests' own MACs, and with VRRP's.
func (o *ordinary) checkShared(ctx context.Context) error {
	for _, v := range []struct {
		title, words string
		pairs        []client.Object
	}{
		{"with their own MACs", "", []client.Object{{"ip_address": shared.String()}}},
		{"with VRRP's MAC", "use_vmac vrrp.51\n  vmac_xmit_base", []client.Object{
			{"ip_address": shared.String()}, {"ip_address": shared.String(), "mac_address": virtualMAC},
		}},
	} {
		o.Section("keepalived gives " + shared.String() + " to a1 on host1 or a2 on host2, " + v.title)
		for i, g := range []string{"a1", "a2"} {
			if _, err := o.Client.Ports().Update(ctx, o.ports[g].ID, client.Object{"allowed_address_pairs": v.pairs}); err != nil {
				return err
			}
			conf := fmt.Sprintf(keepalivedConf, g, 100-10*i, v.words, shared)
			if err := os.WriteFile(o.file(g+".conf"), []byte(conf), 0o600); err != nil {
				return err
			}
		}
		if err := o.Settled(ctx); err != nil {
			return err
		}
		if err := o.passOn(ctx); err != nil {
			return err
		}
	}
	return nil
}

// passOn lets the holder of the address die and come back.
func (o *ordinary) passOn(ctx context.Context) error {
	for _, g := range []string{"a1", "a2"} {
		if err := o.keepalived(ctx, g); err != nil {
			return err
		}
	}
	o.Check(ctx, "a1 has it", func(ctx context.Context) (string, error) { return "", o.holds(ctx, "a1") })
	all, err := o.speakTo(ctx)
	if err != nil {
		return err
	}
	defer all.stop()
	over := func(name, guest string, do func(context.Context) error) {
		o.Check(ctx, name, func(ctx context.Context) (string, error) {
			if err := errors.Join(do(ctx), o.holds(ctx, guest), all.heard(ctx)); err != nil {
				return "", err
			}
			return all.gaps(mostTakeover)
		})
	}
	over("a1 dies: a2 has it, for its network, through the router and by floating IP", "a2", func(ctx context.Context) error {
		return o.killKeepalived(ctx, "a1", "sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=1; ip link set eth0 down")
	})
	over("a1 is back, and has it again", "a1", func(ctx context.Context) error {
		_, err := o.in(ctx, "a1", "sh", "-ec", `ip link set eth0 up; ip route replace default via 10.0.0.1
			ip -6 route replace default via fd00:a::1`)
		return errors.Join(err, o.keepalived(ctx, "a1"))
	})
	for _, g := range []string{"a1", "a2"} {
		if err := o.killKeepalived(ctx, g, "ip address del "+shared.String()+"/24 dev eth0"); err != nil {
			return err
		}
	}
	return nil
}

// keepalived starts it in a guest, which asks for neighbours as itself: in the name of the address it would tell them that
// this is at its own MAC.
func (o *ordinary) keepalived(ctx context.Context, guest string) error {
	f := o.file(guest)
	_, err := o.in(ctx, guest, "sh", "-c", fmt.Sprintf(
		"sysctl -qw net.ipv4.conf.all.arp_announce=2; keepalived -n -l -f %[1]s.conf -p %[1]s.pid -r %[1]s.vrrp.pid >%[1]s.log 2>&1 &", f))
	return err
}

// killKeepalived kills it as hard as a power cut, after another command, and takes away what it leaves behind.
func (o *ordinary) killKeepalived(ctx context.Context, guest, first string) error {
	_, err := o.in(ctx, guest, "sh", "-c", fmt.Sprintf(`%[1]s 2>/dev/null
		kill -9 $(cat %[2]s.pid) $(cat %[2]s.vrrp.pid); rm -f %[2]s.pid %[2]s.vrrp.pid
		ip link del vrrp.51 2>/dev/null; ip address del %[3]s/24 dev eth0 2>/dev/null; true`, first, o.file(guest), shared))
	return err
}

// holds waits until a guest has the address.
func (o *ordinary) holds(ctx context.Context, guest string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, func() error {
		out, err := o.in(ctx, guest, "ip", "-br", "address")
		if err != nil || strings.Contains(out, shared.String()+"/24") {
			return err
		}
		log, _ := os.ReadFile(o.file(guest + ".log"))
		return fmt.Errorf("%s does not have %s:\n%s\n%s", guest, shared, out, log)
	})
}

// speakTo pings the address from its network, through the router on the hosts of both, and from outside.
func (o *ordinary) speakTo(ctx context.Context) (listeners, error) {
	all := listeners{}
	for from, to := range map[string]netip.Addr{"a3": shared, "b1": shared, "b2": shared, lab.MachineOutside: floats(o.vip)} {
		p, err := StartPingEvery(ctx, o.place(from), to, 50*time.Millisecond)
		if err != nil {
			all.stop()
			return nil, err
		}
		all[from] = p
	}
	if err := all.heard(ctx); err != nil {
		all.stop()
		return nil, err
	}
	return all, nil
}
