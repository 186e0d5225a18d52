package tables

import (
	"regexp"
	"slices"
	"testing"
)

func every(t *testing.T, check func(*testing.T, Contract)) {
	t.Helper()
	for _, c := range Classes() {
		for _, table := range All(c) {
			t.Run(string(c)+"/"+table.Name, func(t *testing.T) { check(t, table) })
		}
	}
}

func TestTablesHaveShortLowerSnakeNames(t *testing.T) {
	name := regexp.MustCompile(`^[a-z][a-z0-9_]{0,14}$`)
	every(t, func(t *testing.T, c Contract) {
		if !name.MatchString(c.Name) || c.Doc == "" {
			t.Errorf("table %d: name %q, doc %q", c.ID, c.Name, c.Doc)
		}
	})
}

func TestTablesAreListedOnceInTheOrderOfIds(t *testing.T) {
	for _, c := range Classes() {
		all := All(c)
		if !slices.IsSortedFunc(all, func(a, b Contract) int { return int(a.ID) - int(b.ID) }) {
			t.Errorf("%s: not in order", c)
		}
		names := map[string]bool{}
		for i, table := range all {
			if table.Class != c || names[table.Name] || i > 0 && all[i-1].ID == table.ID {
				t.Errorf("%s: table %d %s of class %s is there twice or out of place", c, table.ID, table.Name, table.Class)
			}
			names[table.Name] = true
		}
	}
}

func TestTablesLeadForwardToTablesThatExist(t *testing.T) {
	every(t, func(t *testing.T, c Contract) {
		next := c.Next
		if c.Miss == MissGoto {
			next = append(slices.Clone(next), c.MissTable)
		}
		for _, id := range next {
			if _, ok := Of(c.Class, id); !ok || id <= c.ID {
				t.Errorf("leads to %d", id)
			}
		}
	})
}

func TestEveryTableButTheCanaryIsReached(t *testing.T) {
	every(t, func(t *testing.T, c Contract) {
		reached := c.ID == 0 || c.Class == Int && c.ID == Canary
		for _, from := range All(c.Class) {
			reached = reached || from.Leads(c.ID)
		}
		if !reached {
			t.Error("no table leads here")
		}
	})
}

func TestPrioritiesAreInTheirOrder(t *testing.T) {
	orders := map[string][]uint16{
		"br-int 0, uplinks": {PrioAnswerToLeg, PrioNotForWire, PrioOwnHostMAC, PrioPeerHostMAC, PrioUplink, Miss},
		"br-int 0, guests":  {PrioGuestCheckARP, PrioGuest, Miss},
		"br-int 1":          {PrioToGuestByIP, PrioToGuest, Miss},
		"br-int 25":         {PrioGuardNever, PrioGuardOwn, PrioGuardIP, PrioGuardOther, Miss},
		"br-int 60":         {PrioReserved, PrioAnswered, PrioLocalMAC, PrioRemoteMAC, PrioUnknownMAC, Miss},
		"br-tun 1":          {PrioLegBlock, PrioLegSrc, Miss},
		"br-tun 2":          {PrioARPBroadcast, PrioCast, Miss},
		"br-tun 4":          {PrioEcho, PrioProbe, PrioVTEPVNI, PrioVNI, Miss},
		"br-tun 10":         {PrioFalseSource, PrioToLegHere, PrioNotElected, PrioFromVTEP, Miss},
		"br-tun 20":         {PrioMAC, PrioVTEPMAC, PrioLearned, Miss},
		"br-tun 22":         {PrioUnknownVTEP, PrioSegment, Miss},
		"br-tun 21":         {PrioGratuity, PrioAnswer, PrioLinkLocal, PrioVTEPAnswer, Miss},
	}
	for name, order := range orders {
		for i := 1; i < len(order); i++ {
			if order[i-1] < order[i]+10 {
				t.Errorf("%s: %d leaves no room over %d", name, order[i-1], order[i])
			}
		}
	}
}

func TestCookieSaysWhoseFlowItIs(t *testing.T) {
	c := MakeCookie(KindPort, 0xffff_1234_5678_9abc)
	if !c.Ours() || c.Kind() != KindPort || c.String() != "0x7704123456789abc" {
		t.Errorf("cookie %s, kind %d", c, c.Kind())
	}
	if Cookie(0x1234).Ours() {
		t.Error("a cookie without the owner byte is taken for weft's")
	}
}
