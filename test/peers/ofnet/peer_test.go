package ofnet

import (
	"io"
	"net"
	"testing"

	"github.com/contiv/libOpenflow/openflow13"
	"github.com/sirupsen/logrus"
	"github.com/wenyingd/ofnet/ofctrl"
)

// ofnetPeer is ofnet's controller in the mode in which switches connect to it.
type ofnetPeer struct {
	up, down chan<- struct{}
	sw       *ofctrl.OFSwitch
	table    *ofctrl.Table
}

func (o *ofnetPeer) SwitchConnected(s *ofctrl.OFSwitch) {
	o.sw, o.table = s, nil
	o.up <- struct{}{}
}

func (o *ofnetPeer) SwitchDisconnected(*ofctrl.OFSwitch) { o.down <- struct{}{} }

func (o *ofnetPeer) PacketRcvd(*ofctrl.OFSwitch, *ofctrl.PacketIn) {}

func (o *ofnetPeer) MultipartReply(*ofctrl.OFSwitch, *openflow13.MultipartReply) {}

// serve does not wait for ofnet's own end: Delete waits for goroutines that never return.
func (o *ofnetPeer) serve(_ testing.TB, addr string, up, down chan<- struct{}) func() {
	logrus.SetOutput(io.Discard) // ofnet logs to the standard logger
	o.up, o.down = up, down
	c := ofctrl.NewController(o)
	go c.Listen(addr)
	return func() {}
}

func (o *ofnetPeer) load(tb testing.TB, fs []spec) {
	if o.table == nil {
		t, err := o.sw.NewTable(20)
		if err != nil {
			tb.Fatal(err)
		}
		o.table = t
	}
	tx := o.sw.NewTransaction(ofctrl.Atomic)
	if err := tx.Begin(); err != nil {
		tb.Fatal(err)
	}
	for i, f := range fs {
		o.add(tb, tx, uint64(i+1), f)
	}
	if n, err := tx.Complete(); err != nil || n != len(fs) {
		tb.Fatalf("complete: %d of %d flows, %v", n, len(fs), err)
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

// add makes a flow without ofnet's record of flows, which takes each only once.
func (o *ofnetPeer) add(tb testing.TB, tx *ofctrl.Transaction, cookie uint64, f spec) {
	mac := net.HardwareAddr(f.mac[:])
	flow := &ofctrl.Flow{
		Table: o.table, CookieID: cookie, Match: ofctrl.FlowMatch{Priority: 2, VlanId: f.vlan, MacDa: &mac},
	}
	flow.ApplyAction(&ofctrl.SetTunnelIDAction{TunnelID: uint64(f.tunnel)})
	flow.ApplyAction(ofctrl.NewOutputPort(f.port))
	m, err := flow.GetBundleMessage(openflow13.FC_ADD)
	if err != nil {
		tb.Fatal(err)
	}
	if err := tx.AddMessage(m); err != nil {
		tb.Fatal(err)
	}
}
