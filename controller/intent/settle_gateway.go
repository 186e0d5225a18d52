package intent

import (
	"cmp"
	"maps"
	"slices"

	"weft/api"
)

// netOnHost names a network on a host.
type netOnHost struct {
	host api.HostID
	net  api.NetworkID
}

func compareNetOnHost(a, b netOnHost) int {
	return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.net, b.net))
}

// settleGateways gives each host a port on each external network that it has a floating IP of, and takes it away again.
func (s *settler) settleGateways(tx *api.Txn, t *touched) error {
	for _, k := range sortedKeys(gatewaysToCheck(tx, t), compareNetOnHost) {
		if err := s.excuse(tx, k.host, s.settleGateway(tx, k, t)); err != nil {
			return err
		}
	}
	return nil
}

func (s *settler) settleGateway(tx *api.Txn, k netOnHost, t *touched) error {
	have, there := tx.AgentGateway(k.host, k.net)
	switch need := needsGateway(tx, k, t); {
	case need && !there:
		return s.addAgentGateway(tx, k)
	case !need && there:
		removePort(tx, have)
	}
	return nil
}

// gatewaysToCheck lists the networks on hosts for which the answer may have changed.
func gatewaysToCheck(tx *api.Txn, t *touched) set[netOnHost] {
	out := set[netOnHost]{}
	for id := range t.ports {
		nets := set[api.NetworkID]{}
		maps.Copy(nets, t.external[id])
		for f := range tx.FloatingIPsOfPort(id) {
			nets[f.NetworkID] = true
		}
		for n := range nets {
			for h := range t.hostsOfPort(tx.View, id) {
				out[netOnHost{h, n}] = true
			}
		}
	}
	for p := range versionsOf[*api.Port](t.changes) {
		if p.IsAgentGateway() {
			out[netOnHost{p.HostID, p.NetworkID}] = true
		}
	}
	for _, c := range t.changes {
		if h, ok := c.Before.(*api.Host); ok && c.After == nil {
			for p := range tx.PortsAskedOn(h.ID) {
				if p.IsAgentGateway() {
					out[netOnHost{h.ID, p.NetworkID}] = true
				}
			}
		}
	}
	return out
}

// needsGateway asks the touched ports first: as a rule one of them is the reason.
func needsGateway(tx *api.Txn, k netOnHost, t *touched) bool {
	if _, ok := tx.Host(k.host); !ok {
		return false
	}
	for id := range t.ports {
		if b, ok := tx.Binding(id, k.host); ok && b.Problem == "" && hasFloating(tx, id, k.net) {
			return true
		}
	}
	for p := range tx.PortsExpectedOn(k.host) {
		if hasFloating(tx, p.ID, k.net) {
			return true
		}
	}
	for b := range tx.BindingsOn(k.host) {
		if b.Problem == "" && hasFloating(tx, b.PortID, k.net) {
			return true
		}
	}
	return false
}

func hasFloating(tx *api.Txn, p api.PortID, n api.NetworkID) bool {
	for f := range tx.FloatingIPsOfPort(p) {
		if f.NetworkID == n {
			return true
		}
	}
	return false
}

func (o *Ops) addAgentGateway(tx *api.Txn, k netOnHost) error {
	p, err := o.ownPort(tx, k.net, api.OwnerAgentGateway, string(k.host))
	if err != nil {
		return err
	}
	p.HostID = k.host
	a := newAddresses(tx.View, p)
	a.subnets = slices.DeleteFunc(a.subnets, func(s *api.Subnet) bool { return s.IPVersion() == 6 })
	if p.FixedIPs, err = a.byDefault(); err != nil {
		return err
	}
	if len(p.FixedIPs) == 0 {
		return noAddress(k.net)
	}
	tx.Put(p)
	return nil
}
