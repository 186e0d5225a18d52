package main

import (
	"fmt"

	"weft/test/differential/exchange"
)

// coreLists are stories of queries and of the protocol.
func coreLists() []exchange.Story {
	return []exchange.Story{sortedPools(), exchange.Tell("queries of all sorts",
		`a POST networks {"networks":[{"name":"b","tags":[]},{"name":"B"}]}`,
		`a POST networks {"networks":[{"name":"b"},{"name":"B","description":"x"},{"name":"a"}]} => b`,
		`a POST networks {"networks":[{"name":"ok"},{"name":"bad","mtu":-1}]}`,
		`a POST networks {"networks":[{"name":"ok"},{"name":"bad","shared":true}]}`,
		`a POST networks {"networks":[]}`,
		`a POST networks {"networks":{}}`,
		`a POST networks {"networks":["x"]}`,
		`a POST networks {}`,
		`a POST networks []`,
		`a POST networks {"network":null}`,
		`a POST networks {"network":[]}`,
		`a POST networks {"network":"x"}`,
		`a POST networks nonsense`,
		`a POST networks`,
		`a PUT networks/{b} {"network":{}}`,
		`a PUT networks/{b} {}`,
		`a PUT networks/{b}`,
		`a PUT networks/{none} {"network":{"name":"x"}}`,
		`a PUT networks/x {"network":{"name":"x"}}`,
		`a GET networks/x`,
		`a DELETE networks/x`,
		`a GET networks?name=b&fields=name`,
		`a GET networks?name=b&name=B&fields=name`,
		`a GET networks?name=&fields=name`,
		`a GET networks?description=&fields=name`,
		`a GET networks?admin_state_up=true&fields=name`,
		`a GET networks?admin_state_up=x`,
		`a GET networks?shared=x`,
		`a GET networks?mtu=x`,
		`a GET networks?id=x`,
		`a GET networks?nonsense=x`,
		`a GET networks?fields=nonsense`,
		`a GET networks?fields=`,
		`a GET networks?sort_key=nonsense`,
		`a GET networks?sort_key=name&sort_dir=sideways`,
		`a GET networks?sort_key=name&sort_key=id&sort_dir=asc`,
		`a GET networks?sort_dir=asc`,
		`a GET networks?sort_key=subnets`,
		`a GET networks?sort_key=tenant_id&fields=name`,
		`a GET networks?sort_key=name&fields=name`,
		`a GET networks?sort_key=name&sort_dir=desc&fields=name`,
		`a GET networks?sort_key=name&limit=1&fields=name`,
		`a GET networks?limit=1&fields=id`,
		`a GET networks?limit=0&fields=name`,
		`a GET networks?limit=-1`,
		`a GET networks?limit=x`,
		`a GET networks?marker={none}`,
		`a GET networks?limit=1&marker={none}`,
		`a GET networks?limit=1&page_reverse=True&fields=id`,
		`a GET networks?limit=1&page_reverse=x&fields=id`,
		`a GET networks/{b}?fields=name&fields=nonsense`,
		`a GET networks.json?fields=name`,
		`a GET networks/{b}.json?fields=name`,
		`a GET networks/?fields=name`,
		`a GET networks/{b}/?fields=name`,
		`a GET networks?&&=&x`,
		`a GET networks?tags=x`,
		`a GET networks?tags-any=x,y`,
		`a GET networks?revision_number=x`,
		`a GET networks?created_at=x`,
		`a GET networks?changed_since=x`,
		`a GET networks?changed_since=2020-01-01T00:00:00&fields=name`,
		`a GET networks?provider:network_type=vxlan&fields=name`,
		`a GET networks?router:external=true&fields=name`,
		`a HEAD networks`,
		`a OPTIONS networks`,
		`a PATCH networks/{b} {"network":{"name":"x"}}`,
		`a DELETE networks`,
		`a PUT networks {"network":{"name":"x"}}`,
		`a POST networks/{b} {"network":{"name":"x"}}`,
		`a GET nonsense`,
		`a GET networks/{b}/nonsense`,
		`a GET /`, `a GET /v2.0`, `a GET /v2.0/`, `a GET /v1`, `a GET /v3/networks`,
		`a GET extensions/nonsense`, `a GET extensions/pagination`, `a GET extensions/router?fields=name`,
	), tagStory(), quotaStory()}
}

// sortedPools have numbers that texts would order otherwise.
func sortedPools() exchange.Story {
	s := exchange.Story{Name: "pools in order"}
	for i, lens := range []string{`"min_prefixlen":8`, `"min_prefixlen":16,"default_quota":5`, `"min_prefixlen":9,"default_quota":10`} {
		s.Steps = append(s.Steps, exchange.Do(fmt.Sprintf(`a POST subnetpools {"subnetpool":{"name":%q,"prefixes":["10.0.0.0/8","11.0.0.0/8"],%s}}`,
			[]string{"b", "B", "a"}[i], lens)))
	}
	for _, key := range []string{"min_prefixlen", "default_quota", "name", "is_default", "shared", "ip_version", "address_scope_id", "description", "prefixes"} {
		for _, dir := range []string{"asc", "desc"} {
			s.Steps = append(s.Steps, exchange.Do(fmt.Sprintf("a GET subnetpools?sort_key=%s&sort_dir=%s&fields=%s", key, dir, key)))
		}
	}
	return s
}

func tagStory() exchange.Story {
	return exchange.Tell("tags",
		`a POST networks {"network":{"name":"n"}} => n`,
		`a GET networks/{n}/tags`,
		`a PUT networks/{n}/tags {"tags":["b","a"]}`,
		`a PUT networks/{n}/tags {"tags":["a","a"]}`,
		`a PUT networks/{n}/tags {"tags":[7]}`,
		`a PUT networks/{n}/tags {"tags":"a"}`,
		`a PUT networks/{n}/tags {"tags":null}`,
		`a PUT networks/{n}/tags {}`,
		`a PUT networks/{n}/tags {"tags":["`+manyLetters(61)+`"]}`,
		`a PUT networks/{n}/tags {"tags":["x,y"]}`,
		`a PUT networks/{n}/tags/c`,
		`a PUT networks/{n}/tags/c`,
		`a PUT networks/{n}/tags/`+manyLetters(61),
		`a GET networks/{n}/tags/c`,
		`a GET networks/{n}/tags/none`,
		`a DELETE networks/{n}/tags/c`,
		`a DELETE networks/{n}/tags/c`,
		`b GET networks/{n}/tags`,
		`b PUT networks/{n}/tags/c`,
		`a-reads PUT networks/{n}/tags/c`,
		`a GET networks/{none}/tags`,
		`a GET nonsense/{n}/tags`,
		`a PUT networks/{n} {"network":{"tags":["x"]}}`,
		`a DELETE networks/{n}/tags`,
		`a GET networks/{n}?fields=tags`,
	)
}

func quotaStory() exchange.Story {
	const mine, others = "quotas/" + exchange.ProjectA, "quotas/" + exchange.ProjectB
	return exchange.Tell("quotas",
		`a GET `+mine+``, `a GET `+others, `a-reads GET `+mine, `a GET quotas`, `admin GET quotas`, `a GET `+mine+`/default`, `a GET quotas/tenant`,
		`a PUT `+mine+` {"quota":{"network":1}}`,
		`admin PUT `+mine+` {"quota":{"network":1}}`,
		`admin PUT `+mine+` {"quota":{"network":-2}}`, `admin PUT `+mine+` {"quota":{"network":"x"}}`, `admin PUT `+mine+` {"quota":{"network":null}}`,
		`admin PUT `+mine+` {"quota":{"nonsense":1}}`, `admin PUT `+mine+` {"quota":{}}`, `admin PUT `+mine+` {}`,
		`admin PUT `+mine+` {"quota":{"network":"2147483648"}}`, `admin PUT `+mine+` {"quota":{"network":"1"}}`,
		`a POST networks {"network":{}} => n`, `a POST networks {"network":{}}`, `a POST networks {"networks":[{},{}]}`,
		`admin GET `+mine+`/details`, `a GET `+mine+`/details`, `admin GET quotas`, `admin POST quotas {"quota":{}}`,
		`a DELETE `+mine, `admin DELETE `+mine, `admin DELETE `+mine, `admin GET `+mine,
		`a GET availability_zones`, `a GET auto-allocated-topology/null?fields=dry-run`, `a GET auto-allocated-topology/null`,
		`a DELETE auto-allocated-topology/null`,
	)
}
