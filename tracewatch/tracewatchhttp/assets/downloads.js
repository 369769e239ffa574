// downloads.js has what can be taken along, and how to look at it.
(function (tw) {
  "use strict";

  const el = tw.el;

  // What each profile answers. What a sample and its stack are says tracewatch.ProfileKind's Doc.
  const profiles = [
    ["sched", "Who waited for a P, and had stopped where"],
    ["network", "Who waited for the network"],
    ["network-queue", "Whose answer from the network was there, when no P was"],
    ["mutex", "Who waited in package sync: for a Mutex, a WaitGroup, a Cond"],
    ["channel", "Who waited to send to a channel, or to receive from one"],
    ["select", "Who waited in a select"],
    ["sleep", "Who slept"],
    ["syscall", "Who was in system calls or in C"],
    ["gc", "Who waited for the garbage collector"],
    ["gc-assist", "Who had to help the garbage collector, having allocated too fast"],
    ["preempt", "Who was stopped by the runtime, and waited to go on"],
    ["running", "Runs by where they ended; not where the time went: that is what a CPU profile is for"],
    ["goroutines", "Goroutines by the go statement that created them, and how long they lived"],
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
