package bench_test

import (
	"flag"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weft/client"
)

var (
	manyOf    = flag.Int("many", 200, "networks of BenchmarkMany, and as many subnets, routers and floating IPs, and ten times as many ports")
	manyFiles = flag.Bool("many-files", true, "whether BenchmarkMany exports all of it to a file")
	manyHosts = flag.Int("many-hosts", 60, "hypervisors of BenchmarkMany")
)

// BenchmarkMany fills a real controller over REST with many of everything: networks, each with a subnet, a router with a
// gateway, a floating IP, and ten ports on as many hosts, none of which is connected. It reports, one after the other:
//
//   - how many of each are made in a second, by bulk requests where there are any;
//   - how long lists take, a page of them, or those that a filter leaves;
//   - how long one thing more of each kind takes;
//   - the controller's memory, its state file, and how long a restart takes until REST answers;
//   - how long "weft export" takes, and "weft apply --dry-run" of what that wrote.
func BenchmarkMany(b *testing.B) {
	for b.Loop() {
		m := &many{scale: newScale(b, *manyHosts)}
		m.begin()
		m.fill(*manyOf)
		m.memory("filled-MiB")
		m.lists()
		m.oneMore()
		m.again()
		if *manyFiles {
			m.files()
		}
		m.must(m.ctl.Stop())
		m.api.Close()
	}
	b.ReportMetric(0, "ns/op")
}

// many is the cloud of BenchmarkMany.
type many struct {
	*scale
	quick            *client.Client
	nets, subs, rtrs []string
	ports            []string // the first of each network
	n                int
}

// bulk is how many objects one request makes.
const bulk = 200

// make makes n objects and gives their ids.
func (m *many) make(r client.Resource, n int, attrs func(i int) client.Object) []string {
	ids := make([]string, 0, n)
	took := m.took(func() {
		for len(ids) < n {
			some := make([]client.Object, min(bulk, n-len(ids)))
			for i := range some {
				some[i] = attrs(len(ids) + i)
			}
			made, err := m.quick.CreateMany(m.Context(), r, some)
			m.must(err)
			for _, o := range made {
				ids = append(ids, o.Text("id"))
			}
		}
	})
	m.report(r.Plural+"/s", float64(n)/took)
	return ids
}

func (m *many) fill(n int) {
	m.quick, m.n = m.api.NotWaiting(), n
	made, err := m.quick.Create(m.Context(), client.Networks, client.Object{"name": "public", "router:external": true})
	m.must(err)
	public := made.Text("id")
	_, err = m.quick.Create(m.Context(), client.Subnets,
		client.Object{"network_id": public, "cidr": "100.64.0.0/10", "ip_version": 4, "enable_dhcp": false})
	m.must(err)
	m.nets = m.make(client.Networks, n, func(i int) client.Object { return client.Object{"name": fmt.Sprint("n", i)} })
	m.subs = m.make(client.Subnets, n, func(i int) client.Object {
		return client.Object{"network_id": m.nets[i], "cidr": "192.168.0.0/24", "ip_version": 4}
	})
	all := m.make(client.Ports, 10*n, func(i int) client.Object {
		h := m.hosts[i%len(m.hosts)].ID
		return client.Object{"network_id": m.nets[i/10], "name": fmt.Sprint("p", i), "binding:host_id": string(h)}
	})
	for i := range n {
		m.ports = append(m.ports, all[10*i])
	}
	m.rtrs = m.make(client.Routers, n, func(i int) client.Object {
		return client.Object{"name": fmt.Sprint("r", i), "external_gateway_info": client.Object{"network_id": public}}
	})
	m.report("legs/s", float64(n)/m.took(func() {
		for i := range n {
			m.must(m.quick.AddRouterInterface(m.Context(), m.rtrs[i], m.subs[i]))
		}
	}))
	m.make(client.FloatingIPs, n, func(i int) client.Object {
		return client.Object{"floating_network_id": public, "port_id": m.ports[i]}
	})
}

// ms reports how long something takes: the best of some.
func (m *many) ms(what string, times int, f func()) {
	best := m.took(f)
	for range times - 1 {
		best = min(best, m.took(f))
	}
	m.report(what+"-ms", 1000*best)
}

func (m *many) lists() {
	list := func(what string, r client.Resource, query url.Values, want int) {
		m.ms(what, 3, func() {
			got, err := m.quick.List(m.Context(), r, query)
			m.must(err)
			if len(got) != want {
				m.Fatalf("%s: %d objects, want %d", what, len(got), want)
			}
		})
	}
	page := func(more url.Values) url.Values {
		all := url.Values{"limit": {"100"}}
		maps.Copy(all, more)
		return all
	}
	list("page-of-ports", client.Ports, page(nil), 100)
	list("page-by-status", client.Ports, page(url.Values{"status": {"DOWN"}}), 100)
	list("page-sorted", client.Ports, page(url.Values{"sort_key": {"name"}}), 100)
	list("ports-of-network", client.Ports, url.Values{"network_id": {m.nets[m.n/2]}, "name": {fmt.Sprint("p", 10*(m.n/2))}}, 1)
	list("ports-by-name", client.Ports, url.Values{"name": {"p7"}}, 1)
	list("page-of-routers", client.Routers, page(nil), 100)
	list("page-of-floating-ips", client.FloatingIPs, page(nil), 100)
	list("all-networks", client.Networks, nil, m.n+1)
	list("all-hosts", client.Hosts, nil, len(m.hosts))
}

func (m *many) oneMore() {
	create := func(r client.Resource, attrs client.Object) string {
		made, err := m.quick.Create(m.Context(), r, attrs)
		m.must(err)
		return made.Text("id")
	}
	var net, port string
	var subs []string
	vlan, leg := 76, 0
	host := string(m.hosts[0].ID)
	m.ms("one-network", 5, func() { net = create(client.Networks, client.Object{"name": "more"}) })
	m.ms("one-provider-network", 5, func() {
		vlan++
		create(client.Networks, client.Object{"provider:network_type": "vlan", "provider:physical_network": "phys", "provider:segmentation_id": vlan})
	})
	m.ms("one-subnet", 5, func() {
		cidr := fmt.Sprintf("172.16.%d.0/24", len(subs))
		subs = append(subs, create(client.Subnets, client.Object{"network_id": net, "cidr": cidr, "ip_version": 4}))
	})
	m.ms("one-port", 5, func() { port = create(client.Ports, client.Object{"network_id": m.nets[0], "binding:host_id": host}) })
	m.ms("one-leg", 5, func() {
		m.must(m.quick.AddRouterInterface(m.Context(), m.rtrs[leg], subs[leg]))
		leg++
	})
	m.ms("one-router", 5, func() { create(client.Routers, client.Object{"name": "more"}) })
	m.ms("one-vtep", 1, func() { create(client.VTEPs, client.Object{"network_id": m.nets[0], "address": "10.200.0.1"}) })
	m.ms("one-trunk", 1, func() {
		create(client.Trunks, client.Object{"port_id": port, "sub_ports": []client.Object{
			{"port_id": m.ports[1], "segmentation_type": "vlan", "segmentation_id": 5},
		}})
	})
}

// again ends the controller and starts it over the same state.
func (m *many) again() {
	m.must(m.ctl.Stop())
	file, err := os.Stat(filepath.Join(m.dir, "state.db"))
	m.must(err)
	m.report("state-MiB", float64(file.Size())/(1<<20))
	m.report("start-s", m.took(func() {
		m.begin()
		_, err := m.api.Show(m.Context(), client.Networks, m.nets[0])
		m.must(err)
	}))
	m.report("start-cpu-s", m.work())
	m.memory("started-MiB")
}

// files writes everything to a file with the program, and compares the file with what is there.
func (m *many) files() {
	weft := func(args ...string) string {
		cmd := exec.Command(m.program, args...)
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "OS_") || strings.HasPrefix(e, "WEFT_") }),
			"WEFT_ENDPOINT="+m.ctl.URL, "WEFT_TOKEN="+m.ctl.Token)
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.Output()
		m.report(args[0]+"-cpu-s", (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
		if err != nil && (args[0] != "apply" || cmd.ProcessState.ExitCode() != 1) { // there is something to do, then
			m.Fatalf("weft %s: %v\n%s", strings.Join(args, " "), err, said.String())
		}
		return string(out)
	}
	file := filepath.Join(m.dir, "cloud.yaml")
	m.report("export-s", m.took(func() { m.must(os.WriteFile(file, []byte(weft("export")), 0o600)) }))
	m.report("apply-dry-run-s", m.took(func() { weft("apply", "-f", file, "--dry-run") }))
	m.report("port-list-s", m.took(func() { weft("port", "list", "-o", "json") }))
}
