// explain.js shows why somebody was late: the sentence first, then who ran instead, then the whole chain.
(function (tw) {
  "use strict";

  const f = tw.format, el = tw.el;

  // sentence is the answer in a line; each arrow of the chain begins a new one, as it goes down to the root.
  function sentence(x) {
    if (!x) return null;
    if (x.missing) return el("p", { class: "missing" }, el("b", { text: "Not explained: " }), x.missing);
    const parts = (x.sentence || "").split(" ← ");
    return el("p", { class: "because" }, parts.map((part, i) =>
      el("span", { class: "link" }, i ? el("span", { class: "arrow" }, "← ") : null, part)));
  }

  // chain is the tree without its end, which says in lines what instead and delayed say in bars.
  function chain(x) {
    return x && !x.missing && x.tree ? x.tree.slice(0, x.chain_lines) : [];
  }

  // tree is the library's own, line by line. A line that is too long goes on below its beginning.
  function tree(x) {
    const lines = chain(x);
    if (!lines.length) return null;
    return el("div", { class: "tree", role: "list" }, lines.map((line) => {
      const indent = /^[ │├└─]*/.exec(line)[0].length + 2;
      const e = el("div", { role: "listitem", text: line });
      e.style.paddingInlineStart = indent + "ch";
      e.style.textIndent = -indent + "ch";
      return e;
    }));
  }

  const names = { watch: "tracewatch itself", system: "the runtime" };

  function occupant(o) {
    if (o.class === "system" && o.site && o.site.func === "runtime.gcBgMarkWorker") return el("span", { text: "the GC’s workers" });
    if (o.class === "watch") return el("span", { text: names.watch });
    if (o.class === "system") return el("span", {}, "the runtime’s ", el("code", { text: f.short(o.site ? o.site.func : "").replace(/^runtime\./, "") }));
    return tw.site(o.site);
  }

  // instead says what the Ps were used for while somebody waited for one.
  function instead(i) {
    if (!i) return null;
    const all = i.ready_ns * i.procs;
    const rows = (i.ran || []).map((o) => ({
      name: occupant(o), time: o.total_ns, cls: o.class,
      who: o.goroutines > 1 ? f.many(o.goroutines, "goroutine") + ", longest " + o.longest_by : "goroutine " + o.longest_by,
    }));
    if (i.idle_ns > 0) rows.push({ name: "nothing: the P was idle", time: i.idle_ns, cls: "idle", who: i.idle_ns * 10 > i.ready_ns ? "it could have run there: the runtime or the machine was slow to start a thread" : "" });
    if (i.other_ns > 0) rows.push({ name: "other things", time: i.other_ns, cls: "idle", who: "the scheduler, system calls" });
    const share = (r) => (all > 0 ? r.time / all : 0);
    // What is less than a hundredth explains nothing; it stays in the tree.
    const shown = rows.filter((r, k) => k === 0 || share(r) >= 0.005);
    return el("div", { class: "instead" },
      el("p", { class: "soft", text: "Of " + f.many(i.procs, "P") + ", in the " + f.duration(i.ready_ns) + " that it waited for one:" }),
      el("ul", { class: "bars" }, shown.map((r) => el("li", {},
        el("span", { class: "share", text: f.percent(Math.round(share(r) * 1000) / 1000) }), tw.bar(share(r), r.cls),
        el("span", { class: "name" }, r.name, r.who ? el("span", { class: "soft", text: " " + r.who }) : null)))));
  }

  function delayed(d) {
    if (!d) return null;
    return el("div", {},
      el("p", { class: "soft", text: f.many(d.goroutines, "goroutine") + " waited for a P meanwhile, " + f.duration(d.total_ns) + " together, at most " + f.duration(d.max_ns) + ":" }),
      el("ul", { class: "bars" }, (d.sites || []).map((s) => el("li", {},
        el("span", { class: "share", text: f.duration(s.total_ns) }), tw.bar(s.total_ns / d.total_ns, "wait"),
        el("span", { class: "name" }, s.site === "unknown" ? tw.site(null) : tw.site({ func: s.site }), el("span", { class: "soft", text: " " + f.many(s.count, "time") + ", at most " + f.duration(s.max_ns) }))))));
  }

  tw.explain = { sentence, chain, tree, instead, delayed };
})(window.tracewatch);
