package link

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The commands of the ethtool ioctl that read and set one feature each (linux/ethtool.h).
const (
	getTxChecksum = 0x16
	setTxChecksum = 0x17
	getTSO        = 0x1e
	setTSO        = 0x1f
)

type ethtoolValue struct{ cmd, data uint32 }

type ethtoolRequest struct {
	name [unix.IFNAMSIZ]byte
	data *ethtoolValue
	_    [16]byte // the rest of the kernel's union
}

// offloads reports whether a device of the thread's namespace leaves checksums or segmentation to its peer.
func offloads(dev string) (bool, error) {
	for _, cmd := range []uint32{getTxChecksum, getTSO} {
		v, err := ethtool(dev, ethtoolValue{cmd, 0})
		if err != nil || v.data != 0 {
			return true, err
		}
	}
	return false, nil
}

// stopOffload turns both off, segmentation first since it depends on checksums.
func stopOffload(dev string) error {
	for _, cmd := range []uint32{setTSO, setTxChecksum} {
		if _, err := ethtool(dev, ethtoolValue{cmd, 0}); err != nil {
			return err
		}
	}
	return nil
}

func ethtool(dev string, v ethtoolValue) (ethtoolValue, error) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return v, fmt.Errorf("open socket for ethtool: %w", err)
	}
	defer unix.Close(s)
	r := ethtoolRequest{data: &v}
	copy(r.name[:unix.IFNAMSIZ-1], dev)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(s), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&r))); e != 0 {
		return v, fmt.Errorf("ethtool command %#x on %s: %w", v.cmd, dev, e)
	}
	return v, nil
}
