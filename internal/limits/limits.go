// Package limits holds every bound of tracewatch in one place, each with its
// reason, so that whoever wants to know what a hostile trace or a flood of
// events can cost reads one file. It holds constants only and imports nothing.
package limits

import "time"

// Bounds of the trace format. A trace that passes one is broken.
const (
	// BatchBytes is the largest batch: the runtime's own size of a trace
	// buffer (internal/trace/tracev2.MaxBatchSize).
	BatchBytes = 64 << 10

	// StringBytes is the longest string: the runtime cuts longer ones
	// (internal/trace/tracev2.MaxEventTrailerDataSize).
	StringBytes = 1 << 10

	// StackFrames is the deepest stack: the runtime cuts deeper ones
	// (internal/trace/tracev2.MaxFramesPerStack).
	StackFrames = 128

	// Procs is the largest P's number plus one. GOMAXPROCS has no limit since
	// Go 1.10; no machine that runs Go has a quarter of this many.
	Procs = 1 << 16

	// Nanoseconds is the latest moment a trace may name: 146 years of uptime.
	// Beyond it, sums of durations could overflow.
	Nanoseconds = 1 << 62
)

// Bounds of memory while reading.
const (
	// GenerationBytes bounds one generation. The runtime begins a new one every
	// second; at 8 million events a second one has 40 MB. Ten times that is
	// a trace nobody's runtime wrote.
	GenerationBytes = 512 << 20

	// Threads bounds the threads that one generation may name: ten times Go's
	// own default limit of 10,000 (runtime/debug.SetMaxThreads).
	Threads = 100_000

	// Goroutines bounds the goroutines followed at once. At 150 bytes each, 500 where
	// their numbers lie far apart, this is 0.6 to 2 GB, which only a program with four
	// million goroutines (8 GB of stacks) pays.
	Goroutines = 4 << 20

	// Ancestors bounds the goroutines whose beginning is remembered for who descends from them:
	// those alive and what led to them, 150 bytes each. Those that come later are of unknown descent.
	Ancestors = 4 << 20

	// Stacks and Sites bound what is remembered of the program's code. A large
	// service shows some ten thousand different stacks. Later ones are given
	// as unknown, and counted.
	Stacks = 1 << 17
	Sites  = 1 << 16

	// Frames bounds the frames that those stacks are made of: a program counter
	// each, with function, file and line. A large service shows some twenty thousand.
	Frames = 1 << 18

	// Tasks bounds the user tasks that are open at once. Programs that begin
	// tasks and never end them would grow without end; later ones are
	// counted and not followed.
	Tasks = 1 << 18

	// Regions bounds the user regions open on one goroutine.
	Regions = 1 << 10

	// PastStays bounds what is remembered of what goroutines did, for whoever goes back from a
	// moment to what led to it; the oldest is forgotten first. A stay has 32 bytes, and a busy
	// service of two cores has a million and a half of them in a second.
	PastStays = 1 << 21

	// ArrivalStays is how many stays of a goroutine are looked at, from the beginning of a task
	// backwards, for what it was begun for: a server reads the request in a few.
	ArrivalStays = 16

	// ExplainedStays is the same for an anomaly that is explained, which needs those of the time in
	// question only: 32 MiB, for as long as it takes.
	ExplainedStays = 1 << 20

	// ProcUses bounds the places that a report tells the Ps' time apart by, and QuantileSites those of
	// a quantile: the largest. A cause has some percent of the time.
	ProcUses      = 1 << 7
	QuantileSites = 1 << 5

	// Pieces bounds the time line of one of the slowest requests.
	Pieces = 1 << 9

	// Links bounds the places that an explanation tells apart; it tells of the rest without. One
	// has some ten. At 300 bytes each, those of all anomalies that are kept take 5 MiB.
	Links = 1 << 8

	// FollowedWaits is how deep waits that are behind waits are followed, and FollowedStays how
	// many stays of other goroutines are looked at for one request. A request that waits
	// longer behind others stays a wait from there on.
	FollowedWaits = 64
	FollowedStays = 1 << 12

	// Hands is through how many goroutines a request may be handed to the one that ends it. A
	// pipeline has some three stages; with more it is not found where the last one was given it.
	Hands = 8

	// RequestNames bounds the names of tasks and regions that requests are told apart by. A
	// program that makes names of what it is asked for has no end of them; later ones are
	// counted.
	RequestNames = 1 << 8

	// RequestSites bounds the places that the time of the requests of one name is told apart by, for
	// durations of different lengths each. A service has some hundred places at which it
	// spends time. What was spent at later ones is told without the place.
	RequestSites = 1 << 12

	// RequestParts bounds how many parts the requests of a generation may have, with what was
	// left by those before: PartsPerEvent for each event. A request has fewer than there are events
	// meanwhile, regions in it have some again. Only if hundreds of them are within each other is
	// that not enough; those are counted.
	RequestParts  = 1 << 24
	PartsPerEvent = 64

	// ProfileSamples bounds the samples of all profiles that are made of a trace together, at some 150
	// bytes each while it is read. A service has some thousand stacks; it is goroutines that make
	// many, which are told apart as long as there is room.
	ProfileSamples = 1 << 17

	// Readings bounds the watch's readings of the machine in one window. There is one for
	// each poll, and a window is no longer than the time between two.
	Readings = 64

	// KeptObservations and HeapSays bound what waits to be put into the order of time: of
	// what detectors want all of, and of what is said of the heap. It is that of a
	// millisecond; only a trace in which time stands still has so much.
	KeptObservations = 1 << 12
	HeapSays         = 1 << 16

	// StopKinds bounds the kinds of stops of the world that are told apart. The runtime
	// knows 17.
	StopKinds = 32
)

// Bounds of traces of the first format (Go 1.11 to 1.21), all of which has to be in memory
// at once: the bytes, and then 64 bytes for each event.
const (
	// OldTraceBytes bounds a trace. Half a minute of a busy service has as many.
	OldTraceBytes = 128 << 20

	// OldEvents bounds its events, which take 1 GB then, and another to put them in order. A
	// trace of as many bytes as there may be has about as many events, of seven bytes or so
	// each; one could have four times as many.
	OldEvents = 1 << 24

	// OldTables bounds its strings and stacks together, at some 200 bytes each. A trace of
	// eleven million events of one of the largest Go programs had half a million stacks.
	OldTables = 1 << 21

	// OldFrames bounds the frames of all its stacks together. Each that differs from all
	// others takes 100 bytes. Those of a program are mostly the same; a hostile trace's
	// take 0.8 GB.
	OldFrames = 1 << 23

	// OldListed bounds the goroutines that are there when it begins. For each that is
	// runnable, golang.org/x/exp/trace calls itself once more, which takes 370 bytes of
	// stack; at 1 GB, or 250 MB where pointers have 32 bits, Go ends the process.
	OldListed = 1 << 19

	// OldProcs bounds its Ps. Putting events in order takes time for each P at each event,
	// and Go had no more Ps than this until 1.10.
	OldProcs = 1 << 10

	// OldRun bounds the events of one tick of the clock that are put in one order, which
	// takes time for each of them at each. More than a few come where the clock is coarse.
	OldRun = 1 << 8

	// OldWindow is how long a window of it is. The second format cuts itself into
	// generations of that length.
	OldWindow = time.Second
)

// Bounds of what a watcher holds and does.
const (
	// HeatRows and HeatColumns bound a heat map. Its columns are 10 ms: this is a window
	// of ten seconds, where the runtime's are about one, on 4,096 Ps.
	HeatRows    = 1 << 12
	HeatColumns = 1000

	// LiveHeat is how far back a watcher's heat maps reach, and LiveHeatBytes what they may take: a byte for
	// each P and 10 ms, which is 3.8 MB for ten minutes of 64 Ps, and as much again for what goes with them.
	// HeatBytes is the same for the report of a file, however long.
	LiveHeat      = 10 * time.Minute
	LiveHeatBytes = 8 << 20
	HeatBytes     = 64 << 20

	// PlaceSums is at how many sites the table of a report has quantiles, 4 kB each, and Places how many sites
	// it has.
	PlaceSums = 1 << 12
	Places    = 1 << 10

	// GoroutinePieces is how many pieces of one goroutine's time a report lists: what it did for seconds.
	GoroutinePieces = 1 << 13

	// HotCells is how many cells of a heat map are explained for one report: each takes some tens of
	// milliseconds, and nobody looks at more.
	HotCells = 64

	// Findings bounds what one detector may report of one window. A detector
	// names its worst sites; more is noise.
	Findings = 16

	// Anomalies is how many of the latest ones Watcher.Anomalies returns.
	Anomalies = 64

	// CallbackQueue is how many anomalies wait for a slow callback before
	// further ones are dropped and counted.
	CallbackQueue = 16

	// PendingGenerations is how many generations of a stream may wait for
	// analysis before the oldest are dropped whole and counted.
	PendingGenerations = 4

	// Panics is how often a detector or a callback may panic before it is
	// switched off.
	Panics = 3

	// PanicStackBytes caps the stack that is kept of a panic.
	PanicStackBytes = 4 << 10

	// MinPollInterval keeps the default intake from forcing generations
	// (each lists every goroutine anew) more often than the runtime does.
	MinPollInterval = time.Second
)

// Bounds of what is read of the machine.
const (
	// ClockSourceBytes is the longest name of a clock source, the kernel's CS_NAME_LEN.
	ClockSourceBytes = 32

	// HostFileBytes is how much is read of one of the kernel's short files. The longest of
	// them, the cpu.stat of a group, has some twenty lines.
	HostFileBytes = 4 << 10

	// MountinfoBytes is how much is read of /proc/self/mountinfo: that of ten thousand mounts,
	// when a thousand are many.
	MountinfoBytes = 2 << 20

	// CgroupLevels is how many of the groups around a process are asked, its own and the
	// nearest. In Kubernetes there are five.
	CgroupLevels = 8

	// ThreadsRead is the most threads of which it is read how long they waited for a CPU. Each
	// takes 3 µs, so many of them 1.5 ms, once a second at most. A service has one for each P
	// and some tens more in system calls; one that has more than these has hundreds of them in
	// system calls or in C.
	ThreadsRead = 512

	// AllocRecords is the most records that an allocation profile may have: a stack and a size
	// of object each. Reading one takes 300 bytes; a large service has ten thousand.
	AllocRecords = 1 << 17
)

// Bounds of what is read of the program itself.
const (
	// TracebackBytes bounds the text of all goroutines: that of some hundred thousand. The runtime's own
	// goroutine profile (debug=2), the same text, ends there too.
	TracebackBytes = 64 << 20

	// SourceBytes is the largest source file that is read, and SourceFiles and SourceTotal bound how
	// many a report reads and how large they are together. A file that people write has some
	// 100 KB at most; those that programs write, of several MB, have no stacks that wait. Read, one
	// takes some twenty times what it has.
	SourceBytes = 4 << 20
	SourceFiles = 1 << 10
	SourceTotal = 16 << 20

	// SourceLine and SourceOperand are how much of a line and of an operand is told, in characters.
	SourceLine    = 100
	SourceOperand = 60
)

// Bounds of pictures.
const (
	// PictureMinWidth and PictureMinHeight are the smallest picture: below, there is room for labels
	// or for what they label, not for both.
	PictureMinWidth  = 200
	PictureMinHeight = 100

	// PictureMaxWidth and PictureMaxHeight are the largest: two screens of 4K beside each other. PicturePixels
	// bounds both together, since a pixel takes 4 bytes while a picture is drawn: 64 MB.
	PictureMaxWidth  = 8000
	PictureMaxHeight = 8000
	PicturePixels    = 16 << 20

	// PictureMaps is how many heat maps one figure may have. More are not compared, but scrolled.
	PictureMaps = 16

	// PictureColumns is how many columns a heat map may have: 43 minutes of 10 ms. With more, their product with
	// the width would not fit into an int everywhere.
	PictureColumns = 1 << 18

	// PictureCells is how many cells a heat map is drawn from, a byte each.
	PictureCells = 32 << 20

	// PictureText is how many characters are drawn of a name. The longest names of functions have
	// some hundred, and a picture 1600 pixels wide has room for two.
	PictureText = 200
)

// Bounds of the debug page, of each handler that tracewatchhttp.Handler returns. Whoever may see the page is
// somebody who looks for a fault in a service that is in trouble already.
const (
	// PageRequests is how many requests are answered at once, others are told to come again. A page that
	// loads makes a dozen, and asks once a second from then on.
	PageRequests = 64

	// PageDocumentsAMinute is how many live, anomaly and report documents are sent: twenty pages that ask once a
	// second. PageDocumentsAtOnce is how many before that counts: some that load ten minutes, a minute an answer.
	PageDocumentsAMinute = 1200
	PageDocumentsAtOnce  = 200

	// PageWorkShare is what share of one P the analyses and the pictures may take that requests ask for: a
	// twentieth. PageWorkAtOnce is for how long they may work before that counts: somebody who looks around.
	PageWorkShare  = 20
	PageWorkAtOnce = 5 * time.Second

	// PageDocuments is how many documents of JSON are made and sent at once, because they are in memory
	// until they are sent: a megabyte each, of anomalies with long explanations some. Others wait for
	// PageDocumentWait.
	PageDocuments    = 16
	PageDocumentWait = 2 * time.Second

	// PageStrips and PageStripBytes are how many strips of the heat maps are in one answer. Those of 64 Ps
	// have 9 kB each, those of 4,096 half a megabyte.
	PageStrips     = 60
	PageStripBytes = 1 << 20

	// PageAnalysisQueue is how many wait for the one analysis that there may be at a time, and
	// PageAnalysisWait for how long. An analysis takes one P for some 20 ms (a cell) to some seconds (a
	// report of a long history); it is stopped after PageAnalysisTime.
	PageAnalysisQueue = 8
	PageAnalysisWait  = 30 * time.Second
	PageAnalysisTime  = time.Minute

	// PageReportPause is how long a report is the answer before another is made, or PageReportShare times
	// what it took to make, whichever is longer: a hundredth of a P, since half of that time it rests. After one that was
	// given up, because nobody waited for it any more, PageGivenUpShare times what it had taken: nobody has
	// anything of that, but somebody who reloads the page should not have to wait for long.
	PageReportPause  = 5 * time.Second
	PageReportShare  = 50
	PageGivenUpShare = 10

	// PageReportBytes is the largest report that is sent, and kept. One has some MB.
	PageReportBytes = 16 << 20

	// PageCells and PageCellBytes are how many cells are kept, because who looks at one goes back and
	// forth, and the largest that are. One has some ten kB.
	PageCells     = 32
	PageCellBytes = 256 << 10

	// PageKeep is how long a cell is kept after somebody has asked for it, and a report after it has been the
	// answer: once nobody looks any more, the page holds none of the service's memory. The maps go back as far.
	PageKeep = LiveHeat

	// PageCellSpan is the longest time that is explained as one cell. One of the map has 10 ms to
	// seconds.
	PageCellSpan = 10 * time.Second

	// PageDownloads is how many files are sent at once: a trace is in memory until it is sent.
	PageDownloads = 2

	// PageAge is how old the end of a trace may be that is sent or made something of. If it is older the
	// runtime begins a new generation, for which it lists every goroutine.
	PageAge = time.Second

	// What may be asked for in a minute, and at once before that is counted. Each trace and profile may cost a
	// generation of the runtime's; each profile, cell and picture takes the time of an analysis.
	PageDownloadsAMinute = 30
	PageDownloadsAtOnce  = 10
	PageProfilesAMinute  = 12
	PageProfilesAtOnce   = 6
	PageCellsAMinute     = 60
	PageCellsAtOnce      = 20
	PagePicturesAMinute  = 30
	PagePicturesAtOnce   = 10

	// PageFileBytes bounds a profile and a picture, which are in memory until they are sent. A profile of a
	// large service has 1 MB.
	PageFileBytes = 32 << 20

	// PageSeconds is the longest time that can be asked for: the longest history that WithHistory allows.
	PageSeconds = 3600

	// PagePictureSeconds is the longest time that is drawn: there are always strips of the last ten minutes.
	// PageHeat is how many strips are looked at for it, six a second.
	PagePictureSeconds = 600
	PageHeat           = 3600

	// PagePictureWidth and PagePictureHeight are the largest picture, in pixels of 4 bytes: 35 MB while
	// it is drawn. The least are those on which anything can be seen.
	PagePictureWidth     = 4096
	PagePictureHeight    = 2160
	PagePictureMinWidth  = 200
	PagePictureMinHeight = 100

	// PageStall is for how long a client may read nothing before it is cut off, and PageTotal how long a
	// request may take altogether: a trace of 32 MiB needs 270 kB/s. PageChunk is what is written at
	// once, before which the clock begins anew.
	PageStall = 10 * time.Second
	PageTotal = 2 * time.Minute
	PageChunk = 64 << 10

	// PageQueryBytes is the longest query: the longest that makes sense has 70 bytes.
	PageQueryBytes = 1 << 10

	// PageGzipBytes is what is worth compressing: less fits into one packet.
	PageGzipBytes = 1 << 10

	// PageNameBytes is how much of the program's name is in the names of files.
	PageNameBytes = 64
)
