package clients

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"weft/controller/nova"
	"weft/test/keystone"
)

func TestARealKeystoneLeadsToNovaAndRenewsARevokedToken(t *testing.T) {
	k := serveKeystone(t)
	service := k.make("service", object{"type": "compute", "name": "nova"})
	k.make("endpoint", object{"service_id": service, "interface": "internal", "url": "http://inside:8774/v2.1", "region_id": "RegionOne"})
	config := nova.KeystoneConfig{
		URL: k.URL, User: "admin", UserDomain: "Default", Password: keystone.Password, Project: "admin", ProjectDomain: "Default",
		Interface: "internal", Region: "RegionOne", Client: http.DefaultClient, Now: time.Now,
	}
	source := nova.NewKeystone(config)
	first, err := source.Access(t.Context(), "")
	if err != nil || first.Endpoint != "http://inside:8774/v2.1/" || first.Token == "" {
		t.Fatalf("got %+v, %v", first, err)
	}
	if again, err := source.Access(t.Context(), ""); err != nil || again != first {
		t.Errorf("the second time: %+v, %v", again, err)
	}
	next, err := source.Access(t.Context(), first.Token)
	if err != nil || next.Token == first.Token || next.Token == "" {
		t.Errorf("after the token was refused: %+v, %v", next, err)
	}
	config.Interface = "public"
	if _, err := nova.NewKeystone(config).Access(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "make one, or name Nova's address") {
		t.Errorf("an endpoint that is not there: %v", err)
	}
	config.Password = "wrong"
	if _, err := nova.NewKeystone(config).Access(t.Context(), ""); err == nil || !strings.Contains(err.Error(), `refuses user "admin"`) {
		t.Errorf("a wrong password: %v", err)
	}
}
