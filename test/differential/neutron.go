package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"

	"weft/test/differential/exchange"
)

// neutron is a real neutron-server, which believes whom requests are from. What it has is deleted.
type neutron struct {
	exchange.Server
	hosts string // a command that makes the agents of hosts; "": there is none
	wipe  string // a command that deletes all that it has, faster than requests; "": there is none
}

// collections are what is emptied, in an order in which most goes at once.
var collections = []string{"floatingips", "trunks", "rbac-policies", "routers", "ports", "subnets", "networks", "subnetpools", "address-scopes"}

const maxRounds = 5 // until all is gone of which one needs another

// empty deletes all objects.
func (n neutron) empty(ctx context.Context) error {
	if n.wipe != "" {
		return n.run(ctx, n.wipe)
	}
	if err := n.emptyAll(ctx, collections); err != nil {
		return err
	}
	return n.resetQuotas(ctx)
}

// run runs a command that does something to Neutron's database.
func (n neutron) run(ctx context.Context, command string) error {
	if command == "" {
		return errors.New("the stories need hosts: name a command with -hosts that makes h1 (with physnet1), h2, and h3, which is dead")
	}
	if out, err := exec.CommandContext(ctx, "sh", "-c", command).CombinedOutput(); err != nil {
		return fmt.Errorf("run '%s': %w: %s", command, err, out)
	}
	return nil
}

// clear deletes what a story made of an empty Neutron: a request takes half a second.
func (n neutron) clear(ctx context.Context, s exchange.Story) error {
	if n.wipe != "" {
		return n.empty(ctx)
	}
	asks := func(part string) bool {
		return slices.ContainsFunc(s.Steps, func(step exchange.Step) bool { return strings.Contains(step.Path, part) })
	}
	if asks("quotas") || asks("auto-allocated") {
		return n.empty(ctx)
	}
	var used []string
	for _, c := range collections {
		if asks("/" + c) {
			used = append(used, c)
		}
	}
	return n.emptyAll(ctx, used)
}

func (n neutron) emptyAll(ctx context.Context, used []string) error {
	left := ""
	for range maxRounds {
		left = ""
		for _, c := range used {
			kept, err := n.emptyOne(ctx, c)
			if err != nil {
				return err
			}
			left += kept
		}
		if left == "" {
			return nil
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
