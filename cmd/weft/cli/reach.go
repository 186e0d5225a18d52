package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"weft/client"
	"weft/client/clouds"
)

// Reach is how a command finds its controller: by its flags, and by the environment. The zero value is ready.
type Reach struct {
	cfg   client.Config
	cloud string // in clouds.yaml
}

// Flags gives a command, and those below it, the flags that say where the controller is and who asks.
func (r *Reach) Flags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&r.cfg.Endpoint, "endpoint", "", "`URL` of the controller")
	f.StringVar(&r.cloud, "os-cloud", "", "`CLOUD` of clouds.yaml")
	complete(c, "os-cloud", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return clouds.Names(r.getenv), cobra.ShellCompDirectiveNoFileComp
	})
	f.StringVar(&r.cfg.TokenFile, "token-file", "", "`FILE` that holds the token")
	f.StringVar(&r.cfg.CAFile, "ca-file", "", "`FILE` with the authorities that may have signed the controller's certificate")
	f.DurationVar(&r.cfg.Timeout, "timeout", 0, "give up on the controller after this `TIME` (default 1m)")
}

// Connect gives a client as the flags and the environment ask for. The caller closes it.
func (r *Reach) Connect(ctx context.Context) (*client.Client, error) {
	cfg, err := clouds.Fill(ctx, r.cfg, r.cloud)
	if err != nil {
		return nil, err
	}
	cl, err := client.New(cfg)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return cl, nil
}

func (r *Reach) getenv(name string) string {
	if r.cfg.Getenv != nil {
		return r.cfg.Getenv(name)
	}
	return os.Getenv(name)
}
