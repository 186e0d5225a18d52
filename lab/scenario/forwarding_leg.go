package scenario

import (
	"context"
	"errors"
	"net/url"

	"weft/api"
	"weft/client"
	"weft/lab"
)

// checkLeg has the gateway host serve a floating IP of the router's own leg, which is on every host of the router: the
// gateway host's answers.
func (d *forwards) checkLeg(ctx context.Context) {
	d.Section("A floating IP for the router's own leg")
	d.Check(ctx, "made", func(ctx context.Context) (string, error) {
		legs, err := d.Client.Ports().List(ctx, url.Values{"device_id": {d.router.ID}, "device_owner": {api.OwnerRouterInterface}})
		if err != nil {
			return "", err
		}
		if len(legs) != 1 {
			return "", errors.New("the router has not one leg")
		}
		d.leg, err = d.Client.FloatingIPs().Create(ctx, client.FloatingIP{FloatingNetworkID: d.nets["external"].ID, PortID: legs[0].ID})
		if err != nil {
			return "", err
		}
		return d.status(ctx, d.leg.ID)
	})
	d.Check(ctx, "outside → "+d.leg.FloatingIPAddress+": the router answers", d.legAnswers)
	d.Check(ctx, "web1, whose host is another, → "+d.leg.FloatingIPAddress, func(ctx context.Context) (string, error) {
		return Ping(ctx, d.place("web1"), floats(d.leg))
	})
}

func (d *forwards) legAnswers(ctx context.Context) (string, error) {
	return Ping(ctx, d.place(lab.MachineOutside), floats(d.leg))
}
