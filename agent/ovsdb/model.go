package ovsdb

import (
	"reflect"

	"github.com/ovn-kubernetes/libovsdb/client"
	"github.com/ovn-kubernetes/libovsdb/model"
)

// The tables and columns of the Open_vSwitch database that weft reads or writes (ovs-vswitchd.conf.db(5)).
type (
	rootRow struct {
		UUID       string   `ovsdb:"_uuid"`
		Bridges    []string `ovsdb:"bridges"`
		SSL        *string  `ovsdb:"ssl"`
		OVSVersion *string  `ovsdb:"ovs_version"`
		IfaceTypes []string `ovsdb:"iface_types"`

		OtherConfig map[string]string `ovsdb:"other_config"`
	}
	bridgeRow struct {
		UUID         string            `ovsdb:"_uuid"`
		Name         string            `ovsdb:"name"`
		Ports        []string          `ovsdb:"ports"`
		Controller   []string          `ovsdb:"controller"`
		FailMode     *string           `ovsdb:"fail_mode"`
		Protocols    []string          `ovsdb:"protocols"`
		OtherConfig  map[string]string `ovsdb:"other_config"`
		ExternalIDs  map[string]string `ovsdb:"external_ids"`
		DatapathType string            `ovsdb:"datapath_type"`
		DatapathID   *string           `ovsdb:"datapath_id"`
		FlowTables   map[int]string    `ovsdb:"flow_tables"`
	}
	portRow struct {
		UUID        string            `ovsdb:"_uuid"`
		Name        string            `ovsdb:"name"`
		Interfaces  []string          `ovsdb:"interfaces"`
		ExternalIDs map[string]string `ovsdb:"external_ids"`
	}
	interfaceRow struct {
		UUID        string            `ovsdb:"_uuid"`
		Name        string            `ovsdb:"name"`
		Type        string            `ovsdb:"type"`
		Options     map[string]string `ovsdb:"options"`
		ExternalIDs map[string]string `ovsdb:"external_ids"`
		OFPort      *int              `ovsdb:"ofport"`
		Error       *string           `ovsdb:"error"`

		OFPortRequest *int `ovsdb:"ofport_request"`
		IfIndex       *int `ovsdb:"ifindex"`
	}
	controllerRow struct {
		UUID            string            `ovsdb:"_uuid"`
		Target          string            `ovsdb:"target"`
		ConnectionMode  *string           `ovsdb:"connection_mode"`
		InactivityProbe *int              `ovsdb:"inactivity_probe"`
		IsConnected     bool              `ovsdb:"is_connected"`
		ExternalIDs     map[string]string `ovsdb:"external_ids"`
	}
	sslRow struct {
		UUID        string            `ovsdb:"_uuid"`
		PrivateKey  string            `ovsdb:"private_key"`
		Certificate string            `ovsdb:"certificate"`
		CACert      string            `ovsdb:"ca_cert"`
		ExternalIDs map[string]string `ovsdb:"external_ids"`
	}
	tableRow struct {
		UUID        string            `ovsdb:"_uuid"`
		Name        *string           `ovsdb:"name"`
		ExternalIDs map[string]string `ovsdb:"external_ids"`
	}
)

// tables gives an empty row of each table.
func tables() map[string]model.Model {
	return map[string]model.Model{
		"Open_vSwitch": &rootRow{}, "Bridge": &bridgeRow{}, "Port": &portRow{}, "Interface": &interfaceRow{},
		"Controller": &controllerRow{}, "SSL": &sslRow{}, "Flow_Table": &tableRow{},
	}
}

func databaseModel() (model.ClientDBModel, error) {
	return model.NewClientDBModel("Open_vSwitch", tables())
}

// columns asks for exactly the columns of the rows. Asked for all of a table, the server would send columns that the
// rows do not have, on which the client drops the whole update.
func columns() []client.MonitorOption {
	var out []client.MonitorOption
	for _, m := range tables() {
		row := reflect.ValueOf(m).Elem()
		var fields []any
		for i := range row.NumField() {
			if row.Type().Field(i).Tag.Get("ovsdb") != "_uuid" {
				fields = append(fields, row.Field(i).Addr().Interface())
			}
		}
		out = append(out, client.WithTable(m, fields...))
	}
	return out
}
