// goroutines.js is the table of places: what goroutines did at each site.
(function (tw) {
  "use strict";

  const f = tw.format, el = tw.el;
  const causes = ["network", "lock", "chan_receive", "chan_send", "select", "sleep", "syscall", "gc", "other"];
  const words = { chan_receive: "chan receive", chan_send: "chan send" };
  const blocked = (p, c) => (p.blocked && p.blocked[c] ? p.blocked[c].sum_ns : 0);

  const signed = (n) => (n > 0 ? "+" + f.count(n) : n < 0 ? "−" + f.count(-n) : "0");

  // A column: its id, what its head says, the value to sort by, how it is written, and its group.
  const columns = [
    { id: "site", head: "Site", value: (p) => p.site && p.site.func ? f.short(p.site.func) : "", text: true },
    { id: "delay", head: "sum", group: "Waiting for a P", value: (p) => p.sched_delay.sum_ns, show: f.duration },
    { id: "p99", head: "P99", group: "Waiting for a P", value: (p) => p.sched_delay_p99_ns, show: f.duration },
    { id: "max", head: "longest", group: "Waiting for a P", value: (p) => p.sched_delay.max_ns, show: f.duration },
    { id: "blocked", head: "all", group: "Blocked", value: (p) => p.blocked_ns, show: f.duration },
    { id: "mostly", head: "mostly by", group: "Blocked", value: (p) => mostly(p)[0], text: true },
    ...causes.map((c) => ({ id: "b-" + c, head: words[c] || c, group: "Blocked", value: (p) => blocked(p, c), show: f.duration, cause: true })),
    { id: "running", head: "Running", value: (p) => p.running.sum_ns, show: f.duration },
    { id: "assist", head: "GC assist", value: (p) => (p.gc_assist ? p.gc_assist.sum_ns : 0), show: f.duration },
    { id: "preempted", head: "Preempted", value: (p) => p.preempted, show: f.count },
    { id: "alive", head: "Alive", value: (p) => p.alive, show: f.count },
    { id: "growth", head: "Growth", value: (p) => p.growth, show: signed },
    { id: "created", head: "Created", value: (p) => p.created, show: f.count },
  ];

  function mostly(p) {
    let best = "", most = 0;
    for (const c of causes) if (blocked(p, c) > most) { most = blocked(p, c); best = c; }
    return [best ? words[best] || best : "", most];
  }

  let rows = []; // {place, tr, text}: in order; tr is made when it is first shown
  let sort = { id: "delay", up: false };
  let byCause = false;

  function head() {
    const shown = columns.filter((c) => !c.cause || byCause);
    const groups = [];
    for (const c of shown) {
      if (groups.length && c.group && groups[groups.length - 1].name === c.group) groups[groups.length - 1].n++;
      else groups.push({ name: c.group || "", n: 1 });
    }
    tw.replace(tw.byID("goroutines-head"),
      el("tr", {}, groups.map((g) => (g.name ? el("th", { colspan: String(g.n), scope: "colgroup", class: "group", text: g.name }) : el("td", { class: "group" })))),
      el("tr", {}, shown.map((c) => el("th", { scope: "col", class: c.text ? "" : "number", "aria-sort": sort.id === c.id ? (sort.up ? "ascending" : "descending") : "none" },
        el("button", { type: "button", class: "sort", data: { column: c.id }, on: { click: () => by(c) } }, c.head, el("span", { class: "arrow", "aria-hidden": "true", text: sort.id !== c.id ? "" : sort.up ? " ▲" : " ▼" }))))));
  }

  function by(c) {
    // Numbers are asked for the largest first, names from A on.
    sort = sort.id === c.id ? { id: c.id, up: !sort.up } : { id: c.id, up: !!c.text };
    order();
    head();
    tw.byID("goroutines-head").querySelector("[data-column='" + c.id + "']").focus();
  }

  // order puts the places into order and shows the first of them. A thousand rows are laid out in a second on a slow
  // machine: the others come when one scrolls there.
  const atOnce = 100;
  function order() {
    const c = columns.find((x) => x.id === sort.id), sign = sort.up ? 1 : -1;
    const keyed = rows.map((r) => ({ r, k: c.value(r.place) }));
    keyed.sort((a, b) => sign * (c.text ? a.k.localeCompare(b.k) : a.k - b.k));
    rows = keyed.map((x) => x.r);
    filter();
  }

  let hits = [], shown = 0;

  function more(n) {
    const to = Math.min(hits.length, shown + n), all = document.createDocumentFragment();
    for (; shown < to; shown++) all.append(hits[shown].tr || (hits[shown].tr = row(hits[shown].place)));
    tw.byID("goroutines-body").append(all);
    const button = tw.byID("goroutines-more"), whole = shown >= hits.length;
    const focused = button === document.activeElement; // what has the focus does not go away under it, or out of sight
    button.hidden = whole && !focused;
    if (focused) button.scrollIntoView({ block: "nearest" });
    button.textContent = whole ? "All are shown" : "Show the other " + f.count(hits.length - shown);
  }

  function row(p) {
    const tr = el("tr", {}, el("th", { scope: "row" }, tw.site(p.site)));
    for (const c of columns.slice(1)) {
      if (c.cause && !byCause) continue;
      const v = c.value(p);
      if (c.text) { tr.append(el("td", { text: v })); continue; }
      tr.append(el("td", { class: v ? "number" : "number zero", text: c.show(v) }));
    }
    return tr;
  }

  function make(p) {
    const site = p.site || {};
    return { place: p, tr: null, text: ((site.func || "") + " " + (site.file || "") + ":" + (site.line || "")).toLowerCase() };
  }

  function filter() {
    const words = tw.byID("goroutines-filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const only = tw.byID("goroutines-preempted").checked;
    hits = rows.filter((r) => words.every((w) => r.text.includes(w)) && (!only || r.place.preempted > 0));
    shown = 0;
    tw.byID("goroutines-body").replaceChildren();
    more(atOnce);
    const n = hits.length;
    tw.byID("goroutines-count").textContent = n === rows.length ? f.many(n, "place") : n + " of " + f.many(rows.length, "place");
    tw.byID("goroutines-none").hidden = n > 0;
  }

  function rebuild() {
    for (const r of rows) r.tr = null;
    order();
    head();
  }

  // uses shows what the Ps were used for in all.
  function uses(list) {
    const all = list || [], shown = all.slice(0, 10), names = { system: "the runtime (GC, scheduler)", watch: "tracewatch itself" };
    tw.replace(tw.byID("uses"), shown.length ? [
      el("h3", { text: "What the Ps were used for" }),
      el("ul", { class: "bars" }, shown.map((u) => el("li", {}, el("span", { class: "share", text: f.percent(Math.round(u.share * 1e4) / 1e4) }), tw.bar(u.share / shown[0].share, u.class),
        el("span", { class: "name" }, names[u.class] && !u.site ? names[u.class] : tw.site(u.site), el("span", { class: "soft", text: " " + f.duration(u.time_ns) }))))),
      all.length > shown.length ? el("p", { class: "soft", text: "and " + f.many(all.length - shown.length, "more place") }) : null,
    ] : null);
  }

  function update(report) {
    const none = { count: 0, sum_ns: 0, max_ns: 0 };
    rows = (report.places || []).map((p) => make({ ...p, sched_delay: p.sched_delay || none, running: p.running || none }));
    order();
    head();
    uses(report.uses);
    tw.byID("goroutines-left").textContent = report.places_left ? f.many(report.places_left, "more place") + " took less time and are left out." : "";
    tw.byID("goroutines-none").textContent = rows.length ? "No place is like that." : "This report has no places.";
  }

  tw.goroutines = {
    update,
    init() {
      const button = tw.byID("goroutines-more");
      button.addEventListener("click", () => more(hits.length));
      button.addEventListener("blur", () => { button.hidden = shown >= hits.length; });
      new IntersectionObserver((entries) => { if (entries[0].isIntersecting && shown < hits.length) more(2 * atOnce); }, { root: button.closest(".scroll"), rootMargin: "300px" }).observe(button);
      tw.byID("goroutines-filter").addEventListener("input", filter);
      tw.byID("goroutines-preempted").addEventListener("change", filter);
      tw.byID("goroutines-causes").addEventListener("change", (e) => { byCause = e.target.checked; rebuild(); });
      head();
    },
  };
})(window.tracewatch);
