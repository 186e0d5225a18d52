package clients

import (
	"os"
	"os/exec"
	"testing"
)

// cloud.sh of the example is run against a lab in test/e2e. Here it is the ways to get in that differ.
func TestTheExamplesCloudIsBuiltByWhateverWayIn(t *testing.T) {
	need(t, "openstack")
	for name, way := range map[string]func(*testing.T) []string{
		"keystone": func(t *testing.T) []string {
			k := serveKeystone(t)
			k.person("ada", "admin", k.project("blue"))
			k.behind(t)
			return k.as(t, "ada", "blue")
		},
		"none": func(t *testing.T) []string {
			c := serve(t, "--auth", "none")
			return []string{"OS_AUTH_TYPE=none", "OS_ENDPOINT=" + c.url, "HOME=" + t.TempDir(), "LC_ALL=C.UTF-8",
				"PYTHONWARNINGS=ignore", "PATH=" + os.Getenv("PATH")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			script := exec.CommandContext(t.Context(), "../../examples/openstack/cloud.sh")
			script.Env = way(t)
			if out, err := script.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out[max(0, len(out)-3000):])
			}
		})
	}
}
