package cli

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"weft/client"
)

// hints say what to do about refusals that people meet often, by the API's name for them.
func hints() map[string]string {
	return map[string]string{
		"NetworkInUse": `"weft port list --network NETWORK" shows the ports. Those of a router go with "weft router remove subnet", others with "weft port delete".`,
		"SubnetInUse":  `"weft port list --filter fixed_ips=subnet_id=ID" shows the ports. Those of a router go with "weft router remove subnet".`,
		"RouterInUse":  `Take its subnets away first: "weft router remove subnet ROUTER SUBNET"; "weft port list --router ROUTER" shows where it is.`,
		"ServicePortInUse": `weft made this port: it goes with the router's interface ("weft router remove subnet"), its gateway ("weft router unset ` +
			`--external-gateway") or the floating IP ("weft floatingip delete") that it is for.`,
		"OverQuota":                            `"weft quota show PROJECT --usage" shows what is used; an administrator raises a limit with "weft quota set".`,
		"PolicyNotAuthorized":                  `The token's project or role does not allow it; "weft token list" on the controller shows who has which.`,
		"ExternalGatewayForFloatingIPNotFound": `A router must join the port's subnet and the external network: "weft router add subnet", "weft router set --external-gateway".`,
		"IpAddressGenerationFailure":           `No address is left: "weft ip-availability show NETWORK" tells how many there are.`,
		"HostNotFound":                         `"weft host list" shows those that are known.`,
		"TooManyTunnels":                       `"weft check tunnels --from HOST" tries those of one host.`,
		"NoTunnel":                             `"weft check tunnels --from HOST" tries those that a host has.`,
		"HostNotConnected":                     `"weft host show HOST" tells how it is.`,
		"HTTPNotFound": `That path is not there: an endpoint is the controller's own address, as http://127.0.0.1:9696, or the controller ` +
			`is older than this program.`,
	}
}

// hint gives the words for an error, "" if there are none.
func hint(err error) string {
	var refused *client.Error
	if !errors.As(err, &refused) {
		return localHint(err)
	}
	if strings.HasPrefix(refused.Message, "Unrecognized attribute(s)") {
		return `The controller may be older than this program: compare "weft --version" on both machines.`
	}
	if refused.Type == "" && strings.Contains(refused.Message, "HTTP request to an HTTPS server") {
		return "There is TLS there: the endpoint begins with https://, and the controller's REST API is on port 9696 unless it was told otherwise."
	}
	return hints()[refused.Type]
}

// localHint is hint for what failed on this machine.
func localHint(err error) string {
	if errors.Is(err, fs.ErrPermission) && !isUnreachable(err) && os.Geteuid() != 0 {
		return "You are not root, to whom weft's own files belong: try it with sudo."
	}
	return ""
}
