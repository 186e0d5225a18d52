package agent

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"weft/agent/hosttest"
	"weft/plan"
)

// What others change of weft's is put right, and the report says so.
func TestWhatOthersChangeIsMendedAndReported(t *testing.T) {
	hosttest.Need(t)
	o, c, id := hosttest.StartOVS(t), newController(t), uuid.NewString()
	sweep(t)
	xs := hostPlan(id)
	c.serve(say(snapshot(7, xs...)))
	a := start(t, config(c, o.Endpoint(), t.TempDir()))
	defer a.stop()
	reported(t, c, 7)
	leg := xs[9].(plan.Veth)
	look := func() string {
		var out strings.Builder
		for _, words := range []string{
			"ip -n NS -o address show dev DEV", "ip -n NS rule show table 16", "ip -n NS route show table 16", "ip netns exec NS iptables-save -t nat",
			"ip -n NS neighbour show nud permanent", "ip netns exec NS sysctl net.ipv4.ip_forward",
		} {
			said, _ := hosttest.Try(strings.Fields(strings.NewReplacer("NS", leg.NS, "DEV", leg.Dev).Replace(words))...)
			for line := range strings.Lines(said) {
				if !strings.HasPrefix(line, "#") && !strings.Contains(line, "fe80") && !strings.HasPrefix(line, ":") {
					line = strings.TrimLeft(line, "0123456789") // the number of a device, which is made anew
					out.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
				}
			}
		}
		return out.String() + o.Vsctl("get", "bridge", "br-int", "fail_mode") + o.Vsctl("list-ports", "br-int")
	}
	want := look()
	for _, round := range [][]string{
		{
			"ip -n NS address flush dev DEV", "ip -n NS rule delete priority 40000", "ip netns exec NS iptables -t nat -F",
			"ip netns exec NS sysctl -q -w net.ipv4.ip_forward=0",
		},
		{"ip netns delete NS", "ovs-vsctl --db=OVS -- set bridge br-int fail_mode=standalone -- del-port PEER"},
	} {
		for _, words := range round {
			words = strings.NewReplacer("NS", leg.NS, "DEV", leg.Dev, "OVS", o.Endpoint(), "PEER", leg.PeerDev).Replace(words)
			hosttest.Run(t, strings.Fields(words)...)
		}
		hosttest.Eventually(t, "what they changed is as it was", func() bool { return look() == want })
	}
	hosttest.Eventually(t, "it is reported", func() bool {
		m := c.last().Mended
		return m != nil && m.What != "" && !m.At.IsZero()
	})
}
