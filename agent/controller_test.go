package agent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"weft/plan"
)

// controller is a controller for tests: an authority, and a server of the agent link that says what the test wants.
type controller struct {
	t      *testing.T
	ca     *x509.Certificate
	caKey  *ecdsa.PrivateKey
	server *httptest.Server
	addr   string

	mu      sync.Mutex
	script  func(w http.ResponseWriter, r *http.Request) // one plan stream
	reports []plan.Report
	joins   int
	deny    bool     // renewals
	asked   []string // the ends of the certificates that asked for one
}

const secret = "s3cret"

func newController(t *testing.T) *controller {
	t.Helper()
	c := &controller{t: t, script: say()}
	c.caKey, c.ca = c.certificate("authority", nil, nil)
	c.start("127.0.0.1:0")
	t.Cleanup(func() { c.stop() })
	return c
}

func (c *controller) start(addr string) {
	c.t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/join", c.join)
	mux.HandleFunc("POST /v1/hosts/h1/certificate", c.renew)
	mux.HandleFunc("GET /v1/hosts/h1/plan", func(w http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) == 0 {
			http.Error(w, `{"error":"no certificate"}`, http.StatusUnauthorized)
			return
		}
		c.mu.Lock()
		f := c.script
		c.mu.Unlock()
		f(w, r)
	})
	mux.HandleFunc("PUT /v1/hosts/h1/report", func(_ http.ResponseWriter, r *http.Request) {
		var rep plan.Report
		if err := json.NewDecoder(r.Body).Decode(&rep); err != nil {
			return // an agent that was killed while it spoke
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.reports = append(c.reports, rep)
	})
	key, cert := c.certificate("controller", c.ca, c.caKey)
	pool := x509.NewCertPool()
	pool.AddCert(c.ca)
	c.server = httptest.NewUnstartedServer(mux)
	l, err := net.Listen("tcp", addr)
	if err != nil {
		c.t.Fatal(err)
	}
	c.server.Listener.Close()
	c.server.Listener, c.addr = l, l.Addr().String()
	c.server.EnableHTTP2 = true
	c.server.TLS = &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw, c.ca.Raw}, PrivateKey: key}},
		ClientAuth:   tls.VerifyClientCertIfGiven, ClientCAs: pool,
	}
	c.server.StartTLS()
}

func (c *controller) stop() {
	if c.server != nil {
		c.server.CloseClientConnections()
		c.server.Close()
		c.server = nil
	}
}

func (c *controller) certificate(cn string, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	t := template(cn)
	if by == nil {
		t.IsCA, t.KeyUsage = true, x509.KeyUsageCertSign
		by, byKey = t, key
	}
	return key, c.sign(t, by, key.Public(), byKey)
}

func template(cn string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: cn},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
}

func (c *controller) sign(t, by *x509.Certificate, public any, key *ecdsa.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, t, by, public, key)
	if err != nil {
		c.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		c.t.Fatal(err)
	}
	return cert
}

func (c *controller) join(w http.ResponseWriter, r *http.Request) {
	var q plan.JoinRequest
	_ = json.NewDecoder(r.Body).Decode(&q)
	if q.Secret != secret {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"error":"the secret is not the one of host h1"}`))
		return
	}
	p, _ := pem.Decode([]byte(q.CSR))
	csr, err := x509.ParseCertificateRequest(p.Bytes)
	if err != nil {
		c.t.Error(err)
		return
	}
	cert := c.sign(template(string(q.Host)), c.ca, csr.PublicKey, c.caKey)
	c.mu.Lock()
	c.joins++
	c.mu.Unlock()
	_ = json.NewEncoder(w).Encode(plan.JoinAnswer{
		Certificate: string(encode("CERTIFICATE", cert.Raw)), CA: string(encode("CERTIFICATE", c.ca.Raw)),
	})
}

// renew signs what comes with a certificate.
func (c *controller) renew(w http.ResponseWriter, r *http.Request) {
	var q plan.RenewRequest
	_ = json.NewDecoder(r.Body).Decode(&q)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(r.TLS.PeerCertificates) > 0 {
		c.asked = append(c.asked, r.TLS.PeerCertificates[0].NotAfter.UTC().String())
	}
	p, _ := pem.Decode([]byte(q.CSR))
	if c.deny || p == nil {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"error":"not now"}`))
		return
	}
	csr, err := x509.ParseCertificateRequest(p.Bytes)
	if err != nil {
		c.t.Error(err)
		return
	}
	like := template("h1")
	like.NotBefore, like.NotAfter = time.Now().Add(-time.Minute), c.ca.NotBefore.Add(72*time.Hour)
	_ = json.NewEncoder(w).Encode(plan.JoinAnswer{
		Certificate: string(encode("CERTIFICATE", c.sign(like, c.ca, csr.PublicKey, c.caKey).Raw)), CA: string(encode("CERTIFICATE", c.ca.Raw)),
	})
}

// token gives the join token of h1.
func (c *controller) token(secret string) string {
	sum := sha256.Sum256(c.ca.Raw)
	b, _ := json.Marshal(token{"h1", secret, hex.EncodeToString(sum[:]), "https://" + c.addr})
	return base64.RawURLEncoding.EncodeToString(b)
}

// serve makes the next streams say something.
func (c *controller) serve(f func(http.ResponseWriter, *http.Request)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.script = f
}

// last gives the newest report.
func (c *controller) last() plan.Report {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.reports) == 0 {
		return plan.Report{}
	}
	return c.reports[len(c.reports)-1]
}

// say gives a stream of messages that stays open afterwards.
func say(ms ...plan.Message) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		flush(w)
		for _, m := range ms {
			b, _ := json.Marshal(m)
			_, _ = w.Write(append(b, '\n'))
			flush(w)
		}
		<-r.Context().Done()
	}
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

func snapshot(rev uint64, xs ...plan.Spec) plan.Message {
	m := plan.Message{Type: typeSnapshot, Revision: revision(rev)}
	for _, x := range xs {
		m.Put = append(m.Put, plan.Item{Spec: x})
	}
	return m
}
