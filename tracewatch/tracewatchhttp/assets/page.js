// page.js is what happens: what is fetched when, and the verdict. A page in a file has its data with it and
// fetches nothing.
(function (tw) {
  "use strict";

  const f = tw.format, el = tw.el;
  const tenMinutes = 1 << 16; // columns: 10 min 55 s

  const data = tw.byID("data");
  tw.offline = data ? JSON.parse(data.textContent) : null;
  let ring = null;

  // verdict says in words how things are. It is the first thing that is read, perhaps the only one.
  function verdict(now, stopped, troubles, live) {
    const recent = tw.anomalies.recent(now);
    const rank = { critical: 0, warning: 1, info: 2 };
    const worst = recent.slice().sort((a, b) => (rank[a.severity] ?? 1) - (rank[b.severity] ?? 1) || b.number - a.number);
    const span = tw.offline ? "in this trace of " + f.duration(live.stats.span_ns) : live.stats.span_ns < 600e9 ? "in the " + f.duration(live.stats.span_ns) + " so far" : "in the last ten minutes";
    const kinds = [...new Set(worst.map((a) => a.kind))];
    let text = recent.length ? (recent.length === 1 ? "1 anomaly " : recent.length + " anomalies ") + span + ": " + kinds.slice(0, 4).join(", ") + (kinds.length > 4 ? " …" : "")
      : tw.offline ? "Nothing wrong was found " + span : troubles.length || stopped ? "Nothing wrong was seen" : "Nothing is wrong";
    if (stopped) text = "The watcher has stopped. " + (recent.length ? text : "Nothing wrong was seen before");
    if (!live.stats.windows) text = "Nothing is known yet";
    const box = tw.byID("answer");
    box.className = !live.stats.windows || stopped ? "unknown" : recent.some((a) => a.severity === "critical") ? "critical" : recent.length ? "warning" : troubles.length ? "warning" : "good";
    if (tw.byID("verdict").textContent !== text) tw.byID("verdict").textContent = text;

    const d = (live.stats.delays || {}).sched || {}, rules = (live.verdicts || []).filter((v) => v.applicable && !v.off).length;
    const more = [];
    if (troubles.length) more.push("Take that with care: " + troubles.join("; ") + ".");
    if (live.stats.windows) more.push((tw.offline ? "One start in a hundred waited " : "Lately one start in a hundred waits ") + f.duration(d.p99_ns) + " or more for a P; the longest so far took " + f.duration(d.max_ns) + ". " + f.many(rules, "rule") + (tw.offline ? " watched." : rules === 1 ? " watches." : " watch."));
    else more.push("The first second of trace is not there yet.");
    tw.byID("verdict-more").textContent = more.join(" ");

    // The same at the same place is told once.
    const told = [];
    for (const a of worst) {
      const same = told.find((t) => t.a.kind === a.kind && t.a.site === a.site);
      if (same) same.more++; else told.push({ a, more: 0 });
    }
    ago(now, live.verdicts);
    const key = JSON.stringify(worst.map((a) => [a.number, a.explanation && a.explanation.sentence])) + f.utc();
    if (key === verdict.key) return;
    verdict.key = key;
    const most = 2; // so that the heat map is seen, too
    tw.replace(tw.byID("verdict-list"), told.slice(0, most).map(({ a, more }) => el("li", {},
      el("div", {}, tw.severity(a.severity), " ", el("b", { text: a.summary }), " ",
        el("span", { class: "soft" }, a.end && !tw.offline ? el("span", { class: "ago", data: { end: a.end, kind: a.kind } }) : null, more ? " (and " + f.many(more, "time") + " before)" : null)),
      a.explanation && a.explanation.sentence ? tw.explain.sentence(a.explanation) : null,
      el("p", { class: "todo" }, el("b", { text: "What to do: " }), a.advice, " ",
        el("a", { href: "#anomaly-" + a.number, on: { click: (e) => { e.preventDefault(); tw.anomalies.open(a.number); } }, text: "Evidence of " + a.kind })))),
    told.length > most ? el("li", {}, "and ", el("a", { href: "#anomalies", text: [...new Set(told.slice(most).map((t) => t.a.kind))].join(", ") })) : null);
    ago(now, live.verdicts);
  }

  // ago says how long ago each of them was, by the service's clock, and whether its rule is over its threshold still: while
  // it is, it keeps quiet about the same place.
  function ago(now, verdicts) {
    const still = new Set((verdicts || []).filter((v) => v.applicable && !v.off && v.threshold > 0 && v.value >= v.threshold && v.quiet_ns > 0).map((v) => v.kind));
    for (const e of document.querySelectorAll(".ago")) {
      const ms = now - Date.parse(e.dataset.end);
      const text = (ms < 3000 ? "just now" : f.duration(Math.round(ms / 1000) * 1e9) + " ago") + (still.has(e.dataset.kind) ? ", and still going on" : "");
      if (e.textContent !== text) e.textContent = text;
    }
  }

  function ready() {
    if (document.body.dataset.ready) return;
    document.body.dataset.ready = "true";
    // Only now it is known what is in view: before, the page was short, and all of it was.
    if (!tw.offline) requestAnimationFrame(() => requestAnimationFrame(report.init));
  }

  function connection(cls, text) {
    tw.byID("connection").className = "state " + cls;
    if (tw.byID("connection-text").textContent !== text) tw.byID("connection-text").textContent = text;
  }

  // ---- A page in a file

  function offline() {
    const { title, report } = tw.offline;
    document.documentElement.dataset.offline = "true";
    tw.byID("program").textContent = title;
    tw.byID("pause").hidden = true;
    const strips = report.heat || [];
    const span = strips.length ? (strips[strips.length - 1].end_ns - strips[0].start_ns) / 1e7 : 0;
    let capacity = 4096;
    while (capacity < span + 1024 && capacity < 1 << 23) capacity *= 2;
    const rows = Math.max(1, ...strips.map((s) => (s.cells || []).length));
    while (capacity * rows > 1 << 28) capacity /= 2; // of a very long trace on very many Ps the newest is shown
    ring = new tw.Ring(capacity, Math.max(1, strips.length));
    for (const s of strips) ring.add(s);
    tw.heat.init(ring, tw.detail.open);
    tw.byID("about").textContent = "a report of " + f.duration(report.stats.span_ns) + " of trace" + (report.at ? ", " + f.day(Date.parse(report.at)) : "");
    connection("soft", "from a file");
    const live = { stats: report.stats, verdicts: report.verdicts };
    if (strips.length) {
      tw.heat.showAll();
      tw.heat.setExplained((report.cells || []).map((c) => ({ proc: Number(c.proc), column: Math.round(ring.column(c.from_ns)) })));
      if ((report.cells || []).length) {
        tw.byID("heat-hottest-title").textContent = "Longest in view:";
        tw.byID("heat-keys").before(el("div", { class: "hottest" }, el("span", { class: "soft", text: "Explained in this file:" }), tw.detail.list(report.cells)));
      }
    } else {
      tw.byID("map").hidden = true;
    }
    if (report.heat_left) tw.byID("heat-range").after(el("span", { class: "soft", text: f.many(report.heat_left, "older window") + " left out" }));
    // They come the oldest first, and are shown as live: the newest first.
    tw.anomalies.update((report.anomalies || []).slice().reverse());
    tw.rules.update(report.verdicts);
    tw.requests.update(report);
    tw.goroutines.update(report);
    tw.health.update(live, ring);
    verdict(0, false, tw.health.problems(live), live);
    if (document.title !== title) document.title = title;
    ready();
  }

  // ---- Live

  let last = 0; // the number of the newest strip that is here
  let paused = false, failures = 0, timer = 0, polling = false, retryAt = 0;
  let started = ""; // of the watcher: another one begins anew
  let newest = 0; // the anomaly up to which anomalies.json was read
  let anomaliesAt = 0;
  let latest = null;
  const every = 1000;

  async function json(url, limit = 15000) {
    const stop = new AbortController(), t = setTimeout(() => stop.abort(), limit);
    try {
      const r = await fetch(url, { signal: stop.signal, cache: "no-store" });
      if (!r.ok) {
        const p = await r.json().catch(() => ({}));
        throw Object.assign(new Error(p.error || "status " + r.status), { status: r.status, after: Number(r.headers.get("Retry-After")) || 0 });
      }
      return await r.json();
    } finally {
      clearTimeout(t);
    }
  }

  function schedule(ms) {
    clearTimeout(timer);
    if (!paused && !document.hidden) timer = setTimeout(poll, ms);
  }

  // poll takes what is new. Only one is under way at a time, and none while nobody looks.
  async function poll() {
    if (polling || paused) return;
    polling = true;
    try {
      const live = await json("live.json?after=" + last);
      failures = 0;
      if (!paused) await took(live);
      const stopped = live.health && live.health.recorder === "stopped";
      schedule(live.more ? 0 : stopped ? 5000 : every);
    } catch (e) {
      lost(e);
    } finally {
      polling = false;
    }
  }

  // lost tries again after twice as long each time, at most half a minute.
  function lost(e) {
    failures++;
    const wait = Math.max((e.after || 0) * 1000, Math.min(30000, 1000 * 2 ** (failures - 1)));
    retryAt = Date.now() + wait;
    const why = e.status ? e.message : "no connection to the service";
    const say = () => {
      if (!failures || paused) return;
      const left = Math.ceil((retryAt - Date.now()) / 1000);
      connection("bad", "lost: " + why + (left > 0 ? ", again in " + left + " s" : ", trying"));
      if (left > 0) setTimeout(say, 1000);
    };
    say();
    schedule(wait);
  }

  async function took(live) {
    const id = live.program.pid + " " + (live.health || {}).started;
    if (started && id !== started) { // the service or its watcher was started anew: what is here is of another clock
      ring.clear();
      tw.heat.reset();
      tw.rules.reset();
      tw.detail.forget();
      tw.anomalies.update([]);
      last = newest = 0;
      started = id;
      report.forget();
      schedule(0);
      return;
    }
    started = id;
    latest = live;
    const began = !tw.heat.hasData();
    for (const s of live.strips || []) {
      if (s.number <= last) continue;
      ring.add(s);
      last = s.number;
    }
    if (tw.heat.hasData()) tw.heat.setMemory(live.health.memory_to_ns > live.health.memory_from_ns ? { from: ring.column(live.health.memory_from_ns), to: ring.column(live.health.memory_to_ns) } : null);
    if (began) tw.anomalies.update(tw.anomalies.all()); // there are none, or they can be marked now
    tw.heat.want();
    if (live.more) { // the rest follows at once: there is no use in telling of each part
      connection("soft", "reading the past ten minutes");
      return;
    }
    show(live);
    if (live.newest_anomaly !== newest || (tw.anomalies.unfinished() && Date.now() - anomaliesAt > 3000)) await anomalies(live);
    ready();
  }

  async function anomalies(live) {
    anomaliesAt = Date.now();
    try {
      const a = await json("anomalies.json");
      if (paused) return; // what stands still does so; the next poll asks again
      newest = live.newest_anomaly;
      tw.anomalies.update(a.anomalies);
      show(live);
    } catch { /* the next poll asks again */ }
  }

  function show(live) {
    const p = live.program, stopped = !!live.health && live.health.recorder === "stopped";
    tw.byID("program").textContent = p.name;
    tw.byID("about").textContent = "pid " + p.pid + ", " + p.go + (ring.rows ? ", " + f.many(ring.rows, "P") : "") + ", times in " + f.zone();
    const title = (tw.anomalies.recent(Date.parse(live.now)).length ? "(" + tw.anomalies.recent(Date.parse(live.now)).length + ") " : "") + p.name + " · tracewatch";
    if (document.title !== title) document.title = title;
    if (!paused) connection(stopped ? "bad" : "good", stopped ? "the watcher has stopped" : "live");
    tw.rules.update(live.verdicts);
    tw.health.update(live, ring);
    verdict(Date.parse(live.now), stopped, tw.health.problems(live), live);
  }

  function pause(on) {
    paused = on;
    tw.byID("pause").setAttribute("aria-pressed", String(on));
    tw.byID("pause").textContent = on ? "Go on" : "Pause";
    if (on) {
      clearTimeout(timer);
      connection("warn", "paused");
    } else {
      connection("soft", "connecting");
      poll();
    }
  }

  // report is what costs the service something: it is read when somebody looks at what it is needed for.
  const report = (() => {
    let here = null, again = 0, loading = false, visible = 0, timer = 0, missing = false;
    const sections = () => [tw.byID("requests"), tw.byID("goroutines")];
    const say = (text) => { for (const s of document.querySelectorAll(".made")) s.textContent = text; };

    async function load() {
      if (loading || paused) return;
      loading = true;
      clearTimeout(timer);
      if (!here) say("reading the trace in memory …");
      for (const s of sections()) s.setAttribute("aria-busy", "true");
      try {
        const r = await json("report.json", 120000);
        again = Math.max(Date.parse(r.again) || 0, Date.now() + 15000);
        if (!here || (here.made !== r.made && !paused)) {
          here = r;
          tw.requests.update(r.report);
          tw.goroutines.update(r.report);
        }
        tell();
      } catch (e) {
        say("could not be read: " + e.message);
        again = Date.now() + Math.max(15000, e.after * 1000 || 0);
      }
      for (const s of sections()) s.setAttribute("aria-busy", "false");
      loading = false;
      plan();
    }

    const tell = () => say("of " + f.duration(here.report.to_ns - here.report.from_ns) + " of trace, read at " + f.clock(Date.parse(here.made)) + " in " + f.duration(here.took_ns));

    // plan reads it again while somebody looks. Not while a row has the focus or the text is being marked: it would
    // change under the hand.
    function plan() {
      clearTimeout(timer);
      if (!visible || document.hidden || paused) return;
      timer = setTimeout(() => (busy() ? plan() : load()), Math.max(1000, again - Date.now()));
    }

    const busy = () => sections().some((s) => s.querySelector(".gantt :focus, .stacked:focus, tbody :focus, summary:focus")) || !getSelection().isCollapsed;

    function init() {
      const seen = new Set();
      const watch = new IntersectionObserver((entries) => {
        for (const e of entries) if (e.isIntersecting) seen.add(e.target); else seen.delete(e.target);
        const was = visible;
        visible = seen.size;
        if (visible && !was) { if (!here) load(); else plan(); }
      });
      sections().forEach((s) => watch.observe(s));
      for (const b of document.querySelectorAll(".refresh")) b.addEventListener("click", load);
    }
    return {
      init, plan,
      retell: () => here && tell(),
      forget() { here = null; if (visible) load(); },
    };
  })();

  function live() {
    ring = new tw.Ring(tenMinutes);
    tw.heat.init(ring, tw.detail.open);
    tw.downloads.init();
    tw.theme.onChange(tw.downloads.init);
    tw.byID("pause").addEventListener("click", () => { pause(!paused); report.plan(); });
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) { clearTimeout(timer); return; }
      if (!paused) poll();
      report.plan();
    });
    addEventListener("online", () => { if (!paused) poll(); });
    poll();
  }

  // ---- What both have

  function buttons() {
    const theme = tw.byID("theme"), zone = tw.byID("zone");
    const name = () => {
      theme.textContent = tw.theme.dark() ? "Light" : "Dark";
      theme.setAttribute("aria-label", tw.theme.dark() ? "Use light colours" : "Use dark colours");
      zone.setAttribute("aria-pressed", String(f.utc()));
    };
    theme.addEventListener("click", tw.theme.toggle);
    tw.theme.onChange(name);
    zone.addEventListener("click", () => {
      f.toggleUTC();
      name();
      tw.heat.want();
      tw.anomalies.redraw();
      report.retell();
      tw.detail.retell();
      if (latest) show(latest);
    });
    name();
  }

  // here marks in the navigation which section is read.
  function here() {
    const links = [...document.querySelectorAll("nav.sections a")], inView = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const e of entries) if (e.isIntersecting) inView.add(e.target.id); else inView.delete(e.target.id);
      const first = links.find((a) => inView.has(a.hash.slice(1)));
      for (const a of links) if (a === first) a.setAttribute("aria-current", "true"); else a.removeAttribute("aria-current");
    }, { rootMargin: "-100px 0px -50% 0px" });
    for (const a of links) watch.observe(tw.byID(a.hash.slice(1)));
  }

  tw.goroutines.init();
  buttons();
  here();
  if (tw.offline) offline(); else live();
})(window.tracewatch);
