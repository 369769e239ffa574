package wire_test

// What reading a trace may allocate at most, all in all: memoryFixed and memoryPerByte
// for each of its bytes. The shortest entry of a table, three bytes, becomes 16 in
// its index and up to 32 more by the index's number.
const (
	memoryFixed   = 16 << 20
	memoryPerByte = 64
)
