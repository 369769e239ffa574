package render

// Transposed makes rows, without labels, of columns: the lengths of waits are recorded by column, since nobody knows
// how many there will be.
func Transposed[L ~[]byte](columns []L) []Row {
	n := 0
	for _, c := range columns {
		n = max(n, len(c))
	}
	rows := make([]Row, n)
	all := make([]byte, n*len(columns))
	for i := range rows {
		rows[i].Levels = all[i*len(columns):][:len(columns):len(columns)]
		for j, c := range columns {
			if i < len(c) {
				rows[i].Levels[j] = c[i]
			}
		}
	}
	return rows
}
