package main

import (
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"

	"weft/controller/auth"
)

// restFlags are the flags of "weft controller" that say who may use the REST API.
type restFlags struct {
	auth string
}

func (f *restFlags) bind(fl *pflag.FlagSet) {
	fl.StringVar(&f.auth, "auth", "token", "who may use the REST API: token (see \"weft token\"), or none: everybody, on a loopback address only")
}

// authenticator makes what the flags ask for. The administrator's token is there in every mode: the command line on the
// controller's machine finds it.
func (f *restFlags) authenticator(dataDir string, listener net.Addr, log *logrus.Entry) (auth.Authenticator, error) {
	first, err := auth.LoadOrCreateToken(filepath.Join(dataDir, "token"))
	if err != nil {
		return nil, err
	}
	switch f.auth {
	case "token":
		tokens, err := auth.NewTokens(tokensIn(dataDir), first, time.Now, func(err error) {
			log.WithField("err", err).Error("the tokens cannot be read")
		})
		if err != nil {
			return nil, err
		}
		return auth.NewBackoff(tokens, time.Now), nil
	case "none":
		open, err := auth.Open(listener)
		if err != nil {
			return nil, fmt.Errorf("--auth none: %w", err)
		}
		return open, nil
	}
	return nil, fmt.Errorf("--auth %s: want token or none", f.auth)
}
