package compile_test

import (
	"net/netip"
	"slices"
	"testing"

	"weft/api"
	"weft/controller/compile"
	"weft/test/cloud"
)

// subject names one in tests.
func subject(k api.Kind, id string, a compile.Aspect) compile.Subject {
	return compile.Subject{Ref: api.Ref{Kind: k, ID: id}, Aspect: a}
}

func TestANewPortCompilesItselfEverywhereAndItsNeighboursOnlyOnItsHost(t *testing.T) {
	const hosts = 60
	b := cloud.On(crowd(hosts, 5*hosts))
	b.Host("without-the-network", 250)
	s, _ := b.Done()
	b = cloud.On(s)
	b.Bind("p00000", "h007")
	next, changes := b.Done()
	itself := subject(api.KindPort, "p00000", compile.Whole)
	affected := strict().Affected(s, next, changes)
	if len(affected) != hosts {
		t.Errorf("%d hosts are affected, want the %d with the network", len(affected), hosts)
	}
	for h, got := range affected {
		want := []compile.Subject{subject(api.KindNetwork, "net", compile.Members), itself}
		if h != "h007" {
			want = want[1:]
		}
		if !slices.Equal(got, want) {
			t.Errorf("host %s compiles %v, want %v", h, got, want)
		}
		before, after := some(t, s, h, got), some(t, next, h, got)
		if h != "h007" && (len(before.Flows) != 0 || len(after.Flows) != 2) {
			t.Errorf("host %s: %d flows before and %d after, want 0 and those of the MAC and of the address", h, len(before.Flows), len(after.Flows))
		}
		if h == "h007" && len(before.Flows) != 2 {
			t.Errorf("the port's host makes %d flows again, want those of broadcasts and of unknown MACs", len(before.Flows))
		}
	}
}

func TestAPortThatIsPluggedNowhereTouchesNobody(t *testing.T) {
	s := crowd(3, 9)
	b := cloud.On(s)
	p, _ := b.View.Port("p00000")
	c := *p
	c.HostID, c.AllowedAddressPairs = "h001", []api.AddressPair{{Prefix: netip.PrefixFrom(p.FixedIPs[0].Addr.Next(), 32), MAC: p.MAC}}
	b.Put(&c)
	next, changes := b.Done()
	if got := strict().Affected(s, next, changes); len(got) > 0 || len(changes) == 0 {
		t.Errorf("%d changes affected %v", len(changes), got)
	}
}

func TestTheFirstPortOnAHostTellsTheOthersOnlyOfItAndWhomToFloodTo(t *testing.T) {
	s := crowd(3, 9)
	b := cloud.On(s)
	b.Host("late", 77)
	s, _ = b.Done()
	b = cloud.On(s)
	b.Bind("p00000", "late")
	next, changes := b.Done()
	want := []compile.Subject{subject(api.KindHost, "late", compile.Whole), subject(api.KindNetwork, "net", compile.Peers), subject(api.KindPort, "p00000", compile.Whole)}
	for h, got := range strict().Affected(s, next, changes) {
		if h != "late" && !slices.Equal(got, want) {
			t.Errorf("host %s compiles %v, want %v", h, got, want)
		}
	}
}

func TestAChangeOfAPortTouchesOnlyHostsWithItsNetwork(t *testing.T) {
	s := crowd(3, 9)
	b := cloud.On(s)
	b.Host("alone", 77)
	s, _ = b.Done()
	b = cloud.On(s)
	b.Bind("p00001", "h002")
	next, changes := b.Done()
	for h, refs := range strict().Affected(s, next, changes) {
		if h == "alone" {
			t.Errorf("host without the network: %v", refs)
		}
		if len(refs) > 2 {
			t.Errorf("host %s: %d subjects for one port: %v", h, len(refs), refs)
		}
	}
}

func TestAVTEPTouchesItselfAndItsNetworkWhereThatIs(t *testing.T) {
	s := crowd(3, 9)
	b := cloud.On(s)
	b.Host("alone", 77)
	b.VTEP("v", "net", "10.9.0.1")
	s, _ = b.Done()
	b = cloud.On(s)
	v, _ := b.View.VTEP("v")
	named := *v
	named.Name = "another"
	b.Put(&named)
	same, changes := b.Done()
	if got := strict().Affected(s, same, changes); len(got) > 0 || len(changes) != 1 {
		t.Errorf("a name affected %v", got)
	}
	b = cloud.On(s)
	b.Delete(v)
	next, changes := b.Done()
	got := strict().Affected(s, next, changes)
	for h, refs := range got {
		if h == "alone" || len(refs) != 2 {
			t.Errorf("host %s: subjects %v, want the VTEP and its network", h, refs)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d hosts are affected, want the 3 with the network", len(got))
	}
}

func TestAChangeOfANameTouchesNobody(t *testing.T) {
	s := cloud.Seed()
	b := cloud.On(s)
	for p := range s.Ports() {
		c := *p
		c.Name, c.RevisionNumber = "another", 9
		b.Put(&c)
	}
	next, changes := b.Done()
	if got := strict().Affected(s, next, changes); len(got) > 0 || len(changes) == 0 {
		t.Errorf("%d changes affected %v", len(changes), got)
	}
}
