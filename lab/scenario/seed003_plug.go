package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"weft/client"
)

const (
	allRange = "10.99.0.0/24"
	// allTag is a tag that nobody has told anybody of.
	allTag = 9
	// oddMAC is not the port's.
	oddMAC = "52:54:00:00:00:01"
)

// card is an interface that is plugged into a running domain.
type card struct {
	guest, port string
	change      []string // what is other than 'weft libvirt xml' says: pairs of old and new text
}

// cards lists them. On the network all, each guest gets one that carries every tag, whatever libvirt's own list of tags
// says; odd has another MAC than its port, and twin the id of a port that is plugged on the other host.
func (v *virtual) cards() []card {
	id := v.ports["vm1"].ID
	return []card{
		{"vm1", "all1", []string{"</interface>", "<vlan trunk='yes'><tag id='7'/><tag id='8'/></vlan></interface>"}},
		{"vm2", "all2", nil},
		{"vm1", "odd", []string{v.ports["odd"].MACAddress, oddMAC}},
		{"vm2", "vm1", []string{client.TapDevice(id), "twin"}},
	}
}

// checkHotPlug plugs interfaces into both guests, and out again.
func (v *virtual) checkHotPlug(ctx context.Context) error {
	v.Section("Plugged in while the guests run: a network of all VLAN tags, a wrong MAC, the id of another's port")
	if err := v.buildAll(ctx); err != nil {
		return err
	}
	v.Check(ctx, "libvirt plugs four interfaces in; the ports of the network of all tags are ACTIVE", func(ctx context.Context) (string, error) {
		return "", errors.Join(v.virshAll(ctx, "attach-device"), v.Active(ctx, v.ports["all1"].ID, v.ports["all2"].ID))
	})
	v.Check(ctx, fmt.Sprintf("vm1 → vm2 behind the tag %d, which is in nobody's list", allTag), func(ctx context.Context) (string, error) {
		if err := errors.Join(v.allTags(ctx, "vm1", "all1"), v.allTags(ctx, "vm2", "all2")); err != nil {
			return "", err
		}
		return v.reaches(ctx, "vm1", tagAddr("w2", allTag))
	})
	v.Check(ctx, "the card with a wrong MAC: its port says so, and what to do", func(ctx context.Context) (string, error) {
		return v.problem(ctx, "odd", "has MAC "+oddMAC, "the port "+v.ports["odd"].MACAddress, "weft libvirt xml "+v.ports["odd"].ID)
	})
	v.Check(ctx, "vm1's id on a card of vm2 too: refused, named; vm1 goes on, whatever comes from there", v.twin)
	v.Check(ctx, "virsh domif-setlink down: no carrier in vm2, the port stays ACTIVE; up: it goes on", v.setLink)
	v.Check(ctx, "libvirt plugs all four out: their ports are DOWN, no problem is left", v.plugOut)
	return nil
}

// buildAll makes the network that carries every tag, and the ports.
func (v *virtual) buildAll(ctx context.Context) error {
	made, err := v.Client.Create(ctx, client.Networks, client.Object{"name": "all", "vlan_transparent": true})
	if err != nil {
		return err
	}
	all := made.Text("id")
	if _, err := v.Client.Subnets().Create(ctx, client.Subnet{Name: "all", NetworkID: all, IPVersion: 4, CIDR: allRange}); err != nil {
		return err
	}
	for _, p := range []client.Port{{Name: "all1", NetworkID: all}, {Name: "all2", NetworkID: all}, {Name: "odd", NetworkID: v.blue.ID}} {
		if v.ports[p.Name], err = v.Client.Ports().Create(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// virshAll has libvirt plug the cards in or out, those of each guest in turn.
func (v *virtual) virshAll(ctx context.Context, verb string) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, guest := range []string{"vm1", "vm2"} {
		g.Go(func() error {
			for _, c := range v.cards() {
				if c.guest != guest {
					continue
				}
				if err := v.virshCard(ctx, c, verb, guest, "--live"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

func (v *virtual) virshCard(ctx context.Context, c card, args ...string) error {
	p := v.ports[c.port]
	n, err := v.Client.Networks().Show(ctx, p.NetworkID)
	if err != nil {
		return err
	}
	element, err := client.LibvirtInterface(p, n, client.LibvirtOptions{Userspace: true})
	if err != nil {
		return err
	}
	_, err = v.Lab.VirshXML(ctx, v.host(c.guest), strings.NewReplacer(c.change...).Replace(element), args...)
	return err
}

// nic finds, or waits for, the device in a guest that has a MAC.
func (v *virtual) nic(ctx context.Context, guest, mac string) (dev string, err error) {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	err = until(ctx, func() error {
		out, err := v.in(ctx, guest, "grep -l "+mac+" /sys/class/net/eth*/address | cut -d/ -f5 | head -n1")
		if dev = strings.TrimSpace(out); err == nil && dev == "" {
			err = fmt.Errorf("%s has no device with MAC %s", guest, mac)
		}
		return err
	})
	return dev, err
}

// allTags gives a guest an address behind a tag of its card on the network of all tags.
func (v *virtual) allTags(ctx context.Context, guest, port string) error {
	dev, err := v.nic(ctx, guest, v.ports[port].MACAddress)
	if err != nil {
		return err
	}
	addr := tagAddr(map[string]string{"vm1": "w1", "vm2": "w2"}[guest], allTag)
	_, err = v.in(ctx, guest, fmt.Sprintf("ip link set %[1]s up && ip link add link %[1]s name wide type vlan id %[2]d && ip address add %[3]s/24 dev wide && ip link set wide up",
		dev, allTag, addr))
	return err
}

// twin lets vm2 use the card that has the id and the MAC of vm1's port: as it comes up, Linux sends from it.
func (v *virtual) twin(ctx context.Context) (string, error) {
	seen, err := v.problem(ctx, "vm1", "it works on host "+v.host("vm1"), "interface twin on host "+v.host("vm2"), "weft port binding create")
	if err != nil {
		return seen, err
	}
	dev, err := v.nic(ctx, "vm2", v.ports["vm1"].MACAddress)
	if err != nil {
		return seen, err
	}
	if _, err := v.in(ctx, "vm2", "ip link set "+dev+" up"); err != nil {
		return seen, err
	}
	if _, err := v.reaches(ctx, "vm1", v.addr("web")); err != nil {
		return seen, err
	}
	return seen, v.BoundOn(ctx, v.ports["vm1"].ID, v.host("vm1"))
}

// setLink takes the cable of a card of vm2 out, as libvirt says that, and puts it in again.
func (v *virtual) setLink(ctx context.Context) (string, error) {
	dev, err := v.nic(ctx, "vm2", v.ports["all2"].MACAddress)
	if err != nil {
		return "", err
	}
	for _, state := range []string{"down", "up"} {
		if _, err := v.Lab.Virsh(ctx, v.host("vm2"), "domif-setlink", "vm2", client.TapDevice(v.ports["all2"].ID), state); err != nil {
			return "", err
		}
		want := map[string]string{"down": "0", "up": "1"}[state]
		limited, cancel := context.WithTimeout(ctx, awaitTimeout)
		err := until(limited, func() error {
			out, err := v.in(limited, "vm2", "cat /sys/class/net/"+dev+"/carrier")
			if err == nil && strings.TrimSpace(out) != want {
				err = fmt.Errorf("the carrier is %s, want %s", strings.TrimSpace(out), want)
			}
			return err
		})
		cancel()
		if err := errors.Join(err, v.becomes(ctx, "all2", "ACTIVE")); err != nil {
			return "", fmt.Errorf("after %s: %w", state, err)
		}
	}
	return v.reaches(ctx, "vm1", tagAddr("w2", allTag))
}

// plugOut unplugs all that was plugged in.
func (v *virtual) plugOut(ctx context.Context) (string, error) {
	if err := v.virshAll(ctx, "detach-device"); err != nil {
		return "", err
	}
	for _, port := range []string{"all1", "all2", "odd"} {
		if err := v.becomes(ctx, port, "DOWN"); err != nil {
			return "", err
		}
	}
	if _, err := v.problem(ctx, "vm1"); err != nil {
		return "", err
	}
	_, err := v.problem(ctx, "odd")
	return "DOWN", errors.Join(err, v.Settled(ctx))
}
