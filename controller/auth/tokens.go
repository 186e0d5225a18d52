package auth

import (
	"encoding/hex"
	"net/http"
	"time"
)

// Tokens knows the tokens of a file, and one more, whose bearer is an administrator.
type Tokens struct {
	first Authenticator
	file  *Watched[map[hash]Token]
	now   func() time.Time
}

// NewTokens reads the file at path, which need not be there yet, and from then on follows it: a token that is made or
// revoked there counts from the next request. first is the administrator's. While the file makes no sense, what it said
// before holds, and failed is told.
func NewTokens(path, first string, now func() time.Time, failed func(error)) (*Tokens, error) {
	file, err := Watch(path, byHash, failed)
	return &Tokens{first: Single(first), file: file, now: now}, err
}

func byHash(path string) (map[hash]Token, error) {
	tokens, err := ReadTokens(path)
	if err != nil {
		return nil, err
	}
	out := make(map[hash]Token, len(tokens))
	for _, t := range tokens {
		var h hash
		_, _ = hex.Decode(h[:], []byte(t.SHA256)) // checked when it was read
		out[h] = t
	}
	return out, nil
}

// Authenticate implements Authenticator.
func (t *Tokens) Authenticate(r *http.Request) (Caller, error) {
	if c, err := t.first.Authenticate(r); err == nil {
		return c, nil
	}
	given := tokenOf(r)
	if given == "" {
		return Caller{}, ErrDenied
	}
	// Looking a hash up tells a guesser nothing: whose secret leads to which hash cannot be chosen.
	found, ok := t.file.Get()[hashOf(given)]
	if !ok || found.Expired(t.now()) {
		return Caller{}, ErrDenied
	}
	return found.caller(), nil
}

// Remember implements Rememberer: nobody has to be asked.
func (t *Tokens) Remember(r *http.Request) (Caller, bool) {
	c, err := t.Authenticate(r)
	return c, err == nil
}

func (t Token) caller() Caller {
	c := Caller{UserID: "token:" + t.ID, UserName: t.Description, ProjectID: t.Project}
	switch t.Role {
	case RoleAdmin:
		c.Admin, c.Roles = true, []string{RoleAdmin, RoleMember, RoleReader}
	case RoleMember:
		c.Roles = []string{RoleMember, RoleReader}
	case RoleReader:
		c.Roles = []string{RoleReader}
	}
	return c
}

// NewToken makes a token of a role in a project, and gives the secret, which is kept nowhere. The zero time as expires
// is never.
func NewToken(project, role, description string, now, expires time.Time) (t Token, secret string, err error) {
	secret = NewSecret()
	sum := hashOf(secret)
	t = Token{
		ID: NewSecret()[:8], SHA256: hex.EncodeToString(sum[:]), Project: project, Role: role, Description: description,
		Created: now.UTC().Truncate(time.Second), Expires: expires,
	}
	return t, secret, t.check()
}
