package serverlog

import (
	"bytes"
	stdlog "log"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
)

func TestOneFailedConnectionInAWhileIsAWarning(t *testing.T) {
	var out bytes.Buffer
	log := logrus.New()
	log.SetOutput(&out)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	server := stdlog.New(&writer{log: logrus.NewEntry(log), now: func() time.Time { return now }}, "", 0)
	for range 100 {
		server.Printf("http: TLS handshake error from 10.0.0.9:5: EOF\x1b[2J\nlevel=fatal")
	}
	now = now.Add(quiet)
	server.Printf("http: TLS handshake error from 10.0.0.8:5: EOF")
	text := out.String()
	if n := strings.Count(text, "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	for _, want := range []string{`level=warning msg="a connection failed"`, "TLS handshake error from 10.0.0.9:5", "10.0.0.8:5"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("what somebody sent drives the terminal: %q", text)
	}
}
