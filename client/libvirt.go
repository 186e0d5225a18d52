package client

import (
	"encoding/xml"
	"fmt"
)

// LibvirtOptions adapt the interface element of a libvirt domain.
type LibvirtOptions struct {
	// Userspace leaves checksums and segmentation to the guest, as Open vSwitch's userspace datapath (netdev) needs it:
	// it reads frames from the tap device before any card finishes them. The kernel datapath does not need it.
	Userspace bool
}

// TapDevice is the name under which hypervisors plug a port: "tap" and the beginning of its id, 14 characters in all.
func TapDevice(portID string) string {
	const most = 14
	name := "tap" + portID
	return name[:min(len(name), most)]
}

// LibvirtInterface gives the element of a libvirt domain that plugs a port into br-int. The port is bound by its id;
// nothing else has to be done on the host.
func LibvirtInterface(p Port, n Network, o LibvirtOptions) (string, error) {
	x := libvirtInterface{Type: "bridge"}
	x.MAC.Address = p.MACAddress
	x.Source.Bridge = "br-int"
	x.VirtualPort.Type = "openvswitch"
	x.VirtualPort.Parameters.InterfaceID = p.ID
	x.Target.Dev = TapDevice(p.ID)
	x.Model.Type = "virtio"
	if n.MTU > 0 {
		x.MTU = &libvirtMTU{n.MTU}
	}
	if o.Userspace {
		x.Driver = plainFrames()
	}
	raw, err := xml.MarshalIndent(x, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write the libvirt interface of port %s: %w", p.ID, err)
	}
	return string(raw) + "\n", nil
}

type libvirtInterface struct {
	XMLName xml.Name `xml:"interface"`
	Type    string   `xml:"type,attr"`
	MAC     struct {
		Address string `xml:"address,attr"`
	} `xml:"mac"`
	Source struct {
		Bridge string `xml:"bridge,attr"`
	} `xml:"source"`
	VirtualPort struct {
		Type       string `xml:"type,attr"`
		Parameters struct {
			InterfaceID string `xml:"interfaceid,attr"`
		} `xml:"parameters"`
	} `xml:"virtualport"`
	Target struct {
		Dev string `xml:"dev,attr"`
	} `xml:"target"`
	Model struct {
		Type string `xml:"type,attr"`
	} `xml:"model"`
	Driver *libvirtDriver `xml:"driver"`
	MTU    *libvirtMTU    `xml:"mtu"`
}

type libvirtMTU struct {
	Size int `xml:"size,attr"`
}

// libvirtDriver says what the card leaves to the host.
type libvirtDriver struct {
	Name  string         `xml:"name,attr"`
	Host  libvirtOffload `xml:"host"`
	Guest libvirtOffload `xml:"guest"`
}

type libvirtOffload struct {
	Checksum string `xml:"csum,attr"`
	GSO      string `xml:"gso,attr,omitempty"`
	TSO4     string `xml:"tso4,attr"`
	TSO6     string `xml:"tso6,attr"`
	ECN      string `xml:"ecn,attr"`
	UFO      string `xml:"ufo,attr"`
}

func plainFrames() *libvirtDriver {
	const off = "off"
	guest := libvirtOffload{Checksum: off, TSO4: off, TSO6: off, ECN: off, UFO: off}
	host := guest
	host.GSO = off // a word of the host's half only
	return &libvirtDriver{Name: "qemu", Host: host, Guest: guest}
}
