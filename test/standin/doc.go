// Package standin plays hypervisors in memory, thousands in one process: switches that speak OpenFlow 1.3 as much as the
// controller asks for and keep their flows from one connection to the next, and agents that join, take their plan and
// report what they are told is plugged in. They forward nothing.
package standin
