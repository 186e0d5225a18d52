package ovsdb

import (
	"context"
	"testing"

	"weft/agent/hosttest"
)

func TestABridgeIsConnectedWhileOpenVSwitchSaysSoOfAnyController(t *testing.T) {
	o, d := pluggedIn(t)
	says := func(want bool) func() bool {
		return func() bool {
			got, err := d.Connected(context.Background(), "br-int")
			return err == nil && got == want
		}
	}
	o.Vsctl("set-controller", "br-int", "tcp:127.0.0.1:1", "tcp:127.0.0.1:2")
	hosttest.Eventually(t, "it is connected to none", says(false))
	o.StopSwitch() // who says so is the test now
	o.Vsctl("--no-wait", "set", "Controller", o.Vsctl("--bare", "--columns=_uuid", "find", "Controller", `target="tcp:127.0.0.1:2"`), "is_connected=true")
	hosttest.Eventually(t, "it is connected", says(true))
	if _, err := New(Options{}).Connected(context.Background(), "br-int"); err == nil {
		t.Error("without a database it is known all the same")
	}
}
