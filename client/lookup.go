package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

// ID gives the id of an object that a person named by its id or its name. An id goes before a name. Nothing found is a
// *Missing (of a Named resource an *Error with status 404), several an *Ambiguous.
func (c *Client) ID(ctx context.Context, r Resource, ref string) (string, error) {
	if r.Named && r.Key != "name" { // nothing can be learned from the object
		return ref, nil
	}
	o, err := c.Find(ctx, r, ref)
	if err != nil {
		return "", err
	}
	return r.IDOf(o), nil
}

// Find gives an object that a person named by its id or its name, under the same rules as ID.
func (c *Client) Find(ctx context.Context, r Resource, ref string) (Object, error) {
	if r.Named || isID(ref) {
		o, err := c.Show(ctx, r, ref)
		if err == nil || r.Named || !NotFound(err) {
			return o, err
		}
	}
	list, err := c.named(ctx, r, ref)
	if err != nil {
		return nil, err
	}
	switch len(list) {
	case 1:
		return list[0], nil
	case 0:
		return nil, &Missing{Resource: r, Name: ref}
	}
	e := &Ambiguous{Resource: r, Name: ref}
	for _, o := range list {
		e.IDs = append(e.IDs, r.IDOf(o))
	}
	return nil, e
}

// named lists by what people call the objects: mostly their name. A floating IP has none that counts: it is called by its
// address.
func (c *Client) named(ctx context.Context, r Resource, ref string) ([]Object, error) {
	list, err := c.List(ctx, r, url.Values{r.CalledBy(): {ref}})
	if r.Called != "" && err != nil && refused(err, http.StatusBadRequest) { // no address at all, or no such attribute
		return nil, nil
	}
	return list, err
}

func isID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil && len(s) == len("00000000-0000-0000-0000-000000000000")
}
