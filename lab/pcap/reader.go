package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Reader reads a stream in the format of "tcpdump -w".
type Reader struct {
	r     io.Reader
	order binary.ByteOrder
}

const (
	magicMicro   = 0xa1b2c3d4
	magicNano    = 0xa1b23c4d
	linkEthernet = 1
	maxFrame     = 1 << 18
)

// NewReader reads the stream's header. It waits until the writer has sent it.
func NewReader(r io.Reader) (*Reader, error) {
	var h [24]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, fmt.Errorf("read capture: header: %w", err)
	}
	p := &Reader{r: r, order: binary.LittleEndian}
	if m := binary.BigEndian.Uint32(h[:]); m == magicMicro || m == magicNano {
		p.order = binary.BigEndian
	}
	if m := p.order.Uint32(h[:]); m != magicMicro && m != magicNano {
		return nil, fmt.Errorf("read capture: unknown format %#08x", m)
	}
	if link := p.order.Uint32(h[20:]) & 0xffff; link != linkEthernet {
		return nil, fmt.Errorf("read capture: link type %d is not Ethernet", link)
	}
	return p, nil
}

// Next gives the next packet, and io.EOF at the end, also if the writer was ended within a packet.
func (p *Reader) Next() (Packet, error) {
	var h [16]byte
	if _, err := io.ReadFull(p.r, h[:]); err != nil {
		return Packet{}, end(err)
	}
	n := p.order.Uint32(h[8:])
	if n > maxFrame {
		return Packet{}, fmt.Errorf("read capture: a frame of %d bytes", n)
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(p.r, frame); err != nil {
		return Packet{}, end(err)
	}
	return Decode(frame), nil
}

func end(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return fmt.Errorf("read capture: %w", err)
}
