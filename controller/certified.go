package controller

import (
	"context"
	"errors"

	"weft/api"
	"weft/controller/ofp"
	"weft/controller/pki"
	"weft/plan"
)

// errRevoked ends the connections that a host made with a certificate that is not its any more.
var errRevoked = errors.New("the host has joined anew")

// certified finds the host that a certificate speaks for: it must be the one that the host joined with last, a renewal of it,
// or the one that was renewed, with which it is connected until it connects anew.
func (c *Controller) certified(id api.HostID, fingerprint string) (*api.Host, error) {
	h, ok := c.store.Snapshot().Host(id)
	switch {
	case !ok:
		return nil, api.Faultf(api.NotFound, "HostNotFound", "host %s is not known here; create it with 'weft host create %s'", id, id)
	case fingerprint != h.CertHash && fingerprint != h.OldCertHash:
		return nil, api.Faultf(api.Forbidden, "HostCertificateRevoked", "host %s has joined anew with another certificate; for this one make a new join token with 'weft host set %s --rejoin'", id, id)
	}
	return h, nil
}

// admit reports why a switch's certificate is good for nothing.
func (c *Controller) admit(s *ofp.Session) error {
	cert := s.Certificate()
	if cert == nil {
		return nil
	}
	_, err := c.certified(api.HostID(s.Host()), pki.Fingerprint(cert))
	return err
}

// Authorize implements link.Handler. The first time that a host speaks under its certificate, its join secret is void.
func (c *Controller) Authorize(id api.HostID, fingerprint string) error {
	h, err := c.certified(id, fingerprint)
	if err != nil || h.JoinHash == "" {
		return err
	}
	_, err = c.store.Update(context.Background(), func(tx *api.Txn) error {
		now, ok := tx.Host(id)
		if ok && now.CertHash == fingerprint {
			next := *now
			next.JoinHash = ""
			tx.Put(&next)
		}
		return nil
	})
	return err
}

// Renew implements link.Handler. The certificate that asks stays good until it ends, so that nothing is hung up, and an
// answer that is lost costs nothing.
func (c *Controller) Renew(ctx context.Context, id api.HostID, fingerprint, csr string) (plan.JoinAnswer, error) {
	cert, fresh, err := c.authority.SignHost(string(id), csr)
	if err != nil {
		return plan.JoinAnswer{}, api.Faultf(api.BadRequest, "RenewalRefused", "%v", err)
	}
	_, err = c.store.Update(ctx, func(tx *api.Txn) error {
		now, ok := tx.Host(id)
		if !ok || fingerprint != now.CertHash && fingerprint != now.OldCertHash {
			return api.Faultf(api.Forbidden, "HostCertificateRevoked", "host %s has joined anew with another certificate", id)
		}
		next := *now
		next.CertHash, next.OldCertHash = fresh, fingerprint
		tx.Put(&next)
		return nil
	})
	return plan.JoinAnswer{Certificate: cert, CA: c.authority.PEM()}, err
}

// replaced reports whether a host has got a certificate by joining anew, so that none of before is good. Renewals keep the one
// that asked for it.
func replaced(before, after *api.Host) bool {
	renewed := after.OldCertHash != "" && (after.OldCertHash == before.CertHash || after.OldCertHash == before.OldCertHash)
	return before.CertHash != "" && before.CertHash != after.CertHash && !renewed
}

// revoke hangs up on a host that has got another certificate than the one it is connected with; it comes again with the
// new one.
func (c *Controller) revoke(id api.HostID) {
	for _, s := range c.waiting.of(id) {
		s.Close()
	}
	if h := c.host(id); h != nil {
		h.hangUp(errRevoked)
	}
}
