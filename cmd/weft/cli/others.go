package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
)

// others are the resources whose declarations say all but their words in the openstack client.
func others() []resource {
	say := func(singular, noun, command, spoken string) resource {
		return resource{Resource: client.Resource{Singular: singular}, noun: noun, command: command, spoken: spoken}
	}
	return []resource{
		subnetPools(),
		addressScopes(),
		say("rbac_policy", "RBAC policy", "", "network rbac"),
		agents(),
		say("availability_zone", "availability zone", "", "availability zone"),
		say("floatingip_pool", "floating IP pool", "floatingip-pool", ""),
		say("service_provider", "service provider", "", "network service provider"),
		say("network_ip_availability", "IP availability", "ip-availability", "ip availability"),
		portForwardings(),
		portBindings(),
		quotas(),
	}
}

func agents() resource {
	return resource{
		Resource: client.Resource{Singular: "agent"}, noun: "network agent", command: "network-agent", spoken: "network agent",
		columns: []column{{"ID", "id"}, {"Agent Type", "agent_type"}, {"Host", "host"}, {"Alive", "alive"}, {"State", "admin_state_up"},
			{"Binary", "binary"}},
		long: []column{{"Topic", "topic"}, {"Availability Zone", "availability_zone"}, {"Last Heartbeat", "heartbeat_timestamp"}},
	}
}

// quotas are not made: every project has them.
func quotas() resource {
	return resource{Resource: client.Resource{Singular: "quota"}, noun: "quota", shows: (*app).quotaUsage}
}

// quotaUsage adds --usage to show.
func (a *app) quotaUsage(c *cobra.Command) {
	wanted := c.Flags().Bool("usage", false, "show how much of each is used")
	c.Use, c.Long = "show PROJECT", "Show the limits of a project; a project without limits of its own has the default ones."
	show := c.RunE
	usage := a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		o, err := cl.Show(ctx, client.Resource{Singular: "quota", Path: "/v2.0/quotas/{project}"}.Under(args[0]), "details")
		if err != nil {
			return err
		}
		rows := []client.Object{}
		for _, name := range attributes(o) {
			if row, ok := o[name].(map[string]any); ok {
				row["resource"] = strings.ReplaceAll(name, "_", "-")
				rows = append(rows, row)
			}
		}
		return a.printList(c.OutOrStdout(), []column{{"Resource", "resource"}, {"In Use", "used"}, {"Limit", "limit"}}, rows)
	})
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *wanted {
			return usage(cmd, args)
		}
		return show(cmd, args)
	}
}
