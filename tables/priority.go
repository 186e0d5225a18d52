package tables

// Priorities of flows, by table, highest first. Each name says what its flows decide; the gaps leave room. Nothing may
// use 32768: ovs-ofctl leaves that one out of its dumps.
const (
	// Miss is what happens to a packet that no other flow of the table takes.
	Miss uint16 = 0

	// br-int 0 and br-tun 4. Frames of everybody.
	PrioPriorityTwo uint16 = 180 // a tag that names a priority and no VLAN, and a second one within
	PrioPriorityTag uint16 = 170 // such a tag alone

	// br-int 0. Frames of the uplinks.
	PrioSecondTag   uint16 = 150 // frames from the wire with a guest's tag within the provider's
	PrioAnswerToLeg uint16 = 140 // ARP replies from the wire for a router leg: it has asked
	PrioNotForWire  uint16 = 130 // frames from the wire for a router leg: legs serve their own host only
	PrioOwnHostMAC  uint16 = 120 // to this host's MAC: answers to a leg's ARP
	PrioPeerHostMAC uint16 = 110 // from another host's MAC: routed there
	PrioPosing      uint16 = 105 // what poses as a router's leg
	PrioUplink      uint16 = 100 // the rest
	// br-int 0. Frames of guests and legs.
	PrioGuestCheckARP uint16 = 110 // ARP and neighbour advertisements, to arp_spoof
	PrioGuest         uint16 = 100

	// br-int 1 and 2.
	PrioToGuestByIP uint16 = 110 // a guest with addresses behind several legs: by address
	PrioToGuest     uint16 = 100

	// br-int 3 and 4.
	PrioToLeg uint16 = 100

	// br-int 24 and 25.
	PrioGuardNever  uint16 = 140 // what no guest may send
	PrioGuardProbe  uint16 = 130 // is my own address taken?
	PrioGuardTake   uint16 = 125 // is another one?
	PrioGuardOwn    uint16 = 120 // from the guest's own addresses
	PrioGuardTagged uint16 = 115 // frames with a tag of the guest's, from its own MAC
	PrioGuardIP     uint16 = 110 // the rest of IPv4 and IPv6
	PrioGuardOther  uint16 = 100 // other protocols from the guest's own MAC

	// br-int 26.
	PrioMuted   uint16 = 110 // the agent has just been told
	PrioArrival uint16 = 100

	// br-int 60.
	PrioReserved     uint16 = 140 // bridges must not forward these (IEEE 802.1Q, table 8-1, and what switches say to each other)
	PrioAnswered     uint16 = 130 // what guests ask DHCP servers and routers, and the agent answers
	PrioLocalMAC     uint16 = 120 // a port of this host
	PrioTurnBack     uint16 = 125 // the same, to a port behind the interface that the frame is from
	PrioWaiting      uint16 = 115 // a guest that may arrive here
	PrioRemoteMAC    uint16 = 110 // a port of another host, where unknown MACs are copied to loose ports
	PrioFromSibling  uint16 = 105 // what a port sends that shares interface and network with another
	PrioUnknownMAC   uint16 = 100 // any other unicast
	PrioBroadcastMAC uint16 = 100 // multicast and broadcast

	// br-int 61.
	PrioArrived uint16 = 100 // a guest that came here, before anybody has planned for it

	// br-int 77, 78 and 79.
	PrioTooOften  uint16 = 110 // those of a guest that asked too often, for a moment
	PrioAsksAgent uint16 = 100 // a guest's own requests

	// br-tun 0, 4, 9, and those of provider bridges.
	PrioPort  uint16 = 100
	PrioEcho  uint16 = 150 // trial packets that are to go back
	PrioProbe uint16 = 140 // trial packets of the controller
	PrioVNI   uint16 = 100
	PrioPeer  uint16 = 100

	// br-tun 1, and 1 of provider bridges.
	PrioLegBlock uint16 = 120 // what asks for a leg stays on this host
	PrioLegSrc   uint16 = 100 // what comes from a leg leaves with the host's MAC

	// br-tun 2.
	PrioARPBroadcast uint16 = 110 // and neighbour solicitations
	PrioCast         uint16 = 100

	// br-tun 4, 10, 20, 21 and 24, for external VTEPs.
	PrioVTEPVNI     uint16 = 110 // before that of all hosts
	PrioFalseSource uint16 = 140
	PrioToLegHere   uint16 = 130 // what a leg here has asked for
	PrioNotElected  uint16 = 120 // what another host routes
	PrioFromVTEP    uint16 = 100
	PrioVTEPMAC     uint16 = 80 // below ports
	PrioLearned     uint16 = 60
	PrioVTEPAnswer  uint16 = 80  // below ports
	PrioUnknownVTEP uint16 = 110 // unicast, where some want none that is unknown
	PrioFloodVTEP   uint16 = 100

	// br-tun 20, 21, 22, and 2 of provider bridges.
	PrioMAC       uint16 = 100
	PrioTakes     uint16 = 120 // who is about to take an IPv6 address
	PrioGratuity  uint16 = 110 // an owner that tells its own address, or asks whether it is free
	PrioAnswer    uint16 = 100
	PrioLinkLocal uint16 = 90 // the same for addresses that nobody was given
	PrioSegment   uint16 = 100
	PrioNoUnknown uint16 = 110 // unicast, on networks that flood none
	PrioTranslate uint16 = 100
)
