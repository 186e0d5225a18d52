package ofp_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"weft/controller/ofp"
	"weft/controller/ofp/wire"
)

// fake is a switch made of bytes.
type fake struct {
	net.Conn
	t testing.TB
}

func dialFake(t testing.TB, addr string) *fake {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &fake{c, t}
}

// send writes a message given in hex, with spaces where they help.
func (f *fake) send(text string) {
	f.t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		f.t.Fatal(err)
	}
	_, _ = f.Write(b) // the server may be gone already, which is what tests of hostile switches want
}

// receive reads one message.
func (f *fake) receive() (wire.Header, []byte) {
	f.t.Helper()
	if err := f.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		f.t.Fatal(err)
	}
	head := make([]byte, wire.HeaderLen)
	if _, err := io.ReadFull(f, head); err != nil {
		f.t.Fatal(err)
	}
	h, err := wire.ParseHeader(head)
	if err != nil {
		f.t.Fatal(err)
	}
	b := make([]byte, h.Length)
	copy(b, head)
	if _, err := io.ReadFull(f, b[wire.HeaderLen:]); err != nil {
		f.t.Fatal(err)
	}
	return h, b
}

const helloOf13 = "04 00 0010 00000001 0001 0008 00000010"

// greet does a proper handshake as switch dpid.
func (f *fake) greet(dpid uint64) {
	f.t.Helper()
	f.introduce(dpid)
	if h, _ := f.receive(); h.Type != wire.TypeSetConfig {
		f.t.Fatalf("server sent %v, want set-config", h.Type)
	}
}

// introduce does the switch's part of a handshake.
func (f *fake) introduce(dpid uint64) {
	f.t.Helper()
	f.send(helloOf13)
	if h, _ := f.receive(); h.Type != wire.TypeHello {
		f.t.Fatalf("server began with %v, want hello", h.Type)
	}
	h, _ := f.receive()
	if h.Type != wire.TypeFeaturesRequest {
		f.t.Fatalf("server sent %v, want features-request", h.Type)
	}
	body := binary.BigEndian.AppendUint64(nil, dpid)
	_, err := f.Write(wire.AppendMessage(nil, wire.TypeFeaturesReply, h.XID, append(body, make([]byte, 16)...)))
	if err != nil {
		f.t.Fatal(err)
	}
}

// gone waits until the server has closed the connection.
func (f *fake) gone() {
	f.t.Helper()
	if err := f.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		f.t.Fatal(err)
	}
	_, err := io.Copy(io.Discard, f)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		f.t.Fatal("server keeps the connection")
	}
}

// logs collects what is logged.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestHostileSwitchIsClosedWithAReason(t *testing.T) {
	cases := []struct {
		name  string
		greet bool
		send  string // in hex
		want  string // in the log
	}{
		{"garbage", false, "474554202f20485454502f312e310d0a0d0a", "no header of OpenFlow 1.3"},
		{"nothing", false, "", "timeout"},
		{"half a header", false, "0400 00", "timeout"},
		{"half a hello", false, "04 00 0010 00000001 0001", "timeout"},
		{"header shorter than itself", false, "04 00 0004 00000001", "fewer than the header itself"},
		{"hello element of length 0", false, "04 00 0010 00000001 0001 0000 00000010", "hello element 1 says 0 bytes"},
		{"hello element beyond the end", false, "04 00 0010 00000001 0002 00ff 00000010", "hello element 2 says 255 bytes"},
		{"OpenFlow 1.0", false, "01 00 0008 00000001", "set protocols=OpenFlow13"},
		{"long greeting", false, "04 00 ffff 00000001", "65535 bytes, want at most 4096"},
		{"other than hello", false, "04 0a 0008 00000001", "began with packet-in"},
		{"auxiliary", false, helloOf13 + "04 06 0020 00000002 0000000000000001 00000000 00 01 0000 00000000 00000000", "auxiliary"},
		{"short features", false, helloOf13 + "04 06 0010 00000002 0000000000000001", "features-reply message has 16 bytes"},
		{"refusal", false, helloOf13 + "04 01 000c 00000002 0001 0005", "bad request: not permitted"},
		{"silence after the greeting", true, "", "silent"},
		{"half a message", true, "04 13 0100 00000001 00", "silent, or in the middle"},
		{"other version", true, "05 13 0010 00000001 0001000000000000", "no header of OpenFlow 1.3"},
		{"short port status", true, "04 0c 0010 00000000 0000000000000000", "port-status message has 16 bytes"},
		{"packet-in with a match beyond its end", true, "04 0a 0022 00000000 ffffffff 0000 00 00 0000000000000000 0001 00ff 80000004 0000 0000 0000", "packet-in: match"},
		{"short error", true, "04 01 0008 00000001", "error message has 8 bytes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out logs
			log := logrus.New()
			log.SetOutput(&out)
			h := newHandler()
			conf := ofp.Config{Handler: h, Log: logrus.NewEntry(log), EchoInterval: 10 * time.Second, DeadAfter: time.Minute}
			switch {
			case c.want == "timeout":
				conf.DeadAfter = 500 * time.Millisecond
			case strings.Contains(c.want, "silent"): // but not before it has greeted, however busy this machine is
				conf.EchoInterval, conf.DeadAfter = 100*time.Millisecond, 3*time.Second
			}
			addr := serve(t, conf)
			f := dialFake(t, addr)
			if c.greet {
				f.greet(7)
				receive(t, "session", h.connected)
			}
			f.send(c.send)
			f.gone()
			if c.greet {
				_ = receive(t, "disconnection", h.disconnected)
			}
			waitFor(t, "log entry", func() bool { return strings.Contains(out.String(), "level=warning") })
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("log lacks %q:\n%s", c.want, out.String())
			}
		})
	}
}

// waitFor polls until ok; what it waits for has no channel.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(time.Minute); !ok(); <-poll.C {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in a minute", what)
		}
	}
}

func TestSwitchThatTheHandlerRefusesIsClosed(t *testing.T) {
	h := newHandler()
	h.refuse = func(s *ofp.Session) error {
		if s.DPID() == 2 {
			return errors.New("no such switch")
		}
		return nil
	}
	addr := serve(t, ofp.Config{Handler: h})
	bad, good := dialFake(t, addr), dialFake(t, addr)
	bad.introduce(2)
	bad.gone()
	good.greet(1)
	if s := receive(t, "session", h.connected); s.DPID() != 1 {
		t.Errorf("connected %d, want 1", s.DPID())
	}
}

func TestEchoIsAnsweredWithItsPayload(t *testing.T) {
	h := newHandler()
	f := dialFake(t, serve(t, ofp.Config{Handler: h}))
	f.greet(1)
	f.send("04 02 000c 00000063 01020304")
	got, b := f.receive()
	if got.Type != wire.TypeEchoReply || got.XID != 0x63 || !bytes.Equal(b[8:], []byte{1, 2, 3, 4}) {
		t.Errorf("reply = %+v %x, want echo-reply 0x63 01020304", got, b)
	}
}

func TestSilentSwitchIsAskedForASignOfLife(t *testing.T) {
	h := newHandler()
	f := dialFake(t, serve(t, ofp.Config{Handler: h, EchoInterval: 20 * time.Millisecond, DeadAfter: time.Minute}))
	f.greet(1)
	for range 3 {
		got, b := f.receive()
		if got.Type != wire.TypeEchoRequest {
			t.Fatalf("server sent %v, want echo-request", got.Type)
		}
		_, _ = f.Write(wire.AppendMessage(nil, wire.TypeEchoReply, got.XID, b[8:]))
	}
}

func TestRequestEndsWithItsContextAndWithItsSession(t *testing.T) {
	h := newHandler()
	f := dialFake(t, serve(t, ofp.Config{Handler: h}))
	f.greet(1)
	s := receive(t, "session", h.connected)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan error, 2)
	go func() { _, err := s.ReadFlows(ctx, "br0"); got <- err }()
	f.receive()
	cancel()
	if err := receive(t, "error", got); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want %v", err, context.Canceled)
	}
	go func() { got <- s.Commit(t.Context(), cloud(t, 1), nil) }()
	f.receive()
	_ = f.Close()
	if err := receive(t, "error", got); err == nil {
		t.Error("commit on a connection that ended gave no error")
	}
}

func TestReplyThatDoesNotFitIsAnErrorOfTheRequestAlone(t *testing.T) {
	h := newHandler()
	f := dialFake(t, serve(t, ofp.Config{Handler: h}))
	f.greet(1)
	s := receive(t, "session", h.connected)
	got := make(chan error, 1)
	go func() { _, err := s.ReadFlows(t.Context(), "br0"); got <- err }()
	ask, _ := f.receive()
	_, _ = f.Write(wire.AppendMessage(nil, wire.TypeMultipartReply, ask.XID, []byte{0, 1, 0, 0, 0, 0, 0, 0, 0, 3}))
	if err := receive(t, "error", got); err == nil || !strings.Contains(err.Error(), "flow stats") {
		t.Errorf("error = %v, want one about flow stats", err)
	}
	f.send("04 02 0008 00000063")
	if m, _ := f.receive(); m.Type != wire.TypeEchoReply {
		t.Errorf("then the server sent %v, want echo-reply", m.Type)
	}
}

func TestTwoThousandSwitchesAtOnce(t *testing.T) {
	const n = 2000
	h := newHandler()
	addr := serve(t, ofp.Config{Handler: h})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	fakes := make([]*fake, n)
	for i := range fakes {
		fakes[i] = dialFake(t, addr)
		fakes[i].greet(uint64(i + 1))
	}
	seen := map[uint64]*ofp.Session{}
	for range n {
		s := receive(t, "session", h.connected)
		seen[s.DPID()] = s
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	perSession := int64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse) / n
	t.Logf("%d bytes a session, fake switch included", perSession)
	if len(seen) != n || perSession > 64<<10 {
		t.Errorf("%d sessions of %d bytes each, want %d of less than 64 KiB", len(seen), perSession, n)
	}
	f := fakes[n/2]
	f.send("04 02 0008 00000001")
	if m, _ := f.receive(); m.Type != wire.TypeEchoReply {
		t.Errorf("one of them got %v, want echo-reply", m.Type)
	}
}

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB) *authority {
	a := &authority{}
	c := a.issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	a.cert, a.key = c.Leaf, c.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

// issue completes and signs a template; the first one signs itself.
func (a *authority) issue(t testing.TB, c *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(1), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestSwitchUnderTLSIsTheHostOfItsCertificate(t *testing.T) {
	ca := newAuthority(t)
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	h := newHandler()
	addr := serve(t, ofp.Config{Handler: h, TLS: &tls.Config{
		Certificates: []tls.Certificate{ca.issue(t, &x509.Certificate{DNSNames: []string{"controller"}})}, ClientCAs: pool,
	}})
	client := tls.Config{RootCAs: pool, ServerName: "controller"}

	withCert := client.Clone()
	withCert.Certificates = []tls.Certificate{ca.issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "node-1"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})}
	good := &fake{tls.Client(dialFake(t, addr).Conn, withCert), t}
	good.greet(5)
	if s := receive(t, "session", h.connected); s.Host() != "node-1" || s.RemoteAddr().String() != good.LocalAddr().String() {
		t.Errorf("host %q at %v, want node-1 at %v", s.Host(), s.RemoteAddr(), good.LocalAddr())
	}

	stranger := client.Clone()
	stranger.Certificates = []tls.Certificate{newAuthority(t).issue(t, &x509.Certificate{DNSNames: []string{"node-2"}})}
	for name, c := range map[string]*tls.Config{"no certificate": &client, "foreign certificate": stranger} {
		f := &fake{tls.Client(dialFake(t, addr).Conn, c), t}
		f.send(helloOf13)
		f.gone()
		if len(h.connected) > 0 {
			t.Errorf("%s: switch was let in", name)
		}
	}
	plain := dialFake(t, addr)
	plain.send(helloOf13)
	plain.gone()
}
