// downloads.js has what can be taken along, and how to look at it.
(function (tw) {
  "use strict";

  const el = tw.el;

  // What a sample of each profile is: the first word of the sentence is "time" where it has a length.
  const profiles = [
    ["sched", "Time from ready to running: who waits for a P, by where it had stopped"],
    ["network", "Time waiting for the network, by who waits"],
    ["network-queue", "Time from the network’s answer to running: the answer was there, a P was not"],
    ["mutex", "Time waiting for locks, by who waits"],
    ["channel", "Time waiting to send to or receive from channels"],
    ["select", "Time waiting in selects"],
    ["sleep", "Time sleeping, by who sleeps"],
    ["syscall", "Time in system calls that lost their P"],
    ["gc", "Time that goroutines waited for the garbage collector"],
    ["gc-assist", "Time that goroutines had to work for the garbage collector: who allocates too fast"],
    ["preempt", "How often code was stopped by the runtime, by where it was"],
    ["running", "Time running, by where a run ended"],
    ["goroutines", "Goroutines that were created, by who created them"],
  ];

  const link = (href, text) => el("a", { class: "button", href, download: true, text });

  function init() {
    if (tw.offline) return;
    const here = location.href.replace(/[?#].*$/, "");
    tw.replace(tw.byID("take-body"),
      el("div", { class: "columns" },
        el("section", {}, el("h3", { text: "The trace" }),
          el("p", {}, [5, 15, 30].map((s) => [link("trace?seconds=" + s, "Past " + s + " s"), " "])),
          el("p", {}, el("span", { class: "soft", text: "Open with " }), tw.command("go tool trace FILE")),
          el("p", { class: "soft", text: "It is what was analysed, byte for byte, as far as it is in memory. tracewatch.Analyze reads it, too." })),
        el("section", {}, el("h3", { text: "The report" }),
          el("p", {}, link("report.json", "report.json")),
          el("p", { class: "soft", text: "Requests, places and uses of the Ps of the trace in memory, as one document. Durations are nanoseconds." })),
        el("section", {}, el("h3", { text: "The heat maps as a picture" }),
          el("p", {}, link("heatmap.png" + picture(), "PNG"), " ", link("heatmap.svg" + picture(), "SVG")),
          el("p", { class: "soft", text: "For the post-mortem: the past ten minutes." }))),
      el("section", {}, el("h3", { text: "Profiles of the trace in memory" }),
        el("p", { class: "soft", text: "Each is for go tool pprof; the command fetches it and opens it in a browser." }),
        el("div", { class: "scroll" }, el("table", { class: "profiles" },
          el("thead", {}, el("tr", {}, ["Profile", "What it shows", "Look at it"].map((t) => el("th", { scope: "col", text: t })))),
          el("tbody", {}, profiles.map(([kind, what]) => el("tr", {},
            el("th", { scope: "row" }, link("profile?kind=" + kind, kind)), el("td", { text: what }),
            el("td", {}, tw.command("go tool pprof -http=: \"" + here + "profile?kind=" + kind + "\"")))))))));
  }

  const picture = () => "?seconds=600" + (tw.theme.dark() ? "&dark=1" : "");

  tw.downloads = { init };
})(window.tracewatch);
