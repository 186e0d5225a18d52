package clients

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/portsbinding"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/ports"
)

// bound is a port as Nova sees it.
type bound struct {
	ports.Port
	portsbinding.PortsBindingExt
}

func TestProgramWithGophercloudBindsPorts(t *testing.T) {
	p := newProgram(t)
	n := p.network("n", false)
	var made bound
	profile := map[string]any{"migrating_to": "h2", "list": []any{"a", 1.0}}
	p.ok(ports.Create(p.ctx, p.ServiceClient, portsbinding.CreateOptsExt{
		CreateOptsBuilder: ports.CreateOpts{NetworkID: n.ID, DeviceOwner: "compute:nova", DeviceID: "vm"},
		HostID:            "h1", VNICType: "normal", Profile: profile,
	}).ExtractInto(&made))
	if made.HostID != "h1" || made.VIFType != "binding_failed" || !cmp.Equal(made.Profile, profile) {
		t.Errorf("bound on a host that never came: %+v", made.PortsBindingExt)
	}
	url := p.ServiceURL("ports", made.ID, "bindings")
	var list struct{ Bindings []map[string]any }
	_, err := p.Get(p.ctx, url, &list, nil)
	p.ok(err)
	if len(list.Bindings) != 1 || list.Bindings[0]["host"] != "h1" || list.Bindings[0]["status"] != "ACTIVE" {
		t.Errorf("bindings %v", list.Bindings)
	}
	codes := &gophercloud.RequestOpts{OkCodes: []int{201}}
	_, err = p.Post(p.ctx, url, map[string]any{"binding": map[string]any{"host": "h2"}}, nil, codes)
	p.refused(http.StatusConflict, err) // h2 never came
	_, err = p.Put(p.ctx, url+"/h1/activate", nil, nil, &gophercloud.RequestOpts{OkCodes: []int{200}})
	p.refused(http.StatusConflict, err)
	_, err = p.Delete(p.ctx, url+"/h2", nil)
	p.refused(http.StatusNotFound, err)
	_, err = p.Delete(p.ctx, url+"/h1", nil)
	p.ok(err)
	var left bound
	p.ok(ports.Get(p.ctx, p.ServiceClient, made.ID).ExtractInto(&left))
	if left.HostID != "" || left.VIFType != "unbound" || len(left.Profile) != 0 {
		t.Errorf("without a binding: %+v", left.PortsBindingExt)
	}
}

func TestNovaIsToldThatItsServersPortIsGone(t *testing.T) {
	told := make(chan string, 8)
	nova := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Events []struct {
				Name   string `json:"name"`
				Server string `json:"server_uuid"`
			} `json:"events"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.URL.Path != "/v2.1/os-server-external-events" {
			t.Errorf("%s: %v", r.URL, err)
		}
		for _, e := range body.Events {
			told <- e.Name + " " + e.Server
		}
		w.WriteHeader(http.StatusOK)
	}))
	defer nova.Close()
	p := newProgram(t, "--nova-endpoint", nova.URL+"/v2.1")
	n := p.network("n", false)
	port := must[*ports.Port](p)(ports.Create(p.ctx, p.ServiceClient, ports.CreateOpts{
		NetworkID: n.ID, DeviceOwner: "compute:nova", DeviceID: "vm",
	}).Extract())
	p.ok(ports.Delete(p.ctx, p.ServiceClient, port.ID).ExtractErr())
	select {
	case got := <-told:
		if got != "network-vif-deleted vm" {
			t.Errorf("Nova was told %q", got)
		}
	case <-time.After(time.Minute):
		t.Error("Nova was told nothing")
	}
}
