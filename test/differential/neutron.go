package main

import (
	"context"
	"fmt"
	"net/http"

	"weft/test/differential/exchange"
)

// neutron is a real neutron-server, which believes whom requests are from. What it has is deleted.
type neutron struct{ exchange.Server }

// collections are what is emptied, in an order in which most goes at once.
var collections = []string{"floatingips", "trunks", "rbac-policies", "routers", "ports", "subnets", "networks", "subnetpools", "address-scopes"}

const maxRounds = 5 // until all is gone of which one needs another

// empty deletes all objects.
func (n neutron) empty(ctx context.Context) error {
	left := ""
	for range maxRounds {
		left = ""
		for _, c := range collections {
			kept, err := n.emptyOne(ctx, c)
			if err != nil {
				return err
			}
			left += kept
		}
		if left == "" {
			return n.resetQuotas(ctx)
		}
	}
	return fmt.Errorf("empty Neutron: this stays: %s", left)
}

func (n neutron) emptyOne(ctx context.Context, collection string) (left string, err error) {
	_, body, err := n.Ask(ctx, exchange.Do("admin GET "+collection))
	if err != nil {
		return "", err
	}
	members, _ := body.(map[string]any)
	for _, list := range members {
		items, _ := list.([]any)
		for _, i := range items {
			o, _ := i.(map[string]any)
			id := fmt.Sprint(o["id"])
			if o["is_implicit"] == true || o["id"] == nil {
				continue
			}
			if collection == "routers" {
				n.takeLegs(ctx, id)
			}
			status, said, err := n.Ask(ctx, exchange.Do(fmt.Sprintf("admin DELETE %s/%s", collection, id)))
			if err != nil {
				return "", err
			}
			if status != http.StatusNoContent && status != http.StatusNotFound {
				left += fmt.Sprintf("%s %s: %v\n", collection, id, said)
			}
		}
	}
	return left, nil
}

// takeLegs removes a router's routes and interfaces; what stays is told when the router is deleted.
func (n neutron) takeLegs(ctx context.Context, router string) {
	_, _, _ = n.Ask(ctx, exchange.Do(fmt.Sprintf(`admin PUT routers/%s {"router":{"routes":[]}}`, router)))
	_, body, _ := n.Ask(ctx, exchange.Do("admin GET ports?device_id="+router))
	members, _ := body.(map[string]any)
	ports, _ := members["ports"].([]any)
	for _, p := range ports {
		o, _ := p.(map[string]any)
		_, _, _ = n.Ask(ctx, exchange.Do(fmt.Sprintf(`admin PUT routers/%s/remove_router_interface {"port_id":"%v"}`, router, o["id"])))
	}
}

func (n neutron) resetQuotas(ctx context.Context) error {
	for _, p := range []string{exchange.Operators, exchange.ProjectA, exchange.ProjectB} {
		if _, _, err := n.Ask(ctx, exchange.Do("admin DELETE quotas/"+p)); err != nil {
			return err
		}
	}
	return nil
}
