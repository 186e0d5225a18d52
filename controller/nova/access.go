package nova

import "context"

// Access is how Nova is reached: its address, like http://NOVA:8774/v2.1, and the token that it is shown.
type Access struct{ Endpoint, Token string }

// AccessSource says how Nova is reached.
type AccessSource interface {
	// Access gives address and token; refused is a token that Nova did not take, "" for none, so that another is fetched.
	Access(ctx context.Context, refused string) (Access, error)
}

// Fixed is an access that stays.
type Fixed Access

// Access implements AccessSource.
func (f Fixed) Access(context.Context, string) (Access, error) { return Access(f), nil }
