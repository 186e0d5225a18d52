package client_test

import (
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
	plain, tls := httptest.NewServer(wait), httptest.NewTLSServer(wait)
	defer tls.Close()
	defer plain.Close()
	defer close(stuck)
	for name, c := range map[string]struct {
		endpoint string
		timeout  time.Duration
		says     string
	}{
		"refused":         {"http://127.0.0.1:1", time.Minute, `Start one with "weft controller"`},
		"no-tls-there":    {strings.Replace(plain.URL, "http", "https", 1), time.Minute, "begins with http://"},
		"unknown-signer":  {tls.URL, time.Minute, "--ca-file"},
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
