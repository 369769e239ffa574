// Package host reads of the machine what the execution trace does not tell: how much
// processor time the process used, whether the kernel kept its cgroup from running, how long
// its threads waited for a CPU, and what the clock is read from.
//
// A reading never fails and never waits: what cannot be read is unknown. All of it is Linux's
// but the process's own processor time. What it rests on:
//
//   - /proc/self/cgroup says which groups the process is in, /proc/self/mountinfo where their
//     files are: cgroups of version 2, of version 1 with a hierarchy for the cpu controller, and
//     both at once. The first is read each time, because a process can be moved; the second when
//     the first has changed.
//   - cpu.stat and cpu.max (version 2) or cpu.cfs_quota_us and cpu.cfs_period_us (version
//     1), of the process's group and of those around it, as far as they can be seen: in a cgroup
//     namespace, as in most containers, those above its root cannot. See
//     [detectors.Throttle] for what becomes of several.
//   - cpu.pressure of the group, or else /proc/pressure/cpu.
//   - /proc/self/task/*/schedstat, if there are at most [limits.ThreadsRead] threads. What a
//     thread waited after the last reading before its end is missing.
//   - /proc/stat, which takes the kernel the longer the more CPUs and interrupts there are, and
//     /sys/devices/system/clocksource.
//
// No file is kept open: a process has few descriptors to spare, and the files of a group
// that was removed would stay. Opening them again takes about as long as reading them.
package host
