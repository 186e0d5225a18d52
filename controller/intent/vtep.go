package intent

import (
	"cmp"
	"net/netip"
	"slices"

	"weft/api"
)

// Limits of VTEPs, and what one has unless it is asked for otherwise.
const (
	maxVTEPs      = 128 // of one network: every host sends a copy of each broadcast to each of them
	maxEntries    = 1024
	maxLearnLimit = 65536
	maxLearnAge   = 65535
	defaultLimit  = 1000
	defaultAge    = 300 // seconds, as Linux has it
)

// CreateVTEP lets a machine that weft does not manage join a network.
func (o *Ops) CreateVTEP(tx *api.Txn, req VTEPRequest) (*api.VTEP, error) {
	n, err := network(tx.View, req.NetworkID)
	if err != nil {
		return nil, err
	}
	if !n.Tunnelled() {
		return nil, badRequest("vtep", "network %s is of type %s; external VTEPs are for networks of type vxlan", n.ID, n.Type)
	}
	count := 0
	for range tx.VTEPsOf(n.ID) {
		count++
	}
	if count >= maxVTEPs {
		return nil, api.Faultf(api.Conflict, "OverQuota", "Network %s has %d VTEPs already, which is the maximum.", n.ID, count)
	}
	meta, err := o.newMeta(req.MetaRequest)
	if err != nil {
		return nil, err
	}
	t := &api.VTEP{
		ID: api.VTEPID(o.NewID()), Meta: meta, NetworkID: n.ID, Learning: true,
		LearnLimit: defaultLimit, LearnAge: defaultAge, Flood: api.FloodAll,
	}
	if err := applyVTEP(tx.View, t, req); err != nil {
		return nil, err
	}
	tx.Put(t)
	return t, nil
}

// UpdateVTEP changes what the request sets.
func (o *Ops) UpdateVTEP(tx *api.Txn, id api.VTEPID, req VTEPRequest) (*api.VTEP, error) {
	prev, err := vtep(tx.View, id)
	if err != nil {
		return nil, err
	}
	if req.NetworkID != "" && req.NetworkID != prev.NetworkID {
		return nil, readOnly("network_id")
	}
	t := *prev
	if err := applyMeta(&t.Meta, req.MetaRequest); err != nil {
		return nil, err
	}
	if err := applyVTEP(tx.View, &t, req); err != nil {
		return nil, err
	}
	o.save(tx, prev, &t, &t.Meta)
	return &t, nil
}

// DeleteVTEP makes the machine a stranger again. What was learned from it goes with it.
func (o *Ops) DeleteVTEP(tx *api.Txn, id api.VTEPID) error {
	t, err := vtep(tx.View, id)
	if err != nil {
		return err
	}
	tx.Delete(t)
	return nil
}

func vtep(v api.View, id api.VTEPID) (*api.VTEP, error) {
	if t, ok := v.VTEP(id); ok {
		return t, nil
	}
	return nil, api.Faultf(api.NotFound, "VtepNotFound", "VTEP %s could not be found.", id)
}

// applyVTEP sets what the request has, and judges the whole.
func applyVTEP(v api.View, t *api.VTEP, req VTEPRequest) error {
	t.Addr = req.Addr.Or(t.Addr)
	t.Learning = req.Learning.Or(t.Learning)
	t.LearnLimit = req.LearnLimit.Or(t.LearnLimit)
	t.LearnAge = req.LearnAge.Or(t.LearnAge)
	t.LearnIdle = req.LearnIdle.Or(t.LearnIdle)
	t.Flood = req.Flood.Or(t.Flood)
	if req.Entries.Set {
		t.Entries = slices.Clone(req.Entries.Or(nil))
		slices.SortFunc(t.Entries, func(a, b api.VTEPEntry) int {
			return cmp.Or(cmp.Compare(a.MAC.Uint64(), b.MAC.Uint64()), a.Addr.Compare(b.Addr))
		})
	}
	if err := checkVTEPAddr(v, t); err != nil {
		return err
	}
	switch {
	case t.Flood != api.FloodAll && t.Flood != api.FloodBroadcast:
		return invalid("flood %q is not one of %s, %s", t.Flood, api.FloodAll, api.FloodBroadcast)
	case t.LearnLimit < 1 || t.LearnLimit > maxLearnLimit:
		return invalid("learn_limit %d is out of range (1 through %d)", t.LearnLimit, maxLearnLimit)
	case t.LearnAge < 1:
		return invalid("learn_age %d is out of range (1 through %d seconds)", t.LearnAge, maxLearnAge)
	}
	return checkEntries(v, t)
}

// checkVTEPAddr wants an address that a tunnel can lead to, and that nobody else of the network has.
func checkVTEPAddr(v api.View, t *api.VTEP) error {
	if !usable(t.Addr) || t.Addr.IsLinkLocalUnicast() {
		return invalid("address %s cannot be a VTEP's; give the address of the machine in the underlay", t.Addr)
	}
	for h := range v.HostsAt(t.Addr) {
		return api.Faultf(api.Conflict, "VtepAddressInUse",
			"Address %s is the tunnel address of host %s, which weft manages; give the address of another machine.", t.Addr, h.ID)
	}
	for other := range v.VTEPsAt(t.Addr) {
		if other.ID != t.ID && other.NetworkID == t.NetworkID {
			return api.Faultf(api.Conflict, "VtepAddressInUse",
				"Network %s has VTEP %s at address %s already; change that one.", t.NetworkID, other.ID, t.Addr)
		}
	}
	return nil
}

// checkEntries wants MACs and addresses that nobody else of the network has.
func checkEntries(v api.View, t *api.VTEP) error {
	if len(t.Entries) > maxEntries {
		return invalid("%d entries are too many, at most %d are allowed", len(t.Entries), maxEntries)
	}
	owners := map[netip.Addr]api.MAC{}
	for _, e := range t.Entries {
		if e.MAC.IsZero() || e.MAC.IsMulticast() || [3]byte(e.MAC[:3]) == hostMACs {
			return invalid("MAC address %s cannot be that of a machine behind a VTEP", e.MAC)
		}
		if p, ok := v.PortByMAC(t.NetworkID, e.MAC); ok {
			return api.Faultf(api.Conflict, "MacAddressInUse",
				"Unable to complete operation for network %s. The mac address %s is in use by port %s.", t.NetworkID, e.MAC, p.ID)
		}
		if other, ok := v.VTEPByMAC(t.NetworkID, e.MAC); ok && other.ID != t.ID {
			return api.Faultf(api.Conflict, "MacAddressInUse",
				"Unable to complete operation for network %s. The mac address %s is in use by VTEP %s.", t.NetworkID, e.MAC, other.ID)
		}
		if !e.Addr.IsValid() {
			continue
		}
		if mac, twice := owners[e.Addr]; twice {
			return invalid("IP address %s is given for both %s and %s", e.Addr, mac, e.MAC)
		}
		owners[e.Addr] = e.MAC
		if err := checkEntryAddr(v, t, e.Addr); err != nil {
			return err
		}
	}
	return nil
}

func checkEntryAddr(v api.View, t *api.VTEP, a netip.Addr) error {
	if !usable(a) {
		return invalid("IP address %s cannot be that of a machine behind a VTEP", a)
	}
	for s := range v.SubnetsOf(t.NetworkID) {
		if p, ok := v.PortByAddr(s.ID, a); ok {
			return api.Faultf(api.Conflict, "IpAddressInUse",
				"Unable to complete operation for network %s. The IP address %s is in use by port %s.", t.NetworkID, a, p.ID)
		}
	}
	if other, ok := v.VTEPByIP(t.NetworkID, a); ok && other.ID != t.ID {
		return api.Faultf(api.Conflict, "IpAddressInUse",
			"Unable to complete operation for network %s. The IP address %s is in use by VTEP %s.", t.NetworkID, a, other.ID)
	}
	return nil
}
