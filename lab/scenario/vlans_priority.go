package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"weft/lab/pcap"
)

// checkPriority has guests' switches put tags without a VLAN on what they sent untagged, as machines do that ask for a
// class of service.
func (v *tags) checkPriority(ctx context.Context) {
	v.Section("Guests that tag frames with a priority and no VLAN")
	senders := []string{"vm1", "r1", "w1"}
	v.Check(ctx, "vm1, r1 and w1 do so", func(ctx context.Context) (string, error) {
		return "", v.tagPriority(ctx, senders...)
	})
	v.Check(ctx, "vm1, a trunk's parent, gets its address by DHCP", func(ctx context.Context) (string, error) {
		return v.lease(ctx, "vm1", native)
	})
	for from, to := range map[string]string{"r1": "r2", "w1": "w2"} {
		v.Check(ctx, from+" asks for "+to+" by ARP, and reaches it; no tag arrives", func(ctx context.Context) (string, error) {
			return v.pingPriority(ctx, from, to)
		})
	}
	v.Check(ctx, "with such a tag too, a guest has no address but its own", func(ctx context.Context) (string, error) {
		if _, err := v.in(ctx, "r1", "ip", "address", "add", "10.3.0.99/24", "dev", "eth0"); err != nil {
			return "", err
		}
		_, err := v.in(ctx, "r1", "sh", "-c", "! ping -q -c2 -i0.2 -W1 -I 10.3.0.99 "+v.addr("r2").String())
		_, back := v.in(ctx, "r1", "ip", "address", "del", "10.3.0.99/24", "dev", "eth0")
		return "", errors.Join(err, back)
	})
	if err := v.untagPriority(ctx, senders...); err != nil {
		v.Check(ctx, "they stop", func(context.Context) (string, error) { return "", err })
	}
}

// tagPriority tells guests' switches to tag what their untagged machine sends.
func (v *tags) tagPriority(ctx context.Context, guests ...string) error {
	return v.onSwitches(ctx, guests, "add-flow", "priority=10,%s actions=push_vlan:0x8100,set_field:5->vlan_pcp,output:up-%s")
}

// untagPriority ends that.
func (v *tags) untagPriority(ctx context.Context, guests ...string) error {
	return v.onSwitches(ctx, guests, "--strict", "del-flows", "priority=10,%s")
}

// onSwitches runs ovs-ofctl on guests' switches; its last word may name the untagged machine's port and the guest.
func (v *tags) onSwitches(ctx context.Context, guests []string, words ...string) error {
	var errs []error
	for _, g := range guests {
		last := len(words) - 1
		flow := strings.Replace(words[last], "%s", fmt.Sprintf("in_port=in-%s-%d", g, native), 1)
		flow = strings.Replace(flow, "%s", g, 1)
		argv := append([]string{"ovs-ofctl", "-O", "OpenFlow13"}, words[:last]...)
		_, err := v.Lab.Run(ctx, v.host[g], append(argv, "sw-"+g, flow)...)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// pingPriority pings from a guest that knows no neighbours, and looks at the frames that it sends and that arrive.
func (v *tags) pingPriority(ctx context.Context, from, to string) (string, error) {
	sent, err := StartCapture(ctx, v.place(v.host[from]), "up-"+from)
	if err != nil {
		return "", err
	}
	defer sent.Stop() //nolint:errcheck // its packets are judged already
	got, err := StartCapture(ctx, v.place(v.host[to]), "up-"+to)
	if err != nil {
		return "", err
	}
	defer got.Stop() //nolint:errcheck // its packets are judged already
	if _, err := v.in(ctx, from, "ip", "neigh", "flush", "dev", "eth0"); err != nil {
		return "", err
	}
	seen, err := Ping(ctx, v.place(from), v.addr(to))
	if err != nil {
		return seen, err
	}
	request := func(tagged bool) func(pcap.Packet) bool {
		return func(p pcap.Packet) bool {
			return p.ICMPType == pcap.EchoRequest && p.DstIP == v.addr(to) && p.Tagged == tagged && p.VLAN == 0
		}
	}
	_, err = sent.Await(ctx, "echo request with a priority tag", request(true))
	_, without := got.Await(ctx, "echo request without one", request(false))
	return seen, errors.Join(err, without)
}
