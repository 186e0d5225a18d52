package agent

import (
	"bytes"
	"context"
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
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"weft/plan"
)

// The files of the agent's identity, in the state directory.
const (
	keyFile  = "key.pem"
	certFile = "certificate.pem"
	caFile   = "ca.pem"
	urlFile  = "controller" // where it joined
)

const (
	joinTimeout = 30 * time.Second
	maxAnswer   = 1 << 20
)

var (
	errUnreachable = errors.New("the controller cannot be reached")
	errStranger    = errors.New("the server is not the controller of the join token")
)

// token is what "weft host create" prints, as base64url of JSON.
type token struct {
	Host   string `json:"host"`
	Secret string `json:"secret"`
	CA     string `json:"ca_sha256"` // hex
	URL    string `json:"url"`
}

func parseToken(s string) (token, error) {
	var t token
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	if s == "" {
		return t, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &t)
	}
	if err == nil && (t.Host == "" || t.Secret == "") {
		err = errors.New("it names no host or no secret")
	}
	if err != nil {
		return token{}, fmt.Errorf("read join token: %w; copy it whole from 'weft host create'", err)
	}
	return t, nil
}

// identity gives the TLS configuration with which the agent speaks for its host, joining first if it has no certificate.
func (c *Config) identity(ctx context.Context) (*tls.Config, error) {
	t, err := c.loadIdentity()
	if !errors.Is(err, fs.ErrNotExist) {
		return c.renewed(ctx, t), err
	}
	tok, err := parseToken(c.Join)
	if err != nil {
		return nil, err
	}
	if tok.Secret == "" {
		return nil, fmt.Errorf("host %s has no certificate in %s yet: run 'weft host create %s' at the controller (or 'weft host set %s --rejoin', if it is known there) and give its token with --join",
			c.Host, c.StateDir, c.Host, c.Host)
	}
	if err := c.join(ctx, tok); err != nil {
		return nil, fmt.Errorf("join %s: %w", c.Controller, err)
	}
	c.Log.WithField("controller", c.Controller).Info("joined")
	return c.loadIdentity()
}

// renewed is an identity whose certificate has ended, after joining anew if there is a token for that. Whatever comes of it,
// the host goes on with what it has: it needs no controller for that.
func (c *Config) renewed(ctx context.Context, t *tls.Config) *tls.Config {
	if t == nil {
		return nil
	}
	ends := t.Certificates[0].Leaf.NotAfter
	log := c.Log.WithField("ends", ends)
	if time.Until(ends) > 0 {
		return t
	}
	tok, err := parseToken(c.Join)
	if err == nil && tok.Secret != "" {
		err = c.join(ctx, tok)
	}
	fresh, loading := c.loadIdentity()
	if err = errors.Join(err, loading); err != nil || !fresh.Certificates[0].Leaf.NotAfter.After(ends) {
		log.WithField("err", err).Error("the certificate of this host has ended, and no controller takes it: " + c.rejoin())
		return t
	}
	log.Info("the certificate of this host had ended; it has joined anew")
	return fresh
}

// rejoin says how a host gets a certificate when the one that it has is good for nothing.
func (c *Config) rejoin() string {
	return fmt.Sprintf("run 'weft host set %s --rejoin' at the controller, and start the agent once with its token (--join)", c.Host)
}

func (c *Config) loadIdentity() (*tls.Config, error) {
	ca, err := os.ReadFile(c.file(caFile))
	if err != nil {
		return nil, fmt.Errorf("read authority: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.file(certFile), c.file(keyFile))
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	if pair.Leaf.Subject.CommonName != string(c.Host) {
		return nil, fmt.Errorf("certificate %s is of host %q, and this host is called %q: remove it to join anew, or use --name %s",
			c.file(certFile), pair.Leaf.Subject.CommonName, c.Host, pair.Leaf.Subject.CommonName)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("read authority: no certificate in %s", c.file(caFile))
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, RootCAs: pool}, nil
}

// join asks for a certificate. The key is kept from the first attempt, so that a lost answer does not waste the secret.
func (c *Config) join(ctx context.Context, t token) error {
	key, csr, err := c.request()
	if err != nil {
		return err
	}
	body, err := json.Marshal(plan.JoinRequest{Host: c.Host, Secret: t.Secret, CSR: csr})
	if err != nil {
		return err
	}
	answer, err := c.askJoin(ctx, t, body)
	if err != nil {
		return err
	}
	if _, err := tls.X509KeyPair([]byte(answer.Certificate), keyPEM(key)); err != nil {
		return fmt.Errorf("the controller's answer: %w", err)
	}
	if !pinned(answer.CA, t.CA) {
		return errors.New("the controller's answer names another authority than the join token")
	}
	if err := writeWhole(c.file(caFile), []byte(answer.CA)); err != nil {
		return err
	}
	if err := writeWhole(c.file(urlFile), []byte(c.Controller+"\n")); err != nil {
		return err
	}
	return writeWhole(c.file(certFile), []byte(answer.Certificate))
}

// request is what the controller signs.
func (c *Config) request() (*ecdsa.PrivateKey, string, error) {
	key, err := c.key()
	if err != nil {
		return nil, "", err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader,
		&x509.CertificateRequest{Subject: pkix.Name{CommonName: string(c.Host)}}, key)
	if err != nil {
		return nil, "", fmt.Errorf("make certificate request: %w", err)
	}
	return key, string(encode("CERTIFICATE REQUEST", csr)), nil
}

// joinedAs gives the name in the certificate, "" without one.
func (c *Config) joinedAs() string {
	pair, err := tls.LoadX509KeyPair(c.file(certFile), c.file(keyFile))
	if err != nil {
		return ""
	}
	return pair.Leaf.Subject.CommonName
}

func (c *Config) key() (*ecdsa.PrivateKey, error) {
	if b, err := os.ReadFile(c.file(keyFile)); err == nil {
		if p, _ := pem.Decode(b); p != nil {
			if k, err := x509.ParseECPrivateKey(p.Bytes); err == nil {
				return k, nil
			}
		}
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return k, writeWhole(c.file(keyFile), keyPEM(k))
}

func keyPEM(k *ecdsa.PrivateKey) []byte {
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		panic(err) // a key on P-256 can always be written
	}
	return encode("EC PRIVATE KEY", der)
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func (c *Config) askJoin(ctx context.Context, t token, body []byte) (plan.JoinAnswer, error) {
	var a plan.JoinAnswer
	u, err := url.Parse(c.Controller)
	if err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.JoinPath("v1/join").String(), bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/json")
	tr := &http.Transport{TLSClientConfig: trustPinned(t.CA, u.Hostname())}
	defer tr.CloseIdleConnections()
	res, err := (&http.Client{Transport: tr}).Do(req)
	var strange *tls.CertificateVerificationError
	if errors.As(err, &strange) || errors.Is(err, errStranger) {
		return a, err
	}
	if err != nil {
		return a, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return a, err
	}
	if res.StatusCode/100 != 2 {
		return a, errors.New(refusal(res.Status, answer))
	}
	return a, json.Unmarshal(answer, &a)
}

// refusal gives what the controller said when it refused.
func refusal(status string, body []byte) string {
	var said struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &said) == nil && said.Error != "" {
		return said.Error
	}
	return "the controller answered " + status
}

// trustPinned accepts only a server whose chain ends in the authority with that fingerprint and whose certificate is
// for the name.
func trustPinned(fingerprint, name string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // the usual check has no root yet; the one below is stricter
		VerifyConnection: func(s tls.ConnectionState) error {
			roots := x509.NewCertPool()
			for _, p := range s.PeerCertificates {
				if p.IsCA && sameFingerprint(p, fingerprint) {
					roots.AddCert(p)
				}
			}
			_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
			if err != nil {
				return fmt.Errorf("%w: %w", errStranger, err)
			}
			return nil
		},
	}
}

func sameFingerprint(c *x509.Certificate, want string) bool {
	sum := sha256.Sum256(c.Raw)
	return strings.EqualFold(hex.EncodeToString(sum[:]), strings.ReplaceAll(want, ":", ""))
}

// pinned reports whether the PEM holds exactly the certificate with that fingerprint.
func pinned(text, fingerprint string) bool {
	p, rest := pem.Decode([]byte(text))
	if p == nil || len(bytes.TrimSpace(rest)) > 0 {
		return false
	}
	c, err := x509.ParseCertificate(p.Bytes)
	return err == nil && sameFingerprint(c, fingerprint)
}
