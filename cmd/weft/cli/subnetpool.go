package cli

import (
	"context"

	"github.com/spf13/cobra"

	"weft/client"
)

func subnetPools() resource {
	prefix := option{flag: "pool-prefix", value: "CIDR", help: "addresses that subnets are cut from", on: always}
	return resource{
		Resource: client.SubnetPools, noun: "subnet pool", spoken: "subnet pool", arg: "NAME", argHelp: "its name", argument: nameArg,
		columns: []column{{"ID", "id"}, {"Name", "name"}, {"Prefixes", "prefixes"}},
		long: []column{{"Default Prefix Length", "default_prefixlen"}, {"Address Scope", "address_scope_id"},
			{"Default Subnet Pool", "is_default"}, {"Shared", "shared"}},
		options: common(
			one(newName, must(entries(prefix, "prefixes", plain)[0]),
				number("default-prefix-length", "default_prefixlen", "BITS", "size of subnets that ask for none", always),
				number("min-prefix-length", "min_prefixlen", "BITS", "size of the largest subnet", always),
				number("max-prefix-length", "max_prefixlen", "BITS", "size of the smallest subnet", always),
				number("default-quota", "default_quota", "NUMBER", "addresses (IPv6: /64 prefixes) that each project may have", always),
				ref("address-scope", "address_scope_id", client.AddressScopes, "address scope that its subnets are in", always),
				null("no-address-scope", "address_scope_id", "take it out of its address scope", onSet)),
			toggle("default", "no-default", "is_default", "cut subnets from it that ask for the default pool",
				"do not (default)"),
			one(option{flag: "share", help: "all projects may use it", on: onCreate, sets: []string{"shared"}, apply: shareFrom})),
		filters: []filter{
			{flag: "address-scope", attr: "address_scope_id", names: client.AddressScopes, help: "only those of this address scope"},
			{flag: "default", attr: "is_default", value: "true", help: "only the default ones"},
		},
		more: (*app).poolCommands,
	}
}

func addressScopes() resource {
	version := oneOf(number("ip-version", "ip_version", "4|6", "IP version (default 4)", onCreate), "4", "6")
	arg := option{sets: []string{"name"}, apply: func(e *edit, v []string) error {
		e.attrs["name"], e.attrs["ip_version"] = v[0], 4
		return nil
	}}
	return resource{
		Resource: client.AddressScopes, noun: "address scope", spoken: "address scope", arg: "NAME", argHelp: "its name", argument: arg,
		columns: []column{{"ID", "id"}, {"Name", "name"}, {"IP Version", "ip_version"}, {"Shared", "shared"}},
		options: common(one(newName, version),
			toggle("share", "no-share", "shared", "all projects may use it, for ever", "only its project may (default)")),
		filters: []filter{{flag: "ip-version", attr: "ip_version", help: "only those of this IP version"}},
	}
}

func shareFrom(e *edit, _ []string) error {
	e.attrs["shared"] = true
	return nil
}

// useDefaultPool asks for the default pool of IPv4, which --ip-version then changes.
func useDefaultPool(e *edit, _ []string) error {
	e.attrs["use_default_subnetpool"], e.attrs["ip_version"] = true, 4
	return nil
}

// poolCommands change what a subnet pool has.
func (a *app) poolCommands() []*cobra.Command {
	prefixes := func(use, action, short string) *cobra.Command {
		return &cobra.Command{
			Use: use + " SUBNETPOOL CIDR...", Short: short,
			Args: Want("SUBNETPOOL", "CIDR", "CIDR..."), ValidArgsFunction: a.completeArgs(client.SubnetPools, client.Resource{}),
			RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
				return poolAction(ctx, c, args[0], action, client.Object{"prefixes": args[1:]})
			}),
		}
	}
	onboard := &cobra.Command{
		Use: "onboard SUBNETPOOL NETWORK", Short: "Make the subnets of a network subnets of a pool",
		Args: Want("SUBNETPOOL", "NETWORK"), ValidArgsFunction: a.completeArgs(client.SubnetPools, client.Networks),
		RunE: a.with(func(ctx context.Context, c *client.Client, args []string) error {
			id, err := c.ID(ctx, client.Networks, args[1])
			if err != nil {
				return err
			}
			return poolAction(ctx, c, args[0], "onboard_network_subnets", client.Object{"network_id": id})
		}),
	}
	return []*cobra.Command{
		prefixes("add-prefix", "add_prefixes", "Give a subnet pool further addresses"),
		prefixes("remove-prefix", "remove_prefixes", "Take addresses away from a subnet pool that no subnet has"),
		onboard,
	}
}

func poolAction(ctx context.Context, c *client.Client, pool, action string, args client.Object) error {
	id, err := c.ID(ctx, client.SubnetPools, pool)
	if err != nil {
		return err
	}
	_, err = c.Action(ctx, client.SubnetPools, id, action, args)
	return err
}
