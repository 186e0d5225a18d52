package pki

import (
	"crypto/x509"
	"testing"
	"time"
)

func TestTheControllersCertificateIsMadeAnewBeforeItEnds(t *testing.T) {
	now := time.Now()
	a, err := LoadOrCreate(t.TempDir(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	serving := a.Serving([]string{"127.0.0.1"})
	get := func() *x509.Certificate {
		c, err := serving()
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if left := leaf.NotAfter.Sub(now); left < a.Life/4 {
			t.Errorf("after %v it is good for %v only", now, left)
		}
		return leaf
	}
	first := get()
	now = now.Add(a.Life / 2)
	if !get().Equal(first) {
		t.Error("another one in the middle of its life")
	}
	now = now.Add(a.Life / 4)
	if get().Equal(first) {
		t.Error("the same one when a quarter of its life is left")
	}
}

func TestNoCertificateOutlivesTheAuthority(t *testing.T) {
	now := time.Now()
	a, err := LoadOrCreate(t.TempDir(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	now = a.Ends().Add(-time.Hour)
	cert, _, err := a.SignHost("h1", request(t, "h1"))
	if err != nil {
		t.Fatal(err)
	}
	if c := parse(t, cert); !c.NotAfter.Equal(a.Ends()) {
		t.Errorf("it ends %v, the authority %v", c.NotAfter, a.Ends())
	}
}
