// Package flowgen draws random flows for property tests. Every flow that it draws is one that Open vSwitch accepts over
// OpenFlow 1.3 and returns unchanged: matches have their prerequisites, actions fit the match, gotos go forward, and no
// mask covers all or nothing of its field.
package flowgen
