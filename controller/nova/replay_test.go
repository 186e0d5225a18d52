package nova_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"weft/api"
	"weft/controller/auth"
	"weft/controller/intent"
	"weft/controller/nova"
	"weft/controller/rest"
	"weft/controller/rest/backend"
	"weft/store"
)

// whole is the API, hosts that do at once what they are told, and what tells Nova.
type whole struct {
	*testing.T
	backend.Inspector
	ops *intent.Ops
	st  *store.Store
	api http.Handler
	*compute

	mu    sync.Mutex
	moved chan struct{}
}

// What hosts say: a port works where it is plugged.
func (w *whole) PortOn(p api.PortID, h api.HostID) string {
	if b, ok := w.st.Snapshot().Binding(p, h); ok && b.OFPort != 0 {
		return "ACTIVE"
	}
	return "DOWN"
}

func (w *whole) Port(p api.PortID) string {
	v := w.st.Snapshot()
	if q, ok := v.Port(p); ok {
		return w.PortOn(p, intent.ActiveHost(v.View, q))
	}
	return "DOWN"
}

func (w *whole) FloatingIP(api.FloatingIPID) string       { return "DOWN" }
func (w *whole) Router(api.RouterID) string               { return "ACTIVE" }
func (w *whole) Problem(api.Ref) string                   { return "" }
func (w *whole) Wait(context.Context, api.Revision) error { return nil }
func (w *whole) Host(api.HostID) backend.HostState        { return backend.HostState{Alive: true} }

func (w *whole) Moved() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.moved
}

const novaToken = "0123456789abcdef0123456789abcdef"

func newWhole(t *testing.T) *whole {
	w := &whole{T: t, ops: &intent.Ops{Now: time.Now, NewID: uuid.NewString}, moved: make(chan struct{})}
	w.st = store.NewMemory(store.Options{Settle: w.ops.Settle})
	t.Cleanup(func() { _ = w.st.Close() })
	logger, _ := logtest.NewNullLogger()
	w.api = rest.New(rest.Config{
		State: w.st, Ops: w.ops, Status: w, Inspector: w, Keeper: w.st, Auth: auth.Single(novaToken), Log: logger.WithField("link", "rest"),
	})
	w.compute = newCompute(t, well)
	watcher := &nova.Watcher{State: w.st, Status: w, Tell: w.sender(w.with("")).Tell, Now: time.Now}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = watcher.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	for _, h := range []string{"h1", "h2"} {
		w.plug(h)
	}
	return w
}

// plug reports a host with the interfaces of these ports, and no others.
func (w *whole) plug(h string, ports ...string) {
	w.T.Helper()
	r := intent.ReportedHost{TunnelIP: netip.AddrFrom4([4]byte{192, 0, 2, h[1]})}
	for i, p := range ports {
		r.Interfaces = append(r.Interfaces, intent.ReportedInterface{PortID: api.PortID(p), Name: "tap" + p[:8], OFPort: uint32(10 + i)})
	}
	if _, err := w.st.Update(w.Context(), func(tx *api.Txn) error {
		if _, there := tx.Host(api.HostID(h)); !there {
			if _, err := w.ops.CreateHost(tx, intent.HostRequest{Name: api.HostID(h)}); err != nil {
				return err
			}
		}
		return w.ops.ReportHost(tx, api.HostID(h), r)
	}); err != nil {
		w.T.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.moved)
	w.moved = make(chan struct{})
}

type body = map[string]any

// ask sends a request of Nova's, which must be answered so, and gives the answer.
func (w *whole) ask(status int, method, path string, sent body) body {
	w.T.Helper()
	raw, err := json.Marshal(sent)
	if err != nil {
		w.T.Fatal(err)
	}
	if sent == nil {
		raw = nil
	}
	r := httptest.NewRequest(method, "/v2.0/"+path, bytes.NewReader(raw))
	r.Header.Set("X-Auth-Token", novaToken)
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	if rec.Code != status {
		w.T.Fatalf("%s %s %s: %d %s, want %d", method, path, raw, rec.Code, rec.Body, status)
	}
	var out body
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &out); err != nil {
			w.T.Fatal(err)
		}
	}
	return out
}

// one is the only object of a list that is answered.
func (w *whole) one(path, plural string) body {
	w.T.Helper()
	list := w.ask(http.StatusOK, http.MethodGet, path, nil)[plural].([]any)
	if len(list) != 1 {
		w.T.Fatalf("GET %s: %d objects, want one: %v", path, len(list), list)
	}
	return list[0].(body)
}

// shows compares some members of a port with what they should be.
func (w *whole) shows(port body, want body) {
	w.T.Helper()
	got := body{}
	for k := range want {
		got[k] = port[k]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.T.Errorf("the port shows (-want +got):\n%s", diff)
	}
}

// server is a virtual machine of Nova's.
type server struct {
	*whole
	id, net string
	told    []string
}

const novaProject = "00000000000000000000000000000042"

func newServer(t *testing.T) *server {
	s := &server{whole: newWhole(t), id: "11111111-2222-3333-4444-555555555555"}
	n := s.ask(201, "POST", "networks", body{"network": body{"name": "n", "tenant_id": novaProject}})["network"].(body)
	s.net = n["id"].(string)
	s.ask(201, "POST", "subnets", body{"subnet": body{"network_id": s.net, "ip_version": 4, "cidr": "10.0.0.0/24", "tenant_id": novaProject}})
	return s
}

// event is what Nova waits for, after all before it.
func (s *server) event(words string) {
	s.T.Helper()
	s.told = append(s.told, words)
	s.want(s.told...)
}

// allocate makes a port for the server and gives its id: allocate_for_instance, of boot and of attach.
func (s *server) allocate(host string) string {
	s.T.Helper()
	s.ask(200, "GET", "extensions", nil)
	if quota := s.ask(200, "GET", "quotas/"+novaProject, nil)["quota"].(body); quota["port"] == nil {
		s.T.Errorf("quota %v", quota)
	}
	s.ask(200, "GET", "ports?tenant_id="+novaProject+"&fields=id", nil)
	s.one("networks?id="+s.net, "networks")
	p := s.ask(201, "POST", "ports", body{"port": body{
		"device_id": s.id, "network_id": s.net, "admin_state_up": true, "tenant_id": novaProject}})["port"].(body)
	id := p["id"].(string)
	s.ask(200, "GET", "networks/"+s.net+"?fields=provider:physical_network&fields=provider:network_type", nil)
	s.take(id, host)
	return id
}

// take binds a port that is there, and reads what to plug: _update_ports_for_instance and _build_network_info_model.
func (s *server) take(id, host string) {
	s.T.Helper()
	s.ask(200, "PUT", "ports/"+id, body{"port": body{
		"device_id": s.id, "device_owner": "compute:nova", "binding:host_id": host, "dns_name": "vm"}})
	s.ask(200, "GET", "ports?tenant_id="+novaProject+"&device_id="+s.id, nil)
	p := s.one("ports?id="+id+"&device_id="+s.id, "ports")
	s.shows(p, body{
		"binding:host_id": host, "binding:vif_type": "ovs", "binding:vnic_type": "normal", "dns_name": "vm", "status": "DOWN",
		"device_owner": "compute:nova", "security_groups": []any{},
	})
	if details := p["binding:vif_details"].(body); details["ovs_hybrid_plug"] != false || details["bridge_name"] != "br-int" {
		s.T.Errorf("details %v", details)
	}
	fixed := p["fixed_ips"].([]any)[0].(body)
	s.ask(200, "GET", "floatingips?fixed_ip_address="+fixed["ip_address"].(string)+"&port_id="+id, nil)
	s.one("subnets?id="+fixed["subnet_id"].(string), "subnets")
	s.ask(200, "GET", "ports?network_id="+s.net+"&device_owner=network:dhcp", nil)
}

// release gives a port back that is not Nova's to delete: _unbind_ports.
func (s *server) release(id string) {
	s.T.Helper()
	s.ask(200, "GET", "ports/"+id+"?fields=binding:profile&fields=network_id", nil)
	n := s.ask(200, "GET", "networks/"+s.net+"?fields=dns_domain", nil)["network"].(body)
	if diff := cmp.Diff(body{"dns_domain": ""}, n); diff != "" {
		s.T.Error(diff)
	}
	p := s.ask(200, "PUT", "ports/"+id, body{"port": body{
		"device_id": "", "device_owner": "", "binding:host_id": nil, "binding:profile": body{}, "dns_name": ""}})["port"].(body)
	s.shows(p, body{"device_id": "", "device_owner": "", "binding:host_id": "", "binding:profile": body{}, "dns_name": ""})
}

func TestAServersPortsGoThroughItsLife(t *testing.T) {
	s := newServer(t)
	own := s.allocate("h1")
	s.plug("h1", own)
	s.event("network-vif-plugged " + s.id + " " + own + " completed")
	s.shows(s.one("ports?id="+own, "ports"), body{"status": "ACTIVE"})

	given := s.ask(201, "POST", "ports", body{"port": body{"network_id": s.net, "tenant_id": novaProject, "name": "mine"}})["port"].(body)["id"].(string)
	s.ask(200, "GET", "ports/"+given, nil)
	s.take(given, "h1")
	s.plug("h1", own, given)
	s.event("network-vif-plugged " + s.id + " " + given + " completed")

	s.plug("h1", own) // detach: the interface goes, then the port is let go
	s.event("network-vif-unplugged " + s.id + " " + given + " completed")
	s.release(given)
	s.shows(s.one("ports?id="+given, "ports"), body{"binding:vif_type": "unbound", "status": "DOWN", "name": "mine"})

	s.one("ports?device_id="+s.id, "ports") // delete: deallocate_for_instance
	s.ask(204, "DELETE", "ports/"+own, nil)
	s.ask(404, "DELETE", "ports/"+own, nil)
	s.event("network-vif-deleted " + s.id + " " + own + " ")
}

func TestAServerMigratesLive(t *testing.T) {
	s := newServer(t)
	p := s.allocate("h1")
	bindings := "ports/" + p + "/bindings"
	s.plug("h1", p)
	s.event("network-vif-plugged " + s.id + " " + p + " completed")

	bind := body{"binding": body{"host": "h2", "vnic_type": "normal", "profile": body{}}} // bind_ports_to_host
	b := s.ask(201, "POST", bindings, bind)["binding"].(body)
	s.shows(b, body{"host": "h2", "status": "INACTIVE", "vif_type": "ovs"})
	s.one("ports?device_id="+s.id+"&tenant_id="+novaProject+"&binding:host_id=h1", "ports") // setup_networks_on_host
	s.ask(200, "PUT", "ports/"+p, body{"port": body{"binding:profile": body{"migrating_to": "h2"}}})
	s.plug("h2", p) // QEMU waits there
	s.event("network-vif-plugged " + s.id + " " + p + " completed")
	s.shows(s.ask(200, "GET", bindings+"/h2", nil)["binding"].(body), body{"status": "INACTIVE"}) // migrate_instance_start
	s.ask(200, "PUT", bindings+"/h2/activate", body{})
	s.ask(409, "PUT", bindings+"/h2/activate", body{})
	s.plug("h1")
	s.ask(200, "PUT", "ports/"+p, body{"port": body{"binding:profile": body{}}}) // the source is torn down
	s.ask(204, "DELETE", bindings+"/h1", nil)
	s.ask(404, "DELETE", bindings+"/h1", nil)
	s.shows(s.one("ports?device_id="+s.id, "ports"), body{
		"binding:host_id": "h2", "binding:profile": body{}, "status": "ACTIVE", "binding:vif_type": "ovs"})

	s.ask(201, "POST", bindings, body{"binding": body{"host": "h1", "vnic_type": "normal", "profile": body{}}}) // and one that is rolled back
	s.ask(204, "DELETE", bindings+"/h1", nil)
	s.ask(404, "GET", bindings+"/h1", nil)
	s.shows(s.one("ports?device_id="+s.id, "ports"), body{"binding:host_id": "h2", "status": "ACTIVE"})
}

func TestAServerMovesWhileItIsDown(t *testing.T) {
	s := newServer(t)
	p := s.allocate("h1")
	s.plug("h1", p)
	s.event("network-vif-plugged " + s.id + " " + p + " completed")

	move := func(host string) { // _update_port_binding_for_instance: resize, evacuate, unshelve
		s.T.Helper()
		s.one("ports?device_id="+s.id+"&tenant_id="+novaProject, "ports")
		s.ask(200, "PUT", "ports/"+p, body{"port": body{"binding:host_id": host, "device_owner": "compute:az2"}})
		s.shows(s.one("ports?id="+p, "ports"), body{"binding:host_id": host, "binding:vif_type": "ovs", "status": "DOWN"})
		s.plug(host, p)
		s.event("network-vif-plugged " + s.id + " " + p + " completed")
	}
	s.plug("h1")
	s.event("network-vif-unplugged " + s.id + " " + p + " completed")
	move("h2")
	s.plug("h2")
	s.event("network-vif-unplugged " + s.id + " " + p + " completed")
	s.one("ports?device_id="+s.id+"&tenant_id="+novaProject+"&fields=id", "ports") // shelve: cleanup_instance_network_on_host
	s.ask(204, "DELETE", "ports/"+p+"/bindings/h2", nil)
	s.shows(s.one("ports?device_id="+s.id, "ports"), body{"binding:host_id": "", "binding:vif_type": "unbound", "device_id": s.id})
	move("h1")
}

func TestAServerThatIsEvacuatedLeavesItsDeadHost(t *testing.T) {
	s := newServer(t)
	p := s.allocate("h1")
	s.plug("h1", p)
	s.event("network-vif-plugged " + s.id + " " + p + " completed")
	if _, err := s.st.Update(t.Context(), func(tx *api.Txn) error {
		s.ops.SetLives(tx, map[api.HostID]api.Life{"h1": api.Dead})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	s.ask(200, "PUT", "ports/"+p, body{"port": body{"binding:host_id": "h2", "device_owner": "compute:nova"}})
	s.event("network-vif-unplugged " + s.id + " " + p + " completed")
	s.plug("h2", p)
	s.event("network-vif-plugged " + s.id + " " + p + " completed")
	s.shows(s.one("ports?id="+p, "ports"), body{"binding:host_id": "h2", "binding:vif_type": "ovs", "status": "ACTIVE"})
}
