package lab

import (
	"context"

	"weft/client"
	"weft/lab/machine"
)

// MachineStatus says how a machine is.
type MachineStatus struct {
	Name     string
	Running  bool
	PID      int // of its init, on the real machine
	Services []ServiceStatus
	// Cloud is what the controller says about a host: up, down, joining; "" for other machines.
	Cloud   string
	Problem string
}

// ServiceStatus says how a service is.
type ServiceStatus struct {
	Name    string
	Running bool
	PID     int    // on the real machine
	Exit    string // how it ended
}

// Status looks at everything that the lab consists of.
func (l *Lab) Status(ctx context.Context) []MachineStatus {
	cloud := l.cloud(ctx)
	var all []MachineStatus
	for _, name := range l.state.Topology.Machines() {
		m := l.machineStatus(ctx, name)
		if _, ok := l.state.Topology.Host(name); ok {
			m.Cloud = "unknown"
			if h, ok := cloud[name]; ok {
				m.Cloud = h.Text("state")
				if m.Problem == "" {
					m.Problem = h.Text("problem")
				}
			}
		}
		all = append(all, m)
	}
	return all
}

func (l *Lab) machineStatus(ctx context.Context, name string) MachineStatus {
	m := MachineStatus{Name: name}
	p, err := l.Process(name)
	if err != nil {
		m.Problem = err.Error()
		return m
	}
	m.Running, m.PID = true, p.PID
	have, err := l.control(name).Services(ctx)
	if err != nil {
		m.Problem = err.Error()
		return m
	}
	numbers, err := machine.Inside(p)
	if err != nil {
		m.Problem = err.Error()
	}
	for _, want := range l.services(name) {
		s := ServiceStatus{Name: want, Exit: "never started"}
		for _, h := range have {
			if h.Name == want {
				s = ServiceStatus{Name: want, Running: h.Running, Exit: h.Exit}
			}
			if h.Name == want && h.Running {
				s.PID = numbers[h.PID]
			}
		}
		m.Services = append(m.Services, s)
	}
	return m
}

// cloud asks the controller about its hosts; nothing if it does not answer, which its own row shows.
func (l *Lab) cloud(ctx context.Context) map[string]client.Object {
	c, err := l.Client()
	if err != nil {
		return nil
	}
	defer c.Close()
	list, err := c.List(ctx, client.Hosts, nil)
	if err != nil {
		return nil
	}
	hosts := map[string]client.Object{}
	for _, h := range list {
		hosts[h.Text("name")] = h
	}
	return hosts
}

// LogFiles lists the log files of a machine, or of all if name is "".
func (l *Lab) LogFiles(name string) []string {
	var files []string
	for _, m := range l.state.Topology.Machines() {
		if name != "" && name != m {
			continue
		}
		files = append(files, l.logFile(m, "init"))
		for _, s := range l.services(m) {
			files = append(files, l.logFile(m, s))
		}
	}
	return files
}
