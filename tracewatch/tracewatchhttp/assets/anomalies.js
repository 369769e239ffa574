// anomalies.js lists what was found, the newest first, and all that is known of each.
(function (tw) {
  "use strict";

  const f = tw.format, el = tw.el;
  let all = []; // the newest first
  const shown = new Map(); // number -> {json, element}

  const start = (a) => (a.start ? Date.parse(a.start) : NaN);
  const end = (a) => (a.end ? Date.parse(a.end) : NaN);

  // when says when it was, or when in the trace if that does not tell the time.
  function when(a) {
    const long = f.duration(a.trace_ns[1] - a.trace_ns[0]);
    if (a.start) return el("time", { datetime: a.start, title: a.start, text: f.day(start(a)) + ", " + long });
    return el("span", { text: "at " + tw.heat.moment(columns(a).from, 1) + ", " + long });
  }

  const columns = (a) => ({ from: tw.heat.ring().column(a.trace_ns[0]), to: tw.heat.ring().column(a.trace_ns[1]) });

  function measures(list) {
    if (!list || !list.length) return null;
    return el("div", { class: "scroll" }, el("table", { class: "measures" },
      el("caption", { text: "What was measured" }),
      el("thead", {}, el("tr", {}, ["Measure", "Value", "", "Threshold", "Usual"].map((t, i) => el("th", { scope: "col", class: i === 0 || i === 2 ? "" : "number", text: t })))),
      el("tbody", {}, list.map((m) => el("tr", {},
        el("th", { scope: "row", text: m.name }),
        el("td", { class: "number", text: f.value(m.value, m.unit) }),
        el("td", {}, m.threshold ? tw.rules.bar(m.value, m.threshold) : null),
        el("td", { class: "number", text: m.threshold ? f.value(m.threshold, m.unit) : "" }),
        el("td", { class: "number", text: m.baseline ? f.value(m.baseline, m.unit) : "" }))))));
  }

  function sites(list) {
    if (!list || !list.length) return null;
    return el("div", { class: "scroll" }, el("table", {},
      el("caption", { text: "Where" }),
      el("thead", {}, el("tr", {}, ["Site", "What happened there", "Times", "Together", "Longest"].map((t, i) => el("th", { scope: "col", class: i > 1 ? "number" : "", text: t })))),
      el("tbody", {}, list.map((s) => el("tr", {},
        el("th", { scope: "row" }, s.site === "unknown" ? tw.site(null) : tw.site({ func: s.site })),
        el("td", { text: s.what }), el("td", { class: "number", text: f.count(s.count) }),
        el("td", { class: "number", text: s.bytes ? f.bytes(s.bytes) : f.duration(s.total_ns) }), el("td", { class: "number", text: f.duration(s.max_ns) }))))));
  }

  function goroutines(list) {
    if (!list || !list.length) return null;
    return el("div", {}, el("h4", { text: "Examples" }), el("ul", { class: "plain" }, list.map((g) => el("li", {},
      el("b", { class: "number", text: f.duration(g.duration_ns) }), " goroutine " + g.goroutine + (g.proc >= 0 ? " on P " + g.proc : "") + ": " + g.what,
      tw.stack(g.stack)))));
  }

  function quality(q, a) {
    const parts = ["The clock may be off by " + f.duration(q.clock_error_ns)];
    if (q.coverage < 1) parts.push(f.percent(q.coverage) + " of the time so far was analysed");
    if (q.lost_generations) parts.push(f.many(q.lost_generations, "generation") + " of the trace lost so far");
    parts.push(q.complete ? "its trace is whole" : "some of the trace that it rests on was no longer in memory: its dump may not show all of it");
    if (a.proven) parts.push(f.many(a.proven, "goroutine") + " proven by the runtime to be stuck for ever");
    return el("p", { class: "soft", text: "How far to trust it: " + parts.join("; ") + "." });
  }

  // body is what is shown of an anomaly once it is opened. It is made only then.
  function body(a) {
    const e = a.evidence || {}, x = a.explanation;
    return el("div", { class: "body" },
      el("div", { class: "answer" },
        el("section", {}, el("h3", { text: "What to do" }), el("p", { text: a.advice })),
        el("section", {}, el("h3", { text: "What it does to the service" }), el("p", { text: a.why }))),
      el("section", {}, el("h3", { text: "Why" }), tw.explain.sentence(x),
        el("div", { class: "columns" },
          x && x.instead ? el("div", {}, el("h4", { text: "Who ran instead" }), tw.explain.instead(x.instead)) : null,
          x && x.delayed ? el("div", {}, el("h4", { text: "Who was kept waiting" }), tw.explain.delayed(x.delayed)) : null,
          tw.explain.chain(x).length > 1 ? el("div", {}, el("h4", { text: "The chain" }), tw.explain.tree(x)) : null)),
      el("section", {}, el("h3", { text: "Evidence" }), measures(e.measures), sites(e.sites), goroutines(e.goroutines)),
      quality(a.quality || {}, a),
      el("footer", {},
        el("button", { type: "button", on: { click: () => showOnMap(a) }, text: "Show on the heat map" }),
        a.dump && !tw.offline ? [el("a", { class: "button", href: "dump?anomaly=" + a.number, download: true, text: "Download its trace" }), tw.command("go tool trace " + f.base(a.dump))] : null,
        a.alloc_profile && !tw.offline ? [el("a", { class: "button", href: "allocs?anomaly=" + a.number, download: true, text: "Download what was allocated" }), tw.command("go tool pprof -http=: " + f.base(a.alloc_profile))] : null,
        a.dump ? null : tw.offline ? null : el("span", { class: "soft", text: "No dump: WithDumpDir says where to write them." })));
  }

  function showOnMap(a) {
    const c = columns(a);
    tw.heat.show(c.from, c.to);
    tw.byID("heat").scrollIntoView({ block: "center" });
    tw.byID("heat").focus({ preventScroll: true });
  }

  function make(a, open) {
    const d = el("details", { class: "anomaly " + (/^(info|warning|critical)$/.test(a.severity) ? a.severity : "info"), id: "anomaly-" + a.number, data: { number: a.number, kind: a.kind } },
      el("summary", {},
        el("span", { class: "head" }, tw.severity(a.severity), el("b", { text: a.kind }), el("span", { class: "soft" }, when(a))),
        el("span", { class: "summary", text: a.summary }),
        el("span", { class: "at" }, el("span", { class: "soft", text: "at " }), tw.site({ func: a.site === "unknown" ? "" : a.site, file: a.location }))));
    const fill = () => { if (d.open && !d.querySelector(".body")) d.append(body(a)); };
    d.addEventListener("toggle", fill);
    if (open) { d.open = true; fill(); }
    return d;
  }

  // update shows anomalies. Those that have not changed keep their elements: somebody may be reading.
  function update(list) {
    all = list || [];
    const box = tw.byID("anomalies-list"), keep = new Set();
    const elements = all.map((a) => {
      keep.add(a.number);
      const json = JSON.stringify(a), was = shown.get(a.number);
      if (was && was.json === json) return was.element;
      const element = make(a, was && was.element.open);
      shown.set(a.number, { json, element });
      return element;
    });
    for (const n of shown.keys()) if (!keep.has(n)) shown.delete(n);
    if (!elements.length || elements.length !== box.children.length || elements.some((e, i) => e !== box.children[i])) {
      tw.replace(box, elements.length ? elements : el("p", { class: "soft", text: tw.offline ? "None in this trace." : "None so far. The rules below say how far each of them is from firing." }));
    }
    tw.byID("anomalies-count").textContent = all.length ? String(all.length) : "";
    mark();
  }

  // mark puts them on the heat map.
  function mark() {
    if (!tw.heat.hasData()) return;
    tw.heat.setMarks(all.map((a) => ({ ...columns(a), severity: a.severity, number: a.number, kind: a.kind, summary: a.summary })));
  }

  // open shows one, wherever it is on the page.
  function open(number) {
    const e = tw.byID("anomaly-" + number);
    if (!e) return;
    e.open = true;
    e.scrollIntoView({ block: "start" });
    e.querySelector("summary").focus({ preventScroll: true });
  }

  tw.anomalies = {
    update, mark, open,
    all: () => all,
    redraw() { shown.clear(); update(all); },
    // recent are those that ended in the ten minutes before a moment; all of them if the time is not known.
    recent: (now) => all.filter((a) => !a.end || tw.offline || end(a) >= now - 600e3),
    overlapping: (from, to) => all.filter((a) => { const c = columns(a); return c.from < to && c.to > from; }),
    // Explanations come after the anomaly itself.
    unfinished: () => all.some((a) => a.explanation && (a.explanation.missing || "").startsWith("not yet")),
  };
})(window.tracewatch);
