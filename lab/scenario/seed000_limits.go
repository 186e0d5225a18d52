package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"weft/client"
)

func (s *mtus) checkLimits(ctx context.Context, host string) {
	s.Section("What does not fit is refused, or said")
	s.Check(ctx, fmt.Sprintf("a network with MTU %d is refused", s.most+1), func(ctx context.Context) (string, error) {
		_, err := s.Client.Networks().Create(ctx, client.Network{Name: "big", MTU: s.most + 1})
		if err == nil {
			return "", errors.New("it was made")
		}
		want := fmt.Sprintf("Requested MTU is too big, maximum is %d", s.most)
		return want, contains("the answer", err.Error(), want)
	})
	s.Check(ctx, host+"'s underlay shrinks to 1400: its problem names network red", func(ctx context.Context) (string, error) {
		if err := s.underlayMTU(ctx, host, 1400); err != nil {
			return "", err
		}
		problem, err := s.awaitProblem(ctx, host, "red")
		return problem, err
	})
	s.Check(ctx, "it grows again: the problem goes", func(ctx context.Context) (string, error) {
		if err := s.underlayMTU(ctx, host, 1500); err != nil {
			return "", err
		}
		return s.awaitProblem(ctx, host, "")
	})
}

func (s *mtus) underlayMTU(ctx context.Context, host string, mtu int) error {
	_, err := s.Lab.Run(ctx, host, "ip", "link", "set", "eth0", "mtu", fmt.Sprint(mtu))
	return err
}

// awaitProblem waits until a host's problem holds a word, or until there is none. Agents report every 10 s.
func (s *mtus) awaitProblem(ctx context.Context, host, word string) (problem string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 25*time.Second)
	defer cancel()
	err = until(ctx, func() error {
		h, err := s.Client.Show(ctx, client.Hosts, host)
		if err != nil {
			return err
		}
		problem = h.Text("problem")
		if (word == "") != (problem == "") || !strings.Contains(problem, word) {
			return fmt.Errorf("host %s has the problem %q and tunnel MTU %v", host, problem, h["tunnel_mtu"])
		}
		return nil
	})
	return problem, err
}

// checkFaults is the place of checks of weft check.
func (s *mtus) checkFaults(context.Context) error { return nil }
