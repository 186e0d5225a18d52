package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
)

func vteps() resource {
	return resource{
		Resource: client.VTEPs, noun: "VTEP", arg: "NAME", argHelp: "its name", argument: nameArg,
		columns: []column{{"ID", "id"}, {"Name", "name"}, {"Network", "network_id"}, {"Address", "address"}, {"Learning", "learning"}},
		long: []column{{"VNI", "vni"}, {"Entries", "entries"}, {"Limit", "learn_limit"}, {"Age", "learn_age"}, {"Flood", "flood"},
			{"Peers", "peers"}},
		options: common(
			one(newName,
				must(ref("network", "network_id", client.Networks, "network of type vxlan that it joins", onCreate)),
				must(text("address", "address", "IP", "address of the machine in the underlay", onCreate)),
				text("address", "address", "IP", "another address of the machine", onSet)),
			machinesBehind(),
			toggle("learning", "no-learning", "learning", "hosts learn MACs from its frames (default)",
				"hosts know only the machines that they are told of"),
			one(number("learn-limit", "learn_limit", "NUMBER", "most MACs that a host learns (default 1000)", always),
				number("learn-age", "learn_age", "SECONDS", "forget a MAC so long after the last frame from it (default 300)", always),
				number("learn-idle", "learn_idle", "SECONDS", "forget a MAC so long after the last frame to it (default 0: never)", always),
				oneOf(text("flood", "flood", "POLICY", "flood: unicast for unknown MACs goes there too (default); broadcast: it does not",
					always), "flood", "broadcast"))),
		filters: []filter{
			{flag: "network", attr: "network_id", names: client.Networks, help: "only those of this network"},
			{flag: "address", attr: "address", help: "only those with this address"}},
		shows: (*app).vtepScript,
	}
}

// machinesBehind makes --mac, whose values may have an address, and --ip for the usual case of one machine.
func machinesBehind() []option {
	mac := option{flag: "mac", value: "MAC[=IP]", help: "machine behind it, with its address if weft is to answer ARP for it", on: always}
	both := entries(mac, "entries", func(_ *edit, v string) (any, error) {
		m, ip, has := strings.Cut(v, "=")
		item := map[string]any{"mac_address": m}
		if has {
			item["ip_address"] = ip
		}
		return item, nil
	})
	ip := option{flag: "ip", value: "IP", help: "address of the machine of the last --mac", on: always, apply: func(e *edit, v []string) error {
		list, _ := e.attrs["entries"].([]any)
		if len(list) == 0 || !e.given("mac") {
			return usagef("--ip %s: give the machine's --mac too", v[0])
		}
		last := list[len(list)-1].(map[string]any)
		if last["ip_address"] != nil {
			return usagef("--ip %s: the last --mac has an address already", v[0])
		}
		last["ip_address"] = v[0]
		return nil
	}}
	return append(both, ip)
}

// vtepScript adds --script to show.
func (a *app) vtepScript(c *cobra.Command) {
	wanted := c.Flags().Bool("script", false, "print the commands for a Linux machine at the other end")
	c.Long = "Show everything about a VTEP, or, with --script, the commands that make a Linux bridge its other end. They hold\n" +
		"the hosts that have the network now: run them again when hosts have come or gone."
	show := c.RunE
	script := a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		return printScript(ctx, cl, args[0], c.OutOrStdout())
	})
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *wanted {
			return script(cmd, args)
		}
		return show(cmd, args)
	}
}

func printScript(ctx context.Context, cl *client.Client, name string, w io.Writer) error {
	id, err := cl.ID(ctx, client.VTEPs, name)
	if err != nil {
		return err
	}
	list, err := cl.List(ctx, client.VTEPs, url.Values{"id": {id}, "fields": {"script"}})
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("show VTEP %s: it went meanwhile", name)
	}
	_, err = io.WriteString(w, list[0].Text("script"))
	return err
}
