package pace

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// listen gives a listener with so many turns.
func listen(t *testing.T, turns Turns) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return turns.Listener(l)
}

// met connects both ends.
func met(t *testing.T, l net.Listener) (server, client net.Conn) {
	t.Helper()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return server, client
}

func say(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := c.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
}

// heard reads one byte beside the test.
func heard(c net.Conn) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := c.Read(make([]byte, 1))
		done <- err
	}()
	return done
}

func TestWhoWaitsForTheOtherSideHoldsNoTurn(t *testing.T) {
	turns := NewTurns(1)
	l := listen(t, turns)
	silent, _ := met(t, l)
	waits := heard(silent)
	server, client := met(t, l)
	say(t, client)
	if err := <-heard(server); err != nil {
		t.Fatal(err)
	}
	if len(turns) != 1 {
		t.Errorf("%d turns are held by one who has read", len(turns))
	}
	_ = silent.Close()
	if <-waits == nil {
		t.Error("a silent connection was read from")
	}
}

func TestATurnEndsWithTheNextReadOrTheConnection(t *testing.T) {
	turns := NewTurns(4)
	l := listen(t, turns)
	for name, end := range map[string]func(net.Conn){
		"next-read": func(c net.Conn) { heard(c) },
		"close":     func(c net.Conn) { _ = c.Close() },
		"time":      func(net.Conn) {},
	} {
		server, client := met(t, l)
		say(t, client)
		if err := <-heard(server); err != nil {
			t.Fatal(err)
		}
		end(server)
		for range cap(turns) { // all are free once all can be had
			select {
			case turns <- struct{}{}:
			case <-time.After(5 * time.Second):
				t.Fatalf("%s: the turn is still held", name)
			}
		}
		for range cap(turns) {
			<-turns
		}
	}
}

func TestOnlyGreetingsTakeTurns(t *testing.T) {
	turns := NewTurns(1)
	server, client := met(t, listen(t, turns))
	for range greetings {
		say(t, client)
		if err := <-heard(server); err != nil {
			t.Fatal(err)
		}
	}
	say(t, client)
	if err := <-heard(server); err != nil {
		t.Fatal(err)
	}
	if len(turns) != 0 {
		t.Error("a connection that has long been there takes a turn")
	}
}

func TestManyHandshakesEndWithOneTurnAndSilentStrangers(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	conf := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS13}
	turns := NewTurns(1)
	l := listen(t, turns)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var all, strangers sync.WaitGroup
	for range 20 {
		stranger, client := met(t, l)
		say(t, client)
		strangers.Go(func() { _ = tls.Server(stranger, conf).HandshakeContext(ctx) })
	}
	for range 20 {
		server, client := met(t, l)
		c := tls.Client(client, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it is who listens above
		all.Go(func() {
			if err := tls.Server(server, conf).HandshakeContext(ctx); err != nil {
				t.Errorf("server: %v", err)
			}
		})
		all.Go(func() {
			if err := c.HandshakeContext(ctx); err != nil {
				t.Errorf("client: %v", err)
			}
		})
	}
	all.Wait()
	cancel()
	strangers.Wait()
}
