// Command weft is the whole of weft: the controller, the agent on a hypervisor, the lab, and the command line of those
// who operate them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"weft/cmd/weft/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	root := cli.Root(newControllerCommand(), newAgentCommand(), newLabCommand())
	code := cli.Execute(ctx, root)
	stop()
	os.Exit(code)
}
