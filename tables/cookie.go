package tables

import (
	"fmt"
	"hash/fnv"
)

// Cookie marks a flow as weft's and says what it is:
//
//	63      56 55      48 47                                  0
//	┌─────────┬──────────┬─────────────────────────────────────┐
//	│ owner   │ kind     │ hash of the flow's whole content    │
//	└─────────┴──────────┴─────────────────────────────────────┘
//
// So an audit compares keys and cookies and need not parse actions, and a cookie in a raw dump is found in the plan.
type Cookie uint64

// Owner is the first byte of each cookie of weft: 'w'.
const Owner = 0x77

// CookieMask covers the owner byte; OwnerCookie under CookieMask selects weft's flows.
const (
	OwnerCookie Cookie = Owner << 56
	CookieMask  Cookie = 0xff << 56
)

// CookieKind is the second byte: which part of weft a flow belongs to.
type CookieKind uint8

// The kinds.
const (
	KindBase    CookieKind = 1 // holds on every host
	KindPeer    CookieKind = 2 // one for each other host
	KindNetwork CookieKind = 3
	KindPort    CookieKind = 4
	KindRouter  CookieKind = 5
	KindFIP     CookieKind = 6
	KindVTEP    CookieKind = 9
)

// LearnedOwner is the first byte of the cookies of flows that a switch makes by itself as a flow of weft told it to: 'l'.
// They are in no plan, so an audit neither misses nor removes them.
const LearnedOwner = 0x6c

// GivenBack is the cookie of a flow that comes first, and goes last, in the bundle with which somebody other than the
// controller gives a switch flows that it should hold. It is never there for a packet, but whoever watches the switch's flows
// knows from it whose doing is in between. FenceTable is where it stands; no other flow does.
const (
	GivenBack  Cookie = OwnerCookie | 0x7f<<48
	FenceTable ID     = 253
)

// Learned gives the cookie of what is learned for something that words name: LearnedOwner and 56 bits of their hash.
func Learned(words string) Cookie {
	h := fnv.New64a()
	_, _ = h.Write([]byte(words)) // never fails
	return LearnedOwner<<56 | Cookie(h.Sum64()>>8)
}

// IsLearned reports whether a switch made the flow with cookie c by itself because weft told it to.
func (c Cookie) IsLearned() bool { return c>>56 == LearnedOwner }

// MakeCookie builds a cookie from a kind and a content hash, of which the low 48 bits are used.
func MakeCookie(k CookieKind, hash uint64) Cookie {
	return OwnerCookie | Cookie(k)<<48 | Cookie(hash&(1<<48-1))
}

// Ours reports whether weft made the flow with cookie c.
func (c Cookie) Ours() bool { return c&CookieMask == OwnerCookie }

// Kind is the part of weft that the flow belongs to.
func (c Cookie) Kind() CookieKind { return CookieKind(c >> 48) }

// String gives the cookie as ovs-ofctl prints it.
func (c Cookie) String() string { return fmt.Sprintf("%#x", uint64(c)) }
