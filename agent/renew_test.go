package agent

import (
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"weft/agent/hosttest"
)

// renewing gives a host with a certificate of a day that ends after a time, and what renews it.
func renewing(t *testing.T, left time.Duration) (*controller, *renewal, *http.Transport, *logtest.Hook) {
	t.Helper()
	c := newController(t)
	log, hook := logtest.NewNullLogger()
	conf := config(c, "unix:/nowhere", t.TempDir())
	conf.Host, conf.Controller, conf.Log = "h1", "https://"+c.addr, logrus.NewEntry(log)
	c.outfit(&conf, left)
	identity, err := conf.loadIdentity()
	if err != nil {
		t.Fatal(err)
	}
	held := &holder{}
	held.hold(identity)
	tr := &http.Transport{TLSClientConfig: identity, ForceAttemptHTTP2: true}
	t.Cleanup(tr.CloseIdleConnections)
	return c, &renewal{conf: &conf, client: &http.Client{Transport: tr}, held: held, now: time.Now}, tr, hook
}

func TestAHostRenewsItsCertificateWhenAThirdOfItsLifeIsLeft(t *testing.T) {
	c, r, tr, _ := renewing(t, 7*time.Hour)
	old := r.held.Load().Leaf
	ctx, cancel := context.WithCancel(t.Context())
	var part sync.WaitGroup
	part.Go(func() { r.run(ctx) })
	defer part.Wait()
	defer cancel()
	hosttest.Eventually(t, "the certificate is renewed", func() bool { return !r.held.Load().Leaf.Equal(old) })
	hosttest.Eventually(t, "ovs-vswitchd sees that the key is as new", func() bool { // times of files go in steps of milliseconds
		key, err := os.Stat(r.conf.file(keyFile))
		cert, err2 := os.Stat(r.conf.file(certFile))
		return err == nil && err2 == nil && !key.ModTime().Before(cert.ModTime())
	})
	fresh, err := r.conf.loadIdentity()
	if err != nil {
		t.Fatal(err)
	}
	if !fresh.Certificates[0].Leaf.Equal(r.held.Load().Leaf) {
		t.Error("another certificate is in the file")
	}
	cancel()
	part.Wait()
	if r.due() < 40*time.Hour {
		t.Errorf("the next renewal is due in %v", r.due())
	}
	tr.CloseIdleConnections()
	if err := r.renew(t.Context()); err == nil || !strings.Contains(err.Error(), "no later") {
		t.Errorf("renewed to the same end: %v", err)
	}
	ends := func(what time.Time) string { return what.UTC().String() }
	if len(c.asked) != 2 || c.asked[0] != ends(old.NotAfter) || c.asked[1] != ends(fresh.Certificates[0].Leaf.NotAfter) {
		t.Errorf("asked with certificates that end %v", c.asked)
	}
}

func TestARenewalThatFailsIsSaidOnceAndTriedAgain(t *testing.T) {
	c, r, _, hook := renewing(t, time.Hour)
	c.deny = true
	old := r.held.Load()
	for range 2 {
		if wait := r.attempt(t.Context()); wait < time.Minute || wait > time.Hour {
			t.Errorf("the next attempt is in %v", wait)
		}
	}
	r.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if wait := r.attempt(t.Context()); wait != renewalPause {
		t.Errorf("the next attempt is in %v", wait)
	}
	var said []string
	for _, e := range hook.AllEntries() {
		said = append(said, e.Message)
	}
	if len(said) != 2 || !strings.Contains(said[0], "cannot be renewed yet") || !strings.Contains(said[1], "weft host set h1 --rejoin") {
		t.Errorf("said %q", said)
	}
	if r.held.Load() != old {
		t.Error("it has another certificate")
	}
	c.deny = false
	r.now = time.Now
	if r.attempt(t.Context()); r.held.Load() == old {
		t.Error("not renewed although the controller would")
	}
}
