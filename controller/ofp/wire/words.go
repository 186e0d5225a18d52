package wire

import (
	"fmt"
	"strings"
)

// errorWords has, for each type of error, the name of the type and then those of its codes, as OpenFlow 1.3.5 section
// 7.4.4 has them without prefixes, in lower case.
const errorWords = `hello failed: incompatible|not permitted
bad request: bad version|bad type|bad multipart|bad experimenter|bad experimenter type|not permitted|bad length|` +
	`buffer empty|buffer unknown|bad table id|is slave|bad port|bad packet|multipart buffer overflow
bad action: bad type|bad length|bad experimenter|bad experimenter type|bad output port|bad argument|not permitted|` +
	`too many actions|bad queue|bad output group|match inconsistent|unsupported order|bad tag|bad set-field type|` +
	`bad set-field length|bad set-field argument
bad instruction: unknown instruction|unsupported instruction|bad table id|unsupported metadata|` +
	`unsupported metadata mask|bad experimenter|bad experimenter type|bad length|not permitted
bad match: bad type|bad length|bad tag|bad data link mask|bad network mask|bad wildcards|bad field|bad value|bad mask|` +
	`missing prerequisite|duplicate field|not permitted
flow mod failed: unknown|table full|bad table id|overlap|not permitted|bad timeout|bad command|bad flags
group mod failed: group exists|invalid group|weight unsupported|out of groups|out of buckets|chaining unsupported|` +
	`watch unsupported|loop|unknown group|chained group|bad type|bad command|bad bucket|bad watch|not permitted
port mod failed: bad port|bad hardware address|bad config|bad advertise|not permitted
table mod failed: bad table|bad config|not permitted
queue operation failed: bad port|bad queue|not permitted
switch config failed: bad flags|bad length|not permitted
role request failed: stale generation|unsupported|bad role
meter mod failed: unknown|meter exists|invalid meter|unknown meter|bad command|bad flags|bad rate|bad burst|bad band|` +
	`bad band value|out of meters|out of bands
table features failed: bad table|bad metadata|bad type|bad length|bad argument|not permitted`

// onfErrors are the errors of ONF's bundle extension (EXT-230) by type.
var onfErrors = map[uint16]string{
	2300: "bundle failed: unknown", 2301: "bundle failed: not permitted", 2302: "bundle failed: bad bundle id",
	2303: "bundle failed: bundle exists", 2304: "bundle failed: bundle closed", 2305: "bundle failed: out of bundles",
	2306: "bundle failed: bad type", 2307: "bundle failed: bad flags", 2308: "bundle failed: bad message length",
	2309: "bundle failed: bad message xid", 2310: "bundle failed: message unsupported",
	2311: "bundle failed: message conflict", 2312: "bundle failed: too many messages",
	2313: "bundle failed: a message failed", 2314: "bundle failed: timeout", 2315: "bundle failed: bundle in progress",
	2600: "table mod failed: cannot set",
}

// Words says what the error means: "bad match: missing prerequisite".
func (e *Error) Words() string {
	if e.Type == errExperimenter {
		if w, ok := onfErrors[e.Code]; ok && e.Experimenter == experimenterONF {
			return w
		}
		return fmt.Sprintf("error %d of experimenter %#x", e.Code, e.Experimenter)
	}
	lines := strings.Split(errorWords, "\n")
	if int(e.Type) >= len(lines) {
		return fmt.Sprintf("error type %d code %d", e.Type, e.Code)
	}
	kind, codes, _ := strings.Cut(lines[e.Type], ": ")
	names := strings.Split(codes, "|")
	if int(e.Code) >= len(names) {
		return fmt.Sprintf("%s: code %d", kind, e.Code)
	}
	return kind + ": " + names[e.Code]
}

// Error implements error: the words and the numbers.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (OpenFlow error %d/%d)", e.Words(), e.Type, e.Code)
}

// RefusedXID gives the transaction id of the message that the error is about, if Data has it.
func (e *Error) RefusedXID() (uint32, bool) {
	h, err := ParseHeader(e.Data)
	return h.XID, err == nil
}
