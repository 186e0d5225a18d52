package intent

import (
	"slices"

	"weft/api"
)

// CreateHost makes a host that no agent has joined as yet, with a MAC of its own.
func (o *Ops) CreateHost(tx *api.Txn, req HostRequest) (*api.Host, error) {
	if err := checkName("name", string(req.Name)); err != nil {
		return nil, err
	}
	if _, ok := tx.Host(req.Name); ok {
		return nil, api.Faultf(api.Conflict, "HostAlreadyExists", "Host %s already exists.", req.Name)
	}
	meta, err := o.newMeta(MetaRequest{Description: req.Description})
	if err != nil {
		return nil, err
	}
	h := &api.Host{ID: req.Name, Meta: meta, JoinHash: req.JoinHash}
	h.NoGuests, h.NoGateways = !req.TakesGuests.Or(true), !req.TakesGateways.Or(true)
	if h.MAC, err = o.hostMAC(tx); err != nil {
		return nil, err
	}
	tx.Put(h)
	return h, nil
}

func (o *Ops) hostMAC(tx *api.Txn) (api.MAC, error) {
	used := map[api.MAC]bool{}
	for h := range tx.Hosts() {
		used[h.MAC] = true
	}
	seed := o.NewID()
	for i := range maxMACTries {
		if m := derivedMAC(hostMACs, seed, i); !used[m] {
			return m, nil
		}
	}
	return api.MAC{}, api.Faultf(api.Unavailable, "MacAddressGenerationFailure", "Unable to generate unique mac for a host.")
}

// UpdateHost changes the description, what may come to the host, and the join secret if the request has one.
func (o *Ops) UpdateHost(tx *api.Txn, id api.HostID, req HostRequest) (*api.Host, error) {
	prev, err := host(tx.View, id)
	if err != nil {
		return nil, err
	}
	if req.Name != "" && req.Name != id {
		return nil, readOnly("name")
	}
	h := *prev
	if err := applyMeta(&h.Meta, MetaRequest{Description: req.Description}); err != nil {
		return nil, err
	}
	h.NoGuests, h.NoGateways = !req.TakesGuests.Or(!h.NoGuests), !req.TakesGateways.Or(!h.NoGateways)
	if req.JoinHash != "" {
		h.JoinHash = req.JoinHash
	}
	o.save(tx, prev, &h, &h.Meta)
	return &h, nil
}

// DeleteDeadHost is DeleteHost for a host whose agent is not heard; one that lives would only be missed.
func (o *Ops) DeleteDeadHost(tx *api.Txn, id api.HostID) error {
	h, err := host(tx.View, id)
	if err != nil {
		return err
	}
	if h.Alive() && h.TunnelIP.IsValid() {
		return api.Faultf(api.Conflict, "AgentInUse",
			"Host %s is up, and so are its agents; stop weft's agent there first, or delete the host itself.", id)
	}
	return o.DeleteHost(tx, id)
}

// DeleteHost removes a host with all that was seen on it. Ports that were asked to be there stay, unbound.
func (o *Ops) DeleteHost(tx *api.Txn, id api.HostID) error {
	h, err := host(tx.View, id)
	if err != nil {
		return err
	}
	for _, b := range slices.Collect(tx.BindingsOn(id)) {
		tx.Delete(b)
	}
	tx.Delete(h)
	return nil
}
