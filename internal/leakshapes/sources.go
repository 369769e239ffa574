package leakshapes

// Where shapes come from.
const (
	// tu is Tu, Liu, Song, Zhang: Understanding Real-World Concurrency Bugs in Go, ASPLOS 2019.
	tu = "Tu et al. (ASPLOS 2019)"
	// goker are the kernels of Yuan et al.: GoBench, a Benchmark Suite of Real-World Go Concurrency
	// Bugs, CGO 2021. They are cut out of the projects named.
	goker = "GoBench, GoKer (CGO 2021)"
	// gcatch is Liu, Zhu, Qin, Chen, Song: Automatically Detecting and Fixing Concurrency Bugs in Go
	// Software Systems, ASPLOS 2021.
	gcatch = "Liu et al., GCatch (ASPLOS 2021)"
	// saioc is Saioc et al.: Unveiling and Vanquishing Goroutine Leaks in Enterprise Microservices,
	// CGO 2024.
	saioc = "Saioc et al. (CGO 2024)"
)
