package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	authorityLife = 20 * 365 * 24 * time.Hour
	clockSkew     = time.Hour // how far a host's clock may be behind when it first joins
)

// DefaultLife is how long certificates are good.
const DefaultLife = 5 * 365 * 24 * time.Hour

// Authority signs certificates. Its key and certificate are files ca.key and ca.crt.
type Authority struct {
	// Life is how long the certificates that it signs are good; it never promises more than it has left itself.
	Life time.Duration
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	now  func() time.Time
}

// LoadOrCreate reads the authority from dir, or makes it there (0700, keys 0600) if dir has none.
func LoadOrCreate(dir string, now func() time.Time) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make certificate directory: %w", err)
	}
	crt, key := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key")
	pair, err := tls.LoadX509KeyPair(crt, key)
	if errors.Is(err, fs.ErrNotExist) {
		return create(crt, key, now)
	}
	if err != nil {
		return nil, fmt.Errorf("read certificate authority %s: %w", crt, err)
	}
	k, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read certificate authority %s: want an ECDSA key, got %T", key, pair.PrivateKey)
	}
	return &Authority{Life: DefaultLife, cert: pair.Leaf, key: k, now: now}, nil
}

func create(crt, key string, now func() time.Time) (*Authority, error) {
	for _, f := range []string{crt, key} {
		if _, err := os.Stat(f); err == nil {
			return nil, fmt.Errorf("certificate authority is incomplete: %s is there without its other half; restore it from a backup", f)
		}
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority key: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "weft certificate authority"},
		NotBefore:             now().Add(-clockSkew),
		NotAfter:              now().Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, k.Public(), k)
	if err != nil {
		return nil, fmt.Errorf("sign authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back authority: %w", err)
	}
	if err := writeKey(key, k); err != nil {
		return nil, err
	}
	return &Authority{Life: DefaultLife, cert: cert, key: k, now: now}, writeFile(crt, encodeCert(der), 0o644)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Ends is when the authority itself is good for nothing, and with it all that it signed.
func (a *Authority) Ends() time.Time { return a.cert.NotAfter }

// Pool holds the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// PEM is the authority's certificate.
func (a *Authority) PEM() string { return string(encodeCert(a.cert.Raw)) }

// Fingerprint is the SHA-256 of the authority's certificate in hex; a join token carries it.
func (a *Authority) Fingerprint() string { return Fingerprint(a.cert) }

// Fingerprint is the SHA-256 of a certificate in hex.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// SignHost signs the public key of a certificate request (PEM) for the host name. What else the request asks for is
// ignored. It returns the certificate in PEM and its fingerprint.
func (a *Authority) SignHost(name, csr string) (certPEM, fingerprint string, err error) {
	block, _ := pem.Decode([]byte(csr))
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return "", "", errors.New("certificate request is not in PEM form")
	}
	req, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return "", "", fmt.Errorf("read certificate request: %w", err)
	}
	if err := req.CheckSignature(); err != nil {
		return "", "", fmt.Errorf("certificate request is not signed by its own key: %w", err)
	}
	der, err := a.sign(name, nil, req.PublicKey)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256(der)
	return string(encodeCert(der)), hex.EncodeToString(sum[:]), nil
}

// Server gives a fresh certificate for the controller itself, valid for the names and addresses given.
func (a *Authority) Server(names []string) (tls.Certificate, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make controller key: %w", err)
	}
	der, err := a.sign("weft controller", names, k.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	// The authority goes along in the chain, so that a host which knows only its fingerprint can check it.
	return tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: k}, nil
}

func (a *Authority) sign(cn string, names []string, pub any) ([]byte, error) {
	t := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: cn},
		NotBefore:    a.now().Add(-clockSkew),
		NotAfter:     earlier(a.now().Add(a.Life), a.cert.NotAfter),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, pub, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign certificate for %s: %w", cn, err)
	}
	return der, nil
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // crypto/rand does not fail on Linux
	}
	return n
}
