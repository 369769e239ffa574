// requests.js shows what the time of requests went to.
(function (tw) {
  "use strict";

  const f = tw.format, el = tw.el;

  // The dimensions, in the order in which they are stacked: what is alike is side by side, and has the
  // same colour in another pattern (see page.css), so that no two neighbours depend on colour alone.
  const dimensions = [
    ["running", "ran", "code of the program ran"],
    ["runnable", "waited for a P", "it was ready, and all Ps were busy"],
    ["preempted", "preempted", "the runtime had stopped it to let others run"],
    ["network_queue", "answer there, no P", "what it waited for from the network was there, and it waited for a P"],
    ["gc_assist", "GC assist", "it had to work for the garbage collector, or wait for it"],
    ["stop_the_world", "stop of the world", "all goroutines were stopped"],
    ["network", "network", "it waited for an answer"],
    ["lock", "lock", "it waited for a mutex that somebody else held"],
    ["channel", "other goroutine", "it waited for another goroutine, and what that one did is not known"],
    ["syscall", "system call", "it was in a system call or in C"],
    ["sleep", "timer", "it waited for a timer"],
    ["unknown", "not known", "the trace does not tell"],
  ];
  const names = new Map(dimensions.map(([d, name]) => [d, name]));
  const cls = (d) => (names.has(d) ? "d-" + d : "d-unknown");
  const swatch = (d) => el("i", { class: "swatch " + cls(d), "aria-hidden": "true" });

  function legend() {
    tw.replace(tw.byID("requests-legend"), dimensions.map(([d, name, why]) => el("li", { title: why }, swatch(d), name)));
  }

  const sum = (parts) => Object.values(parts || {}).reduce((a, b) => a + b, 0);

  // tip is the numbers behind a bar, those that are not zero; one of them may be meant.
  function tip(title, parts, meant) {
    const all = sum(parts);
    return [el("b", { text: title }), el("table", {}, dimensions.filter(([d]) => parts[d]).map(([d, name]) =>
      el("tr", { class: d === meant ? "meant" : "" }, el("td", {}, swatch(d), name), el("td", { class: "number", text: f.duration(parts[d]) }), el("td", { class: "number", text: f.percent(parts[d] / all) }))))];
  }

  // stacked is a bar of parts; its length is that of all of them against most. What is inside of something that has the
  // focus itself has none.
  function stacked(title, parts, most, inside) {
    const all = sum(parts);
    const b = el("span", { class: "stacked", tabindex: inside ? null : "0", role: "img", "aria-label": title + ": " + dimensions.filter(([d]) => parts[d]).map(([d, name]) => name + " " + f.duration(parts[d])).join(", ") });
    for (const [d] of dimensions) {
      if (!parts[d]) continue;
      const s = el("i", { class: cls(d), data: { d } });
      s.style.width = Math.max(0, parts[d] / (most || all || 1)) * 100 + "%";
      b.append(s);
    }
    tw.tip.on(b, (target) => tip(title + ", " + f.duration(all), parts, target.dataset ? target.dataset.d : ""));
    return b;
  }

  // table has the same numbers for those who do not see bars, and for those who want to copy them.
  function table(r) {
    const cols = [["all", r.parts_ns || {}], ["P50", (r.p50 || {}).parts_ns || {}], ["P99", (r.p99 || {}).parts_ns || {}]];
    const sums = cols.map(([, p]) => sum(p));
    return el("div", { class: "scroll" }, el("table", { class: "parts" },
      el("caption", { text: "Where the time went" }),
      el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "" }),
        el("th", { scope: "col", class: "number", text: "All requests" }), el("th", { scope: "col", class: "number", text: "At P50" }), el("th", { scope: "col", class: "number", text: "At P99" }), el("th", { scope: "col", text: "Most of it at P99, where" }))),
      el("tbody", {}, dimensions.filter(([d]) => cols.some(([, p]) => p[d])).map(([d, name]) => el("tr", {},
        el("th", { scope: "row" }, swatch(d), name),
        cols.map(([, p], i) => el("td", { class: "number", text: p[d] ? f.duration(p[d]) + " · " + f.percent(p[d] / sums[i]) : "" })),
        el("td", {}, (() => {
          const s = ((r.p99 || {}).sites || []).find((x) => x.dimension === d && x.site);
          return s ? [tw.site(s.site), el("span", { class: "soft", text: " " + f.duration(s.part_ns) })] : null;
        })()))))));
  }

  // queued says how long requests had been there before their task began.
  function queued(q) {
    if (!q || !q.count) return null;
    return el("p", {}, "Before the handler began: P50 ", el("b", { text: f.duration(q.p50.value_ns) }), ", P99 ", el("b", { text: f.duration(q.p99.value_ns) }),
      el("span", { class: "soft", text: ", known of " + f.count(q.count) }), " ", stacked("Before the handler, P99", q.p99.parts_ns || {}));
  }

  function gc(g) {
    if (!g || !g.met) return el("p", { class: "soft", text: "No request met a mark phase of the GC." });
    const at = g.p99 && g.p99.factor ? ["P99", g.p99] : ["P50", g.p50 || {}];
    const x = at[1];
    return el("div", {},
      el("p", {}, f.many(g.met, "request") + " met a mark phase of the GC, " + f.count(g.spared) + " did not: ",
        x.factor ? el("b", { text: at[0] + " " + f.duration(x.met.value_ns) + " against " + f.duration(x.spared.value_ns) + " (" + f.number(x.factor) + " times)" }) : "too few to compare",
        x.factor ? "; of that the GC itself took " + f.duration(x.own_ns) + ", and waiting for a P or a lock grew by " + f.duration(x.queueing_ns) + "." : "."),
      g.loads && g.loads.length > 1 ? el("div", { class: "scroll" }, el("table", {}, el("caption", { text: "By requests in flight when the mark phase began" }),
        el("thead", {}, el("tr", {}, ["In flight", "Requests", "P50", "P99", "Made of"].map((t, i) => el("th", { scope: "col", class: i > 0 && i < 4 ? "number" : "", text: t })))),
        el("tbody", {}, g.loads.map((l) => el("tr", {}, el("th", { scope: "row", text: l.in_flight_from === l.in_flight_to ? String(l.in_flight_from) : l.in_flight_from + " to " + l.in_flight_to }),
          el("td", { class: "number", text: f.count(l.count) }), el("td", { class: "number", text: f.duration(l.p50_ns) }), el("td", { class: "number", text: f.duration(l.p99_ns) }),
          el("td", {}, stacked("In flight " + l.in_flight_from, l.parts_ns || {}))))))) : null);
  }

  const pieceTip = (p, begin) => [el("b", { text: names.get(p.dimension) || p.dimension }), el("div", { text: f.duration(p.end_ns - p.begin_ns) + ", from " + f.duration(p.begin_ns - begin) + " on" }),
    el("div", {}, "goroutine " + p.goroutine), p.site ? el("div", {}, tw.site(p.site)) : null];

  // line is a request in the order of time, a lane for each goroutine that did something for it. It is one stop
  // of the Tab key; arrows go from piece to piece.
  function line(s) {
    const pieces = s.line || [], all = Math.max(1, s.end_ns - s.begin_ns);
    const lanes = new Map();
    for (const p of pieces) {
      if (!lanes.has(p.goroutine)) lanes.set(p.goroutine, el("div", { class: "lane" }));
    }
    const items = pieces.map((p) => {
      const e = el("i", { class: cls(p.dimension), tabindex: "-1", role: "img", "aria-label": (names.get(p.dimension) || p.dimension) + " for " + f.duration(p.end_ns - p.begin_ns) + ", goroutine " + p.goroutine + (p.site ? ", " + f.short(p.site.func) + " " + f.location(p.site) : "") });
      e.style.left = (p.begin_ns - s.begin_ns) / all * 100 + "%";
      e.style.width = (p.end_ns - p.begin_ns) / all * 100 + "%";
      e.piece = p;
      lanes.get(p.goroutine).append(e);
      return e;
    });
    if (items.length) items[0].tabIndex = 0;
    const lanesShown = [...lanes].slice(0, 24);
    const g = el("div", { class: "gantt", role: "group", "aria-label": "Time line, " + f.many(pieces.length, "piece") + "; arrow keys go from one to the next" },
      lanesShown.map(([id, lane]) => el("div", { class: "who" }, el("span", { class: "soft", text: "g " + id }), lane)),
      lanes.size > lanesShown.length ? el("p", { class: "soft", text: "and " + f.many(lanes.size - lanesShown.length, "more goroutine") }) : null,
      el("div", { class: "who scale", "aria-hidden": "true" }, el("span"), el("div", {}, [0, 0.25, 0.5, 0.75, 1].map((x) => el("span", { text: f.duration(Math.round(all * x)) })))));
    g.addEventListener("keydown", (event) => {
      const i = items.indexOf(event.target);
      const to = { ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: items.length - 1 }[event.key];
      if (i < 0 || to === undefined || !items[to]) return;
      event.preventDefault();
      items[i].tabIndex = -1;
      items[to].tabIndex = 0;
      items[to].focus();
    });
    tw.tip.on(g, (target) => (target.piece ? pieceTip(target.piece, s.begin_ns) : null));
    return g;
  }

  function slowest(r) {
    return el("section", {}, el("h3", { text: "The slowest" }), (r.slowest || []).map((s) => {
      const column = tw.heat.hasData() ? tw.heat.ring().column(s.begin_ns) : -1, ring = tw.heat.ring();
      return el("div", { class: "slow" },
        el("div", { class: "row" }, el("b", { class: "number", text: f.duration(s.end_ns - s.begin_ns) }), el("span", { text: "goroutine " + s.goroutine + (column >= 0 && ring.at(column) !== null ? ", at " + tw.heat.moment(column) : "") }),
          column >= ring.first() && column >= 0 ? el("button", { type: "button", class: "small", text: "show on the heat map",
            on: { click: () => { tw.heat.show(column, ring.column(s.end_ns)); tw.byID("heat").scrollIntoView({ block: "center" }); } } }) : null),
        line(s));
    }));
  }

  const opened = new Set(); // by name: they stay open when the report is made anew

  function one(r) {
    const p50 = r.p50 || {}, p99 = r.p99 || {}, most = Math.max(p99.value_ns || 0, p50.value_ns || 0, 1);
    const key = (r.region ? "r " : "t ") + r.name;
    const d = el("details", { class: "request", data: { name: r.name } },
      el("summary", {},
        el("span", { class: "head" }, el("b", { class: "name", text: r.name || "(no name)" }), r.region ? el("span", { class: "tag", text: "region" }) : null,
          el("span", { class: "soft", text: f.many(r.count, r.region ? "region" : "request") + ", " + f.duration(r.total_ns) + " together, longest " + f.duration(r.longest_ns) })),
        el("span", { class: "quantile" }, el("span", { class: "soft", text: "P50" }), el("b", { class: "number", text: f.duration(p50.value_ns) }), stacked("P50", p50.parts_ns || {}, most, true)),
        el("span", { class: "quantile" }, el("span", { class: "soft", text: "P99" }), el("b", { class: "number", text: f.duration(p99.value_ns) }), stacked("P99", p99.parts_ns || {}, most, true)),
        el("span", { class: "facts soft" }, mostly(p99), r.queued && r.queued.count ? " Queued before: P99 " + f.duration(r.queued.p99.value_ns) + "." : "",
          r.gc && r.gc.p99 && Math.min(r.gc.met, r.gc.spared) >= 20 && r.gc.p99.factor >= 1.1 ? " With the GC marking: P99 × " + f.number(r.gc.p99.factor) + "." : "")));
    const fill = () => {
      if (d.open) opened.add(key); else opened.delete(key);
      if (d.open && !d.querySelector(".body")) d.append(el("div", { class: "body" }, table(r), queued(r.queued), gc(r.gc), slowest(r)));
    };
    const head = d.querySelector("summary");
    head.addEventListener("focus", () => {
      const at = head.getBoundingClientRect();
      if (head.matches(":focus-visible")) tw.tip.show(at.left + 60, at.bottom - 10, tip("P50, " + f.duration(p50.value_ns), p50.parts_ns || {}), tip("P99, " + f.duration(p99.value_ns), p99.parts_ns || {}));
    });
    head.addEventListener("blur", tw.tip.hide);
    if (opened.has(key)) { d.open = true; fill(); }
    d.addEventListener("toggle", fill);
    return d;
  }

  // mostly says in words what a P99 is made of.
  function mostly(q) {
    const parts = Object.entries(q.parts_ns || {}).sort((a, b) => b[1] - a[1]);
    if (!parts.length || !q.value_ns) return "";
    const [d, t] = parts[0], s = (q.sites || []).find((x) => x.dimension === d && x.site);
    return [f.percent(Math.round(t / q.value_ns * 100) / 100) + " of P99: " + (names.get(d) || d), s ? [" in ", tw.site(s.site)] : null, "."];
  }

  function update(report) {
    legend();
    const list = report.requests || [];
    tw.replace(tw.byID("requests-list"), list.length ? list.map(one) : el("div", { class: "empty" },
      el("p", { text: "No requests in this trace: the service marks none." }),
      el("p", { class: "soft" }, "With OpenTelemetry each recorded span is one. Without, wrap the handler: ", el("code", { text: "tracewatchhttp.Middleware(mux)" }), ".")));
    tw.byID("requests-left").textContent = report.undivided_requests ? f.many(report.undivided_requests, "request") + " more are not divided: there were too many names, or too many within each other." : "";
  }

  tw.requests = { update, dimensions };
})(window.tracewatch);
