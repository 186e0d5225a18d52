package rest

import (
	"bufio"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// dialRaw connects without any client's manners.
func dialRaw(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// answersOthers fails unless an honest client is answered on a connection of its own.
func answersOthers(t *testing.T, addr string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	res, err := client.Get("http://" + addr + "/healthz")
	if err != nil {
		t.Fatalf("an honest client is not answered: %v", err)
	}
	_ = res.Body.Close()
}

func TestClientsThatOnlyHoldConnectionsKeepNobodyOut(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	w := newWorld(t)
	l := defaultLimits
	l.connections = 8
	addr, stop := serveWorld(t, w, l)
	defer func() { _ = w.store.Close(); _ = stop() }()
	var held []net.Conn
	for i := range 5 * l.connections {
		conn := dialRaw(t, addr)
		held = append(held, conn)
		if i%2 == 0 {
			continue // it never says a word
		}
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			continue // it had to make room already
		}
		if res, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
			_ = res.Body.Close()
		}
	}
	answersOthers(t, addr)
	open := 0
	for _, conn := range held {
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			open++
		}
		_ = conn.Close()
	}
	if open > l.connections {
		t.Errorf("%d connections are held, want at most %d", open, l.connections)
	}
}

func TestHeadersThatTrickleInEndWithTheirTime(t *testing.T) {
	w := newWorld(t)
	l := defaultLimits
	l.header, l.connections = 200*time.Millisecond, 4
	addr, stop := serveWorld(t, w, l)
	defer func() { _ = stop() }()
	for range l.connections {
		conn := dialRaw(t, addr)
		go func() {
			_, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n")
			for err == nil { // ends when the server hangs up
				time.Sleep(10 * time.Millisecond)
				_, err = io.WriteString(conn, "X-More: 1\r\n")
			}
		}()
	}
	deadline := time.Now().Add(time.Minute)
	for {
		res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}).Get("http://" + addr + "/healthz")
		if err == nil {
			_ = res.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("an honest client is still not answered: %v", err)
		}
	}
}

func TestGiantAndEndlessRequestsAreRefused(t *testing.T) {
	w := newWorld(t)
	addr, stop := serveWorld(t, w, defaultLimits)
	defer func() { _ = stop() }()
	token := "X-Auth-Token: " + testToken + "\r\n"
	for _, tc := range []struct{ name, head, again, want string }{
		{"giant-header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: ", strings.Repeat("a", 4096), "431"},
		{"many-headers", "GET /healthz HTTP/1.1\r\nHost: x\r\n", strings.Repeat("X-A: b\r\n", 500), "431"},
		{"giant-path", "GET /", strings.Repeat("a", 4096), "431"},
		{"endless-chunks", "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n" + token + "Transfer-Encoding: chunked\r\n\r\n", "1000\r\n" + strings.Repeat(" ", 4096) + "\r\n", "413"},
		{"endless-chunk-size", "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n" + token + "Transfer-Encoding: chunked\r\n\r\n", strings.Repeat("0", 4096), "400"},
		{"endless-chunks-without-a-token", "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1000\r\n" + strings.Repeat(" ", 4096) + "\r\n", "401"},
		{"endless-body-of-a-get", "GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1000\r\n" + strings.Repeat(" ", 4096) + "\r\n", "200"},
		{"deep-json", "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n" + token + "Content-Length: 100000\r\n\r\n", strings.Repeat("[", 4000), "400"},
		{"length-beyond-all", "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n" + token + "Content-Length: 99999999999999999999\r\n\r\n", "", "400"},
		{"two-lengths", "POST /v2.0/networks HTTP/1.1\r\nHost: x\r\n" + token + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "", "400"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn := dialRaw(t, addr)
			sent := make(chan struct{})
			go func() { // as much as the server takes, and at most 64 MiB
				defer close(sent)
				_, err := io.WriteString(conn, tc.head)
				for n := 0; err == nil && tc.again != "" && n < 64<<20; n += len(tc.again) {
					_, err = io.WriteString(conn, tc.again)
				}
			}()
			status, err := bufio.NewReader(conn).ReadString('\n')
			_ = conn.Close()
			<-sent
			if !strings.HasPrefix(status, "HTTP/1.1 "+tc.want) {
				t.Errorf("answer %q, %v; want %s", status, err, tc.want)
			}
		})
	}
	answersOthers(t, addr)
	if rev := w.store.Snapshot().Revision(); rev != 0 {
		t.Errorf("something was changed: revision %d", rev)
	}
}

// grown is a world with more networks than fit in a small answer.
func grown(t *testing.T) *world {
	w := newWorld(t)
	for i := range 20 {
		w.network(fmt.Sprintf("net%d", i))
	}
	return w
}

func TestHTTP2IsSpokenWithAndWithoutTLS(t *testing.T) {
	w := grown(t)
	made := httptest.NewTLSServer(nil) // for its certificate
	made.Close()
	for _, secure := range []bool{false, true} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{Protocols: new(http.Protocols)}
		url := "http://" + ln.Addr().String()
		transport.Protocols.SetUnencryptedHTTP2(!secure)
		transport.Protocols.SetHTTP2(secure)
		if secure {
			url = "https://" + ln.Addr().String()
			transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // it is who listens above
			ln = tls.NewListener(ln, &tls.Config{Certificates: made.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12})
		}
		limits := defaultLimits
		srv := limits.server(w.handler)
		guests := newCrowd(limits.connections)
		srv.ConnState = guests.turn
		done := make(chan error, 1)
		go func() { done <- srv.Serve(ln) }()
		r, err := http.NewRequest(http.MethodGet, url+"/v2.0/networks", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Auth-Token", testToken)
		res, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Do(r)
		if err != nil {
			t.Fatalf("TLS %t: %v", secure, err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.ProtoMajor != 2 || res.StatusCode != http.StatusOK || err != nil || !strings.Contains(string(b), "net19") {
			t.Errorf("TLS %t: %s %s, %v", secure, res.Proto, res.Status, err)
		}
		if !res.Uncompressed {
			t.Errorf("TLS %t: the answer was not compressed", secure)
		}
		transport.CloseIdleConnections()
		_ = srv.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("TLS %t: the server ended with %v", secure, err)
		}
		empties(t, guests)
	}
}

// empties fails unless a crowd forgets its connections once they are closed.
func empties(t *testing.T, c *crowd) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for c.count() > 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if n := c.count(); n > 0 {
		t.Errorf("%d connections are still counted after all are closed", n)
	}
}

func (c *crowd) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.places)
}

func TestLargeAnswersAreCompressedForWhoTakesIt(t *testing.T) {
	w := grown(t)
	plain := w.do("GET", "/v2.0/networks", nil).text
	get := func(path, accept string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.Header.Set("X-Auth-Token", testToken)
		r.Header.Set("Accept-Encoding", accept)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		return rec
	}
	rec := get("/v2.0/networks", "deflate, gzip;q=0.8")
	in, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(in)
	if err != nil || string(got) != plain || rec.Header().Get("Content-Encoding") != "gzip" || rec.Header().Get("Vary") == "" {
		t.Errorf("%v, headers %v, %d bytes, want %d", err, rec.Header(), len(got), len(plain))
	}
	for _, tc := range []struct{ path, accept string }{
		{"/v2.0/networks", "gzip;q=0"}, {"/v2.0/networks", "br"}, {"/v2.0/networks", ""}, {"/v2.0/networks?limit=1", "gzip"},
	} {
		if rec := get(tc.path, tc.accept); rec.Header().Get("Content-Encoding") != "" || rec.Header().Get("Content-Length") != fmt.Sprint(rec.Body.Len()) {
			t.Errorf("%s for %q: %v", tc.path, tc.accept, rec.Header())
		}
	}
}
