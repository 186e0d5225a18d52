package plan

// InterfaceQuestion asks how an interface of br-int is now, and how many packets came to flows.
type InterfaceQuestion struct {
	Name string `json:"name"`
	// Flows chooses flows of br-int, as ovs-ofctl takes them, whose packets are counted; "": none are.
	Flows string `json:"flows,omitempty"`
}

// InterfaceState is how an interface is.
type InterfaceState struct {
	Down     string `json:"down,omitempty"` // why it carries nothing; "": it is up, or cannot say
	Received uint64 `json:"received"`       // packets that came in by it since it was plugged in
	// Counts are the packets that came to the chosen flows of each table.
	Counts map[uint8]FlowCount `json:"counts,omitempty"`
}

// FlowCount is a sum over flows.
type FlowCount struct {
	Packets uint64 `json:"packets"`
	// Youngest and Oldest are ages, in seconds: counts of flows that are not of one age cannot be compared.
	Youngest float64 `json:"youngest"`
	Oldest   float64 `json:"oldest"`
}
