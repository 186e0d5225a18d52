package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Collection is a resource whose objects are read into T.
type Collection[T any] struct {
	c *Client
	r Resource
}

// Networks is the collection of networks.
func (c *Client) Networks() Collection[Network] { return Collection[Network]{c, Networks} }

// Subnets is the collection of subnets.
func (c *Client) Subnets() Collection[Subnet] { return Collection[Subnet]{c, Subnets} }

// Ports is the collection of ports.
func (c *Client) Ports() Collection[Port] { return Collection[Port]{c, Ports} }

// Routers is the collection of routers.
func (c *Client) Routers() Collection[Router] { return Collection[Router]{c, Routers} }

// FloatingIPs is the collection of floating IPs.
func (c *Client) FloatingIPs() Collection[FloatingIP] { return Collection[FloatingIP]{c, FloatingIPs} }

// Hosts is the collection of hosts, whose ids are their names.
func (c *Client) Hosts() Collection[Host] { return Collection[Host]{c, Hosts} }

// List gives the objects that match the query.
func (s Collection[T]) List(ctx context.Context, query url.Values) ([]T, error) {
	var list []T
	if err := s.c.list(ctx, s.r, query, &list); err != nil {
		return nil, fmt.Errorf("list %s: %w", s.r.Plural, err)
	}
	return list, nil
}

// Show gives an object by its id.
func (s Collection[T]) Show(ctx context.Context, id string) (T, error) {
	var v T
	if err := s.c.show(ctx, s.r, id, &v); err != nil {
		return v, fmt.Errorf("show %s %s: %w", s.r.Singular, id, err)
	}
	return v, nil
}

// Find gives an object by its id or its name.
func (s Collection[T]) Find(ctx context.Context, ref string) (T, error) {
	id, err := s.c.ID(ctx, s.r, ref)
	if err != nil {
		var none T
		return none, err
	}
	return s.Show(ctx, id)
}

// Create makes an object.
func (s Collection[T]) Create(ctx context.Context, attrs T) (T, error) {
	var v T
	if err := s.c.create(ctx, s.r, attrs, &v); err != nil {
		return v, fmt.Errorf("create %s: %w", s.r.Singular, err)
	}
	return v, nil
}

// Update changes the attributes of an object that are given; they go through an Object, since only there is an
// attribute's absence another thing than its zero value.
func (s Collection[T]) Update(ctx context.Context, id string, attrs Object) (T, error) {
	var v T
	if err := s.c.update(ctx, s.r, id, attrs, &v); err != nil {
		return v, fmt.Errorf("change %s %s: %w", s.r.Singular, id, err)
	}
	return v, nil
}

// Delete removes an object.
func (s Collection[T]) Delete(ctx context.Context, id string) error { return s.c.Delete(ctx, s.r, id) }

// AddRouterInterface connects a router to a subnet, with the subnet's gateway address.
func (c *Client) AddRouterInterface(ctx context.Context, router, subnet string) error {
	_, err := c.Action(ctx, Routers, router, "add_router_interface", Object{"subnet_id": subnet})
	return err
}

// MoveGateway moves a router's gateway to another host, by which guests without a floating IP leave from then on.
func (c *Client) MoveGateway(ctx context.Context, router, host string) (Router, error) {
	var body struct{ Router Router }
	req := request{
		method: http.MethodPut, path: "/v1/routers", elems: []string{router, "gateway-host"}, body: Object{"host": host},
	}
	if err := c.call(ctx, req, "", &body); err != nil {
		return body.Router, fmt.Errorf("move the gateway of router %s to host %s: %w", router, host, err)
	}
	return body.Router, nil
}

// RemoveRouterInterface is the reverse of AddRouterInterface.
func (c *Client) RemoveRouterInterface(ctx context.Context, router, subnet string) error {
	_, err := c.Action(ctx, Routers, router, "remove_router_interface", Object{"subnet_id": subnet})
	return err
}
