package intent

import "weft/api"

func (o *Ops) CreateNetwork(tx *api.Txn, req NetworkRequest) (*api.Network, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) UpdateNetwork(tx *api.Txn, id api.NetworkID, req NetworkRequest) (*api.Network, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) DeleteNetwork(tx *api.Txn, id api.NetworkID) error {
	return api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) CreateSubnet(tx *api.Txn, req SubnetRequest) (*api.Subnet, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) UpdateSubnet(tx *api.Txn, id api.SubnetID, req SubnetRequest) (*api.Subnet, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) DeleteSubnet(tx *api.Txn, id api.SubnetID) error {
	return api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) CreatePort(tx *api.Txn, req PortRequest) (*api.Port, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) UpdatePort(tx *api.Txn, id api.PortID, req PortRequest) (*api.Port, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) DeletePort(tx *api.Txn, id api.PortID) error {
	return api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) CreateRouter(tx *api.Txn, req RouterRequest) (*api.Router, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) UpdateRouter(tx *api.Txn, id api.RouterID, req RouterRequest) (*api.Router, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) DeleteRouter(tx *api.Txn, id api.RouterID) error {
	return api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) CreateFloatingIP(tx *api.Txn, req FloatingIPRequest) (*api.FloatingIP, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) UpdateFloatingIP(tx *api.Txn, id api.FloatingIPID, req FloatingIPRequest) (*api.FloatingIP, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) DeleteFloatingIP(tx *api.Txn, id api.FloatingIPID) error {
	return api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) CreateHost(tx *api.Txn, req HostRequest) (*api.Host, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) UpdateHost(tx *api.Txn, id api.HostID, req HostRequest) (*api.Host, error) {
	return nil, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) DeleteHost(tx *api.Txn, id api.HostID) error {
	return api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) AddRouterInterface(tx *api.Txn, id api.RouterID, req InterfaceRequest) (InterfaceAnswer, error) {
	return InterfaceAnswer{}, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) RemoveRouterInterface(tx *api.Txn, id api.RouterID, req InterfaceRequest) (InterfaceAnswer, error) {
	return InterfaceAnswer{}, api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) ReportHost(tx *api.Txn, id api.HostID, r ReportedHost) error {
	return api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}

func (o *Ops) Settle(tx *api.Txn) error {
	return api.Faultf(api.Unavailable, "ServiceUnavailable", "not written yet")
}
