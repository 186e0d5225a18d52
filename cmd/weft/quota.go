package main

import (
	"fmt"
	"maps"
	"slices"

	"weft/api"
	"weft/controller/intent"
)

// defaultQuotas reads --default-quota.
func (f controllerFlags) defaultQuotas() (map[api.Kind]int, error) {
	out := map[api.Kind]int{}
	for _, name := range slices.Sorted(maps.Keys(f.quotas)) {
		kind, n := api.Kind(name), f.quotas[name]
		switch {
		case !slices.Contains(intent.QuotaKinds(), kind):
			return nil, fmt.Errorf("--default-quota %s: want one of %v", name, intent.QuotaKinds())
		case n < intent.Unlimited:
			return nil, fmt.Errorf("--default-quota %s=%d: the least is %d, which means any number", name, n, intent.Unlimited)
		}
		out[kind] = n
	}
	return out, nil
}
