package main

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/rest/backend"
	"weft/test/differential/exchange"
)

// hostsArea is about what depends on hosts: agents, schedulers, bindings of ports, availability zones. Its stories are told
// where there are three: h1 with a bridge for physnet1, h2 without, and h3, which is dead.
func hostsArea() area { return area{"hosts", hostStories, nil} }

const onHosts = "on hosts: "

// needsHosts reports whether a story is told where there are hosts.
func needsHosts(s exchange.Story) bool { return strings.HasPrefix(s.Name, onHosts) }

// addHosts makes in weft what -hosts makes in Neutron.
func (w *weft) addHosts(ops *intent.Ops) error {
	_, err := w.store.Update(context.Background(), func(tx *api.Txn) error {
		for i, id := range []api.HostID{"h1", "h2", "h3"} {
			h, err := ops.CreateHost(tx, intent.HostRequest{Name: id})
			if err != nil {
				return err
			}
			r := intent.ReportedHost{TunnelIP: netip.AddrFrom4([4]byte{192, 0, 2, byte(1 + i)})}
			if id == "h1" {
				r.BridgeMappings = map[string]string{"physnet1": "br-ex"}
			}
			if err := ops.ReportHost(tx, h.ID, r); err != nil {
				return err
			}
		}
		dead, _ := tx.Host("h3")
		next := *dead
		next.Down = time.Now()
		tx.Put(&next)
		return nil
	})
	return err
}

// someAlive takes all hosts but h3 for alive, though no agent is connected.
type someAlive struct{ backend.Inspector }

func (a someAlive) Host(id api.HostID) backend.HostState {
	s := a.Inspector.Host(id)
	s.Alive, s.LastSeen = id != "h3", time.Now()
	return s
}

func hostTale(name string, parts ...string) exchange.Story {
	return tale(onHosts+name, append([]string{`
		admin GET agents?host=h1&binary=neutron-l3-agent => l31
		admin GET agents?host=h2&binary=neutron-l3-agent => l32
		admin GET agents?host=h3&binary=neutron-l3-agent => l33
		admin GET agents?host=h1&binary=neutron-dhcp-agent => dhcp1
		admin GET agents?host=h1&binary=neutron-openvswitch-agent => ovs1`}, parts...)...)
}

func hostStories() []exchange.Story {
	return []exchange.Story{agentStory(), schedulerStory(), boundStory(), bindingsStory(), zoneStory()}
}

func agentStory() exchange.Story {
	return hostTale("agents", `
		admin GET agents?fields=host&fields=binary&fields=alive&fields=admin_state_up
		admin GET agents?alive=false&fields=host&fields=binary
		admin GET agents?alive=x
		admin GET agents?agent_type=L3%20agent&fields=host
		admin GET agents?host=h1&fields=topic
		admin GET agents?sort_key=host&sort_dir=desc&fields=host
		admin GET agents?nonsense=x&fields=host
		admin GET agents/{l31}
		a GET agents/{l31}
		a GET agents
		a-reads GET agents/{l31}`, ask(`admin PUT agents/{l31} {"agent":{%s}}`, `"description":"x"`, `"description":null`, `"description":5`,
		`"admin_state_up":false`, `"admin_state_up":"x"`, `"admin_state_up":true`, `"host":"h9"`, `"alive":false`, `"nonsense":1`, ``), `
		a PUT agents/{l31} {"agent":{"description":"x"}}
		a DELETE agents/{l31}
		admin PUT agents/x {"agent":{"description":"x"}}
		admin DELETE agents/{none}
		admin DELETE agents/{l33}
		admin GET agents/{l33}`)
}

func schedulerStory() exchange.Story {
	return hostTale("schedulers", `
		admin POST networks {"network":{"name":"ext","router:external":true}} => ext
		admin POST subnets {"subnet":{"network_id":"{ext}","ip_version":4,"cidr":"203.0.113.0/24","enable_dhcp":false}} => exts
		a POST routers {"router":{"name":"r"}} => r
		a POST networks {"network":{"name":"net"}} => net
		admin GET routers/{r}/l3-agents
		admin GET agents/{l31}/l3-routers
		a GET agents/{l31}/l3-routers
		a GET routers/{r}/l3-agents
		admin POST agents/{l31}/l3-routers {"router_id":"{none}"}
		admin POST agents/{l31}/l3-routers {}
		admin POST agents/{l31}/l3-routers {"router_id":"x"}
		admin POST agents/{none}/l3-routers {"router_id":"{r}"}
		admin POST agents/{ovs1}/l3-routers {"router_id":"{r}"}
		admin POST agents/{dhcp1}/l3-routers {"router_id":"{r}"}
		admin DELETE agents/{l31}/l3-routers/{none}
		admin DELETE agents/{l31}/l3-routers/{r}
		admin GET networks/{net}/dhcp-agents
		admin GET networks/{none}/dhcp-agents
		a GET networks/{net}/dhcp-agents
		admin GET agents/{dhcp1}/dhcp-networks
		admin GET agents/{none}/dhcp-networks
		admin GET agents/{ovs1}/dhcp-networks
		admin GET agents/{ovs1}/l3-routers
		a POST agents/{l31}/l3-routers {"router_id":"{r}"}
		a POST agents/{dhcp1}/dhcp-networks {"network_id":"{net}"}`)
}

// boundStory asks for ports on hosts that can have them, and that cannot.
func boundStory() exchange.Story {
	return hostTale("where ports are bound", `
		admin POST networks {"network":{"name":"net"}} => net
		admin POST networks {"network":{"name":"vlan","provider:network_type":"vlan","provider:physical_network":"physnet1","provider:segmentation_id":150}} => vlan`,
		ask(`admin POST ports {"port":{"network_id":"{net}","device_owner":"compute:nova",%s}} => p`, `"binding:host_id":"h1"`, `"binding:host_id":"h2"`,
			`"binding:host_id":"h3"`, `"binding:host_id":"nowhere"`, `"binding:host_id":""`, `"binding:host_id":null`,
			`"binding:host_id":"h1","binding:profile":{"a":1}`, `"binding:host_id":"h1","binding:profile":null`, `"binding:host_id":"h1","binding:profile":"x"`,
			`"binding:host_id":"h1","binding:vif_type":"ovs"`, `"binding:host_id":"h1","admin_state_up":false`),
		ask(`admin POST ports {"port":{"network_id":"{vlan}","device_owner":"compute:nova","binding:host_id":"%s"}}`, "h1", "h2", "h3"), `
		a POST ports {"port":{"network_id":"{net}","binding:host_id":"h1"}}
		admin POST ports {"port":{"network_id":"{net}"}} => p`,
		ask(`admin PUT ports/{p} {"port":{%s}}`, `"binding:host_id":"h1"`, `"binding:host_id":"h2"`, `"binding:host_id":"h3"`, `"binding:host_id":"nowhere"`,
			`"binding:host_id":""`, `"binding:host_id":"h1","device_owner":"compute:nova"`, `"binding:profile":{"b":[1,{"c":null}]}`, `"binding:profile":{}`,
			`"mac_address":"fa:16:3e:00:00:07"`, `"binding:host_id":null`), `
		a PUT ports/{p} {"port":{"binding:host_id":"h1"}}
		admin GET ports?binding:host_id=h1&fields=binding:vif_type
		a GET ports?binding:host_id=h1&fields=name
		a GET ports/{p}?fields=binding:host_id&fields=binding:vnic_type
		admin GET ports/{p}?fields=binding:host_id&fields=binding:vnic_type&fields=binding:vif_type`)
}

// bindingsStory is what Compute asks for while a server moves.
func bindingsStory() exchange.Story {
	return hostTale("bindings of a port", `
		admin POST networks {"network":{"name":"net"}} => net
		admin POST networks {"network":{"name":"vlan","provider:network_type":"vlan","provider:physical_network":"physnet1","provider:segmentation_id":150}} => vlan
		admin POST ports {"port":{"network_id":"{net}","device_owner":"compute:nova","device_id":"vm","binding:host_id":"h1"}} => p
		admin POST ports {"port":{"network_id":"{net}"}} => free
		admin POST ports {"port":{"network_id":"{vlan}","device_owner":"compute:nova","binding:host_id":"h1"}} => v`,
		ask(`admin POST ports/{p}/bindings {"binding":%s}`, `{}`, `{"host":"h1"}`, `{"host":"h3"}`, `{"host":"nowhere"}`,
			`{"host":"h2","vnic_type":"x"}`, `{"host":"h2","profile":"x"}`, `{"host":"h2","nonsense":1}`, `{"host":"h2","status":"ACTIVE"}`,
			`{"host":"h2","profile":{"a":1}}`, `{"host":"h2"}`), `
		admin POST ports/{v}/bindings {"binding":{"host":"h2"}}
		admin POST ports/{free}/bindings {"binding":{"host":"h1"}}
		admin GET ports/{free}/bindings
		admin GET ports/{p}/bindings
		admin GET ports/{p}/bindings?host=h2
		admin GET ports/{p}/bindings?status=ACTIVE&fields=host
		admin GET ports/{p}/bindings/h2
		admin GET ports/{p}/bindings/h3
		admin GET ports/{none}/bindings
		admin GET ports/{p}
		a GET ports/{p}/bindings
		a POST ports/{p}/bindings {"binding":{"host":"h2"}}
		admin PUT ports/{p}/bindings/h2 {"binding":{"profile":{"b":2}}}
		admin PUT ports/{p}/bindings/h3 {"binding":{"profile":{"b":2}}}
		admin PUT ports/{p}/bindings/h1 {"binding":{"profile":{"b":3}}}
		admin PUT ports/{p}/bindings/h1/activate
		admin PUT ports/{p}/bindings/h3/activate
		admin PUT ports/{p}/bindings/h2/activate
		admin PUT ports/{p}/bindings/h2/activate
		admin GET ports/{p}?fields=binding:host_id&fields=binding:profile&fields=binding:vif_type
		admin GET ports/{p}/bindings
		admin PUT ports/{none}/bindings/h2/activate
		admin DELETE ports/{p}/bindings/h1
		admin DELETE ports/{p}/bindings/h1
		admin DELETE ports/{p}/bindings/h2
		admin GET ports/{p}/bindings
		admin DELETE ports/{p}
		admin GET ports/{p}/bindings`)
}

func zoneStory() exchange.Story {
	return hostTale("zones and addresses", `
		a GET availability_zones
		admin GET availability_zones?resource=router
		admin GET availability_zones?state=available&name=nova&fields=resource
		admin GET availability_zones?name=x
		a POST networks {"network":{"name":"n","availability_zone_hints":["nova"]}} => n
		a POST networks {"network":{"availability_zone_hints":["x"]}}
		a POST networks {"network":{"availability_zone_hints":["nova","nova"]}}
		a POST routers {"router":{"name":"r","availability_zone_hints":["nova"]}}
		a POST routers {"router":{"availability_zone_hints":["x"]}}
		a PUT networks/{n} {"network":{"availability_zone_hints":["nova"]}}
		a POST subnets {"subnet":{"network_id":"{n}","name":"s4","ip_version":4,"cidr":"10.0.0.0/28"}} => s4
		a POST subnets {"subnet":{"network_id":"{n}","name":"s6","ip_version":6,"cidr":"2001:db8::/64","gateway_ip":"2001:db8::1"}} => s6
		a POST ports {"port":{"network_id":"{n}"}}
		admin GET network-ip-availabilities/{n}
		admin GET network-ip-availabilities?network_id={n}
		admin GET network-ip-availabilities?ip_version=6
		admin GET network-ip-availabilities?network_name=n&fields=used_ips
		admin GET network-ip-availabilities?tenant_id=`+exchange.ProjectA+`&fields=network_name
		admin GET network-ip-availabilities/{none}
		a GET network-ip-availabilities
		a POST subnetpools {"subnetpool":{"name":"p","prefixes":["172.16.0.0/24"]}} => pool
		a PUT subnetpools/{pool}/remove_prefixes {"prefixes":["172.16.0.0/24"]}`)
}
