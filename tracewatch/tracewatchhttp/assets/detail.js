// detail.js answers a click on the heat map: who waited, who ran instead, and what was behind it.
(function (tw) {
  "use strict";

  const f = tw.format, el = tw.el;
  let asked = 0; // the number of the last question: an answer to an earlier one is too late
  let retry = 0;

  let shown = null; // the cell in the title, and where its time stands
  let opener = null; // what had the focus when it was opened

  const box = () => tw.byID("detail");

  const where = (cell) => "P " + cell.proc + " at " + tw.heat.moment(cell.column, 2);

  // retell is for when times are told in another zone.
  function retell() {
    if (shown) shown.when.textContent = where(shown.cell);
  }

  // frame is what all states of the detail have.
  function frame(cell, busy, ...children) {
    shown = { cell, when: el("span", { text: where(cell) }) };
    const title = el("h3", { tabindex: "-1", id: "detail-title" }, shown.when,
      el("span", { class: "soft", text: cell.exact ? " longest delay " + f.duration(cell.exact) : cell.level ? " longest delay " + tw.scale.delayText(cell.level) : " no start here" }));
    const focused = box().contains(document.activeElement);
    tw.replace(box(), el("header", {}, title,
      el("button", { type: "button", id: "detail-close", on: { click: close }, text: "Close" })), ...children);
    box().hidden = false;
    box().setAttribute("aria-busy", String(busy));
    if (focused) title.focus({ preventScroll: true }); // what had the focus is gone
    return title;
  }

  function close() {
    asked++;
    clearTimeout(retry);
    box().hidden = true;
    tw.heat.opened = null;
    tw.heat.want();
    (opener && opener.isConnected && opener.checkVisibility() ? opener : tw.byID("heat")).focus({ preventScroll: true });
  }

  // forget is for when what is shown is of another process.
  function forget() {
    asked++;
    clearTimeout(retry);
    box().hidden = true;
  }

  // open asks about a cell and shows what comes.
  async function open(cell) {
    const mine = ++asked;
    clearTimeout(retry);
    const focused = document.activeElement;
    if (focused && focused !== document.body && !box().contains(focused)) opener = focused;
    const title = frame(cell, true, el("p", { class: "soft", text: "Reading the trace of that time …" }));
    title.focus({ preventScroll: true });
    box().scrollIntoView({ block: "nearest" });
    const ring = tw.heat.ring();
    if (tw.offline) return inFile(cell);
    const memory = tw.heat.memory();
    if (memory && cell.column + 1 <= memory.from) return gone(cell); // it is known without asking
    const from = ring.bucketText(cell.column), to = ring.bucketText(cell.column + 1);
    let answer, status, wait;
    try {
      const r = await fetch("cell.json?proc=" + cell.proc + "&from=" + from + "&to=" + to);
      status = r.status;
      wait = Number(r.headers.get("Retry-After"));
      answer = await r.json().catch(() => ({}));
    } catch {
      status = 0;
      answer = {};
    }
    if (mine !== asked) return;
    if (status === 200) show(cell, answer);
    else if (status === 404 || status === 410) gone(cell);
    else if (status === 429 || (status === 503 && wait > 0)) later(cell, answer.error, wait || 2, mine);
    else {
      frame(cell, false, el("p", { text: status ? answer.error || "The server answers with status " + status + "." : "The server does not answer." }),
        el("button", { type: "button", on: { click: () => open(cell) }, text: "Try again" }));
    }
    if (!box().hidden) box().scrollIntoView({ block: "nearest" });
  }

  // later waits as long as the server asks for: reading costs the service, and others may ask, too.
  function later(cell, error, seconds, mine) {
    const left = el("b", { text: seconds + " s" });
    frame(cell, true, el("p", {}, "Again in ", left, "."), el("p", { class: "soft", text: error || "Reading a trace takes processor time of the service." }));
    const tick = () => {
      if (mine !== asked) return;
      if (--seconds <= 0) { open(cell); return; }
      left.textContent = seconds + " s";
      retry = setTimeout(tick, 1000);
    };
    retry = setTimeout(tick, 1000);
  }

  // gone says what is left of a time whose trace is no longer in memory.
  function gone(cell) {
    const memory = tw.heat.memory();
    const dumps = tw.anomalies.overlapping(cell.column, cell.column + 1);
    frame(cell, false,
      el("p", {}, el("b", { text: "The trace of that time is no longer in memory" }),
        memory ? ", which reaches back to " + tw.heat.moment(memory.from, 0) + "." : "."),
      dumps.length ? [
        el("p", { text: dumps.some((a) => a.dump) ? "But an anomaly of that time was kept:" : "An anomaly of that time tells more:" }),
        el("ul", { class: "plain" }, dumps.map((a) => el("li", {},
          tw.severity(a.severity), " ", el("a", { href: "#anomaly-" + a.number, on: { click: () => tw.anomalies.open(a.number) }, text: a.kind }), " ", a.summary, " ",
          a.dump ? el("a", { class: "button", href: "dump?anomaly=" + a.number, download: true, text: "Download its trace" }) : null))),
      ] : el("p", { class: "soft", text: "No anomaly was reported then, so nothing else was kept of it. Cells above the blue line under the map can be explained." }));
  }

  // inFile finds a cell in what the file has.
  function inFile(cell) {
    const ring = tw.heat.ring(), cells = tw.offline.report.cells || [];
    const found = cells.find((c) => Number(c.proc) === cell.proc && Math.round(ring.column(c.from_ns)) === cell.column);
    if (found) { show(cell, found); return; }
    frame(cell, false,
      el("p", {}, cell.level ? "The longest wait for a P that ended here took " + tw.scale.delayText(cell.level) + "." : "No goroutine started here."),
      cells.length ? [
        el("p", { class: "soft", text: cells.length === 1 ? "Only the hottest cell is explained in a file:" : "Only the hottest " + cells.length + " cells are explained in a file:" }),
        list(cells),
      ] : el("p", { class: "soft", text: "No cell is explained in this file." }));
  }

  // list has a button for each cell that a file explains.
  function list(cells) {
    const ring = tw.heat.ring();
    return el("ul", { class: "chips" }, cells.map((c) => {
      const column = Math.round(ring.column(c.from_ns));
      return el("li", {}, el("button", {
        type: "button", class: "small", on: { click: () => { tw.heat.show(column - 100, column + 100); tw.heat.openCell({ proc: Number(c.proc), column }); } },
        text: f.duration(c.sched_delay.max_ns) + " · P " + c.proc + " · " + tw.heat.moment(column, 2),
      }));
    }));
  }

  // waker says who made it ready. Who was stopped, or comes back from a system call, is ready by itself.
  function waker(w) {
    const created = w.was === "created", by = created ? "" : "; woken";
    const place = w.waker_site ? [" in ", tw.site(w.waker_site)] : null;
    if (w.waker) return [by + " by goroutine " + w.waker, place];
    if (place) return [by, place];
    if (created) return " by a timer, or before the trace";
    return w.was === "preempted" || w.was === "syscall" || w.was === "runtime.Gosched" ? null : "; woken by the network poller, a timer or nobody";
  }

  // waiters are those that had waited, each with how long beside a bar.
  function waiters(c) {
    const most = Math.max(1, ...c.waited.map((w) => w.delay_ns));
    const items = c.waited.map((w, i) => el("li", {},
      el("div", { class: "row" }, el("b", { class: "number", text: f.duration(w.delay_ns) }), tw.bar(w.delay_ns / most, "wait"),
        el("span", {}, "goroutine " + w.goroutine)),
      el("div", {}, tw.site(w.site)),
      el("div", { class: "soft" }, f.was(w.was), waker(w)),
      tw.stack(w.stack, i === 0)));
    const first = el("ol", { class: "waiters" }, items.slice(0, 3));
    if (items.length <= 3) return first;
    return [first, el("details", { class: "rest" }, el("summary", { text: "and " + (items.length - 3) + " more" }), el("ol", { class: "waiters", start: "4" }, items.slice(3)))];
  }

  function show(cell, c) {
    cell.exact = c.sched_delay.count ? c.sched_delay.max_ns : 0;
    const x = c.explanation || {};
    c.waited = c.waited || [];
    frame(cell, false,
      tw.explain.sentence(x),
      el("div", { class: "columns" },
        el("section", {}, el("h4", { text: "Who waited" }),
          c.waited.length ? el("p", { class: "soft", text: f.many(c.sched_delay.count, "start") + " in these 10 ms, after " + f.duration(c.sched_delay.sum_ns) + " of waiting for a P together" +
            (c.sched_delay.count > c.waited.length ? "; the longest " + c.waited.length + ":" : ":") }) : el("p", { text: "Nobody: no goroutine of the service started here." }),
          waiters(c)),
        x.instead ? el("section", {}, el("h4", { text: "Who ran instead" }), tw.explain.instead(x.instead)) : null,
        tw.explain.chain(x).length < 2 ? null : el("section", {}, el("h4", { text: "The chain to the cause" }), tw.explain.tree(x))),
      takeaway(cell, c));
  }

  // takeaway has the trace of the time in which the first of them waited, and how to look at it.
  function takeaway(cell, c) {
    if (tw.offline) return null;
    const ring = tw.heat.ring();
    const longest = c.waited.length ? c.waited[0].delay_ns : 0;
    const back = Math.max(1, Math.ceil(longest / 1e7) + 1);
    const query = "from=" + ring.bucketText(cell.column - back) + "&to=" + ring.bucketText(cell.column + 2);
    return el("footer", {},
      el("a", { class: "button", href: "trace?" + query, download: true, text: "Download the trace of this wait" }),
      tw.command("go tool trace FILE"),
      el("a", { class: "button", href: "profile?kind=sched&" + query, download: true, text: "Profile of waits for a P then" }));
  }

  // Escape closes it for who reads it, and for who is on the map.
  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    if (event.key === "Escape" && !box().hidden && (box().contains(at) || at === tw.byID("heat"))) close();
  });

  tw.detail = { open, close, forget, list, retell };
})(window.tracewatch);
