package e2e

import "testing"

func TestGapsAreRequestsThatLaterAnswersPassedBy(t *testing.T) {
	const one, two, three = "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64\n", "64 bytes from 10.0.0.1: icmp_seq=2 ttl=64\n", "64 bytes from 10.0.0.1: icmp_seq=3 ttl=64\n"
	for out, want := range map[string]bool{
		"": true, "3 packets transmitted, 0 received": true,
		one + two + three + "3 packets transmitted, 3 received":       false,
		one + two + "3 packets transmitted, 2 received":               false,
		one + three + "3 packets transmitted, 2 received":             true,
		one + "4 packets transmitted, 1 received":                     true,
		two + three + "3 packets transmitted, 2 received, 33% loss":   true,
		one + two + three + "5 packets transmitted, 3 received, +1 x": false,
	} {
		if got := gaps(out); got != want {
			t.Errorf("gaps: %t, want %t, in\n%s", got, want, out)
		}
	}
}
