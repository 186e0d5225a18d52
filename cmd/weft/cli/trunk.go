package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"weft/client"
)

func trunks() resource {
	sub := option{flag: "subport", value: "port=PORT,segmentation-id=TAG", on: onCreate,
		help: "port behind the parent, and the VLAN tag of its frames; segmentation-type=inherit: the VLAN of its network"}
	return resource{
		Resource: client.Trunks, noun: "trunk", arg: "NAME", argHelp: "its name", argument: nameArg,
		columns: []column{{"ID", "id"}, {"Name", "name"}, {"Parent Port", "port_id"}, {"Status", "status"}},
		long:    []column{{"Sub-Ports", "sub_ports"}},
		options: common(
			one(newName,
				must(ref("parent-port", "port_id", client.Ports, "port that carries the others; its own frames have no tag", onCreate))),
			entries(sub, "sub_ports", subPort(sub.flag)), adminOpt),
		filters: []filter{{flag: "parent-port", attr: "port_id", names: client.Ports, help: "only that of this port"}},
		more:    (*app).subPortCommands,
	}
}

// subPort reads port=PORT,segmentation-id=TAG, or port=PORT,segmentation-type=inherit; the port may be a name.
func subPort(flag string) func(*edit, string) (any, error) {
	read := keyed(flag, map[string]string{"port": "port_id", "segmentation-id": "segmentation_id", "segmentation-type": "segmentation_type"})
	return func(e *edit, v string) (any, error) {
		item, err := read(e, v)
		if err != nil {
			return nil, err
		}
		m := item.(map[string]any)
		name, ok := m["port_id"].(string)
		if !ok || !tagged(m) {
			return nil, usagef("--%s %s: want port=PORT,segmentation-id=TAG", flag, v)
		}
		m["port_id"], err = e.c.ID(e.ctx, client.Ports, name)
		return m, err
	}
}

// tagged completes what tells the frames of a sub-port, and reports whether it was told.
func tagged(m map[string]any) bool {
	if m["segmentation_type"] == "inherit" {
		return m["segmentation_id"] == nil
	}
	tag, err := strconv.Atoi(asText(m["segmentation_id"]))
	m["segmentation_id"], m["segmentation_type"] = tag, "vlan"
	return err == nil
}

func asText(v any) string {
	s, _ := v.(string)
	return s
}

// subPortCommands makes "add" and "remove".
func (a *app) subPortCommands() []*cobra.Command {
	add := &cobra.Command{
		Use: "add TRUNK port=PORT,segmentation-id=TAG...", Short: "Put further ports behind the parent of a trunk",
		Args: Want("TRUNK", "SUBPORT", "SUBPORT..."), ValidArgsFunction: a.completeArgs(client.Trunks, client.Resource{}),
		RunE: a.subPortAction("add_subports", subPort("subport")),
	}
	remove := &cobra.Command{
		Use: "remove TRUNK PORT...", Short: "Take ports away from a trunk",
		Args: Want("TRUNK", "PORT", "PORT..."), ValidArgsFunction: a.completeArgs(client.Trunks, client.Ports),
		RunE: a.subPortAction("remove_subports", func(e *edit, v string) (any, error) {
			id, err := e.c.ID(e.ctx, client.Ports, v)
			return map[string]any{"port_id": id}, err
		}),
	}
	return []*cobra.Command{add, remove}
}

func (a *app) subPortAction(action string, read func(*edit, string) (any, error)) func(*cobra.Command, []string) error {
	return a.with(func(ctx context.Context, c *client.Client, args []string) error {
		id, err := c.ID(ctx, client.Trunks, args[0])
		if err != nil {
			return err
		}
		var list []any
		for _, v := range args[1:] {
			item, err := read(&edit{ctx: ctx, c: c}, v)
			if err != nil {
				return err
			}
			list = append(list, item)
		}
		_, err = c.Action(ctx, client.Trunks, id, action, client.Object{"sub_ports": list})
		return err
	})
}
