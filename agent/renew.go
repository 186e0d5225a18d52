package agent

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"weft/agent/run"
	"weft/plan"
)

// How often the clock is looked at, and what is between attempts.
const (
	renewalLook  = 10 * time.Minute
	renewalPause = time.Hour
	leastPause   = time.Second
)

// holder has the certificate that new connections are made with.
type holder struct {
	atomic.Pointer[tls.Certificate]
}

// hold lets connections of a configuration be made with what is held, which is the configuration's own for now.
func (h *holder) hold(t *tls.Config) {
	h.Store(&t.Certificates[0])
	t.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return h.Load(), nil }
}

// renewal gets a new certificate well before the host's ends, over the connection that the host has. Nothing is hung up:
// connections stay as they were made, and later ones, also those of ovs-vswitchd, which reads the files again, are made with
// the new one.
type renewal struct {
	conf   *Config
	client *http.Client
	held   *holder
	now    func() time.Time
	early  time.Duration // hosts that joined together do not come together
	said   string
}

// run renews until ctx ends.
func (r *renewal) run(ctx context.Context) {
	r.early = rand.N(r.life()/30 + 1)
	if err := r.show(); err != nil {
		r.conf.Log.WithField("err", err).Warn("ovs-vswitchd may go on with a certificate of before")
	}
	for ctx.Err() == nil {
		wait := r.due()
		if wait <= 0 {
			wait = r.attempt(ctx)
		}
		run.Pause(ctx, min(wait, renewalLook))
	}
}

func (r *renewal) life() time.Duration {
	leaf := r.held.Load().Leaf
	return leaf.NotAfter.Sub(leaf.NotBefore)
}

// due is how long there is nothing to do: until a third of the certificate's life is left.
func (r *renewal) due() time.Duration {
	return r.held.Load().Leaf.NotAfter.Add(-r.life()/3 - r.early).Sub(r.now())
}

// attempt renews, and gives how long to wait then.
func (r *renewal) attempt(ctx context.Context) time.Duration {
	left := r.held.Load().Leaf.NotAfter.Sub(r.now())
	err := r.renew(ctx)
	if err == nil {
		r.said = ""
		r.conf.Log.WithField("ends", r.held.Load().Leaf.NotAfter).Info("the certificate of this host is renewed")
		return max(leastPause, r.held.Load().Leaf.NotAfter.Sub(r.now())/3)
	}
	r.warn(ctx, err, left)
	if left <= 0 {
		return renewalPause
	}
	return max(leastPause, min(left/10, renewalPause))
}

// warn says once why there is no new certificate, and once that the old one has ended.
func (r *renewal) warn(ctx context.Context, err error, left time.Duration) {
	what := "the certificate of this host cannot be renewed yet; trying again until it ends"
	if left <= 0 {
		what = "the certificate of this host has ended, and no controller takes it: " + r.conf.rejoin()
	}
	if ctx.Err() != nil || r.said == what {
		return
	}
	r.said = what
	r.conf.Log.WithField("ends", r.held.Load().Leaf.NotAfter).WithField("err", err).Warn(what)
}

// renew asks for a certificate for the key that the host has, and lets new connections be made with it.
func (r *renewal) renew(ctx context.Context) error {
	key, csr, err := r.conf.request()
	if err != nil {
		return err
	}
	answer, err := r.ask(ctx, csr)
	if err != nil {
		return fmt.Errorf("renew certificate: %w", err)
	}
	fresh, err := tls.X509KeyPair([]byte(answer.Certificate), keyPEM(key))
	if err != nil {
		return fmt.Errorf("the controller's answer: %w", err)
	}
	if err := r.check(fresh.Leaf); err != nil {
		return fmt.Errorf("the controller's answer: %w", err)
	}
	if err := writeWhole(r.conf.file(certFile), []byte(answer.Certificate)); err != nil {
		return err
	}
	r.held.Store(&fresh)
	return r.show()
}

// show makes the key as new as the certificate: only then ovs-vswitchd reads both again.
func (r *renewal) show() error {
	cert, err := os.Stat(r.conf.file(certFile))
	if err != nil {
		return err
	}
	key, err := os.Stat(r.conf.file(keyFile))
	if err != nil || key.ModTime().After(cert.ModTime()) {
		return err
	}
	text, err := os.ReadFile(r.conf.file(keyFile))
	if err != nil {
		return err
	}
	return writeWhole(r.conf.file(keyFile), text)
}

// check refuses what is no renewal: the certificate of another, or one that is good for no longer.
func (r *renewal) check(fresh *x509.Certificate) error {
	t, err := r.conf.loadIdentity()
	if err != nil {
		return err
	}
	_, err = fresh.Verify(x509.VerifyOptions{
		Roots: t.RootCAs, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, CurrentTime: r.now(),
	})
	switch {
	case err != nil:
		return err
	case fresh.Subject.CommonName != string(r.conf.Host):
		return fmt.Errorf("the certificate is of host %q", fresh.Subject.CommonName)
	case !fresh.NotAfter.After(r.held.Load().Leaf.NotAfter):
		return errors.New("the certificate ends no later than the one that is there")
	}
	return nil
}

func (r *renewal) ask(ctx context.Context, csr string) (answer plan.JoinAnswer, err error) {
	body, err := json.Marshal(plan.RenewRequest{CSR: csr})
	if err != nil {
		return answer, err
	}
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, planURL(r.conf, "certificate"), bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := r.client.Do(req)
	if err != nil {
		return answer, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return answer, err
	}
	if res.StatusCode != http.StatusOK {
		return answer, errors.New(refusal(res.Status, text))
	}
	return answer, json.Unmarshal(text, &answer)
}
