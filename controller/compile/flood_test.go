package compile_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"weft/api"
	"weft/controller/compile"
	"weft/pipeline"
	"weft/plan"
	"weft/tables"
	"weft/test/cloud"
)

// multitude is a network with a port on each of very many hosts.
func multitude(hosts int) *api.Snapshot {
	b := cloud.On(crowd(1, 1))
	first, _ := b.View.Host(crowdHost(0))
	for i := range hosts {
		h := *first
		h.ID, h.MAC = crowdHost(i), api.MACFromUint64(0xfa163f000000+uint64(i)+1)
		h.TunnelIP = netip.AddrFrom4([4]byte{10, 99, byte(i >> 8), byte(i)})
		b.Put(&h)
		id := api.PortID(fmt.Sprintf("p%05d", i))
		if i > 0 {
			b.Port(id, fmt.Sprintf("fa:16:3e:00:%02x:%02x", i>>8, i&0xff), "sub", fmt.Sprintf("10.0.%d.%d", i>>8, i&0xff))
		}
		b.Put(&api.Binding{PortID: id, HostID: h.ID, NetworkID: "net", OFPort: 10})
	}
	s, _ := b.Done()
	return s
}

// floodedTo gives the tunnel addresses that a host copies a network's broadcasts to, and how often each.
func floodedTo(t *testing.T, s *api.Snapshot, h api.HostID) map[netip.Addr]int {
	t.Helper()
	to := map[netip.Addr]int{}
	c := strict()
	for _, subject := range c.Subjects(s, h) {
		part, err := c.Part(s, h, subject)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range part.Flows {
			if f.Bridge != tables.BridgeTun || f.Table != tables.FloodToTun && f.Table != tables.FloodToPart {
				continue
			}
			for _, a := range f.Actions {
				if set, ok := a.(pipeline.SetField); ok && set.Field.ID == pipeline.FieldTunDst {
					v := set.Field.Value.Lo
					to[netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})]++
				}
			}
		}
	}
	return to
}

func TestANetworkOnThousandsOfHostsReachesEachOnce(t *testing.T) {
	const hosts = 3000
	s := multitude(hosts)
	to := floodedTo(t, s, crowdHost(7))
	for h := range s.Hosts() {
		want := 1
		if h.ID == crowdHost(7) {
			want = 0
		}
		if to[h.TunnelIP] != want {
			t.Fatalf("%d copies to host %s, want %d", to[h.TunnelIP], h.ID, want)
		}
	}
	longest := 0
	for _, f := range hostPlan(t, s, crowdHost(7)).Flows {
		longest = max(longest, len(f.Instructions))
	}
	if longest > 8<<10 {
		t.Errorf("a flow of %d bytes, which every host that comes or goes would have sent again", longest)
	}
}

func TestOneHostMoreChangesOnlyTheListOfItsOwnPart(t *testing.T) {
	b := cloud.On(crowd(100, 101))
	b.Host("late", 250)
	s, _ := b.Done()
	b = cloud.On(s)
	b.Bind("p00000", "late")
	next, changes := b.Done()
	part := subject(api.KindNetwork, "net", compile.Aspect(fmt.Sprintf("peers %d", api.PartOf("late"))))
	for h, got := range strict().Affected(s, next, changes) {
		if h == "late" {
			continue
		}
		if len(got) != 3 || got[0].Kind != api.KindHost || got[1] != part {
			t.Errorf("host %s compiles %v, want the host, %v and the port", h, got, part)
		}
	}
}

// followers are plans of hosts that only differences reach.
type followers struct {
	*testing.T
	at    *api.Snapshot
	plans map[api.HostID]*plan.Plan
}

func follow(t *testing.T, at *api.Snapshot, hosts ...int) *followers {
	f := &followers{t, at, map[api.HostID]*plan.Plan{}}
	for _, i := range hosts {
		f.plans[crowdHost(i)] = planOf(t, at, crowdHost(i))
	}
	return f
}

// step makes a change, and compares what its difference makes of the plans with what is compiled as a whole.
func (f *followers) step(change func(cloud.Builder)) {
	f.Helper()
	b := cloud.On(f.at)
	change(b)
	next, changes := b.Done()
	affected := strict().Affected(f.at, next, changes)
	for h, have := range f.plans {
		f.plans[h] = apply(have, plan.Between(some(f, f.at, h, affected[h]), some(f, next, h, affected[h])))
		if diff := difference(planOf(f, next, h), f.plans[h]); diff != "" {
			f.Fatalf("host %s, affected %v:\n%s", h, affected[h], diff)
		}
	}
	f.at = next
}

// divided makes sure that the hosts are, or are not, divided into parts.
func (f *followers) divided(want bool) {
	f.Helper()
	if pipeline.Divided(f.at.View, "net") != want {
		f.Fatalf("hosts are divided: %t, want %t", !want, want)
	}
	for h, p := range f.plans {
		if strings.Contains(strings.Join(flowLines(p), "\n"), "reg2") != want {
			f.Fatalf("flows of parts on host %s: %t, want %t", h, !want, want)
		}
	}
}

func TestHostsThatComeAndGoWhereTheyBecomeManyChangeWhatIsNeeded(t *testing.T) {
	const hosts, few = 67, 63
	b := cloud.On(crowd(hosts, hosts+1))
	var late []*api.Binding
	for i := few; i < hosts; i++ {
		for bound := range b.View.BindingsOn(crowdHost(i)) {
			late = append(late, bound)
		}
	}
	for _, bound := range late {
		b.Delete(bound)
	}
	old, _ := b.Done()
	f := follow(t, old, 0, 3, few-1, few, hosts-1) // of all, one of each kind
	for _, bound := range late {
		f.step(func(b cloud.Builder) { b.Put(bound) })
	}
	f.divided(true)
	f.step(func(b cloud.Builder) {
		h, _ := b.View.Host(crowdHost(3))
		moved := *h
		moved.TunnelIP = netip.MustParseAddr("10.99.9.9")
		b.Put(&moved)
	})
	for _, up := range []bool{false, true} {
		f.step(func(b cloud.Builder) {
			n, _ := b.View.Network("net")
			next := *n
			next.AdminStateUp = up
			b.Put(&next)
		})
	}
	for _, bound := range late {
		f.step(func(b cloud.Builder) { b.Delete(bound) })
	}
	f.divided(false)
}
