// Package backend is the contract between the REST API and the controller behind it: where changes become true, how far
// hosts have come, and what can be seen of them. The controller implements it; everything under controller/rest asks by it.
package backend
