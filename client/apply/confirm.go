package apply

import (
	"context"

	"weft/client"
)

// Confirm returns when every host has confirmed all that is there, if the client waits (client.Config.Wait).
func (p *Plan) Confirm(ctx context.Context, c *client.Client) error {
	if p.any == nil {
		return nil
	}
	_, err := c.Update(ctx, p.kind.Resource(), p.any.id, client.Object{}) // changes nothing, and waits for all before it
	return err
}

// stays notes an object by which Confirm can wait: one that a change of nothing leaves as it is. A floating IP it would
// take from its port, as in Neutron.
func (p *Plan) stays(o *object, k client.Kind) {
	if k.Singular != "floatingip" && o.parent == "" {
		p.any, p.kind = o, k
	}
}
