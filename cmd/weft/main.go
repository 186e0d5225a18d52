// Command weft is the whole of weft: the controller, the agent on a hypervisor, the lab, and the command line of those
// who operate them.
package main

import (
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"weft/client"
	"weft/cmd/weft/cli"
	"weft/controller/rest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not want to end
	os.Exit(cli.Execute(ctx, newRoot()))
}

// version is what the linker was told ("make build": the newest tag and commit).
var version = "devel"

// resources are what the API of this very program has.
func resources() []client.Kind {
	raw, err := json.Marshal(map[string]any{"resources": rest.Resources()})
	if err != nil {
		panic(err) // a declaration that cannot be written: a fault in the program
	}
	kinds, err := client.ReadKinds(raw)
	if err != nil {
		panic(err)
	}
	return kinds
}

func newRoot() *cobra.Command {
	root := cli.Root(resources(), newControllerCommand(), newTokenCommand(), newAgentCommand(), newAttachCommand(), newDetachCommand(), newLabCommand())
	root.Version = version
	return root
}
