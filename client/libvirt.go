package client

import (
	"encoding/xml"
	"fmt"
	"strings"
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

// LibvirtSubPort is a port behind another one's interface, and its network.
type LibvirtSubPort struct {
	Tag     int
	Port    Port
	Network Network
}

// LibvirtInterface gives the element of a libvirt domain that plugs a port into br-int. The port is bound by its id;
// nothing else has to be done on the host. The parent of a trunk gets an interface that is wide enough for all its
// sub-ports, which a comment names for whoever sets up the guest.
func LibvirtInterface(p Port, n Network, o LibvirtOptions, subs ...LibvirtSubPort) (string, error) {
	x := libvirtInterface{Type: "bridge", Comment: trunkComment(subs)}
	x.MAC.Address = p.MACAddress
	x.Source.Bridge = "br-int"
	x.VirtualPort.Type = "openvswitch"
	x.VirtualPort.Parameters.InterfaceID = p.ID
	x.Target.Dev = TapDevice(p.ID)
	x.Model.Type = "virtio"
	mtu := n.MTU
	for _, s := range subs {
		mtu = max(mtu, s.Network.MTU)
	}
	if mtu > 0 {
		x.MTU = &libvirtMTU{mtu}
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

// trunkComment says what is behind an interface, "" if nothing is.
func trunkComment(subs []LibvirtSubPort) string {
	if len(subs) == 0 {
		return ""
	}
	lines := []string{" The parent of a trunk. Frames with a VLAN tag belong to its sub-ports:"}
	for _, s := range subs {
		lines = append(lines, commentable(fmt.Sprintf("tag %d: port %s (%s), MAC %s, network %s, MTU %d",
			s.Tag, s.Port.Name, s.Port.ID, s.Port.MACAddress, s.Network.Name, s.Network.MTU)))
	}
	lines = append(lines, "QEMU before 10.0.4 drops frames with a tag after a migration, unless the card has ctrl_vlan=off.")
	return strings.Join(lines, "\n       ") + " "
}

// commentable makes words fit into an XML comment, whatever people have called their ports: without two dashes in a row, and
// without characters that XML does not know.
func commentable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	for strings.Contains(s, "--") {
		s = strings.ReplaceAll(s, "--", "- -")
	}
	return s
}

type libvirtInterface struct {
	XMLName xml.Name `xml:"interface"`
	Type    string   `xml:"type,attr"`
	Comment string   `xml:",comment"`
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
