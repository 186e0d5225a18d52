package controller_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"weft/api"
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
