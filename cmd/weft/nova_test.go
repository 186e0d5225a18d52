package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/controller/nova"
)

func TestFlagsForNovaThatMakeNoSenseSaySo(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	known := keystoneFlags{url: "http://keystone:5000", user: "weft", passwordFile: password}
	for _, tc := range []struct {
		name     string
		nova     novaFlags
		keystone keystoneFlags
		want     string
	}{
		{"no-url", novaFlags{endpoint: "nova"}, keystoneFlags{}, "want http://NOVA:8774/v2.1"},
		{"other-scheme", novaFlags{endpoint: "ftp://nova/v2.1"}, keystoneFlags{}, "want http://NOVA:8774/v2.1"},
		{"no-host", novaFlags{endpoint: "http://"}, keystoneFlags{}, "want http://NOVA:8774/v2.1"},
		{"garbage", novaFlags{endpoint: "://"}, keystoneFlags{}, "want http://NOVA:8774/v2.1"},
		{"no-keystone", novaFlags{endpoint: "catalogue"}, keystoneFlags{}, "--keystone-url"},
		{"token-for-the-catalogue", novaFlags{endpoint: "catalogue", tokenFile: password}, known, "no --nova-token-file"},
		{"no-password", novaFlags{endpoint: "catalogue"}, keystoneFlags{url: "http://keystone:5000"}, "--nova-password-file"},
		{"interface", novaFlags{endpoint: "catalogue", face: "side"}, known, "--nova-interface"},
		{"keystone's address", novaFlags{endpoint: "http://nova/v2.1"}, keystoneFlags{url: "keystone"}, "--keystone-url"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := tc.nova.teller(&tc.keystone, nil, nil, nil); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	tell, err := (&novaFlags{}).teller(&keystoneFlags{}, nil, nil, nil)
	if err != nil || tell(t.Context()) != nil {
		t.Errorf("without an endpoint: %v", err)
	}
	access, err := (&novaFlags{endpoint: "catalogue", face: "public"}).access(&known)
	if _, ok := access.(*nova.Keystone); err != nil || !ok {
		t.Errorf("by the catalogue: %T, %v", access, err)
	}
}

func TestTheTokenForNovaIsReadEachTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	access, err := (&novaFlags{endpoint: "http://nova/v2.1", tokenFile: file}).access(&keystoneFlags{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := access.Access(t.Context(), ""); err == nil {
		t.Error("a file that is not there gave a token")
	}
	for _, token := range []string{"one", "two"} {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := access.Access(t.Context(), "")
		if diff := cmp.Diff(nova.Access{Endpoint: "http://nova/v2.1", Token: token}, got); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}
