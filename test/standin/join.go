package standin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"weft/api"
	"weft/controller/intent"
	"weft/controller/pki"
)

// Joiner has hosts join without the agent link, for clouds that are made in the state itself. They share a key, which
// saves time and harms nobody here.
type Joiner struct {
	authority *pki.Authority
	key       *ecdsa.PrivateKey
	csr       string
}

// NewJoiner makes a Joiner for hosts of an authority.
func NewJoiner(a *pki.Authority) (*Joiner, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, err
	}
	return &Joiner{a, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))}, nil
}

// Join gives a host's TLS configuration towards the controller, and its certificate's fingerprint.
func (j *Joiner) Join(id api.HostID) (*tls.Config, string, error) {
	cert, fingerprint, err := j.authority.SignHost(string(id), j.csr)
	if err != nil {
		return nil, "", err
	}
	block, _ := pem.Decode([]byte(cert))
	if block == nil {
		return nil, "", fmt.Errorf("certificate of host %s is not in PEM form", id)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: j.authority.Pool(), ServerName: "127.0.0.1",
		Certificates: []tls.Certificate{{Certificate: [][]byte{block.Bytes}, PrivateKey: j.key}},
	}, fingerprint, nil
}

// Request is what it has signed for a host.
func (j *Joiner) Request() string { return j.csr }

// With gives a host's TLS configuration with another certificate for the same key.
func (j *Joiner) With(conf *tls.Config, cert string) (*tls.Config, error) {
	block, _ := pem.Decode([]byte(cert))
	if block == nil {
		return nil, errors.New("the certificate is not in PEM form")
	}
	conf = conf.Clone()
	conf.Certificates = []tls.Certificate{{Certificate: [][]byte{block.Bytes}, PrivateKey: j.key}}
	return conf, nil
}

// Add puts the n-th hypervisor of a cloud into a state, as if it had joined and reported.
func (j *Joiner) Add(tx *api.Txn, ops *intent.Ops, n int) (*Host, error) {
	id := api.HostID(fmt.Sprintf("host%d", n))
	h, err := ops.CreateHost(tx, intent.HostRequest{Name: id})
	if err != nil {
		return nil, err
	}
	conf, fingerprint, err := j.Join(id)
	if err != nil {
		return nil, err
	}
	joined := *h
	joined.CertHash = fingerprint
	tx.Put(&joined)
	s := NewHost(id, n+1, conf)
	return s, ops.ReportHost(tx, id, intent.ReportedHost{TunnelIP: s.TunnelIP, Bridges: s.Bridges()})
}
