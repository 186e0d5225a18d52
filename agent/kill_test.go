package agent

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"weft/agent/hosttest"
	"weft/plan"
)

// The variables of the environment that make this program an agent for TestKilledAtAnyMoment.
const (
	childOVSDB = "WEFT_TEST_CHILD_OVSDB"
	childDir   = "WEFT_TEST_CHILD_DIR"
	childToken = "WEFT_TEST_CHILD_TOKEN"
)

func TestBeAnAgent(t *testing.T) {
	if os.Getenv(childDir) == "" {
		return // only as a child of TestKilledAtAnyMomentAnAgentConverges
	}
	conf := Config{
		TunnelIP: netip.MustParseAddr("127.0.0.1"), Datapath: DatapathNetdev, StateDir: os.Getenv(childDir),
		OVSDB: os.Getenv(childOVSDB), Join: os.Getenv(childToken), Log: quiet(),
	}
	if err := Run(context.Background(), conf); err != nil {
		t.Fatal(err)
	}
}

func TestKilledAtAnyMomentAnAgentConverges(t *testing.T) {
	hosttest.Need(t)
	o, c := hosttest.StartOVS(t), newController(t)
	sweep(t)
	a, b := hostPlan(uuid.NewString()), hostPlan(uuid.NewString())
	dir := t.TempDir()
	spawn := func() *exec.Cmd {
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestBeAnAgent$")
		cmd.Env = append(os.Environ(), childDir+"="+dir, childOVSDB+"="+o.Endpoint(), childToken+"="+c.token(secret))
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range 12 { // the plan swings between two routers, and the agent dies somewhere on the way
		xs := [][]plan.Spec{a, b}[i%2]
		c.serve(say(snapshot(uint64(i+1), xs...)))
		cmd := spawn()
		timer := time.NewTimer(time.Duration(40+r.IntN(360)) * time.Millisecond)
		<-timer.C
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	c.serve(say(snapshot(100, a...)))
	cmd := spawn()
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	reported(t, c, 100)
	if got, want := hosttest.Run(t, "sh", "-c", "ip netns | cut -d' ' -f1"), a[7].(plan.Namespace).Name; got != want {
		t.Errorf("namespaces: %q, want %q", got, want)
	}
	if got := o.Vsctl("list-ports", "br-int"); got != "patch-tun\n"+a[9].(plan.Veth).PeerDev {
		t.Errorf("ports of br-int: %q", got)
	}
}
