package client_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/client"
)

func TestLibvirtInterfacePlugsThePortByItsID(t *testing.T) {
	p := client.Port{ID: "5a70be5b-5576-4734-9f61-61cdfc4a884a", MACAddress: "fa:16:3e:00:00:01"}
	got, err := client.LibvirtInterface(p, client.Network{MTU: 1450}, client.LibvirtOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `<interface type="bridge">
  <mac address="fa:16:3e:00:00:01"></mac>
  <source bridge="br-int"></source>
  <virtualport type="openvswitch">
    <parameters interfaceid="5a70be5b-5576-4734-9f61-61cdfc4a884a"></parameters>
  </virtualport>
  <target dev="tap5a70be5b-55"></target>
  <model type="virtio"></model>
  <mtu size="1450"></mtu>
</interface>
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the element (-want +got):\n%s", diff)
	}
}

func TestTapDeviceNamesFitInterfaceNames(t *testing.T) {
	for id, want := range map[string]string{
		"5a70be5b-5576-4734-9f61-61cdfc4a884a": "tap5a70be5b-55",
		"short":                                "tapshort",
	} {
		if got := client.TapDevice(id); got != want {
			t.Errorf("TapDevice(%q) = %q, want %q", id, got, want)
		}
	}
}
