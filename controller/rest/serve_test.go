package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/goleak"

	"weft/api"
	"weft/controller/rest/backend"
)

// serveWorld serves a world on a port of its own until the test ends.
func serveWorld(t *testing.T, w *world, l limits) (addr string, stop func() error) {
	t.Helper()
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serve(ctx, ln, w.handler, l) }()
	stop = func() error { cancel(); return <-done }
	return ln.Addr().String(), stop
}

func TestATakenPortIsExplained(t *testing.T) {
	ln, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	err = Serve(t.Context(), ln.Addr().String(), http.NotFoundHandler(), logrus.NewEntry(logrus.New()))
	if err == nil {
		t.Fatal("a taken port was taken again")
	}
	for _, want := range []string{ln.Addr().String(), "taken by", fmt.Sprintf("(process %d)", os.Getpid()), "choose another"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}

func TestServeAnswersUntilItsContextEnds(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	w := newWorld(t)
	addr, stop := serveWorld(t, w, defaultLimits)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get("http://" + addr + "/healthz")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("healthz: %v, %v", res, err)
	}
	_ = res.Body.Close()
	if err := stop(); err != nil {
		t.Errorf("serve: %v", err)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("the port still answers")
	}
	_ = w.store.Close()
}

func TestASlowClientIsCutOff(t *testing.T) {
	w := newWorld(t)
	l := defaultLimits
	l.header, l.read = 50*time.Millisecond, 100*time.Millisecond
	addr, stop := serveWorld(t, w, l)
	defer func() { _ = stop() }()
	for name, sent := range map[string]string{
		"half-header": "GET / HTTP/1.1\r\nHost: x\r\nX-A",
		"half-body": "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + testToken +
			"\r\nContent-Length: 100\r\n\r\n{\"network\": ",
	} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		_, _ = io.WriteString(conn, sent) // on a busy machine its time may be over already
		b, err := io.ReadAll(conn)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: still connected", name)
		}
		if s := string(b); s != "" && !strings.HasPrefix(s, "HTTP/1.1 4") {
			t.Errorf("%s: answered %q", name, s)
		}
		_ = conn.Close()
	}
	if rev := w.store.Snapshot().Revision(); rev != 0 {
		t.Errorf("half a body changed something: revision %d", rev)
	}
}

// Waiting for hosts may take longer than reading a request and writing its answer may otherwise.
func TestAWaitOutlivesTheServersOwnLimits(t *testing.T) {
	// A busy machine may need more than that for the request itself.
	for limit := 50 * time.Millisecond; ; limit *= 4 {
		status, confirmed, err := waitLongerThan(t, limit)
		if status == http.StatusCreated && confirmed == "true" {
			return
		}
		if limit > 10*time.Second {
			t.Fatalf("with a limit of %s: %d, confirmed %q, %v", limit, status, confirmed, err)
		}
	}
}

// waitLongerThan has a change wait longer than the server may take to read a request and to write its answer.
func waitLongerThan(t *testing.T, limit time.Duration) (status int, confirmed string, err error) {
	w := newWorld(t)
	l := defaultLimits
	l.read, l.write = limit, limit
	over := make(chan struct{})
	w.status.wait = func(ctx context.Context, rev api.Revision) error {
		select {
		case <-over:
			return nil
		case <-ctx.Done():
			return &backend.Unconfirmed{Revision: rev, Hosts: nil}
		}
	}
	addr, stop := serveWorld(t, w, l)
	defer func() { _ = stop() }()
	time.AfterFunc(4*l.read, func() { close(over) })
	r, err := http.NewRequest(http.MethodPost, "http://"+addr+"/v2.0/networks?wait=hosts", strings.NewReader(`{"network": {}}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", testToken)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	_ = res.Body.Close()
	return res.StatusCode, res.Header.Get("X-Weft-Confirmed"), nil
}

// Who waits for hosts when the controller stops gets an answer that says that nothing is confirmed.
func TestStoppingEndsThoseWhoWait(t *testing.T) {
	w := newWorld(t)
	l := defaultLimits
	l.grace, l.stop = 10*time.Millisecond, time.Minute
	waiting := make(chan struct{})
	w.status.wait = func(ctx context.Context, rev api.Revision) error {
		close(waiting)
		<-ctx.Done()
		return &backend.Unconfirmed{Revision: rev, Hosts: []api.HostID{"h1"}}
	}
	addr, stop := serveWorld(t, w, l)
	answered := make(chan *http.Response, 1)
	go func() {
		r, _ := http.NewRequest(http.MethodPost, "http://"+addr+"/v2.0/networks?wait=hosts", strings.NewReader(`{"network": {}}`))
		r.Header.Set("X-Auth-Token", testToken)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Error(err)
		}
		answered <- res
	}()
	<-waiting
	if err := stop(); err != nil {
		t.Error(err)
	}
	res := <-answered
	if res == nil || res.StatusCode != http.StatusCreated || res.Header.Get("X-Weft-Confirmed") != "false" {
		t.Errorf("got %+v", res)
	}
}
