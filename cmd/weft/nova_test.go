package main

import (
	"strings"
	"testing"
)

func TestAnEndpointOfNovaMustBeAURL(t *testing.T) {
	for _, bad := range []string{"nova", "ftp://nova/v2.1", "http://", "://"} {
		f := novaFlags{endpoint: bad}
		if _, err := f.teller(nil, nil, nil); err == nil || !strings.Contains(err.Error(), "want http://NOVA:8774/v2.1") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	tell, err := (&novaFlags{}).teller(nil, nil, nil)
	if err != nil || tell(t.Context()) != nil {
		t.Errorf("without an endpoint: %v", err)
	}
}

func TestTheTokenForNovaIsReadEachTime(t *testing.T) {
	f := tokenFile(t.TempDir() + "/none")
	if _, err := f.Token(t.Context(), ""); err == nil {
		t.Error("a file that is not there gave a token")
	}
}
