package cli

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"weft/client"
)

// howToJoin tells what to type on a new host.
func howToJoin(o client.Object) string {
	name, token := oneLine(o.Text("name")), oneLine(o.Text("join_token"))
	return fmt.Sprintf(`Host %s is known now. On it, as root, start its agent once with the join token:

  weft agent --name %s --tunnel-ip ADDRESS --join %s

ADDRESS is the host's own address on the network that joins the hosts. If it is to reach external networks, add
--bridge-mapping PHYSICAL_NETWORK:BRIDGE. %sThe token serves one host, once; if it is lost, "weft host set %s --rejoin"
makes a new one.
`, name, name, token, whereToJoin(token), name)
}

// howToRejoin tells what to do with a new join token.
func howToRejoin(o client.Object) string {
	name, token := oneLine(o.Text("name")), oneLine(o.Text("join_token"))
	if token == "" {
		return ""
	}
	return fmt.Sprintf(`The agent of host %s can join anew. On it, as root, end the agent, remove the files of its old certificate
(/var/lib/weft-agent, unless --state-dir says otherwise), and start it once with the new join token:

  weft agent --name %s --tunnel-ip ADDRESS --join %s

%sUntil then the old certificate stays good.
`, name, name, token, whereToJoin(token))
}

// whereToJoin says where the host will look for the controller, which only the token knows.
func whereToJoin(token string) string {
	var t struct {
		URL string `json:"url"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(raw, &t) != nil || t.URL == "" {
		return ""
	}
	return fmt.Sprintf("The host must reach the controller at\n%s; if that is not how, start the controller with --advertise ADDRESS, and make a new token.\n", oneLine(t.URL))
}
