package link

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/pki"
	"weft/plan"
)

// fixture is a running server with its authority.
type fixture struct {
	t         *testing.T
	authority *pki.Authority
	url       string
	handler   *handler
	log       heard
}

type handler struct {
	authority *pki.Authority
	revoked   map[string]bool
	renewedBy string
	reports   chan plan.Report
	answers   chan plan.Answer
	messages  chan plan.Message
}

func (h *handler) Authorize(_ api.HostID, fingerprint string) error {
	if h.revoked[fingerprint] {
		return errors.New("revoked")
	}
	return nil
}

func (h *handler) Join(_ context.Context, r plan.JoinRequest) (plan.JoinAnswer, error) {
	if r.Secret != "good" {
		return plan.JoinAnswer{}, api.Faultf(api.Forbidden, "JoinRefused", "wrong secret")
	}
	cert, _, err := h.authority.SignHost(string(r.Host), r.CSR)
	return plan.JoinAnswer{Certificate: cert, CA: h.authority.PEM()}, err
}

func (h *handler) Renew(_ context.Context, host api.HostID, fingerprint, csr string) (plan.JoinAnswer, error) {
	h.renewedBy = fingerprint
	cert, _, err := h.authority.SignHost(string(host), csr)
	if err != nil {
		err = api.Faultf(api.BadRequest, "RenewalRefused", "%v", err)
	}
	return plan.JoinAnswer{Certificate: cert, CA: h.authority.PEM()}, err
}

func (h *handler) Answer(_ api.HostID, a plan.Answer) { h.answers <- a }

func (h *handler) Report(_ context.Context, _ api.HostID, r plan.Report) error {
	h.reports <- r
	return nil
}

func (h *handler) Stream(ctx context.Context, _ api.HostID, send func(plan.Message) error) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-h.messages:
			if err := send(m); err != nil {
				return err
			}
		}
	}
}

func serve(t *testing.T) *fixture {
	t.Helper()
	a, err := pki.LoadOrCreate(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := a.Server([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	lines := make(heard, 8)
	log.AddHook(lines)
	h := &handler{authority: a, revoked: map[string]bool{}, reports: make(chan plan.Report, 8), answers: make(chan plan.Answer, 8), messages: make(chan plan.Message, 8)}
	s := &Server{Handler: h, Log: logrus.NewEntry(log), TLS: &tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: a.Pool()}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &fixture{t: t, authority: a, url: "https://" + l.Addr().String(), handler: h, log: lines}
}

// heard takes what is logged.
type heard chan *logrus.Entry

func (heard) Levels() []logrus.Level { return logrus.AllLevels }

func (h heard) Fire(e *logrus.Entry) error {
	select {
	case h <- e:
	default:
	}
	return nil
}

func TestWhoSpeaksNoTLSIsInTheLog(t *testing.T) {
	f := serve(t)
	c, err := net.Dial("tcp", strings.TrimPrefix(f.url, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	if e := <-f.log; e.Level != logrus.WarnLevel || !strings.Contains(fmt.Sprint(e.Data["err"]), "TLS handshake error from "+c.LocalAddr().String()) {
		t.Errorf("%v: %s %v", e.Level, e.Message, e.Data)
	}
}

// joined gives a client that holds a certificate of the host; a nil client certificate if host is "".
func (f *fixture) joined(host string) *http.Client {
	f.t.Helper()
	conf := &tls.Config{RootCAs: f.authority.Pool()}
	if host != "" {
		key, csr := keyAndRequest(f.t)
		pemCert, _, err := f.authority.SignHost(host, csr)
		if err != nil {
			f.t.Fatal(err)
		}
		b, _ := pem.Decode([]byte(pemCert))
		conf.Certificates = []tls.Certificate{{Certificate: [][]byte{b.Bytes}, PrivateKey: key}}
	}
	tr := &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true}
	f.t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func keyAndRequest(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func (f *fixture) do(c *http.Client, method, path, body string) (int, string) {
	f.t.Helper()
	req, err := http.NewRequest(method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestHostSpeaksOnlyForItself(t *testing.T) {
	f := serve(t)
	cases := []struct {
		name, as, path string
		want           int
	}{
		{"own name", "host1", "/v1/hosts/host1/report", http.StatusNoContent},
		{"another's name", "host1", "/v1/hosts/host2/report", http.StatusForbidden},
		{"no certificate", "", "/v1/hosts/host1/report", http.StatusUnauthorized},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if code, body := f.do(f.joined(c.as), "PUT", c.path, `{"revision":7}`); code != c.want {
				t.Errorf("status = %d (%s), want %d", code, body, c.want)
			}
		})
	}
	if r := <-f.handler.reports; r.Revision != 7 {
		t.Errorf("revision = %d, want 7", r.Revision)
	}
	if len(f.handler.reports) != 0 {
		t.Error("a refused report was taken")
	}
}

func TestReportThatIsNoReportIsRefused(t *testing.T) {
	f := serve(t)
	c := f.joined("host1")
	for _, body := range []string{"", "{", `{"revision":-1}`, `{"tunnel_ip":"300.1.1.1"}`, `[]`} {
		if code, _ := f.do(c, "PUT", "/v1/hosts/host1/report", body); code != http.StatusBadRequest {
			t.Errorf("%q: status = %d, want 400", body, code)
		}
	}
}

func TestJoinNeedsTheSecretAndNoCertificate(t *testing.T) {
	f := serve(t)
	_, csr := keyAndRequest(t)
	join := func(secret string) (int, string) {
		b, err := json.Marshal(plan.JoinRequest{Host: "host9", Secret: secret, CSR: csr})
		if err != nil {
			t.Fatal(err)
		}
		return f.do(f.joined(""), "POST", "/v1/join", string(b))
	}
	if code, body := join("bad"); code != http.StatusForbidden || !strings.Contains(body, "wrong secret") {
		t.Errorf("bad secret: %d %s", code, body)
	}
	code, body := join("good")
	var ans plan.JoinAnswer
	if err := json.Unmarshal([]byte(body), &ans); err != nil || code != http.StatusOK || ans.CA != f.authority.PEM() {
		t.Errorf("good secret: %d %s %v", code, body, err)
	}
}

func TestPlanStreamCarriesItemsAsTheyCome(t *testing.T) {
	f := serve(t)
	item := plan.Item{Spec: plan.Namespace{Name: "qrouter-1"}, Subject: api.Ref{Kind: api.KindRouter, ID: "1"}}
	want := plan.Message{Type: "delta", Revision: 3, Put: []plan.Item{item}, Drop: []plan.Key{{Kind: plan.KindRule, NS: "x", ID: "y"}}}
	f.handler.messages <- want
	resp, err := f.joined("host1").Get(f.url + "/v1/hosts/host1/plan")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Errorf("HTTP/%d, want 2", resp.ProtoMajor)
	}
	line, err := bufio.NewReader(resp.Body).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var got plan.Message
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if got.Revision != want.Revision || len(got.Put) != 1 || got.Put[0] != item || got.Drop[0] != want.Drop[0] {
		t.Errorf("got %s", bytes.TrimSpace(line))
	}
}
