package intent

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"weft/api"
)

const (
	maxPairs   = 10
	maxProfile = 4095 // bytes of JSON
	vnicNormal = "normal"
)

// What Neutron knows as vNIC types. weft plugs those that are OVS interfaces and stores the rest.
var vnicTypes = [...]string{vnicNormal, "direct", "macvtap", "baremetal", "direct-physical", "virtio-forwarder",
	"smart-nic", "vdpa", "accelerator-direct", "accelerator-direct-physical", "remote-managed"}

// Prefixes of the MACs that weft makes up.
var (
	portMACs = [3]byte{0xfa, 0x16, 0x3e}
	hostMACs = [3]byte{0xfa, 0x16, 0x3f}
)

// ownedByWeft reports whether ports of an owner are made and removed by weft itself.
func ownedByWeft(owner string) bool {
	switch owner {
	case api.OwnerRouterInterface, api.OwnerRouterGateway, api.OwnerFloatingIP, api.OwnerAgentGateway,
		api.OwnerCentralSNAT:
		return true
	}
	return false
}

// checkOwn keeps requests away from what makes a port weft's own.
func checkOwn(p *api.Port, req PortRequest) error {
	if !ownedByWeft(p.DeviceOwner) {
		return nil
	}
	if req.FixedIPs.Set && p.IsRouterInterface() {
		if err := checkLegAddresses(p, req.FixedIPs.Or(nil)); err != nil {
			return err
		}
		req.FixedIPs.Set = false
	}
	if req.MAC.Set || req.FixedIPs.Set || req.DeviceID.Set || req.DeviceOwner.Set || req.HostID.Set ||
		req.PortSecurityEnabled.Set || req.AllowedAddressPairs.Set || req.ExtraDHCPOpts.Set ||
		req.DNSName.Set || req.DNSDomain.Set {
		return badRequest("port", "port %s belongs to %s %s; only its name, description and admin_state_up can change",
			p.ID, p.DeviceOwner, p.DeviceID)
	}
	return nil
}

// applyPort takes over the attributes that need nothing but themselves to be judged.
func applyPort(p *api.Port, req PortRequest) error {
	p.AdminStateUp = req.AdminStateUp.Or(p.AdminStateUp)
	p.PortSecurityEnabled = req.PortSecurityEnabled.Or(p.PortSecurityEnabled)
	if req.DeviceID.Set {
		p.DeviceID = req.DeviceID.Or("")
	}
	if req.DeviceOwner.Set {
		p.DeviceOwner = req.DeviceOwner.Or("")
		if ownedByWeft(p.DeviceOwner) {
			return invalid("device_owner %s is set by weft itself; use the API of routers and floating IPs", p.DeviceOwner)
		}
	}
	for _, t := range [...]struct{ field, text string }{{"device_id", p.DeviceID}, {"device_owner", p.DeviceOwner}} {
		if err := checkText(t.field, t.text); err != nil {
			return err
		}
	}
	if err := applyDHCPOptions(p, req.ExtraDHCPOpts); err != nil {
		return err
	}
	return applyBinding(p, req)
}

func applyBinding(p *api.Port, req PortRequest) error {
	if req.HostID.Set {
		p.HostID = req.HostID.Or("")
		if p.HostID == "" {
			p.Others = nil // the port is bound nowhere now
		} else if err := checkName("binding:host_id", string(p.HostID)); err != nil {
			return err
		}
		p.Others = p.WithoutOther(p.HostID)
	}
	if err := applyVNICType(&p.VNICType, req.VNICType); err != nil {
		return err
	}
	return applyProfile(&p.Profile, req.Profile)
}

func applyVNICType(to *string, asked Opt[string]) error {
	if asked.Set {
		*to = asked.Or(vnicNormal)
	}
	if asked.Set && !slices.Contains(vnicTypes[:], *to) {
		return invalid("binding:vnic_type %q is not one of %s", *to, strings.Join(vnicTypes[:], ", "))
	}
	return nil
}

func applyProfile(to *map[string]any, asked Opt[map[string]any]) error {
	if !asked.Set {
		return nil
	}
	*to = maps.Clone(asked.Or(nil))
	if text, err := json.Marshal(*to); err != nil {
		return invalid("binding:profile: %v", err)
	} else if len(text) > maxProfile {
		return invalid("binding:profile has %d bytes, the maximum is %d", len(text), maxProfile)
	}
	return nil
}

// setMAC gives the port the MAC that was asked for, or a free one.
func setMAC(tx *api.Txn, p *api.Port, asked Opt[api.MAC]) error {
	if given(asked) {
		return claimMAC(tx, p, asked.V)
	}
	for i := range maxMACTries {
		p.MAC = derivedMAC(portMACs, string(p.ID), i)
		if _, used := tx.PortByMAC(p.NetworkID, p.MAC); !used {
			return nil
		}
	}
	return api.Faultf(api.Unavailable, "MacAddressGenerationFailure", "Unable to generate unique mac on network %s.", p.NetworkID)
}

func claimMAC(tx *api.Txn, p *api.Port, mac api.MAC) error {
	switch {
	case mac.IsZero() || mac.IsMulticast():
		return invalid("mac_address %s cannot be a port's", mac)
	case [3]byte(mac[:3]) == hostMACs:
		return invalid("mac_address %s cannot be a port's: fa:16:3f is kept for hosts", mac)
	}
	if other, used := tx.PortByMAC(p.NetworkID, mac); used && other.ID != p.ID {
		return api.Faultf(api.Conflict, "MacAddressInUse",
			"Unable to complete operation for network %s. The mac address %s is in use.", p.NetworkID, mac)
	}
	if t, used := tx.VTEPByMAC(p.NetworkID, mac); used {
		return api.Faultf(api.Conflict, "MacAddressInUse",
			"Unable to complete operation for network %s. The mac address %s is in use by VTEP %s.", p.NetworkID, mac, t.ID)
	}
	p.MAC = mac
	return nil
}

// setPairs takes over allowed_address_pairs and judges them against port security.
func setPairs(p *api.Port, asked Opt[[]api.AddressPair]) error {
	if asked.Set {
		p.AllowedAddressPairs = slices.Clone(asked.Or(nil))
	}
	if len(p.AllowedAddressPairs) == 0 {
		p.AllowedAddressPairs = nil
		return nil
	}
	if !p.PortSecurityEnabled {
		return api.Faultf(api.Conflict, "AddressPairAndPortSecurityRequired",
			"Port Security must be enabled in order to have allowed address pairs on a port.")
	}
	if len(p.AllowedAddressPairs) > maxPairs {
		return api.Faultf(api.BadRequest, "AllowedAddressPairExhausted",
			"The number of allowed address pair exceeds the maximum %d.", maxPairs)
	}
	return normalizePairs(p)
}

func normalizePairs(p *api.Port) error {
	seen := map[api.AddressPair]bool{}
	for i := range p.AllowedAddressPairs {
		pair := &p.AllowedAddressPairs[i]
		if pair.MAC.IsZero() {
			pair.MAC = p.MAC
		}
		a := pair.Prefix.Addr()
		switch {
		case !pair.Prefix.IsValid() || a.Is4In6() || a.IsMulticast():
			return invalid("allowed_address_pairs: %s is not an address or a CIDR that a guest can have", pair.Prefix)
		case pair.MAC.IsMulticast() || [3]byte(pair.MAC[:3]) == hostMACs:
			return invalid("allowed_address_pairs: mac_address %s cannot be a guest's", pair.MAC)
		}
		pair.Prefix = pair.Prefix.Masked()
		if seen[*pair] {
			return api.Faultf(api.BadRequest, "DuplicateAddressPairInRequest",
				"Request contains duplicate address pair: mac_address %s ip_address %s.", pair.MAC, pair.Prefix)
		}
		seen[*pair] = true
	}
	return nil
}
