package agent

import (
	"crypto/x509"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
)

// A certificate that has ended is of no use, but a host goes on without a controller: it joins anew with a token, and
// without one, or with one that was used, it goes on and says what to do.
func TestAHostWhoseCertificateHasEndedJoinsAnew(t *testing.T) {
	for _, x := range []struct {
		name, secret string
		left         time.Duration
		fresh        bool
		says         string
	}{
		{"soon", secret, time.Minute, false, ""},
		{"ended", secret, -time.Minute, true, "has joined anew"},
		{"ended-with-a-used-token", "guess", -time.Minute, false, "weft host set h1 --rejoin"},
		{"ended-without-a-token", "", -time.Minute, false, "weft host set h1 --rejoin"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newController(t)
			log, hook := logtest.NewNullLogger()
			conf := config(c, "unix:/nowhere", t.TempDir())
			conf.Host, conf.Controller, conf.Join, conf.Log = "h1", "https://"+c.addr, "", logrus.NewEntry(log)
			if x.secret != "" {
				conf.Join = c.token(x.secret)
			}
			old := c.outfit(&conf, x.left)
			got, err := conf.identity(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if fresh := !got.Certificates[0].Leaf.Equal(old); fresh != x.fresh {
				t.Errorf("a fresh certificate: %v, want %v", fresh, x.fresh)
			}
			said := ""
			for _, e := range hook.AllEntries() {
				said += e.Message + "\n"
			}
			if !strings.Contains(said, x.says) || (said == "") != (x.says == "") {
				t.Errorf("it says %q, want %q in it", said, x.says)
			}
		})
	}
}

// outfit gives a host a certificate that ends after a time.
func (c *controller) outfit(conf *Config, left time.Duration) *x509.Certificate {
	c.t.Helper()
	key, err := conf.key()
	if err != nil {
		c.t.Fatal(err)
	}
	like := template("h1")
	like.NotBefore, like.NotAfter = time.Now().Add(-24*time.Hour), time.Now().Add(left)
	cert := c.sign(like, c.ca, key.Public(), c.caKey)
	for name, b := range map[string][]byte{caFile: c.ca.Raw, certFile: cert.Raw} {
		if err := os.WriteFile(conf.file(name), encode("CERTIFICATE", b), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	return cert
}
