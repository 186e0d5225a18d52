package tables

// RegField is a named range of bits of a 32-bit register.
type RegField struct {
	Name        string
	Reg         uint8 // reg0 … reg7
	First, Last uint8 // lowest and highest bit, both included
	Doc         string
}

// Bits is the width of the field.
func (r RegField) Bits() uint8 { return r.Last - r.First + 1 }

// Mask covers the field within its register.
func (r RegField) Mask() uint32 { return uint32((uint64(1)<<r.Bits() - 1) << r.First) }
