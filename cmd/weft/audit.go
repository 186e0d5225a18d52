package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/sirupsen/logrus"

	"weft/controller/audit"
	"weft/controller/rest"
)

const (
	auditSize = 64 << 20 // bytes of one file: some 200,000 changes
	auditKeep = 5        // older files
)

// auditLog is the audit log of a controller, or none.
type auditLog struct{ *audit.Log }

// openAudit opens the audit log that the flags ask for.
func (f *restFlags) openAudit(dataDir string, log *logrus.Entry) (auditLog, error) {
	path := f.auditLog
	switch path {
	case "none":
		return auditLog{}, nil
	case "":
		path = filepath.Join(dataDir, "audit.log")
	}
	l, err := audit.Open(audit.Config{
		Path: path, Size: auditSize, Keep: auditKeep,
		Failed:    func(err error) { log.WithField("err", err).Error("changes go unrecorded") },
		Recovered: func(lost int) { log.WithField("lost", lost).Warn("the audit log is written again") },
	})
	return auditLog{l}, err
}

func (a auditLog) event(e rest.Event) {
	if a.Log != nil {
		a.Write(e)
	}
}

// followSignals opens the file anew at each SIGHUP, which is what those send who move it away. It returns when ctx ends.
func (a auditLog) followSignals(ctx context.Context) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			if a.Log != nil {
				a.Reopen()
			}
		}
	}
}

// Close ends the log.
func (a auditLog) Close() {
	if a.Log != nil {
		_ = a.Log.Close()
	}
}
