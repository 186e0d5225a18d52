package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds what one call reads: 100,000 ports are about 100 MB.
const maxAnswer = 1 << 30

// Client speaks to one controller. It is safe for concurrent use.
type Client struct {
	base, token, origin string
	wait                bool
	timeout             time.Duration
	http                *http.Client
}

// Object is one object as the API shows it. Numbers are json.Number.
type Object map[string]any

// Text gives an attribute that is a string, and "" for anything else.
func (o Object) Text(attr string) string {
	s, _ := o[attr].(string)
	return s
}

// Endpoint is the base URL that the client uses.
func (c *Client) Endpoint() string { return c.base }

// Close gives the connections back. The client must not be used afterwards.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// NotWaiting gives the same client for changes whose confirmation need not be waited for. The one that it is made of is
// closed for both.
func (c *Client) NotWaiting() *Client {
	quick := *c
	quick.wait = false
	return &quick
}

// List gives the objects of a resource that match the query (attribute=value …, and fields, sort_key, limit …).
func (c *Client) List(ctx context.Context, r Resource, query url.Values) ([]Object, error) {
	var list []Object
	if err := c.list(ctx, r, query, &list); err != nil {
		return nil, fmt.Errorf("list %s: %w", r.Plural, err)
	}
	return list, nil
}

func (c *Client) list(ctx context.Context, r Resource, query url.Values, into any) error {
	return c.call(ctx, request{method: http.MethodGet, path: r.Path, query: query}, r.Plural, into)
}

// Show gives one object by its id.
func (c *Client) Show(ctx context.Context, r Resource, id string) (Object, error) {
	var o Object
	if err := c.show(ctx, r, id, &o); err != nil {
		return nil, fmt.Errorf("show %s %s: %w", r.Singular, id, err)
	}
	return o, nil
}

func (c *Client) show(ctx context.Context, r Resource, id string, into any) error {
	return c.call(ctx, request{method: http.MethodGet, path: r.Path, elems: []string{id}}, r.Singular, into)
}

// Create makes an object of the attributes.
func (c *Client) Create(ctx context.Context, r Resource, attrs Object) (Object, error) {
	var o Object
	if err := c.create(ctx, r, attrs, &o); err != nil {
		return o, fmt.Errorf("create %s: %w", r.Singular, err)
	}
	return o, nil
}

func (c *Client) create(ctx context.Context, r Resource, attrs, into any) error {
	body := map[string]any{r.Singular: attrs}
	return c.call(ctx, request{method: http.MethodPost, path: r.Path, body: body}, r.Singular, into)
}

// CreateMany makes objects, all or none. A refusal says in Error.Item which of them is at fault.
func (c *Client) CreateMany(ctx context.Context, r Resource, many []Object) ([]Object, error) {
	var list []Object
	body := map[string]any{r.Plural: many}
	err := c.call(ctx, request{method: http.MethodPost, path: r.Path, body: body}, r.Plural, &list)
	if err != nil {
		return list, fmt.Errorf("create %d %s: %w", len(many), r.Plural, err)
	}
	return list, nil
}

// Update changes the attributes of an object.
func (c *Client) Update(ctx context.Context, r Resource, id string, attrs Object) (Object, error) {
	var o Object
	if err := c.update(ctx, r, id, attrs, &o); err != nil {
		return o, fmt.Errorf("change %s %s: %w", r.Singular, id, err)
	}
	return o, nil
}

func (c *Client) update(ctx context.Context, r Resource, id string, attrs, into any) error {
	body := map[string]any{r.Singular: attrs}
	return c.call(ctx, request{method: http.MethodPut, path: r.Path, elems: []string{id}, body: body}, r.Singular, into)
}

// Delete removes an object.
func (c *Client) Delete(ctx context.Context, r Resource, id string) error {
	err := c.call(ctx, request{method: http.MethodDelete, path: r.Path, elems: []string{id}}, "", nil)
	if err != nil {
		return fmt.Errorf("delete %s %s: %w", r.Singular, id, err)
	}
	return nil
}

// Action does something to an object that is no change of its attributes, such as add_router_interface, and gives the
// answer's body as it is; nil if that is a list.
func (c *Client) Action(ctx context.Context, r Resource, id, action string, args Object) (Object, error) {
	var body any
	req := request{method: http.MethodPut, path: r.Path, elems: []string{id, action}, body: args}
	err := c.call(ctx, req, "", &body)
	o, _ := body.(map[string]any)
	if err != nil {
		return o, fmt.Errorf("%s of %s %s: %w", action, r.Singular, id, err)
	}
	return o, nil
}

type request struct {
	method string
	path   string
	elems  []string // of the path, to be escaped
	query  url.Values
	body   any // an io.Reader is sent as it is, anything else as JSON
}

func (r request) url(base string) (string, error) {
	u := base + r.path
	for _, e := range r.elems {
		if e == "" || e == "." || e == ".." {
			return "", fmt.Errorf("%q is neither an id nor a name", e)
		}
		u += "/" + url.PathEscape(e)
	}
	if strings.Contains(u, "{") {
		return "", fmt.Errorf("%s is below an object that was not named", r.path)
	}
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	return u, nil
}

// call does one request, and reads its answer.
func (c *Client) call(ctx context.Context, r request, key string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	resp, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	return c.read(ctx, resp, key, into)
}

// send does one request, and gives an answer that is no refusal. The caller closes its body.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	req, err := c.request(ctx, r)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.transportError(ctx, err)
	}
	status := resp.StatusCode
	if status >= 200 && status <= 299 {
		return resp, nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, c.transportError(ctx, err)
	}
	if status == http.StatusUnauthorized {
		return nil, &Unauthorized{Endpoint: c.base, Found: c.token != "", Origin: c.origin, Err: refusal(status, resp.Header, answer)}
	}
	return nil, refusal(status, resp.Header, answer)
}

// read decodes the member key of an answer (the whole of it if "") into into, unless that is nil, and closes it.
func (c *Client) read(ctx context.Context, resp *http.Response, key string, into any) error {
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return c.transportError(ctx, err)
	}
	if into != nil {
		if err := decode(answer, key, into); err != nil {
			return fmt.Errorf("read the answer of %s: %w", c.base, err)
		}
	}
	return unconfirmed(resp.Header)
}

// unconfirmed tells from an answer's header if hosts were waited for in vain.
func unconfirmed(h http.Header) error {
	if h.Get("X-Weft-Confirmed") != "false" {
		return nil
	}
	u := &Unconfirmed{}
	for name := range strings.SplitSeq(h.Get("X-Weft-Unconfirmed"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			u.Hosts = append(u.Hosts, printable(name))
		}
	}
	return u
}

func (c *Client) request(ctx context.Context, r request) (*http.Request, error) {
	u, err := r.url(c.base)
	if err != nil {
		return nil, err
	}
	body, raw := r.body.(io.Reader)
	if r.body != nil && !raw {
		b, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	switch {
	case raw:
		req.Header.Set("Content-Type", "application/octet-stream")
	case r.body != nil:
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("X-Auth-Token", c.token)
	}
	if c.wait && r.method != http.MethodGet {
		req.Header.Set("X-Weft-Wait", "hosts")
		req.Header.Set("X-Weft-Wait-Timeout", strconv.Itoa(c.waitSeconds()))
	}
	return req, nil
}

// waitSeconds leaves a quarter of the call's time for the change itself and the way back.
func (c *Client) waitSeconds() int {
	const most = 300 // that the API allows
	return min(max(int(c.timeout.Seconds()*3/4), 1), most)
}

// transportError drops what net/http puts around the cause: the caller knows method and URL.
func (c *Client) transportError(ctx context.Context, err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &Unreachable{Endpoint: c.base, Err: err}
}

// decode reads the member key of an answer, or the whole of it. A list is read one by one: its whole text is large.
func decode(answer []byte, key string, into any) error {
	d := decoder(answer)
	if key == "" {
		return d.Decode(into)
	}
	if err := expect(d, json.Delim('{')); err != nil {
		return err
	}
	found := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if name == key {
			found, err = true, value(d, into)
		} else {
			err = d.Decode(&json.RawMessage{})
		}
		if err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("it has no %q: %s", key, printable(excerpt(string(answer))))
	}
	return expect(d, json.Delim('}'))
}

func value(d *json.Decoder, into any) error {
	list, ok := into.(*[]Object)
	if !ok {
		return d.Decode(into)
	}
	*list = []Object{}
	if begin, err := d.Token(); err != nil || begin == nil { // null is an empty list
		return err
	} else if begin != json.Delim('[') {
		return fmt.Errorf("found %v, want a list", begin)
	}
	for d.More() {
		var o Object
		if err := d.Decode(&o); err != nil {
			return err
		}
		*list = append(*list, o)
	}
	return expect(d, json.Delim(']'))
}

func expect(d *json.Decoder, want json.Delim) error {
	got, err := d.Token()
	if err == nil && got != want {
		err = fmt.Errorf("found %v, want %s", got, want)
	}
	return err
}

// decoder keeps numbers as they were written.
func decoder(b []byte) *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d
}
