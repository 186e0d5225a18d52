package link

import (
	"strings"
	"testing"
	"time"

	"weft/agent/hosttest"
	"weft/plan"
)

// Whatever others change in a namespace of weft's, the driver hears where.
func TestWhatOthersChangeIsHeard(t *testing.T) {
	h, xs, w := setup(t)
	list(t, h, w) // opens what is there
	q := xs[0].(plan.Namespace).Name
	var leg plan.Veth
	for _, x := range xs {
		if v, ok := x.(plan.Veth); ok && v.NS == q && v.PeerNS == "" {
			leg = v
		}
	}
	mac := strings.Replace(leg.MAC.String(), "fa:16", "fe:16", 1)
	for _, words := range []string{
		"ip -n NS link set DEV mtu 1300", "ip -n NS link set DEV down", "ip link set PEER down", "ip -n NS address flush dev DEV",
		"ip -n NS rule add priority 7 table 7", "ip -n NS route add 10.99.0.0/16 dev lo table 7", "ip -n NS neighbour replace 10.9.9.9 lladdr " + mac + " dev DEV",
		"ip netns exec NS sysctl -q -w net.ipv4.ip_forward=0", "ip netns exec NS iptables -t nat -A POSTROUTING -j ACCEPT",
		"ip -n NS link delete DEV", "ip netns delete NS",
	} {
		words = strings.NewReplacer("NS", q, "DEV", leg.Dev, "PEER", leg.PeerDev).Replace(words)
		t.Run(words, func(t *testing.T) {
			settle(h)
			h.TakeStirred(w)
			hosttest.Run(t, strings.Fields(words)...)
			late := time.After(time.Minute)
			for !h.TakeStirred(w)[q] {
				select {
				case <-h.Stirred():
				case <-late:
					t.Fatal("nothing was heard")
				}
			}
		})
	}
}

// settle waits until nothing was heard for a while: late news of what was done before would be taken for that of what comes.
func settle(h *Host) {
	for {
		select {
		case <-h.Stirred():
		case <-time.After(50 * time.Millisecond):
			return
		}
	}
}
