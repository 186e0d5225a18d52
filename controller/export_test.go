package controller

// MaxWaitingOfHost is maxWaitingOfHost.
const MaxWaitingOfHost = maxWaitingOfHost

// Waiting is how many switches wait for a host to claim them.
func (c *Controller) Waiting() int {
	c.waiting.mu.Lock()
	defer c.waiting.mu.Unlock()
	return c.waiting.n
}

// Sessions is how many switches of hosts are connected.
func (c *Controller) Sessions() int {
	n := 0
	for _, h := range c.everyHost() {
		n += len(h.connected())
	}
	return n
}
