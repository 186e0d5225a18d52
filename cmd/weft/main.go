// Command weft is the whole of weft: the controller, the agent on a hypervisor, the lab, and the command line of those
// who operate them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"weft/cmd/weft/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not want to end
	os.Exit(cli.Execute(ctx, newRoot()))
}

// version is what the linker was told ("make build": the newest tag and commit).
var version = "devel"

func newRoot() *cobra.Command {
	root := cli.Root(newControllerCommand(), newAgentCommand(), newAttachCommand(), newDetachCommand(), newLabCommand())
	root.Version = version
	return root
}
