package link

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"weft/agent/nat"
)

// reading is what the tables of a namespace held at a generation of its rules.
type reading struct {
	generation uint32
	chains     nat.Chains
}

type readingKey struct{ ns, word string }

// readNAT gives our chains of a namespace. It runs a program only if the rules there are of another generation than when
// they were read last, so that looking at thousands of namespaces does not run thousands of programs. Nobody may change what
// it gives.
func (h *Host) readNAT(ctx context.Context, ns string, f tables) (nat.Chains, error) {
	k := readingKey{ns, f.word}
	generation, counted := h.generation(ctx, ns, f)
	if r, ok := h.readings[k]; ok && counted && r.generation == generation {
		return r.chains, nil
	}
	delete(h.readings, k)
	if counted && generation == untouched {
		return nat.Parse(""), nil
	}
	text, err := h.command(ctx, ns, "", f.word+"-save")
	chains := nat.Parse(text)
	if err == nil && counted {
		h.readings[k] = reading{generation, chains}
	}
	return chains, err
}

// forgetReadings is for a namespace that goes.
func (h *Host) forgetReadings(ns string) {
	for _, f := range bothTables() {
		delete(h.readings, readingKey{ns, f.word})
	}
}

// generation gives the number that the kernel counts up with each change of a namespace's nftables rules. It reports false
// where iptables does not write these, or the kernel does not count.
func (h *Host) generation(ctx context.Context, ns string, f tables) (n uint32, counted bool) {
	if !h.overNftables(ctx, f) {
		return 0, false
	}
	err := inside(ns, func() (err error) {
		n, err = generation()
		return err
	})
	return n, err == nil
}

// overNftables reports whether a version of iptables writes nftables rules. That is asked once.
func (h *Host) overNftables(ctx context.Context, f tables) bool {
	over, known := h.nftables[f.word]
	if !known {
		said, err := h.command(ctx, "", "", f.word+"-save", "-V")
		over = err == nil && strings.Contains(said, "nf_tables")
		h.nftables[f.word] = over
	}
	return over
}

const (
	generationID = 1 // NFTA_GEN_ID
	untouched    = 1 // the generation of a namespace in which nobody has made a rule yet
)

// generation asks for the thread's namespace.
func generation() (uint32, error) {
	req := nl.NewNetlinkRequest(unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_GETGEN, 0)
	req.AddData(&nl.Nfgenmsg{NfgenFamily: unix.AF_UNSPEC, Version: nl.NFNETLINK_V0})
	replies, err := req.Execute(unix.NETLINK_NETFILTER, 0)
	if err != nil {
		return 0, err
	}
	for _, b := range replies {
		if len(b) < nl.SizeofNfgenmsg {
			continue
		}
		attrs, err := nl.ParseRouteAttr(b[nl.SizeofNfgenmsg:])
		if err != nil {
			return 0, err
		}
		for _, a := range attrs {
			if a.Attr.Type == generationID && len(a.Value) == 4 {
				return binary.BigEndian.Uint32(a.Value), nil
			}
		}
	}
	return 0, errors.New("the kernel names no generation")
}
