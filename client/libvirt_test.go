package client_test

import (
	"encoding/xml"
	"strings"
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

func TestTheInterfaceOfATrunksParentNamesItsSubPortsWhateverTheyAreCalled(t *testing.T) {
	p := client.Port{ID: "5a70be5b-5576-4734-9f61-61cdfc4a884a", MACAddress: "fa:16:3e:00:00:01"}
	sub := func(tag int, name string, mtu int) client.LibvirtSubPort {
		return client.LibvirtSubPort{
			Tag: tag, Port: client.Port{ID: "id", Name: name, MACAddress: "fa:16:3e:00:00:02"}, Network: client.Network{Name: "net-", MTU: mtu},
		}
	}
	got, err := client.LibvirtInterface(p, client.Network{MTU: 1450}, client.LibvirtOptions{},
		sub(7, "plain", 1500), sub(8, "--><interface>---\x00\n\xff", 1300))
	if err != nil {
		t.Fatal(err)
	}
	const want = `<interface type="bridge">
  <!-- The parent of a trunk. Frames with a VLAN tag belong to its sub-ports:
       tag 7: port plain (id), MAC fa:16:3e:00:00:02, network net-, MTU 1500
       tag 8: port - -><interface>- - -  ? (id), MAC fa:16:3e:00:00:02, network net-, MTU 1300
       QEMU before 10.0.4 drops frames with a tag after a migration, unless the card has ctrl_vlan=off. -->
`
	if !strings.HasPrefix(got, want) || !strings.Contains(got, `<mtu size="1500">`) {
		t.Errorf("got\n%s", got)
	}
	if err := xml.Unmarshal([]byte(got), new(struct{})); err != nil {
		t.Errorf("it is no XML: %v\n%s", err, got)
	}
}
