package rest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestARequestForATraceIsReadWordByWord(t *testing.T) {
	w := newWorld(t)
	got := w.must("GET", "/v1/trace?port=p&to=10.0.0.9&from=10.0.0.3&from_mac=fa:16:3e:00:00:01&to_mac=fa:16:3e:00:00:02&protocol=tcp&dst_port=80", nil)
	for _, want := range []string{"From:p", "To:10.0.0.9", "Source:10.0.0.3", "SourceMAC:fa:16:3e:00:00:01", "ToMAC:fa:16:3e:00:00:02", "Proto:tcp", "Port:80"} {
		if why, _ := got["why"].(string); !strings.Contains(why, want) {
			t.Errorf("the query is %q, which lacks %q", why, want)
		}
	}
	if steps, ok := got["steps"].([]any); !ok || len(steps) != 0 {
		t.Errorf("no steps are %v, want an empty list", got["steps"])
	}
}

func TestNonsenseForATraceIsRefusedByName(t *testing.T) {
	w := newWorld(t)
	for word, value := range map[string]string{
		"to": "10.0.0", "from": "\x00", "to_mac": "fa", "from_mac": strings.Repeat("f", 4000), "dst_port": "65536", "bridge": "br-int",
	} {
		got := w.do("GET", "/v1/trace?"+url.Values{word: {value}}.Encode(), nil)
		if got.status != http.StatusBadRequest || !strings.Contains(got.text, word) || len(got.text) > 1000 {
			t.Errorf("%s=%.20q: %d %.200s, want a short 400 that names it", word, value, got.status, got.text)
		}
	}
	if got := w.do("POST", "/v1/trace", `{}`); got.status != http.StatusMethodNotAllowed && got.status != http.StatusNotFound && got.status != http.StatusNotImplemented {
		t.Errorf("POST: %d, want that there is no such thing", got.status)
	}
}
