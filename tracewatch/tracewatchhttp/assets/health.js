// health.js says how far the watch itself can be trusted, and what it costs.
(function (tw) {
  "use strict";

  const f = tw.format, el = tw.el;
  const tiles = new Map();

  // spark draws the newest values of a series, the newest at the right, with their most beside it.
  function spark(canvas, values) {
    const ratio = Math.min(devicePixelRatio || 1, 2), w = 150, h = 28, c = canvas.getContext("2d");
    canvas.width = w * ratio;
    canvas.height = h * ratio;
    c.scale(ratio, ratio);
    const most = Math.max(...values, 1e-12), n = 120;
    const style = getComputedStyle(document.documentElement);
    c.strokeStyle = style.getPropertyValue("--line").trim();
    c.beginPath();
    c.moveTo(0, h - 1);
    c.lineTo(w, h - 1);
    c.stroke();
    c.strokeStyle = style.getPropertyValue("--accent").trim();
    c.lineWidth = 1.5;
    c.lineJoin = "round";
    c.beginPath();
    values.slice(-n).forEach((v, i, all) => {
      const x = w - (all.length - 1 - i) / (n - 1) * w, y = h - 2 - v / most * (h - 5);
      if (i) c.lineTo(x, y); else c.moveTo(x, y);
    });
    c.stroke();
  }

  // tile is a number with its name, what it means, and how it went.
  function tile(id, name, text, more, cls, values) {
    let t = tiles.get(id);
    if (!t) {
      t = { value: el("dd"), more: el("dd", { class: "soft" }), canvas: values ? el("canvas", { class: "spark", "aria-hidden": "true" }) : null };
      t.box = el("div", { class: "tile", data: { id } }, el("dt", { text: name }), t.value, t.canvas ? el("dd", {}, t.canvas) : null, t.more);
      tiles.set(id, t);
      tw.byID("health-tiles").append(t.box);
    }
    t.box.className = "tile " + (cls || "");
    t.value.textContent = text;
    t.more.textContent = more || "";
    if (values) spark(t.canvas, values);
  }

  // problems are what makes the page's verdict less certain, in words.
  function problems(live) {
    const s = live.stats, h = live.health || {}, out = [];
    if (s.coverage < 0.99 && s.windows) out.push("only " + f.percent(s.coverage) + " of the time was analysed");
    if (s.detector_panics) out.push(f.many(s.detector_panics, "panic") + " in rules");
    if (s.callback_panics) out.push(f.many(s.callback_panics, "panic") + " in callbacks");
    if (s.failed_dumps) out.push(f.many(s.failed_dumps, "dump") + " could not be written");
    if (s.dropped_anomalies) out.push(f.many(s.dropped_anomalies, "anomaly").replace("anomalys", "anomalies") + " not dumped, because the queue was full");
    const late = h.polled && live.now ? Date.parse(live.now) - Date.parse(h.polled) : 0;
    if (h.recorder !== "stopped" && h.interval_ns && late > 3 * h.interval_ns / 1e6 + 3000) out.push("the watcher has not read the trace for " + f.duration(late * 1e6));
    return out;
  }

  function update(live, ring) {
    const s = live.stats, h = live.health, c = (h && h.clock) || {};
    const lost = s.lost_generations + s.broken_generations;
    tile("coverage", "Analysed", f.percent(s.coverage), "of " + f.duration(s.span_ns) + ", " + f.many(s.windows, "window"), s.coverage < 0.9 ? "bad" : s.coverage < 0.99 ? "warn" : "");
    tile("lost", "Lost", lost ? f.many(lost, "generation") : "nothing", lost ? f.count(s.lost_generations) + " overwritten or dropped, " + f.count(s.broken_generations) + " broken" + (s.queue_dropped ? ", " + f.count(s.queue_dropped) + " by a full queue" : "") : "of the trace so far", lost ? "warn" : "");
    const n = ring.strips.length;
    tile("events", "Events", (h ? f.number(h.events_per_second) : n ? f.number(ring.strips.get("events", n - 1)) : "–") + " a second", f.number(s.events) + " read, " + f.bytes(s.bytes), "", ring.strips.last("events", 120));
    tile("cpu", "The watch’s own CPU", f.percent(h ? h.watch_share : s.watch_share), "of all Ps; " + f.duration(s.watch_cpu_ns) + " so far. Recording costs the service about 100 ns an event besides.", (h ? h.watch_share : s.watch_share) > 0.05 ? "warn" : "", ring.strips.last("watch", 120));
    const d = s.delays || {};
    if (d.sched) tile("delay", "Waiting for a P, lately", "P99 " + f.duration(d.sched.p99_ns), "P50 " + f.duration(d.sched.p50_ns) + ", longest so far " + f.duration(d.sched.max_ns), "", ring.strips.last("p99", 120));
    if (h) {
      tile("memory", "Memory", f.bytes(h.memory_bytes), "held by the watch; the runtime’s recorder up to " + f.bytes(h.history_limit_bytes) + " besides");
      tile("recorder", "Trace from", h.recorder || "–", h.recorder === "stopped" ? "the watcher does not watch any more" : "started " + f.day(Date.parse(h.started)), h.recorder === "stopped" ? "bad" : "");
      const age = Date.parse(live.now) - Date.parse(h.polled), slow = age > 3 * h.interval_ns / 1e6 + 3000;
      tile("poll", "Last read", isFinite(age) ? f.duration(Math.max(0, age) * 1e6) + " ago" : "–", "every " + f.duration(h.interval_ns), slow && h.recorder !== "stopped" ? "bad" : "");
      tile("clock", "Clock", c.source || "source not told", (c.known ? "drift " + f.duration(Math.abs(c.drift) * 1e9) + " a second" : "drift not told before Go 1.25") + ", tick " + f.duration(c.tick_ns), c.known && Math.abs(c.drift) > 1e-3 ? "warn" : "");
    } else {
      tile("memory", "Trace in memory", f.bytes(s.history_bytes), "at the end of the reading");
    }
    const bad = s.detector_panics + s.callback_panics + s.failed_dumps + s.dropped_anomalies;
    tile("faults", "Faults of the watch", bad ? String(bad) : "none", bad ? [[s.detector_panics, "panic in rules", "panics in rules"], [s.callback_panics, "panic in callbacks", "panics in callbacks"], [s.failed_dumps, "failed dump", "failed dumps"], [s.dropped_anomalies, "dropped anomaly", "dropped anomalies"]]
      .filter((x) => x[0]).map((x) => x[0] + " " + (x[0] === 1 ? x[1] : x[2])).join(", ") : "no panics, no failed dumps, nothing dropped", bad ? "bad" : "");
    tile("quiet", "Kept quiet", f.many(s.suppressed, "finding"), "by the cooldown and the limits" + (s.unresolved ? "; " + f.many(s.unresolved, "reference") + " of the trace led nowhere" : ""));
  }

  tw.health = { update, problems };
})(window.tracewatch);
