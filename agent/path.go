package agent

import (
	"context"
	"net/http"

	"weft/plan"
)

const (
	maxQuestions  = 256 // that wait
	questionsDone = 8   // at once
)

// pathfinder answers the controller's questions about the underlay, and about what becomes of packets on the host.
type pathfinder struct {
	conf   *Config
	client *http.Client
	queue  chan plan.Question
}

func newPathfinder(c *Config, client *http.Client) *pathfinder {
	return &pathfinder{conf: c, client: client, queue: make(chan plan.Question, maxQuestions)}
}

// take queues a question. One too many is left out: who asks does not wait for ever.
func (p *pathfinder) take(_ context.Context, q plan.Question) {
	select {
	case p.queue <- q:
	default:
	}
}

// run answers questions until ctx ends.
func (p *pathfinder) run(ctx context.Context) {
	done := make(chan struct{}, questionsDone)
	for range questionsDone {
		go func() {
			p.work(ctx)
			done <- struct{}{}
		}()
	}
	for range questionsDone {
		<-done
	}
}

func (p *pathfinder) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-p.queue:
			a := p.answer(ctx, q)
			ctx, cancel := context.WithTimeout(ctx, reportTimeout)
			if err := send(ctx, p.client, http.MethodPost, planURL(p.conf, "answer"), a); err != nil {
				p.conf.Log.WithField("err", err).Debug("question not answered")
			}
			cancel()
		}
	}
}
