package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"weft/client"
	"weft/lab"
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
	ctx, cancel := context.WithTimeout(ctx, patience)
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

// checkFaults breaks the underlay in three ways, which weft check must find and name, and only those.
func (s *mtus) checkFaults(ctx context.Context) error {
	s.Section("weft check tunnels")
	t := s.Lab.Topology()
	from, to := t.Hosts[0], t.Hosts[1]
	there, _ := t.Underlay(to)
	size := "1500"
	s.Check(ctx, "all is well", func(ctx context.Context) (string, error) { return s.broken(ctx) })
	ip, tables := "ip", "iptables"
	if to.Address.Is6() {
		ip, tables = "ip -6", "ip6tables"
	}
	drop := fmt.Sprintf("%s FORWARD -s %s -d %s -p udp --dport 4789 -j DROP", "%s", from.Address, to.Address)
	for _, f := range []struct{ name, do, undo, says string }{
		{"a firewall drops UDP 4789", tables + " " + fmt.Sprintf(drop, "-I"), tables + " " + fmt.Sprintf(drop, "-D"), "UDP 4789 is filtered"},
		{"the router's MTU is too small", fmt.Sprintf("ip link set %s mtu 1400; ip link set %s mtu 1400", to.Name, there.Name),
			fmt.Sprintf("ip link set %s mtu %s; ip link set %s mtu %[2]s", to.Name, size, there.Name), "wrong MTU: packets of 1500 bytes"},
		{"the router has lost a route", fmt.Sprintf("%s route del %s dev %s", ip, there.Subnet, there.Name),
			fmt.Sprintf("%s route add %s dev %s", ip, there.Subnet, there.Name), "no route from " + from.Address.String()},
	} {
		s.Check(ctx, f.name+": found and named", func(ctx context.Context) (string, error) {
			if _, err := s.Lab.Run(ctx, lab.MachineRouter, "sh", "-c", f.do); err != nil {
				return "", err
			}
			seen, err := s.broken(ctx, from.Name, to.Name, f.says)
			_, undo := s.Lab.Run(ctx, lab.MachineRouter, "sh", "-c", f.undo)
			return seen, errors.Join(err, undo)
		})
	}
	s.Check(ctx, "repaired: all is well again", func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
		defer cancel()
		var seen string
		err := until(ctx, func() (err error) {
			seen, err = s.broken(ctx)
			return err
		})
		return seen, err
	})
	return nil
}

// broken checks the tunnels between the hosts. Without words all must work; else the one between the first two words
// must be said to be broken with the third, and the one from the first to a host beside it must work.
func (s *mtus) broken(ctx context.Context, words ...string) (string, error) {
	found, err := s.Client.CheckTunnels(ctx, "", "")
	if err != nil {
		return "", err
	}
	if len(words) == 0 {
		for _, t := range found {
			if !t.Full || t.Problem != "" {
				return "", fmt.Errorf("%s to %s: %s", t.From, t.To, t.Problem)
			}
		}
		return fmt.Sprintf("%d tunnels pass packets of full size", len(found)), nil
	}
	said, beside := "", false
	for _, t := range found {
		if t.From == words[0] && t.To == words[1] {
			said = t.Problem
		}
		beside = beside || t.From == words[0] && t.Full
	}
	if !beside {
		return said, fmt.Errorf("no tunnel of %s works: %+v", words[0], found)
	}
	return said, contains("what is said of "+words[0]+" to "+words[1], said, words[2])
}
