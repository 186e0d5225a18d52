package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"weft/client"
)

// certificate makes one for loopback, signed by itself, and gives its PEM, its key's, and both in one.
func certificate(t *testing.T, serial int64) (cert, key []byte, both tls.Certificate) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	if both, err = tls.X509KeyPair(cert, key); err != nil {
		t.Fatal(err)
	}
	return cert, key, both
}

func put(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}

// serveTLS answers "networks" under TLS as the flags say, and gives the address.
func serveTLS(t *testing.T, f restFlags, own tls.Certificate) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- f.serve(ctx, l, func() (*tls.Certificate, error) { return &own, nil }, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"networks": [{"name": "`+r.Proto+`"}]}`)
		}), logrus.NewEntry(log))
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// protocol lists networks with an authority and gives the protocol that was spoken.
func protocol(t *testing.T, addr, ca string) (string, error) {
	t.Helper()
	c, err := client.New(client.Config{Endpoint: "https://" + addr, Token: "x", CAFile: ca, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	found, err := c.List(t.Context(), client.Networks, nil)
	if err != nil {
		return "", err
	}
	return found[0].Text("name"), nil
}

func TestTheAPIUnderTLSWithACertificateOfItsOwn(t *testing.T) {
	pemCert, _, own := certificate(t, 1)
	ca := put(t, filepath.Join(t.TempDir(), "ca.crt"), pemCert)
	addr := serveTLS(t, restFlags{tls: "auto"}, own)
	if got, err := protocol(t, addr, ca); err != nil || got != "HTTP/2.0" {
		t.Errorf("%q, %v, want HTTP/2.0", got, err)
	}
	other, _, _ := certificate(t, 2)
	if _, err := protocol(t, addr, put(t, ca, other)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with another authority: %v", err)
	}
}

func TestACertificateThatChangesIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	f := restFlags{tlsCert: filepath.Join(dir, "tls.crt"), tlsKey: filepath.Join(dir, "tls.key")}
	for i := range int64(3) {
		cert, key, _ := certificate(t, i+1)
		put(t, f.tlsCert, cert)
		put(t, f.tlsKey, key)
		ca := put(t, filepath.Join(dir, "ca.crt"), cert)
		if i == 0 {
			f.tls = serveTLS(t, f, tls.Certificate{})
		}
		if _, err := protocol(t, f.tls, ca); err != nil {
			t.Errorf("certificate %d: %v", i+1, err)
		}
		put(t, f.tlsKey, []byte("no key")) // the last good one holds
		if _, err := protocol(t, f.tls, ca); err != nil {
			t.Errorf("certificate %d with a broken key beside it: %v", i+1, err)
		}
	}
}

func TestFlagsOfTLSThatDoNotGoTogetherAreRefused(t *testing.T) {
	for says, f := range map[string]restFlags{
		"want auto":          {tls: "yes"},
		"need each other":    {tlsCert: "x"},
		"exclude each other": {tls: "auto", tlsCert: "x", tlsKey: "y"},
		"no such file":       {tlsCert: "/nowhere/x", tlsKey: "/nowhere/y"},
	} {
		if _, err := f.certificate(nil, logrus.NewEntry(logrus.New())); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", f, err, says)
		}
	}
}
