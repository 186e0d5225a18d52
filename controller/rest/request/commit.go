package request

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"weft/api"
	"weft/controller/rest/backend"
	"weft/controller/rest/noun"
	"weft/controller/rest/wire"
)

const (
	defaultWait = 30 * time.Second
	maxWait     = 5 * time.Minute
)

// AnswerTime is how long the other side may take to read an answer.
const AnswerTime = time.Minute

// Commit makes a change and, if the call asks for it, waits until the affected hosts have confirmed it.
func (s *Service) Commit(c *Call, f func(*api.Txn) error) (*api.Snapshot, http.Header, error) {
	limit, err := c.waits()
	if err != nil {
		return nil, nil, err
	}
	snap, err := s.State.Update(c.Request.Context(), f)
	if err != nil {
		return nil, nil, err
	}
	h := http.Header{"X-Weft-Revision": {strconv.FormatUint(uint64(snap.Revision()), 10)}}
	if limit > 0 {
		c.Extend(limit + AnswerTime)
		s.confirm(c, limit, snap.Revision(), h)
	}
	return snap, h, nil
}

// confirm waits for hosts and writes down in h how it went. What hosts are called is for admins.
func (s *Service) confirm(c *Call, limit time.Duration, rev api.Revision, h http.Header) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), limit)
	defer cancel()
	err := s.Status.Wait(ctx, rev)
	h.Set("X-Weft-Confirmed", strconv.FormatBool(err == nil))
	var u *backend.Unconfirmed
	if errors.As(err, &u) && c.Policy().Admin {
		names := make([]string, len(u.Hosts))
		for i, id := range u.Hosts {
			names[i] = string(id)
		}
		h.Set("X-Weft-Unconfirmed", strings.Join(names, ","))
	}
}

// waits reads whether, and how long at most, the call wants to wait for hosts; 0 means that it does not.
func (c *Call) waits() (time.Duration, error) {
	want := c.Request.Header.Get("X-Weft-Wait")
	if want == "" {
		pairs, err := noun.ParseQuery(c.Request.URL.RawQuery)
		if err != nil {
			return 0, err
		}
		for _, p := range pairs {
			if p.Key == "wait" {
				want = p.Value
			}
		}
	}
	switch want {
	case "":
		return 0, nil
	case "hosts":
		return c.waitLimit()
	}
	return 0, wire.BadRequest("Invalid X-Weft-Wait '%s': only 'hosts' can be waited for", wire.Shorten(strings.ToValidUTF8(want, "\uFFFD")))
}

func (c *Call) waitLimit() (time.Duration, error) {
	h := c.Request.Header.Get("X-Weft-Wait-Timeout")
	if h == "" {
		return defaultWait, nil
	}
	n, err := strconv.Atoi(h)
	if err != nil || n < 1 || n > int(maxWait/time.Second) {
		return 0, wire.BadRequest("Invalid X-Weft-Wait-Timeout '%s': want whole seconds from 1 to %d",
			wire.Shorten(strings.ToValidUTF8(h, "\uFFFD")), int(maxWait/time.Second))
	}
	return time.Duration(n) * time.Second, nil
}
