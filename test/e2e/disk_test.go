package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"weft/client"
	"weft/lab"
)

// The disk under the controller's state is full: changes are refused with 503 and the cause, reading and traffic go on,
// and once there is room the same controller goes on.
func controllersDiskFull(t *testing.T, c *cloud) {
	data, kept := c.dir(lab.MachineController, "data"), c.dir(lab.MachineController, "kept")
	c.kill(t, lab.MachineController, lab.ServiceController)
	c.sh(t, lab.MachineController, fmt.Sprintf("cp -aT %[1]s %[2]s && mount -t tmpfs -o size=4m full %[1]s && cp -aT %[2]s %[1]s", data, kept))
	defer func() {
		c.kill(t, lab.MachineController, lab.ServiceController)
		c.sh(t, lab.MachineController, fmt.Sprintf("rm -r %[2]s && cp -aT %[1]s %[2]s && umount %[1]s && cp -aT %[2]s %[1]s && rm -r %[2]s", data, kept))
		c.start(t, lab.MachineController, lab.ServiceController)
	}()
	c.start(t, lab.MachineController, lab.ServiceController)
	c.in(t, lab.MachineController, "dd if=/dev/zero of="+data+"/ballast bs=4k 2>/dev/null") // ends when nothing fits any more
	made, refusal := c.fill(t)
	if err := contains(refusal.Message, "no space left on device"); refusal.Status != http.StatusServiceUnavailable || err != nil {
		t.Fatalf("a change on a full disk: %v, want 503 that says that there is no space", refusal)
	}
	list, err := c.api.Networks().List(t.Context(), nil)
	if err != nil || len(list) != made+1 {
		t.Errorf("%d networks are listed on a full disk (%v), want the %d that were answered", len(list), err, made+1)
	}
	c.reach(t)
	c.sh(t, lab.MachineController, "rm "+data+"/ballast")
	if _, err := c.api.Networks().Create(t.Context(), client.Network{Name: "fill"}); err != nil {
		t.Errorf("after there is room again: %v", err)
	}
	c.removeFill(t)
}

// fill makes networks until one is refused.
func (c *cloud) fill(t *testing.T) (made int, refusal *client.Error) {
	t.Helper()
	for ; ; made++ {
		if made > 5000 {
			t.Fatal("the disk does not get full")
		}
		_, err := c.api.Networks().Create(t.Context(), client.Network{Name: "fill", Description: strings.Repeat("x", 250)})
		if errors.As(err, &refusal) {
			return made, refusal
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (c *cloud) removeFill(t *testing.T) {
	t.Helper()
	token, err := os.ReadFile(c.lab.TokenFile())
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.api.Networks().List(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range list {
		if n.Name != "fill" {
			continue
		}
		if code, err := c.request(http.MethodDelete, "/v2.0/networks/"+n.ID, string(token), ""); err != nil || code != http.StatusNoContent {
			t.Fatalf("delete network %s: %d %v", n.ID, code, err)
		}
	}
}
