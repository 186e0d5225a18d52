package rest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holder names the process that listens on the port of addr, from /proc; "" if that cannot be told.
func holder(addr string) string {
	_, service, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return ""
	}
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		listeners(table, uint16(port), inodes)
	}
	if len(inodes) == 0 {
		return ""
	}
	return owner(inodes)
}

// listeners adds the inodes of the listening sockets of a port (proc(5): local address, state 0A, inode).
func listeners(table string, port uint16, inodes map[string]bool) {
	f, err := os.Open(table)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	suffix := fmt.Sprintf(":%04X", port)
	for sc := bufio.NewScanner(f); sc.Scan(); {
		w := strings.Fields(sc.Text())
		if len(w) > 9 && strings.HasSuffix(w[1], suffix) && w[3] == "0A" {
			inodes["socket:["+w[9]+"]"] = true
		}
	}
}

// owner finds a process with one of the sockets open.
func owner(sockets map[string]bool) string {
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is good, so no error
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err != nil || !sockets[to] {
			continue
		}
		pid := strings.Split(fd, "/")[2]
		name, _ := os.ReadFile("/proc/" + pid + "/comm")
		return strings.TrimSpace(fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(name)), pid))
	}
	return ""
}
