package agent

import (
	"os"
	"testing"

	"weft/agent/hosttest"
)

func TestMain(m *testing.M) { os.Exit(hosttest.Main(m)) }
