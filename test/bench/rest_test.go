package bench_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/intent"
)

// portsPerNetwork makes 10,000 networks of 100,000 ports.
const portsPerNetwork = 10

// BenchmarkREST measures requests over HTTP/1.1 on loopback to a controller with many ports, with authentication, a state
// file and its fsyncs: alone, one after another, and creates from 64 clients at once. With the ports that are there
// nothing but the unfiltered list may grow.
func BenchmarkREST(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("ports=%d", n), func(b *testing.B) {
			before := heap()
			s := newService(b, n)
			b.Run("memory", func(b *testing.B) {
				for b.Loop() { // the cloud is there already: nothing to repeat
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric((heap()-before)/float64(n)*1000/1024, "KiB/1000ports")
			})
			for _, r := range s.reads() {
				b.Run(r.name, func(b *testing.B) {
					measure(b, func() { s.send(b, http.MethodGet, r.path, "", http.StatusOK) })
				})
			}
			b.Run("create", func(b *testing.B) {
				measure(b, func() { s.send(b, http.MethodPost, "/v2.0/ports", s.newPort(), http.StatusCreated) })
			})
			b.Run("create-64-clients", func(b *testing.B) { s.createFrom(b, 64) })
			b.Run("change", func(b *testing.B) {
				i := 0
				measure(b, func() {
					i++
					s.send(b, http.MethodPut, "/v2.0/ports/"+string(s.some.ID), fmt.Sprintf(`{"port":{"name":"n%d"}}`, i), http.StatusOK)
				})
			})
		})
	}
}

// service is the REST side of a controller, and a client of it.
type service struct {
	*cloud
	url    string
	client *http.Client
	nets   []api.NetworkID
	some   *api.Port // one of many
	next   atomic.Int64
}

func newService(b *testing.B, ports int) *service {
	b.Helper()
	s := &service{cloud: newCloudOf(b, 0, portsPerHost)}
	for done := 0; done < ports; {
		s.update(func(tx *api.Txn) error { // 2,000 ports a transaction
			for range 200 {
				if err := s.network(tx, done); err != nil || done >= ports {
					return err
				}
				done += portsPerNetwork
			}
			return nil
		})
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	b.Cleanup(s.start(listen(b), log))
	srv := httptest.NewServer(s.rest)
	b.Cleanup(srv.Close)
	s.url, s.client = srv.URL, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(s.client.CloseIdleConnections)
	for p := range s.store.Snapshot().PortsOf(s.nets[len(s.nets)/2]) {
		s.some = p
	}
	return s
}

// network makes a network with its ports; from says how many ports there are already.
func (s *service) network(tx *api.Txn, from int) error {
	project := fmt.Sprintf("project%d", from/100)
	n, err := s.ops.CreateNetwork(tx, intent.NetworkRequest{MetaRequest: meta(project, "net", from)})
	if err != nil {
		return err
	}
	s.nets = append(s.nets, n.ID)
	if _, err := s.ops.CreateSubnet(tx, intent.SubnetRequest{
		NetworkID: n.ID, IPVersion: 4, CIDR: intent.Some(prefixOf(from / portsPerNetwork)),
	}); err != nil {
		return err
	}
	for i := range portsPerNetwork {
		r := intent.PortRequest{NetworkID: n.ID, MetaRequest: meta(project, "port", from+i)}
		r.DeviceID = intent.Some(fmt.Sprintf("vm%d", from+i))
		if _, err := s.ops.CreatePort(tx, r); err != nil {
			return err
		}
	}
	return nil
}

// read is a request that changes nothing.
type read struct{ name, path string }

func (s *service) reads() []read {
	p := s.some
	by := func(attr, value string) read { return read{"list-by-" + attr, "/v2.0/ports?" + attr + "=" + value} }
	return []read{
		{"show", "/v2.0/ports/" + string(p.ID)},
		by("id", string(p.ID)), by("name", p.Name), by("network_id", string(p.NetworkID)), by("device_id", p.DeviceID),
		by("mac_address", p.MAC.String()), by("fixed_ips", "ip_address%3D"+p.FixedIPs[0].Addr.String()),
		by("project_id", p.ProjectID),
		{"list-page-of-100", "/v2.0/ports?limit=100&marker=" + string(p.ID)},
		{"list-networks-by-name", "/v2.0/networks?name=net0"},
		{"list-all-ids", "/v2.0/ports?fields=id"},
	}
}

func (s *service) newPort() string {
	return fmt.Sprintf(`{"port":{"name":"new","network_id":%q}}`, s.nets[s.next.Add(1)%int64(len(s.nets))])
}

func (s *service) send(b *testing.B, method, path, body string, want int) {
	r, err := http.NewRequestWithContext(b.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return
	}
	r.Header.Set("X-Auth-Token", token)
	answer, err := s.client.Do(r)
	if err != nil {
		b.Error(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	var text json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&text); err != nil || answer.StatusCode != want {
		b.Errorf("%s %s: %d %s, %v", method, path, answer.StatusCode, text, err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
}

// createFrom makes ports from several clients at once.
func (s *service) createFrom(b *testing.B, clients int) {
	jobs := make(chan struct{})
	took := make([][]time.Duration, clients)
	var done sync.WaitGroup
	for i := range clients {
		done.Go(func() {
			for range jobs {
				start := time.Now()
				s.send(b, http.MethodPost, "/v2.0/ports", s.newPort(), http.StatusCreated)
				took[i] = append(took[i], time.Since(start))
			}
		})
	}
	start := time.Now()
	for b.Loop() {
		jobs <- struct{}{}
	}
	close(jobs)
	done.Wait()
	report(b, time.Since(start), slices.Concat(took...))
}

// measure repeats a request and tells how long the slowest ones took.
func measure(b *testing.B, f func()) {
	var took []time.Duration
	begin := time.Now()
	for b.Loop() {
		start := time.Now()
		f()
		took = append(took, time.Since(start))
	}
	report(b, time.Since(begin), took)
}

func report(b *testing.B, all time.Duration, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(float64(len(took))/all.Seconds(), "requests/s")
}

func meta(project, name string, n int) intent.MetaRequest {
	return intent.MetaRequest{Name: intent.Some(fmt.Sprintf("%s%d", name, n)), ProjectID: intent.Some(project)}
}

// prefixOf gives the n-th /24 of 10.0.0.0/8.
func prefixOf(n int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 0}), 24)
}
