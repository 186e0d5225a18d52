package rest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// dialFrom connects from an address of this machine.
func dialFrom(t *testing.T, from, addr string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// Requests that never end look like work. One address that has as many as there may be makes room for others at once.
func TestRequestsThatNeverEndKeepNobodyElseOut(t *testing.T) {
	w := newWorld(t)
	l := defaultLimits // with which such a request may take half a minute
	l.connections = 4
	addr, stop := serveWorld(t, w, l)
	defer func() { _ = stop() }()
	for _, begun := range []string{
		"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A",
		"POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
		"POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nX-Auth-Token: " + testToken + "\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
	} {
		for range 3 * l.connections {
			_, _ = io.WriteString(dialFrom(t, "127.0.0.2", addr), begun) // it may have to make room already
		}
		answersOthers(t, addr)
	}
}

func TestRequestsInARowAreAnsweredInTheirOrder(t *testing.T) {
	w := newWorld(t)
	addr, stop := serveWorld(t, w, defaultLimits)
	defer func() { _ = stop() }()
	conn := dialRaw(t, addr)
	const n = 500
	go func() { // nobody reads an answer before all are sent, unless the server makes it wait
		one := "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
		_, _ = io.WriteString(conn, strings.Repeat(one, n))
	}()
	in := bufio.NewReader(conn)
	for i := range 2 * n {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if want := []int{http.StatusOK, http.StatusUnauthorized}[i%2]; res.StatusCode != want {
			t.Fatalf("answer %d is %d, want %d", i, res.StatusCode, want)
		}
	}
}

// Streams that are opened and taken back at once cost the server no more than those that it allows at once.
func TestStreamsThatAreTakenBackAtOnceKeepNobodyOut(t *testing.T) {
	w := newWorld(t)
	addr, stop := serveWorld(t, w, defaultLimits)
	defer func() { _ = stop() }()
	before := runtime.NumGoroutine()
	conn := dialRaw(t, addr)
	go func() { _, _ = io.Copy(io.Discard, conn) }()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	var head bytes.Buffer
	enc := hpack.NewEncoder(&head)
	for name, value := range map[string]string{":method": "GET", ":path": "/openapi.json", ":scheme": "http", ":authority": "x"} {
		if err := enc.WriteField(hpack.HeaderField{Name: name, Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	f := http2.NewFramer(conn, nil)
	err := f.WriteSettings()
	most := 0
	for id := uint32(1); err == nil && id < 20000; id += 2 { // the server may hang up
		if err = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head.Bytes(), EndHeaders: true, EndStream: true}); err == nil {
			err = f.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		most = max(most, runtime.NumGoroutine()-before)
	}
	if allowed := 10 * defaultLimits.streams; most > allowed {
		t.Errorf("%d goroutines for them at once, want at most %d", most, allowed)
	}
	answersOthers(t, addr)
}
