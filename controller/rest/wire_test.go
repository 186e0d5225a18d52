package rest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRequestsAreReadHoweverTheyAreWritten sends requests byte by byte as clients and proxies write them.
func TestRequestsAreReadHoweverTheyAreWritten(t *testing.T) {
	w := newWorld(t)
	id := w.network("blue net")
	addr, stop := serveWorld(t, w, defaultLimits)
	defer func() { _ = stop() }()
	chunked := "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"net\r\n10;note=x\r\nwork\":{\"name\":\"c\r\n4\r\n\"}}\n\r\n0\r\n\r\n"
	for _, tc := range []struct {
		name, head, rest string // the request line but for its version, and what follows after host and token
		status           int
		says             string
	}{
		{"chunks-without-a-length", "POST /v2.0/networks", chunked, 201, `"name":"c"`},
		{"chunks-with-a-trailer", "POST /v2.0/networks", strings.TrimSuffix(chunked, "\r\n") + "X-Sum: 1\r\n\r\n", 201, `"name":"c"`},
		{"chunks-that-break-off", "POST /v2.0/networks", "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"net\r\nzz\r\n", 400, "NeutronError"},
		{"a-body-without-a-length", "POST /v2.0/networks", "\r\n", 400, "body required"},
		{"a-length-of-nothing", "DELETE /v2.0/networks/none", "Content-Length: 0\r\n\r\n", 404, "NetworkNotFound"},
		{"a-type-for-a-get", "GET /v2.0/networks/" + id, "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 200, "blue net"},
		{"it-expects-to-go-on", "POST /v2.0/networks", "Expect: 100-continue\r\nContent-Length: 14\r\n\r\n{\"network\":{}}", 201, ""},
		{"head-of-a-list", "HEAD /v2.0/networks", "\r\n", 200, ""},
		{"head-of-nothing", "HEAD /v2.0/networks/none", "\r\n", 404, ""},
		{"options", "OPTIONS /v2.0/networks/" + id, "\r\n", 405, "Allowed: DELETE, GET, PUT"},
		{"options-of-all", "OPTIONS *", "\r\n", 200, ""},
		{"slash-at-the-end", "GET /v2.0/networks/" + id + "/", "\r\n", 200, "blue net"},
		{"slash-after-json", "GET /v2.0/networks.json/", "\r\n", 200, "blue net"},
		{"json-and-a-query", "GET /v2.0/networks.json?name=blue+net&fields=name", "\r\n", 200, `{"networks":[{"name":"blue net"}]}`},
		{"json-of-an-action", "GET /v2.0/networks/" + id + "/tags.json", "\r\n", 200, `{"tags":[]}`},
		{"no-api-but-json", "GET /.json", "\r\n", 404, ""},
		{"two-slashes", "GET /v2.0//networks", "\r\n", 200, "blue net"},
		{"two-slashes-first", "GET //v2.0/networks", "\r\n", 200, ""},
		{"dots", "GET /v2.0/ports/../networks", "\r\n", 404, "HTTPNotFound"},
		{"a-letter-by-its-number", "GET /v2.0/net%77orks/" + id, "\r\n", 200, "blue net"},
		{"a-slash-by-its-number", "GET /v2.0%2Fnetworks", "\r\n", 404, ""},
		{"an-id-of-anything", "GET /v2.0/networks/%00%ff%2e%2e%2f", "\r\n", 404, "NetworkNotFound"},
		{"half-a-number", "GET /v2.0/networks/%4", "\r\n", 400, ""},
		{"a-space-by-a-plus", "GET /v2.0/networks?name=blue+net&fields=id", "\r\n", 200, id},
		{"a-space-by-its-number", "GET /v2.0/networks?name=blue%20net&fields=id", "\r\n", 200, id},
		{"a-semicolon", "GET /v2.0/networks?name=blue;fields=id", "\r\n", 200, `{"networks":[]}`},
		{"a-whole-address", "GET http://elsewhere/v2.0/networks/" + id, "\r\n", 200, "blue net"},
		{"an-unknown-method", "BREW /v2.0/networks", "\r\n", 405, ""},
		{"a-method-of-small-letters", "get /v2.0/networks", "\r\n", 405, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conn := dialRaw(t, addr)
			method, _, _ := strings.Cut(tc.head, " ")
			_, err := io.WriteString(conn, tc.head+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Auth-Token: "+testToken+"\r\n"+tc.rest)
			if err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(conn)
			res, err := http.ReadResponse(in, &http.Request{Method: method})
			if err == nil && res.StatusCode == http.StatusContinue {
				res, err = http.ReadResponse(in, &http.Request{Method: method})
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != tc.status || !strings.Contains(string(body), tc.says) {
				t.Errorf("%d %s, %v; want %d %s", res.StatusCode, body, err, tc.status, tc.says)
			}
			if rest, _ := io.ReadAll(in); len(rest) > 0 {
				t.Errorf("after the answer comes %q", rest)
			}
		})
	}
}

// Ten thousand values of a filter are looked at once for each object, not each for each.
func TestTenThousandValuesOfAFilterAreFew(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for i := range 100 {
		ids = append(ids, w.network(fmt.Sprint("n", i)))
	}
	for _, key := range []string{"id", "name", "network_id", "fixed_ips", "tags", "mtu", "admin_state_up", "fields", "sort_key"} {
		path := "/v2.0/networks?"
		if key == "network_id" || key == "fixed_ips" {
			path = "/v2.0/ports?"
		}
		var q strings.Builder
		for i := range 9_999 {
			value := fmt.Sprintf("%08x-0000-4000-b000-000000000000", i)
			switch key {
			case "fixed_ips":
				value = fmt.Sprintf("ip_address=10.0.%d.%d", i/250, i%250)
			case "mtu":
				value = fmt.Sprint(i)
			case "admin_state_up":
				value = "true"
			case "sort_key":
				value = "name"
			}
			fmt.Fprintf(&q, "%s=%s&", key, value)
		}
		q.WriteString("id=" + ids[7])
		begin := time.Now()
		got := w.do("GET", path+q.String(), nil)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s: it took %v", key, took)
		}
		if got.status != http.StatusOK && got.status != http.StatusBadRequest {
			t.Errorf("%s: %d %.300s", key, got.status, got.text)
		}
		if key == "id" && len(got.list("id")) != 1 {
			t.Errorf("one of 10,000 ids: %v", got.list("id"))
		}
	}
}
