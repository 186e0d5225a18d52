package auth

import (
	"context"
	"slices"
)

// The roles that weft knows, each of which may do what those after it may. Others have no meaning.
const (
	RoleAdmin  = "admin"  // everything, in every project
	RoleMember = "member" // what its project owns
	RoleReader = "reader" // to look at what its project owns
)

// Caller is who sent a request. The zero value may do nothing.
type Caller struct {
	UserID      string
	UserName    string // for people; may be empty
	ProjectID   string // "" is no project; objects that an administrator makes may belong to none
	ProjectName string // for people; may be empty
	Roles       []string
	Admin       bool // may do everything, in every project
}

// MayRead reports whether the caller may look at what its project owns.
func (c Caller) MayRead() bool { return c.MayWrite() || c.has(RoleReader) }

// MayWrite reports whether the caller may make, change and delete what its project owns.
func (c Caller) MayWrite() bool { return c.Admin || c.has(RoleMember) }

func (c Caller) has(role string) bool { return slices.Contains(c.Roles, role) }

// administrator is a caller that may do everything and belongs to no project.
func administrator(user string) Caller {
	return Caller{UserID: user, UserName: user, Roles: []string{RoleAdmin, RoleMember, RoleReader}, Admin: true}
}

type contextKey struct{}

// WithCaller puts the caller into the context of its request.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// FromContext gives the caller of a request; without one, a Caller that may do nothing.
func FromContext(ctx context.Context) Caller {
	c, _ := ctx.Value(contextKey{}).(Caller)
	return c
}
