package main

import "fmt"

func poolSweep() sweep {
	return sweep{
		one: "subnetpool", many: "subnetpools", before: []string{
			`admin POST address-scopes {"address_scope":{"name":"s4","ip_version":4}} => s4`,
			`admin POST address-scopes {"address_scope":{"name":"s6","ip_version":6}} => s6`},
		base: func(n int) map[string]string {
			return map[string]string{"name": fmt.Sprintf(`"p%d"`, n), "prefixes": fmt.Sprintf(`["10.%d.0.0/16"]`, n)}
		},
		change: `{"name":"it","prefixes":["172.16.0.0/16"],"min_prefixlen":20,"default_prefixlen":24,"max_prefixlen":28}`,
		values: map[string]string{
			"name": texts, "description": texts, "prefixes": `["172.16.0.0/16","172.17.0.0/16"]
["172.16.0.0/15"]
["172.18.0.0/16"]
["172.16.0.0/16","172.16.0.0/16"]
["172.16.0.0/16","172.16.4.0/24"]
["172.16.0.0/16","2001:db8::/48"]
["2001:db8::/48"]
["172.16.1.2/16"]
["172.16.0.0"]
["0.0.0.0/0"]
"172.16.0.0/16"`,
			"default_prefixlen": "0\n8\n20\n24\n28\n32\n33\n\"26\"", "min_prefixlen": "0\n8\n16\n24\n25\n32\n33\n\"20\"",
			"max_prefixlen": "0\n8\n24\n23\n32\n33\n128\n\"30\"", "default_quota": "0\n1\n100\n\"5\"", "shared": booleans, "is_default": booleans,
			"address_scope_id": `"{s4}"
"{s6}"
"11111111-2222-4333-8444-555555555555"`,
		},
		posted: "shared",
		closed: "ip_version id tags nonsense",
	}
}

func scopeSweep() sweep {
	return sweep{
		one: "address_scope", many: "address-scopes",
		base:   func(int) map[string]string { return map[string]string{"name": `"s"`, "ip_version": "4"} },
		change: `{"name":"it","ip_version":4}`,
		values: map[string]string{"name": texts, "ip_version": "4\n6\n5\n\"6\"", "shared": booleans},
		closed: "description id tags nonsense",
	}
}
