package ovsdb

import (
	"context"
	"testing"

	"weft/agent/hosttest"
)

func TestAnInterfaceWhoseDeviceIsRemovedIsUnplugged(t *testing.T) {
	_, d := pluggedIn(t, "d1", "d2")
	plugged := func(want int) func() bool {
		return func() bool {
			s, err := d.State(context.Background(), nil)
			return err == nil && len(s.Interfaces) == want && s.Interfaces[want-1].OFPort == 2
		}
	}
	hosttest.Eventually(t, "both are plugged in", plugged(2))
	hosttest.Run(t, "ip", "link", "del", "d1")
	hosttest.Eventually(t, "one is left", plugged(1))
	hosttest.Run(t, "ip", "link", "add", "d1", "type", "veth", "peer", "name", "xd1")
	hosttest.Eventually(t, "both are plugged in again", plugged(2))
}
