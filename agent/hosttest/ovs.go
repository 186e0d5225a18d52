package hosttest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// patience is long: a machine that is busy is slow, which is no fault.
const patience = time.Minute

// OVS is a private Open vSwitch on the userspace datapath.
type OVS struct {
	t                testing.TB
	dir              string
	server, vswitchd *process
}

// StartOVS starts one; it ends with the test.
func StartOVS(t testing.TB) *OVS {
	t.Helper()
	o := NewOVS(t)
	o.StartServer()
	o.StartSwitch()
	return o
}

// NewOVS prepares one without starting it.
func NewOVS(t testing.TB) *OVS {
	t.Helper()
	Need(t)
	dir, err := os.MkdirTemp("/run", "ovs-") // short: a socket's path has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	o := &OVS{t: t, dir: dir}
	Run(t, "ovsdb-tool", "create", o.path("conf.db"), "/usr/share/openvswitch/vswitch.ovsschema")
	t.Cleanup(func() { o.StopSwitch(); o.StopServer(); _ = os.RemoveAll(dir) })
	return o
}

func (o *OVS) path(name string) string { return filepath.Join(o.dir, name) }

// Endpoint is the database's address.
func (o *OVS) Endpoint() string { return "unix:" + o.path("db.sock") }

// StartServer starts ovsdb-server and waits until it answers.
func (o *OVS) StartServer() {
	o.t.Helper()
	o.server = o.start("ovsdb-server", o.path("conf.db"), "--remote=punix:"+o.path("db.sock"),
		"--unixctl="+o.path("db.ctl"), "--log-file="+o.path("db.log"), "-vconsole:off", "--no-chdir")
	Eventually(o.t, "ovsdb-server answers", func() bool {
		c, err := net.Dial("unix", o.path("db.sock"))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	o.Vsctl("--no-wait", "init")
}

// StartSwitch starts ovs-vswitchd.
func (o *OVS) StartSwitch() {
	o.vswitchd = o.start("ovs-vswitchd", o.Endpoint(), "--disable-system", "--unixctl="+o.path("vs.ctl"),
		"--log-file="+o.path("vs.log"), "-vconsole:off", "--no-chdir", "--pidfile="+o.path("vs.pid"))
}

// StopServer ends ovsdb-server the hard way.
func (o *OVS) StopServer() { o.server.kill(); o.server = nil; _ = os.Remove(o.path("db.sock")) }

// StopSwitch ends ovs-vswitchd the hard way.
func (o *OVS) StopSwitch() { o.vswitchd.kill(); o.vswitchd = nil }

// Vsctl runs ovs-vsctl.
func (o *OVS) Vsctl(args ...string) string {
	o.t.Helper()
	return Run(o.t, append([]string{"ovs-vsctl", "--db=" + o.Endpoint(), "-t", "60"}, args...)...)
}

// process is a child that is reaped.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func (o *OVS) start(argv ...string) *process {
	o.t.Helper()
	p := &process{cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "OVS_RUNDIR="+o.dir, "OVS_LOGDIR="+o.dir, "OVS_DBDIR="+o.dir)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the child is killed when this thread ends
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		o.t.Fatalf("start %s: %v", argv[0], err)
	}
	return p
}

func (p *process) kill() {
	if p != nil {
		_ = p.cmd.Process.Kill() // an error means that it has ended already
		<-p.done
	}
}

// Eventually waits until a condition holds; the test fails if it never does.
func Eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for end := time.Now().Add(patience); !f(); <-poll.C {
		if time.Now().After(end) {
			t.Fatalf("not so after %s: %s", patience, what)
		}
	}
}
