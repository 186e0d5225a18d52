package intent_test

import (
	"fmt"
	"net/netip"
	"testing"

	"weft/api"
	"weft/controller/intent"
)

// routes gives a router routes by way of others with which it shares a network, or none.
func (a actor) routes(tx *api.Txn) error {
	id := anID[api.RouterID](a, api.KindRouter)
	var hops []netip.Addr
	for leg := range tx.LegsOf(id) {
		for _, f := range leg.FixedIPs {
			for other := range tx.LegsOnSubnet(f.SubnetID) {
				for _, g := range other.FixedIPs {
					hops = append(hops, g.Addr)
				}
			}
		}
	}
	routes := []api.HostRoute{}
	for i, hop := range hops {
		if hop.Is4() && a.maybe("route") {
			routes = append(routes, api.HostRoute{Destination: netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 16, byte(i), 0}), 24), NextHop: hop})
		}
	}
	_, err := a.w.ops.UpdateRouter(tx, id, intent.RouterRequest{Routes: intent.Some(routes)})
	return err
}

// chain is a cloud of routers in a row, each with a network of guests of its own, and one network between each two.
type chain struct {
	*world
	routers []*api.Router
	nets    []*api.Network
	subs    []*api.Subnet
}

func newChain(t *testing.T, n int) *chain {
	c := &chain{world: newWorld()}
	for i := range n {
		net := c.network(t, intent.NetworkRequest{})
		sub := c.subnet(t, net.ID, fmt.Sprintf("10.%d.0.0/24", i))
		c.nets, c.subs = append(c.nets, net), append(c.subs, sub)
		c.routers = append(c.routers, c.router(t, "", sub.ID))
		if i > 0 {
			between := c.network(t, intent.NetworkRequest{})
			transit := c.subnet(t, between.ID, fmt.Sprintf("10.100.%d.0/24", i))
			for _, leg := range []struct {
				r    *api.Router
				addr byte
			}{{c.routers[i-1], 1}, {c.routers[i], 2}} {
				p := c.port(t, intent.PortRequest{NetworkID: between.ID, FixedIPs: intent.Some([]intent.FixedIPRequest{{
					SubnetID: transit.ID, Addr: netip.AddrFrom4([4]byte{10, 100, byte(i), leg.addr})}})})
				must(t, c.world, func(tx *api.Txn) (intent.InterfaceAnswer, error) {
					return c.ops.AddRouterInterface(tx, leg.r.ID, intent.InterfaceRequest{PortID: p.ID})
				})
			}
		}
	}
	c.host(t, "h1")
	c.host(t, "h2")
	return c
}

// route gives a router of the row its routes: each to a network of guests.
func (c *chain) route(t *testing.T, i int, to map[int]string) {
	routes := []api.HostRoute{}
	for j, hop := range to {
		routes = append(routes, api.HostRoute{Destination: c.subs[j].CIDR, NextHop: netip.MustParseAddr(hop)})
	}
	must(t, c.world, func(tx *api.Txn) (*api.Router, error) {
		return c.ops.UpdateRouter(tx, c.routers[i].ID, intent.RouterRequest{Routes: intent.Some(routes)})
	})
}

// placed wants each router of the row on h1 or not.
func (c *chain) placed(t *testing.T, when string, want ...bool) {
	t.Helper()
	for i, r := range c.routers {
		if _, got := c.Placement("h1", r.ID); got != want[i] {
			t.Errorf("%s: router %d is on h1: %t, want %t", when, i, got, want[i])
		}
	}
}

func TestRoutersThatARouterRoutesByWayOfAreWhereItIs(t *testing.T) {
	c := newChain(t, 3)
	guest := c.port(t, intent.PortRequest{NetworkID: c.nets[0].ID})
	c.plug(t, "h1", guest.ID)
	c.placed(t, "without routes", true, false, false)
	c.route(t, 0, map[int]string{1: "10.100.1.2", 2: "10.100.1.2"})
	c.placed(t, "with a route to the second", true, true, false)
	c.route(t, 1, map[int]string{0: "10.100.1.1", 2: "10.100.2.2"})
	c.placed(t, "with a route from there to the third", true, true, true)
	c.route(t, 2, map[int]string{0: "10.100.2.1"})
	c.plug(t, "h1")
	c.placed(t, "without a guest, though they route by way of each other", false, false, false)
	c.plug(t, "h1", guest.ID)
	c.placed(t, "with the guest again", true, true, true)
	c.route(t, 0, nil)
	c.placed(t, "without the first route", true, false, false)
}
