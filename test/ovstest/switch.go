package ovstest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// schema is where Debian's and Fedora's packages put the database schema.
const schema = "/usr/share/openvswitch/vswitch.ovsschema"

// Switch is a private Open vSwitch. Its methods are for one goroutine at a time.
type Switch struct {
	// Dir holds the sockets (db.sock, BRIDGE.mgmt), the database and the log.
	Dir string

	tb       testing.TB
	db       *daemon
	vswitchd *daemon
}

// Start brings up ovsdb-server and ovs-vswitchd without bridges.
func Start(tb testing.TB) *Switch {
	tb.Helper()
	// Not tb.TempDir: a long test name would exceed the 107 bytes of a unix socket's path.
	dir, err := os.MkdirTemp("", "ovstest")
	if err != nil {
		tb.Fatal(err)
	}
	s := &Switch{Dir: dir, tb: tb}
	tb.Cleanup(s.stop)
	s.run("ovsdb-tool", "create", s.path("conf.db"), schema)
	s.StartDB()
	s.Vsctl("--no-wait", "init")
	s.StartVswitchd()
	return s
}

func (s *Switch) stop() {
	s.KillVswitchd()
	s.KillDB()
	if s.tb.Failed() {
		s.tb.Logf("end of ovs-vswitchd.log:\n%s", s.logTail())
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		s.tb.Errorf("remove the switch's directory: %v", err)
	}
}

func (s *Switch) logTail() string {
	b, err := os.ReadFile(s.path("ovs-vswitchd.log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

func (s *Switch) path(name string) string { return filepath.Join(s.Dir, name) }

// StartDB starts ovsdb-server, which Start has done already.
func (s *Switch) StartDB() {
	s.tb.Helper()
	s.db = s.daemon(s.path("db.sock"), "ovsdb-server", s.path("conf.db"), "--remote=punix:"+s.path("db.sock"),
		"--unixctl="+s.path("ovsdb.ctl"), "--log-file="+s.path("ovsdb-server.log"), "--verbose=console:off")
}

// StartVswitchd starts ovs-vswitchd, which Start has done already. The dummy datapath begins empty.
func (s *Switch) StartVswitchd() {
	s.tb.Helper()
	s.vswitchd = s.daemon(s.path("vswitchd.ctl"), "ovs-vswitchd", "unix:"+s.path("db.sock"), "--enable-dummy=override",
		"--disable-system", "--disable-system-route", "--unixctl="+s.path("vswitchd.ctl"),
		"--log-file="+s.path("ovs-vswitchd.log"), "--verbose=console:off", "-vvconn:info")
}

func (s *Switch) daemon(socket, name string, args ...string) *daemon {
	s.tb.Helper()
	// A killed daemon leaves its socket behind; nobody listens there, but a new one should begin without it.
	_ = os.Remove(socket)
	d, err := startDaemon(s.command(name, args...))
	if err == nil {
		err = d.listening(socket)
	}
	if err != nil {
		s.tb.Fatalf("%v (is Debian's openvswitch-switch installed?)", err)
	}
	return d
}

// KillVswitchd ends ovs-vswitchd with SIGKILL and waits until it is gone. Flows and OpenFlow connections go with it.
func (s *Switch) KillVswitchd() {
	if s.vswitchd != nil {
		s.vswitchd.kill()
		s.vswitchd = nil
	}
}

// KillDB ends ovsdb-server with SIGKILL and waits until it is gone.
func (s *Switch) KillDB() {
	if s.db != nil {
		s.db.kill()
		s.db = nil
	}
}

// VswitchdPID is the process id of ovs-vswitchd.
func (s *Switch) VswitchdPID() int { return s.vswitchd.cmd.Process.Pid }

// AddBridge adds a bridge with fail_mode=secure that speaks OpenFlow 1.0 and 1.3, and removes the flow that OVS puts
// into a new one.
func (s *Switch) AddBridge(name string) {
	s.tb.Helper()
	s.Vsctl("add-br", name, "--", "set", "bridge", name, "fail_mode=secure", "protocols=OpenFlow10,OpenFlow13",
		"other_config:datapath-id="+fmt.Sprintf("%016x", datapathID(name)))
	s.Ofctl("del-flows", name)
}

// datapathID derives an id from a bridge's name, so that a test can rely on it.
func datapathID(name string) uint64 {
	id := uint64(14695981039346656037)
	for _, c := range []byte(name) {
		id = (id ^ uint64(c)) * 1099511628211
	}
	return id>>16 | 1
}

// AddPort adds a dummy port with an OpenFlow port number.
func (s *Switch) AddPort(bridge, name string, ofport uint32) {
	s.tb.Helper()
	s.Vsctl("add-port", bridge, name, "--", "set", "interface", name, "type=dummy",
		"ofport_request="+strconv.FormatUint(uint64(ofport), 10))
}

// DatapathID is the datapath id of a bridge.
func (s *Switch) DatapathID(bridge string) uint64 {
	s.tb.Helper()
	text := strings.Trim(s.Vsctl("get", "bridge", bridge, "datapath_id"), "\"\n")
	id, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		s.tb.Fatalf("datapath id of %s: %v", bridge, err)
	}
	return id
}

// Mgmt is the path of the unix socket on which a bridge accepts OpenFlow controllers.
func (s *Switch) Mgmt(bridge string) string { return s.path(bridge + ".mgmt") }

// DB is the path of the unix socket of ovsdb-server.
func (s *Switch) DB() string { return s.path("db.sock") }

// AddFlows loads flows in ovs-ofctl's syntax, one each, in one bundle.
func (s *Switch) AddFlows(bridge string, flows ...string) {
	s.tb.Helper()
	s.OfctlInput(strings.Join(flows, "\n")+"\n", "--bundle", "add-flows", bridge, "-")
}

// DumpFlows gives the lines of "ovs-ofctl dump-flows --no-stats", each without its leading space, sorted. More arguments,
// such as --names or a filter "table=0", go to ovs-ofctl.
func (s *Switch) DumpFlows(bridge string, args ...string) []string {
	s.tb.Helper()
	out := s.Ofctl(append([]string{"--no-stats", "dump-flows", bridge}, args...)...)
	var lines []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "OFPST_FLOW") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// Ofctl runs ovs-ofctl with OpenFlow 1.3 and gives its standard output.
func (s *Switch) Ofctl(args ...string) string {
	s.tb.Helper()
	return s.OfctlInput("", args...)
}

// OfctlInput is Ofctl with standard input.
func (s *Switch) OfctlInput(stdin string, args ...string) string {
	s.tb.Helper()
	out, err := s.Try(stdin, "ovs-ofctl", append([]string{"-O", "OpenFlow13"}, args...)...)
	if err != nil {
		s.tb.Fatal(err)
	}
	return out
}

// Vsctl runs ovs-vsctl, which waits until ovs-vswitchd has done what is asked, and gives its standard output.
func (s *Switch) Vsctl(args ...string) string {
	s.tb.Helper()
	return s.run("ovs-vsctl", append([]string{"--timeout=60", "--db=unix:" + s.DB()}, args...)...)
}

// Appctl runs ovs-appctl against ovs-vswitchd, for ofproto/trace and its like, and gives its standard output.
func (s *Switch) Appctl(args ...string) string {
	s.tb.Helper()
	return s.run("ovs-appctl", append([]string{"-t", s.path("vswitchd.ctl")}, args...)...)
}

func (s *Switch) run(name string, args ...string) string {
	s.tb.Helper()
	out, err := s.Try("", name, args...)
	if err != nil {
		s.tb.Fatal(err)
	}
	return out
}

// Try runs a program in the environment of this switch and gives its standard output. The error has the command and
// what it wrote to standard error.
func (s *Switch) Try(stdin, name string, args ...string) (string, error) {
	cmd := s.command(name, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err,
			strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

func (s *Switch) command(name string, args ...string) *exec.Cmd {
	if path, err := exec.LookPath("/usr/sbin/" + name); err == nil {
		name = path // not every PATH has /usr/sbin
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "OVS_RUNDIR="+s.Dir, "OVS_LOGDIR="+s.Dir, "OVS_DBDIR="+s.Dir, "OVS_SYSCONFDIR="+s.Dir)
	return cmd
}
