package client_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"weft/client"
)

func TestWhyNobodyAnswersSaysWhatToDo(t *testing.T) {
	stuck := make(chan struct{})
	wait := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck })
	plain, secure := httptest.NewServer(wait), httptest.NewTLSServer(wait)
	hangup := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer hangup.Close()
	defer secure.Close()
	defer plain.Close()
	defer close(stuck)
	for name, c := range map[string]struct {
		endpoint string
		timeout  time.Duration
		says     string
	}{
		"refused":         {"http://127.0.0.1:1", time.Minute, `Start one with "weft controller"`},
		"no-tls-there":    {strings.Replace(plain.URL, "http", "https", 1), time.Minute, "begins with http://"},
		"unknown-signer":  {secure.URL, time.Minute, "--ca-file"},
		"speaks-no-http":  {hangup.URL, time.Minute, "Something else than the REST API is there"},
		"slow-or-blocked": {plain.URL, time.Millisecond, "--timeout waits longer"},
	} {
		cl, err := client.New(client.Config{Endpoint: c.endpoint, Token: "t", Timeout: c.timeout, Getenv: func(string) string { return "" }})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cl.Status(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want it to say %q", name, err, c.says)
		}
		cl.Close()
	}
}

func TestACertificateOfAnotherTimeAsksForTheClock(t *testing.T) {
	err := &client.Unreachable{Endpoint: "https://c:9696", Err: &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}}
	if !strings.Contains(err.Error(), "whether the clocks of both machines are right") {
		t.Error(err)
	}
}
