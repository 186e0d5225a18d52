package controller_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"sync"
	"testing"
	"time"

	"weft/api"
	"weft/controller/pki"
	"weft/test/standin"
)

func TestACertificateThatWasReplacedOpensNoConnection(t *testing.T) {
	c := newCrowd(t, 1)
	h := c.hosts[0]
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // ends connections that should not have stayed
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	ended := make(chan error, 1)
	parts.Go(func() { ended <- h.Int.Serve(ctx, c.openflow, h.TLS) })
	c.eventually("the switch has its flows", func() bool { return h.Int.Flows() > 0 })

	join, err := standin.NewJoiner(c.pki)
	if err != nil {
		t.Fatal(err)
	}
	renewed, fingerprint, err := join.Join(h.ID)
	if err != nil {
		t.Fatal(err)
	}
	c.update(func(tx *api.Txn) error {
		rec, _ := tx.Host(h.ID)
		next := *rec
		next.CertHash = fingerprint
		tx.Put(&next)
		return nil
	})
	if err := <-ended; ctx.Err() != nil {
		t.Fatalf("the old certificate's connection stayed until the end: %v", err)
	}
	if err := h.Int.Serve(ctx, c.openflow, h.TLS); ctx.Err() != nil {
		t.Fatalf("the old certificate opened a connection: %v", err)
	}
	reads := h.Int.Reads()
	parts.Go(func() { _ = h.Int.Serve(ctx, c.openflow, renewed) })
	c.eventually("the new certificate's connection is compared", func() bool { return h.Int.Reads() > reads })
}

func TestAHostThatWasDeletedOpensNoConnection(t *testing.T) {
	c := newCrowd(t, 1)
	h := c.hosts[0]
	c.update(func(tx *api.Txn) error { return c.ops.DeleteHost(tx, h.ID) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // ends a connection that should not be
	defer cancel()
	if err := h.Int.Serve(ctx, c.openflow, h.TLS); ctx.Err() != nil {
		t.Fatalf("it stayed: %v", err)
	}
}

// renewed has a host ask for a new certificate in the name of one that it has.
func (c *crowd) renewed(join *standin.Joiner, h *standin.Host, by *tls.Config) *tls.Config {
	c.t.Helper()
	leaf, err := x509.ParseCertificate(by.Certificates[0].Certificate[0])
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := c.Renew(c.t.Context(), h.ID, pki.Fingerprint(leaf), join.Request())
	if err != nil {
		c.t.Fatal(err)
	}
	conf, err := join.With(by, answer.Certificate)
	if err != nil {
		c.t.Fatal(err)
	}
	return conf
}

func TestARenewedCertificateHangsUpNobody(t *testing.T) {
	c := newCrowd(t, 1)
	h := c.hosts[0]
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer cancel()
	ended := make(chan error, 1)
	serve := func(conf *tls.Config) { parts.Go(func() { ended <- h.Int.Serve(ctx, c.openflow, conf) }) }
	serve(h.TLS)
	c.eventually("the switch has its flows", func() bool { return h.Int.Flows() > 0 })
	join, err := standin.NewJoiner(c.pki)
	if err != nil {
		t.Fatal(err)
	}
	// The host joined with a key of another joiner: the certificates that it gets are for this one's.
	lost := c.renewed(join, h, h.TLS)
	fresh := c.renewed(join, h, h.TLS) // the first answer never arrived
	rec := func() *api.Host { r, _ := c.store.Snapshot().Host(h.ID); return r }
	if err := c.Authorize(h.ID, rec().OldCertHash); err != nil {
		t.Errorf("the certificate that was renewed: %v", err)
	}
	select {
	case err := <-ended:
		t.Fatalf("the connection ended: %v", err)
	default:
	}
	if err := h.Int.Serve(ctx, c.openflow, lost); ctx.Err() != nil {
		t.Fatalf("a certificate that nobody has opened a connection: %v", err)
	}
	reads := h.Int.Reads()
	serve(fresh)
	c.eventually("the new certificate's connection is compared", func() bool { return h.Int.Reads() > reads })
	c.update(func(tx *api.Txn) error {
		next := *rec()
		next.CertHash, next.OldCertHash = "of another, which joined anew", ""
		tx.Put(&next)
		return nil
	})
	for range 2 {
		if err := <-ended; ctx.Err() != nil {
			t.Fatalf("a certificate of before is still good: %v", err)
		}
	}
	if _, err := c.Renew(ctx, h.ID, "one that is none", join.Request()); err == nil {
		t.Error("renewed for a stranger")
	}
}
