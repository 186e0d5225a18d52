package cli

import (
	"encoding/base64"
	"strings"
	"testing"

	"weft/client"
)

func TestWhoMakesAHostIsToldWhereItWillLookForTheController(t *testing.T) {
	token := base64.RawURLEncoding.EncodeToString([]byte(`{"host":"host1","url":"https://mgmt:9698"}`))
	for _, say := range []func(client.Object) string{howToJoin, howToRejoin} {
		said := say(client.Object{"name": "host1", "join_token": token})
		if !strings.Contains(said, "https://mgmt:9698") || !strings.Contains(said, "--join "+token) {
			t.Errorf("said: %s", said)
		}
		if said = say(client.Object{"name": "host1", "join_token": "of another kind"}); !strings.Contains(said, "--join of another kind") {
			t.Errorf("said with a token that cannot be read: %s", said)
		}
	}
}
