package tracegen

import "math/rand/v2"

// choices are a fuzzer's input, as decisions: a byte each. When they have run
// out, chance decides, always in the same way.
type choices struct {
	data  []byte
	spare *rand.PCG
}

func newChoices(data []byte) *choices {
	return &choices{data: data, spare: rand.NewPCG(uint64(len(data)), 0x66757a7a)}
}

// Uint64 makes choices a [rand.Source]. The byte is in all places, because
// which of them matter depends on what the number is for.
func (c *choices) Uint64() uint64 {
	if len(c.data) == 0 {
		return c.spare.Uint64()
	}
	return uint64(c.byte()) * 0x0101010101010101
}

// byte is 0 when the input has run out.
func (c *choices) byte() byte {
	if len(c.data) == 0 {
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return b
}

// upTo returns a number from 0 to n.
func (c *choices) upTo(n int) int {
	if n < 256 {
		return int(c.byte()) % (n + 1)
	}
	return (int(c.byte())<<8 | int(c.byte())) % (n + 1)
}
