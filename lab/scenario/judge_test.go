package scenario

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"weft/api"
	"weft/client"
	"weft/lab/pcap"
)

// routedCloud is what the checks of the underlay know of a cloud.
func routedCloud() *demo {
	return &demo{
		hosts: []client.Host{
			{Name: "host1", MACAddress: "fa:16:3f:00:00:01", TunnelIP: "10.1.1.3"},
			{Name: "host2", MACAddress: "fa:16:3f:00:00:02", TunnelIP: "10.1.2.4"},
			{Name: "host3", MACAddress: "fa:16:3f:00:00:03", TunnelIP: "10.1.1.5"},
		},
		ports: map[string]client.Port{"vm1": {MACAddress: "fa:16:3e:00:00:01"}, "vm5": {MACAddress: "fa:16:3e:00:00:05"}},
	}
}

func routedPacket() pcap.Packet {
	return pcap.Packet{
		SrcIP: netip.MustParseAddr("10.1.1.3"), DstIP: netip.MustParseAddr("10.1.2.4"),
		Proto: pcap.ProtoUDP, DstPort: pcap.PortVXLAN, VNI: 2,
		Inner: &pcap.Packet{SrcMAC: api.MustMAC("fa:16:3f:00:00:01"), DstMAC: api.MustMAC("fa:16:3e:00:00:05"), TTL: 63},
	}
}

func TestRoutedPacketsAreJudgedByEveryField(t *testing.T) {
	if seen, err := routedCloud().routedRight(routedPacket(), "vm1", "vm5", 2); err != nil {
		t.Fatalf("a right packet: %v (%s)", err, seen)
	}
	for _, c := range []struct {
		name  string
		spoil func(*pcap.Packet)
	}{
		{"from-another-host", func(p *pcap.Packet) { p.SrcIP = netip.MustParseAddr("10.1.1.5") }},
		{"to-another-host", func(p *pcap.Packet) { p.DstIP = netip.MustParseAddr("10.1.1.5") }},
		{"other-port", func(p *pcap.Packet) { p.DstPort = 8472 }},
		{"vni-of-the-source", func(p *pcap.Packet) { p.VNI = 1 }},
		{"mac-of-the-router", func(p *pcap.Packet) { p.Inner.SrcMAC = api.MustMAC("fa:16:3e:00:00:aa") }},
		{"mac-of-another-host", func(p *pcap.Packet) { p.Inner.SrcMAC = api.MustMAC("fa:16:3f:00:00:02") }},
		{"to-another-guest", func(p *pcap.Packet) { p.Inner.DstMAC = api.MustMAC("fa:16:3e:00:00:01") }},
		{"not-routed", func(p *pcap.Packet) { p.Inner.TTL = 64 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := routedPacket()
			c.spoil(&p)
			if seen, err := routedCloud().routedRight(p, "vm1", "vm5", 2); err == nil {
				t.Errorf("it passed: %s", seen)
			}
		})
	}
}

// captured is a capture that has seen packets, and sees no more.
func captured(ps ...pcap.Packet) *Capture {
	return &Capture{where: "test", packets: ps, ended: make(chan struct{}), more: make(chan struct{})}
}

func TestCaptureThatSeesNothingFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := captured().Await(ctx, "sign of life", func(pcap.Packet) bool { return true }); err == nil {
		t.Error("an empty capture proved something")
	}
	c := captured()
	close(c.ended)
	if _, err := c.Await(t.Context(), "sign of life", func(pcap.Packet) bool { return true }); err == nil {
		t.Error("a capture that ended proved something")
	}
}

func TestAwaitGivesWhatCameUpToTheAwaited(t *testing.T) {
	arp, last := pcap.Packet{EtherType: pcap.EtherARP}, pcap.Packet{VNI: 9}
	got, err := captured(arp, last, arp).Await(t.Context(), "the last", func(p pcap.Packet) bool { return p.VNI == 9 })
	if err != nil || len(got) != 2 {
		t.Errorf("got %d packets, %v, want 2", len(got), err)
	}
}

func TestPairsAreTwoEndsOfOneLinkLocalNetwork(t *testing.T) {
	for _, c := range []struct {
		near, far string
		good      bool
	}{
		{"169.254.64.0/31", "169.254.64.1/31", true},
		{"169.254.64.0/31", "169.254.64.3/31", false},
		{"169.254.64.0/31", "169.254.64.0/31", false},
		{"169.254.64.0/30", "169.254.64.1/30", false},
		{"10.0.0.0/31", "10.0.0.1/31", false},
		{"", "169.254.64.1/31", false},
	} {
		if err := isPair(c.near, c.far); (err == nil) != c.good {
			t.Errorf("%s and %s: got %v, want good %t", c.near, c.far, err, c.good)
		}
	}
}

func TestDifferenceNamesWhatIsOnlyOnOneSide(t *testing.T) {
	got := difference([]string{"a", "b", "d"}, []string{"b", "c", "d"})
	if want := "- a\n+ c\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReportCountsFailures(t *testing.T) {
	var out bytes.Buffer
	r := NewReport(&out, time.Now)
	r.Summary()
	if !strings.Contains(out.String(), "FAIL: 0 of 0") {
		t.Errorf("a report without checks passes: %q", out.String())
	}
	r.Check(t.Context(), "good", func(context.Context) (string, error) { return "seen", nil })
	r.Check(t.Context(), "bad", func(context.Context) (string, error) { return "one\ntwo", errors.New("because") })
	r.Summary()
	for _, want := range []string{"PASS  good", "FAIL  bad", "because", "two", "FAIL: 1 of 2 checks passed"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
	if r.Failed() != 1 {
		t.Errorf("%d failed, want 1", r.Failed())
	}
}

func TestPingStatisticsAddUpRuns(t *testing.T) {
	const run = "64 bytes from 10.0.0.2: icmp_seq=1 ttl=63 time=%s ms\n\n1 packets transmitted, 1 received, 0%% packet loss\n"
	out := strings.ReplaceAll(run, "%s", "1.5") + strings.ReplaceAll(run, "%s", "0.7")
	if got, want := statistics(out), "2 sent, 2 answered: 1.5 0.7 ms"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExamplesLoad(t *testing.T) {
	x, err := Load("../../examples/seed-002")
	if err != nil || x.Title == "" || len(x.Topology.Hosts) != 3 {
		t.Errorf("got %+v, %v", x, err)
	}
	if _, err := Load(t.TempDir()); err == nil {
		t.Error("an empty folder is an example")
	}
}

func TestASilenceIsJudgedByWhatTheMachineCannotBeBlamedFor(t *testing.T) {
	var p OpenPing
	at := time.Unix(1e9, 0)
	for _, x := range []struct{ length, busy time.Duration }{
		{}, {10 * time.Millisecond, 0}, {900 * time.Millisecond, 850 * time.Millisecond}, {300 * time.Millisecond, 0}, {time.Millisecond, 0},
	} {
		at = at.Add(x.length)
		now := p.queued + x.busy
		p.answered(at, now, now)
	}
	if longest, worst := p.silences(); longest.Length != 900*time.Millisecond || worst.Length != 300*time.Millisecond || worst.Own() != worst.Length {
		t.Errorf("the longest silence is %+v, the worst %+v, want 900 ms, and the 300 ms that nothing explains", longest, worst)
	}
	if err := carriedOn(silence{Length: 3 * time.Second, Busy: 2500 * time.Millisecond}); err != nil {
		t.Errorf("a busy machine is blamed on weft: %v", err)
	}
	if carriedOn(silence{Length: 3 * time.Second, Busy: time.Second}) == nil {
		t.Error("a silence of two seconds that nothing explains passes")
	}
}

func TestAWaitBesideTheClockIsNotBlamedOnWhoIsHeard(t *testing.T) {
	var p OpenPing
	at := time.Unix(1e9, 0)
	p.answered(at, 0, 800*time.Millisecond) // the clock was read, and then nothing here ran for long
	p.answered(at.Add(810*time.Millisecond), 800*time.Millisecond, 800*time.Millisecond)
	if _, worst := p.silences(); worst.Own() > 10*time.Millisecond {
		t.Errorf("%s of %s are not the machine's", worst.Own(), worst.Length)
	}
}

func TestPressureIsReadAsTheKernelWritesIt(t *testing.T) {
	const file = "some avg10=99.15 avg60=98.82 avg300=81.96 total=13036224035\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n"
	if got := pressure(file); got != 13036224035*time.Microsecond {
		t.Errorf("got %s", got)
	}
	if got := pressure(""); got != 0 {
		t.Errorf("of a kernel that does not count: %s", got)
	}
}
