package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const maxAnswer = 8 << 20 // bytes: tokens with large catalogues

// serviceToken is the token that weft shows to Keystone.
type serviceToken struct {
	mu     sync.Mutex
	secret string
	ends   time.Time
}

// drop forgets a token that Keystone does not take any more.
func (s *serviceToken) drop(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secret == secret {
		s.secret = ""
	}
}

// errOwnToken means that Keystone does not take weft's own token.
var errOwnToken = errors.New("Keystone does not accept the token of weft's own user")

// serviceToken gives the token to show to Keystone; a minute before its end, a new one.
func (k *Keystone) serviceToken(ctx context.Context) (string, error) {
	s := &k.service
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secret != "" && k.cfg.Now().Add(time.Minute).Before(s.ends) {
		return s.secret, nil
	}
	said, err := k.call(ctx, http.MethodPost, k.login(), nil)
	switch {
	case err != nil:
		return "", err
	case said.status == http.StatusUnauthorized:
		return "", fmt.Errorf("Keystone at %s refuses user %q of weft itself: check its name, password, project and domains", k.cfg.URL, k.cfg.User)
	case said.status != http.StatusCreated:
		return "", k.strange(said)
	}
	t, err := parseKeystone(said.body)
	secret := said.header.Get("X-Subject-Token")
	if err != nil || secret == "" {
		return "", fmt.Errorf("log in at %s: the answer is none of a Keystone v3", k.cfg.URL)
	}
	s.secret, s.ends = secret, t.Token.ExpiresAt
	return secret, nil
}

// login is the body with which weft gets its own token.
func (k *Keystone) login() any {
	type object = map[string]any
	named := func(name, domain string) object { return object{"name": name, "domain": object{"name": domain}} }
	user := named(k.cfg.User, k.cfg.UserDomain)
	user["password"] = k.cfg.Password
	return object{"auth": object{
		"identity": object{"methods": []string{"password"}, "password": object{"user": user}},
		"scope":    object{"project": named(k.cfg.Project, k.cfg.ProjectDomain)},
	}}
}

// subject asks about a token.
func (k *Keystone) subject(ctx context.Context, own, token string) (verdict, error) {
	said, err := k.call(ctx, http.MethodGet, nil, http.Header{"X-Auth-Token": {own}, "X-Subject-Token": {token}})
	if err != nil {
		return verdict{}, err
	}
	now := k.cfg.Now()
	switch said.status {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusBadRequest: // there is no such token, or it looks like none
		return verdict{denied: true, asked: now}, nil
	case http.StatusUnauthorized:
		return verdict{}, errOwnToken
	case http.StatusForbidden:
		return verdict{}, fmt.Errorf("Keystone at %s does not let user %q validate tokens: give it the role admin or service", k.cfg.URL, k.cfg.User)
	default:
		return verdict{}, k.strange(said)
	}
	t, err := parseKeystone(said.body)
	if err != nil {
		return verdict{}, fmt.Errorf("read the answer of %s: %w", k.cfg.URL, err)
	}
	if !now.Before(t.Token.ExpiresAt) {
		return verdict{denied: true, asked: now}, nil
	}
	return verdict{caller: t.caller(k.cfg.AdminRoles), expires: t.Token.ExpiresAt, asked: now}, nil
}

func (k *Keystone) strange(said answer) error {
	return fmt.Errorf("Keystone at %s answers %d %s", k.cfg.URL, said.status, http.StatusText(said.status))
}

// answer is what Keystone said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call sends one request to /v3/auth/tokens.
func (k *Keystone) call(ctx context.Context, method string, body any, header http.Header) (answer, error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(k.cfg.URL, "/")+"/auth/tokens?nocatalog", in)
	if err != nil {
		return answer{}, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := k.cfg.Client.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("Keystone does not answer: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	read, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("Keystone at %s breaks off: %w", k.cfg.URL, err)
	}
	return answer{resp.StatusCode, resp.Header, read}, nil
}

// keystoneToken is what Keystone says of a token.
type keystoneToken struct {
	Token struct {
		ExpiresAt time.Time `json:"expires_at"`
		User      struct{ ID, Name string }
		Project   struct{ ID, Name string }
		Domain    struct{ ID string } // that the token is for, in place of a project
		Roles     []struct{ Name string }
	}
}

func parseKeystone(body []byte) (t keystoneToken, err error) {
	if err := json.Unmarshal(body, &t); err != nil {
		return t, err
	}
	if t.Token.User.ID == "" || t.Token.ExpiresAt.IsZero() {
		return t, errors.New("it has no user or no end")
	}
	return t, nil
}

// caller says who the bearer is. Keystone before 2023 knows members by another name. Whoever administers a domain does not
// administer the cloud: such a token is one for no project, whatever its roles.
func (t keystoneToken) caller(adminRoles []string) Caller {
	c := Caller{
		UserID: t.Token.User.ID, UserName: t.Token.User.Name, ProjectID: t.Token.Project.ID, ProjectName: t.Token.Project.Name,
	}
	for _, r := range t.Token.Roles {
		name := strings.ToLower(r.Name)
		if name == "_member_" {
			name = RoleMember
		}
		c.Roles = append(c.Roles, name)
		c.Admin = c.Admin || t.Token.Domain.ID == "" && slices.ContainsFunc(adminRoles, func(a string) bool { return strings.EqualFold(a, name) })
	}
	return c
}
