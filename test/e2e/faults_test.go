package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weft/client"
	"weft/lab"
)

// What goes wrong in a real cloud, one after the other in one: each is told clearly, harms nobody else, and is over when
// its cause is.
func TestFaultsAreToldAndHarmNobodyElse(t *testing.T) {
	t.Parallel()
	c := newCloud(t, "e2efault")
	c.guest(t, "a1", "host1")
	c.guest(t, "b1", "host2")
	c.guest(t, "c1", "host3")
	c.reach(t)
	for _, f := range []struct {
		name string
		do   func(*testing.T, *cloud)
	}{
		{"a-guest-spoofs", spoofedFramesAreSeenNowhere},
		{"a-switch-has-anothers-datapath-id", switchWithAnothersDatapathID},
		{"an-agent-reports-anothers-datapath-id", agentWithAnothersDatapathID},
		{"an-agent-speaks-for-another-host", agentWithAnothersName},
		{"an-interface-has-no-openflow-port", interfaceWithoutDevice},
		{"a-port-of-the-controller-is-taken", portTaken},
		{"open-vswitch-does-not-run", switchNotRunning},
		{"the-controllers-disk-is-full", controllersDiskFull},
		{"the-controller-dies-in-a-burst", controllerDiesInABurst},
	} {
		ok := t.Run(f.name, func(t *testing.T) {
			f.do(t, c)
			c.settled(t)
			c.reach(t)
		})
		if !ok {
			t.Fatalf("what follows would fail for this reason too\n%s", c.w.logs())
		}
	}
}

// A bridge of host3, under host3's certificate, claims to be br-int of host1.
func switchWithAnothersDatapathID(t *testing.T, c *cloud) {
	dpid := c.sh(t, "host1", "ovs-vsctl get Bridge br-int datapath_id")
	target := c.sh(t, "host3", "ovs-vsctl get-controller br-int | grep ssl:")
	c.sh(t, "host3", "ovs-vsctl --timeout=60 add-br br-evil -- set Bridge br-evil datapath_type=netdev fail_mode=secure "+
		"other-config:datapath-id="+dpid+" -- set-controller br-evil "+target)
	defer c.sh(t, "host3", "ovs-vsctl --timeout=60 del-br br-evil")
	within(t, func() error { return c.logged("with the certificate of host host3") })
	if flows := c.sh(t, "host3", "ovs-ofctl -O OpenFlow13 dump-flows br-evil"); strings.Contains(flows, "actions") {
		t.Errorf("the impostor was given flows:\n%s", flows)
	}
	c.reach(t)
}

// br-tun of host3 gets the datapath id of host1's: host3 has the problem, not host1.
func agentWithAnothersDatapathID(t *testing.T, c *cloud) {
	dpid := c.sh(t, "host1", "ovs-vsctl get Bridge br-tun datapath_id")
	c.kill(t, "host3", lab.ServiceAgent) // its reports would come in between
	certificate, to := c.certificate(t, "host3"), "https://"+c.lab.Topology().Controller().String()+":9698"
	body := `{"tunnel_ip":"10.1.1.5","bridges":[{"name":"br-tun","datapath_id":` + decimal(t, dpid) + `}]}`
	if code, answer := put(t, certificate, to+"/v1/hosts/host3/report", body); code/100 != 2 {
		t.Fatalf("report: %d %s", code, answer)
	}
	c.hostProblem(t, "host3", "of bridge br-tun on host host1")
	c.hostProblem(t, "host1", "")
	c.pings(t, "a1", c.named(t, "b1"))
	c.start(t, "host3", lab.ServiceAgent)
}

// The agent of host3 asks for the plan of host1, reports for it, and takes its name.
func agentWithAnothersName(t *testing.T, c *cloud) {
	certificate, to := c.certificate(t, "host3"), "https://"+c.lab.Topology().Controller().String()+":9698"
	code, answer := put(t, certificate, to+"/v1/hosts/host1/report", `{"tunnel_ip":"10.1.1.66","interfaces":[]}`)
	if code != http.StatusForbidden || !strings.Contains(answer, "host3") {
		t.Errorf("report for host1 under the certificate of host3: %d %s, want 403 that names host3", code, answer)
	}
	if code, answer = get(t, certificate, to+"/v1/hosts/host1/plan"); code != http.StatusForbidden {
		t.Errorf("plan of host1 under the certificate of host3: %d %.200s, want 403", code, answer)
	}
	if _, err := certificate.Get(to + "/v1/hosts/host3/nothing"); err != nil {
		t.Errorf("the certificate itself does not work: %v", err)
	}
	stranger := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // a stranger checks nothing
	if res, err := stranger.Get(to + "/v1/hosts/host1/plan"); err == nil {
		_ = res.Body.Close()
		if res.StatusCode/100 == 2 {
			t.Errorf("the plan of host1 without a certificate: %s", res.Status)
		}
	}
	out := c.in(t, "host3", c.w.path+" agent --name host1 --tunnel-ip 10.1.1.5 --state-dir "+c.dir("host3", "agent"))
	if !strings.Contains(out, `is of host "host3"`) || !strings.Contains(out, "exit status") {
		t.Errorf("an agent that takes another's name ends with %q, want a refusal that names its own", out)
	}
}

// An interface whose device does not exist has the OpenFlow port -1: the port waits, and works once the device is there.
func interfaceWithoutDevice(t *testing.T, c *cloud) {
	p, err := c.api.Ports().Create(t.Context(), client.Port{NetworkID: c.network.ID})
	if err != nil {
		t.Fatal(err)
	}
	c.sh(t, "host1", "ovs-vsctl --no-wait add-port br-int taplate -- set Interface taplate external_ids:iface-id="+p.ID)
	defer c.sh(t, "host1", "ovs-vsctl --timeout=60 del-port br-int taplate; ip link del taplate 2>/dev/null || true")
	within(t, func() error {
		return contains(c.in(t, "host1", "ovs-vsctl get Interface taplate ofport"), "-1")
	})
	c.settled(t)
	c.status(t, p.ID, "BUILD")
	flows := c.sh(t, "host1", "ovs-ofctl -O OpenFlow13 --no-names dump-flows br-int table=0")
	if strings.Contains(flows, "4294967295") || strings.Contains(flows, "in_port=65535") {
		t.Errorf("there are flows for a port that is not there:\n%s", flows)
	}
	c.sh(t, "host1", "ip link add taplate type veth peer name taplate1 && ip link set taplate up")
	c.status(t, p.ID, "ACTIVE")
	if err := c.api.Ports().Delete(t.Context(), p.ID); err != nil {
		t.Error(err)
	}
}

// A second controller beside the one that runs, first with a state of its own, then with the same.
func portTaken(t *testing.T, c *cloud) {
	at, other := c.lab.Topology().Controller().String(), c.dir(lab.MachineController, "other")
	for dir, want := range map[string]string{
		other:                                "--listen-rest " + at + ":9696 is taken by another program ('ss -ltnp' shows which)",
		c.dir(lab.MachineController, "data"): "is a controller running already?",
	} {
		out := c.in(t, lab.MachineController, "timeout 60 "+c.w.path+" controller --data-dir "+dir+" --listen-rest "+at+":9696")
		if !strings.Contains(out, want) || !strings.Contains(out, "exit status 1") {
			t.Errorf("a second controller with the state in %s: %s\nwant exit status 1 and %q", dir, out, want)
		}
	}
	c.in(t, lab.MachineController, "rm -r "+other)
}

// The agent starts without Open vSwitch, says so, and goes on once it is there.
func switchNotRunning(t *testing.T, c *cloud) {
	c.kill(t, "host3", lab.ServiceAgent, lab.ServiceVSwitchd, lab.ServiceOVSDB)
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := c.lab.Start(short, "host3", lab.ServiceAgent); err == nil { // it runs, and is not connected
		t.Error("a host without Open vSwitch is said to be well")
	}
	c.hostProblem(t, "host3", "open vswitch is not running")
	c.pings(t, "a1", c.named(t, "b1"))
	c.start(t, "host3", lab.ServiceOVSDB, lab.ServiceVSwitchd)
	c.hostProblem(t, "host3", "")
}

func (c *cloud) named(t *testing.T, guest string) lab.Guest {
	t.Helper()
	g, err := c.lab.Guest(guest)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// dir is a folder of a machine, the same inside and outside of it.
func (c *cloud) dir(elem ...string) string {
	return filepath.Join(append([]string{c.w.root, c.w.name}, elem...)...)
}

// logged wants a text in the controller's log.
func (c *cloud) logged(text string) error {
	raw, err := os.ReadFile(c.dir(lab.MachineController, "log", lab.ServiceController+".log"))
	if err != nil {
		return err
	}
	return contains(string(raw), text)
}

// certificate makes an HTTP client that is a host's agent.
func (c *cloud) certificate(t *testing.T, host string) *http.Client {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(c.dir(host, "agent", "certificate.pem"), c.dir(host, "agent", "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(c.dir(host, "agent", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	tr := &http.Transport{
		TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool}, ForceAttemptHTTP2: true,
		DialContext: (&net.Dialer{}).DialContext,
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	return send(t, c, http.MethodGet, url, "")
}

func put(t *testing.T, c *http.Client, url, body string) (int, string) {
	t.Helper()
	return send(t, c, http.MethodPut, url, body)
}

func send(t *testing.T, c *http.Client, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil && method != http.MethodGet {
		t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}
