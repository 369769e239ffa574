// heatmap.js draws the two heat maps, P by time and delay by time, on one time axis, and lets the user move
// about in them. Both are drawn whole each time, from the ring into one image each: that takes a few
// milliseconds, and is done at most once a frame, and only if something changed.
(function (tw) {
  "use strict";

  const perSecond = 100; // columns
  const narrowest = 20; // columns in view: each is wide enough to hit
  const gutter = 62, right = 14, top = 14, lane = 6, axis = 20; // of the plots, in CSS pixels
  const waitTop = 52; // rows of the latency map that are shown: up to 8 s, what is longer is in the last

  const f = tw.format;
  const el = tw.el;

  // The part of the ring that is in view: columns from "from", so many. Both maps have the same.
  const view = { from: 0, columns: 60 * perSecond, follow: true };
  const cursor = { on: false, proc: 0, column: 0 }; // the keyboard's cell
  let hover = null; // what is under the pointer: {map, x, y}
  let drag = null; // a selection: {x0, x1}, or a move
  let ring = null;
  let marks = []; // [{from, to, severity, number}] of anomalies, in columns
  let explained = []; // [{proc, column}] cells of which the explanation is in the page
  let memory = null; // {from, to}: columns of which the trace is in memory
  let heat, latency; // maps
  let onCell = () => {};
  let palette = null;
  let wanted = false;
  let lastScroll = 0, moved = 0;

  const plotWidth = (m) => Math.max(1, m.width - gutter - right);
  const xOf = (m, column) => gutter + (column - view.from) / view.columns * plotWidth(m);
  const columnOf = (m, x) => view.from + (x - gutter) / plotWidth(m) * view.columns;

  // A map is a canvas with an image of its own of what does not depend on the pointer.
  function newMap(canvas, height) {
    const m = { canvas, base: document.createElement("canvas"), image: document.createElement("canvas"), width: 0, height, ratio: 1 };
    canvas.tabIndex = 0;
    return m;
  }

  let shownWidth = 0; // of both maps; asking for it anew each time would lay out the whole page each time

  // fit makes a map's canvases as large as it is shown.
  function fit(m) {
    const width = shownWidth, ratio = Math.min(devicePixelRatio || 1, 3);
    if (m.width === width && m.ratio === ratio && m.shown === m.height) return;
    m.width = width;
    m.ratio = ratio;
    m.shown = m.height;
    for (const c of [m.canvas, m.base]) {
      c.width = Math.round(width * ratio);
      c.height = Math.round(m.height * ratio);
    }
    m.canvas.style.height = m.height + "px";
  }

  // colours are what the style sheet says.
  function colours() {
    const s = getComputedStyle(document.documentElement), get = (name) => s.getPropertyValue(name).trim();
    const dark = tw.theme.dark();
    palette = {
      text: get("--text"), soft: get("--soft"), line: get("--line"), accent: get("--accent"), none: get("--none"), hatch: get("--hatch"), back: get("--panel"),
      critical: get("--critical"), warning: get("--warning"), info: get("--info"),
      delays: tw.scale.delays(dark), counts: tw.scale.counts(dark),
    };
    const none = /^#(..)(..)(..)$/.exec(palette.none);
    palette.noneBits = ((255 << 24) | (parseInt(none[3], 16) << 16) | (parseInt(none[2], 16) << 8) | parseInt(none[1], 16)) >>> 0;
    // Time that was not analysed is hatched, which no colour of the scales is.
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const c = tile.getContext("2d");
    c.fillStyle = palette.back;
    c.fillRect(0, 0, 8, 8);
    c.strokeStyle = palette.hatch;
    c.lineWidth = 1.5;
    for (const d of [-8, 0, 8]) {
      c.beginPath();
      c.moveTo(d - 1, 9);
      c.lineTo(d + 9, -1);
      c.stroke();
    }
    palette.tile = tile;
    tw.scale.legend(tw.byID("legend-delay"), "delay");
    tw.scale.legend(tw.byID("legend-count"), "count");
  }

  // procHeight is how high the map of Ps is: few are not stretched over the page, many are not cut.
  function procHeight() {
    const n = ring && ring.rows || 1;
    return top + lane + Math.round(n <= 4 ? n * 32 : n <= 8 ? Math.max(128, n * 20) : n <= 20 ? Math.max(160, n * 14) : Math.max(256, Math.min(n * 5, 384))) + lane + axis;
  }

  const plotHeight = (m) => m.height - top - lane - lane - axis;
  const plotTop = top + lane;

  function want() {
    if (wanted) return;
    wanted = true;
    requestAnimationFrame(() => { wanted = false; draw(); });
  }

  // ticks are round moments for so many columns in view.
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600];

  // draw draws all anew.
  function draw() {
    if (!ring || !palette || shownWidth <= gutter + right) return; // there is no place yet
    const began = performance.now();
    heat.height = procHeight();
    follow();
    for (const m of [heat, latency]) fit(m);
    const width = Math.max(1, Math.round(plotWidth(heat) * heat.ratio));
    const edges = new Int32Array(width + 1);
    for (let x = 0; x <= width; x++) edges[x] = Math.floor(view.from + x * view.columns / width);
    const analysed = analysedPixels(edges, width);
    drawProcs(edges, width, analysed);
    drawWaits(edges, width, analysed);
    overlay();
    say();
    tw.heat.took = performance.now() - began;
  }

  // begin prepares a map's base: background, hatches, the lane of what is missing.
  function begin(m) {
    const c = m.base.getContext("2d");
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, m.base.width, m.base.height);
    c.setTransform(m.ratio, 0, 0, m.ratio, 0, 0);
    c.fillStyle = c.createPattern(palette.tile, "repeat");
    c.fillRect(gutter, plotTop, plotWidth(m), plotHeight(m));
    c.font = "12px system-ui, sans-serif";
    return c;
  }

  // buffer is memory of a map that is used again each time.
  function buffer(m, name, type, size) {
    if (!m[name] || m[name].length !== size) m[name] = new type(size);
    return m[name];
  }

  // put draws an image of pixels, which is as wide as the plot and of any height, over the plot.
  function put(m, c, pixels, width, rows) {
    if (m.image.width !== width || m.image.height !== rows) {
      m.image.width = width;
      m.image.height = rows;
    }
    m.image.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width, rows), 0, 0);
    c.imageSmoothingEnabled = false;
    c.drawImage(m.image, 0, 0, width, rows, gutter, plotTop, plotWidth(m), plotHeight(m));
  }

  // analysedPixels says for each pixel whether any column of it was analysed (1), and whether all (2).
  function analysedPixels(edges, width) {
    const out = new Uint8Array(width), first = ring.first(), { seen, mask, end } = ring;
    for (let x = 0; x < width; x++) {
      const a = edges[x], b = Math.max(edges[x + 1], a + 1);
      let n = 0;
      const step = Math.max(1, (b - a) >> 6); // a gap is a second long at least
      let of = 0;
      for (let c = a; c < b; c += step) {
        of++;
        if (c >= first && c < end) n += seen[c & mask];
      }
      out[x] = n === 0 ? 0 : n === of ? 2 : 1;
    }
    return out;
  }

  function drawProcs(edges, width, analysed) {
    const m = heat, c = begin(m);
    const rows = Math.min(ring.rows || 1, Math.floor(plotHeight(m) * m.ratio));
    const levels = buffer(m, "levels", Uint8Array, rows * width), pixels = buffer(m, "pixels", Uint32Array, rows * width);
    pixels.fill(0);
    ring.project(edges, width, rows, levels);
    const { delays, noneBits } = palette;
    for (let r = 0, i = 0; r < rows; r++) {
      for (let x = 0; x < width; x++, i++) {
        if (analysed[x]) pixels[i] = levels[i] ? delays[levels[i]] : noneBits; // else transparent: the hatches
      }
    }
    put(m, c, pixels, width, rows);

    const h = plotHeight(m), each = h / (ring.rows || 1);
    c.fillStyle = palette.back;
    if (each >= 8) for (let p = 1; p < ring.rows; p++) c.fillRect(gutter, plotTop + p * each - 0.5, plotWidth(m), 1);
    const wide = plotWidth(m) / view.columns;
    if (wide >= 8) for (let x = Math.ceil(view.from); x < view.from + view.columns; x++) c.fillRect(xOf(m, x) - 0.5, plotTop, 1, h);

    // The lane above says where some of a pixel's time is missing, also if that is less than the pixel.
    c.fillStyle = palette.warning;
    for (let x = 0; x < width; x++) {
      const a = edges[x];
      if (analysed[x] !== 1 || a >= ring.end - 200 || edges[x + 1] <= ring.first() + 1) continue;
      c.fillRect(gutter + x / m.ratio, plotTop - 3, Math.max(1, 1 / m.ratio), 2);
    }

    c.fillStyle = palette.soft;
    c.textAlign = "right";
    c.textBaseline = "middle";
    const step = [1, 2, 4, 8, 16, 32, 64, 128, 256].find((n) => n * each >= 15) || 512;
    for (let p = 0; p < ring.rows; p += step) c.fillText("P " + p, gutter - 8, plotTop + (p + 0.5) * each);

    // Below: the time of which the trace is in memory, so that a click is answered in full.
    if (memory) {
      const a = Math.max(gutter, xOf(m, memory.from)), b = Math.min(gutter + plotWidth(m), xOf(m, memory.to));
      c.fillStyle = palette.accent;
      if (b > a) c.fillRect(a, plotTop + h + 2, b - a, 3);
    }
    drawMarks(m, c);
    drawAxis(m, c);
  }

  // drawMarks shows the time of each anomaly above the map.
  function drawMarks(m, c) {
    for (const a of marks) {
      const x0 = xOf(m, a.from), x1 = xOf(m, a.to);
      if (x1 < gutter || x0 > gutter + plotWidth(m)) continue;
      c.fillStyle = palette[a.severity] || palette.info;
      const l = Math.max(gutter, x0), r = Math.min(gutter + plotWidth(m), Math.max(x1, x0 + 2));
      c.fillRect(l, 9, r - l, 3);
      if (x0 < gutter) continue;
      c.beginPath(); // where it begins, with its number
      c.moveTo(x0 - 4, 2);
      c.lineTo(x0 + 4, 2);
      c.lineTo(x0, 9);
      c.fill();
    }
  }

  function drawWaits(edges, width, analysed) {
    const m = latency, c = begin(m);
    const starts = buffer(m, "starts", Float32Array, waitTop * width), pixels = buffer(m, "pixels", Uint32Array, waitTop * width);
    pixels.fill(0);
    ring.projectWaits(edges, width, waitTop, starts);
    const { counts, noneBits } = palette;
    for (let r = 0; r < waitTop; r++) {
      const from = r * width, to = (waitTop - 1 - r) * width; // the longest on top
      for (let x = 0; x < width; x++) {
        if (!analysed[x]) continue;
        const n = starts[from + x];
        pixels[to + x] = n > 0 ? counts[n < tw.scale.countMost ? n | 0 : tw.scale.countMost] : noneBits;
      }
    }
    put(m, c, pixels, width, waitTop);

    const h = plotHeight(m);
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (let ns = 1e3; ns <= 1e9; ns *= 10) {
      const y = plotTop + h - tw.scale.rowOf(ns) / waitTop * h;
      c.fillStyle = palette.soft;
      c.fillText(f.duration(ns), gutter - 8, y);
      c.fillStyle = palette.line;
      c.fillRect(gutter - 5, y - 0.5, 5, 1);
    }
    drawAxis(m, c);
  }

  // drawAxis writes the time below a map.
  function drawAxis(m, c) {
    const y = plotTop + plotHeight(m) + lane;
    c.textBaseline = "top";
    c.textAlign = "center";
    const seconds = view.columns / perSecond;
    const step = steps.find((s) => s / seconds * plotWidth(m) >= 92) || 43200;
    const decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
    const start = ring.at(view.from);
    // Without a time of day, time counts from the first strip on.
    const zero = start === null ? (view.from - ring.oldest) / perSecond : start / 1000;
    for (let t = Math.ceil(zero / step) * step; t < zero + seconds; t += step) {
      const x = xOf(m, view.from + (t - zero) * perSecond);
      c.fillStyle = palette.line;
      c.fillRect(x, y - lane, 1, lane);
      c.fillStyle = palette.soft;
      if (x - gutter < 24 || gutter + plotWidth(m) - x < 24) continue;
      c.fillText(start === null ? (t < 0 ? "" : t.toFixed(decimals) + " s") : f.clock(Math.round(t * 1000), decimals), x, y + 3);
    }
  }

  // overlay puts on the maps what follows the pointer and the keyboard.
  function overlay() {
    if (!heat.width) return;
    for (const m of [heat, latency]) {
      const c = m.canvas.getContext("2d");
      c.setTransform(1, 0, 0, 1, 0, 0);
      c.clearRect(0, 0, m.canvas.width, m.canvas.height);
      c.drawImage(m.base, 0, 0);
      c.setTransform(m.ratio, 0, 0, m.ratio, 0, 0);
      const h = plotHeight(m);
      if (drag && drag.select) {
        const [a, b] = [Math.min(drag.x0, drag.x1), Math.max(drag.x0, drag.x1)];
        c.fillStyle = palette.accent;
        c.globalAlpha = 0.25;
        c.fillRect(a, plotTop, b - a, h);
        c.globalAlpha = 1;
        c.fillRect(a, plotTop, 1, h);
        c.fillRect(b, plotTop, 1, h);
      } else if (hover) {
        c.fillStyle = palette.text;
        c.globalAlpha = 0.6;
        c.fillRect(hover.x - 0.5, plotTop - lane, 1, h + 2 * lane);
        if (hover.map === m) c.fillRect(gutter, hover.y - 0.5, plotWidth(m), 1);
        c.globalAlpha = 1;
      }
    }
    const c = heat.canvas.getContext("2d");
    for (const cell of explained) frame(c, cell, palette.accent, 1.5);
    if (tw.heat.opened) frame(c, tw.heat.opened, palette.accent, 2.5);
    if (cursor.on) frame(c, cursor, palette.text, 2);
  }

  // frame draws a frame around a cell, large enough to be seen where the cell is not.
  function frame(c, cell, style, line) {
    const h = plotHeight(heat) / (ring.rows || 1), w = plotWidth(heat) / view.columns;
    let x = xOf(heat, cell.column), y = plotTop + cell.proc * h;
    const width = Math.max(w, 9), height = Math.max(h, 9);
    x -= (width - w) / 2;
    y -= (height - h) / 2;
    if (x + width < gutter || x > gutter + plotWidth(heat)) return;
    c.lineJoin = "round";
    c.strokeStyle = palette.back;
    c.lineWidth = line + 2.5;
    c.strokeRect(x, y, width, height);
    c.strokeStyle = style;
    c.lineWidth = line;
    c.strokeRect(x, y, width, height);
  }

  // follow keeps the newest in view, and the view inside what there is.
  function follow() {
    const all = ring.keep;
    view.columns = Math.max(narrowest, Math.min(view.columns, all));
    // Under a pointer that aims the map does not move away.
    if (view.follow && !(hover && performance.now() - moved < 3000)) view.from = ring.end - view.columns;
    // Of a ring that is not full one may look at the empty part, but not past it.
    const low = Math.min(ring.first(), ring.end - view.columns);
    view.from = Math.max(low, Math.min(view.from, ring.end - view.columns));
  }

  function setFollow(on) {
    view.follow = on;
    tw.byID("heat-newest").setAttribute("aria-pressed", String(on));
  }

  // zoom changes how much is in view; the column at a place of it, 0 to 1, stays there.
  function zoom(factor, at = 1) {
    const columns = Math.max(narrowest, Math.min(view.columns * factor, ring.keep));
    const keep = view.from + at * view.columns;
    view.columns = columns;
    view.from = keep - at * columns;
    if (at < 1 || !view.follow) setFollow(view.follow && view.from + columns >= ring.end - 1);
    want();
  }

  function pan(columns) {
    view.from += columns;
    setFollow(view.from + view.columns >= ring.end);
    want();
  }

  // show brings columns into view, with as much again around them.
  function show(from, to) {
    const length = Math.max(narrowest, to - from);
    view.columns = Math.min(length * 2, ring.keep);
    view.from = from - (view.columns - (to - from)) / 2;
    setFollow(false);
    want();
  }

  // moment says when a column was, in the time of day, or since the trace's beginning.
  function moment(column, decimals = 3) {
    const at = ring.at(column);
    return at === null ? ((column - ring.oldest) / perSecond).toFixed(2) + " s" : f.clock(at, decimals);
  }

  // at finds what is under a point of a map.
  function at(m, x, y) {
    const h = plotHeight(m);
    if (x < gutter || x >= gutter + plotWidth(m) || y < plotTop || y >= plotTop + h) return null;
    const per = view.columns / plotWidth(m);
    let a = Math.floor(columnOf(m, x)), b = a + 1;
    if (per > 1) { // a pixel is several columns: what is looked for is the worst of it
      a = Math.floor(columnOf(m, x - 0.5));
      b = Math.max(a + 1, Math.floor(columnOf(m, x + 0.5)));
    }
    if (m === latency) {
      const row = Math.floor((plotTop + h - y) / h * waitTop);
      return { a, b, row };
    }
    const p = Math.min(ring.rows - 1, Math.floor((y - plotTop) / h * ring.rows));
    return { a, b, proc: p };
  }

  const state = (a, b) => {
    const n = ring.analysed(a, b);
    return n === 0 ? (b > ring.end ? "not there yet" : a < ring.first() ? "before what the page has" : "not analysed") : n < b - a ? "partly not analysed" : "";
  };

  // describe says what is in a part of the map of Ps.
  function describe(p, a, b) {
    const level = ring.max(p, a, b);
    const lost = state(a, b);
    if (level) return "longest delay " + tw.scale.delayText(level) + (lost ? ", " + lost : "");
    return lost || "nobody had to wait here: no goroutine started";
  }

  function tip(event, m) {
    const r = m.canvas.getBoundingClientRect(), x = event.clientX - r.left, y = event.clientY - r.top;
    const u = at(m, x, y);
    hover = u ? { map: m, x, y } : null;
    if (!u) {
      const mark = m === heat && y < plotTop && marks.find((k) => x >= xOf(m, k.from) - 5 && x <= Math.max(xOf(m, k.to), xOf(m, k.from) + 5));
      if (mark) tw.tip.show(event.clientX, event.clientY, el("b", { text: mark.kind }), el("div", { text: mark.summary }), el("div", { class: "soft", text: "click: go to it" }));
      else tw.tip.hide();
      m.canvas.style.cursor = mark ? "pointer" : "";
      return overlay();
    }
    m.canvas.style.cursor = "crosshair";
    const long = (u.b - u.a) * 1e7;
    if (m === heat) {
      const level = ring.max(u.proc, u.a, u.b);
      tw.tip.show(event.clientX, event.clientY,
        el("b", { text: moment(u.a, 2) + " · P " + u.proc }),
        el("div", { text: describe(u.proc, u.a, u.b) }),
        u.b - u.a > 1 ? el("div", { class: "soft", text: "in " + f.duration(long) + ", " + (u.b - u.a) + " cells" }) : null,
        level ? el("div", { class: "soft", text: "click: who waited, and why" }) : null);
    } else {
      const n = ring.count(u.row, u.a, u.b);
      tw.tip.show(event.clientX, event.clientY,
        el("b", { text: moment(Math.floor(u.a / 10) * 10, 1) + " · " + (u.row ? f.duration(tw.scale.delayOfRow(u.row)) : "0") + " to " +
          f.duration(tw.scale.delayOfRow(u.row + 1)) + (u.row === waitTop - 1 ? " and more" : "") }),
        el("div", { text: n ? (u.b - u.a > 10 ? "up to " : "") + f.many(n, "start") + " in 100 ms" : state(u.a, u.b) || "no start that had waited so long" }),
        n ? el("div", { class: "soft", text: "click: the longest of them" }) : null);
    }
    overlay();
  }

  // click opens the worst cell under a point.
  function click(m, x, y) {
    const u = at(m, x, y);
    if (!u) {
      const mark = m === heat && y < plotTop && marks.find((k) => x >= xOf(m, k.from) - 5 && x <= Math.max(xOf(m, k.to), xOf(m, k.from) + 5));
      if (mark) tw.anomalies.open(mark.number);
      return;
    }
    let cell = null;
    if (m === heat) cell = ring.hottest(u.a, u.b, u.proc, u.proc + 1) || { proc: u.proc, column: u.a, level: 0 };
    else cell = ring.hottest(Math.floor(u.a / 10) * 10, Math.max(Math.ceil(u.b / 10) * 10, Math.floor(u.a / 10) * 10 + 10));
    if (cell) openCell(cell);
  }

  function openCell(cell) {
    tw.heat.opened = { proc: cell.proc, column: cell.column };
    Object.assign(cursor, { proc: cell.proc, column: cell.column });
    // A view that goes on would take the cell away while it is read about.
    if (view.follow) setFollow(false);
    want();
    onCell({ proc: cell.proc, column: cell.column, level: ring.max(cell.proc, cell.column, cell.column + 1) });
  }

  // listen handles the pointer.
  function listen(m) {
    const e = m.canvas;
    const place = (event) => { const r = e.getBoundingClientRect(); return [event.clientX - r.left, event.clientY - r.top]; };
    e.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !ring) return;
      const [x, y] = place(event);
      drag = { x0: x, x1: x, y, from: view.from, pan: event.shiftKey, select: false };
      try { e.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ }
    });
    e.addEventListener("pointermove", (event) => {
      if (!ring) return;
      moved = performance.now();
      if (!drag) return tip(event, m);
      const [x] = place(event);
      drag.x1 = Math.max(gutter, Math.min(gutter + plotWidth(m), x));
      if (Math.abs(drag.x1 - drag.x0) < 4 && !drag.select && !drag.moving) return;
      tw.tip.hide();
      if (drag.pan) {
        drag.moving = true;
        view.from = drag.from - (x - drag.x0) / plotWidth(m) * view.columns;
        setFollow(view.from + view.columns >= ring.end);
        want();
      } else {
        drag.select = true;
        drag.x0 = Math.max(gutter, drag.x0);
        overlay();
      }
    });
    e.addEventListener("pointerup", (event) => {
      if (!drag) return;
      const d = drag;
      drag = null;
      if (d.select) {
        const a = columnOf(m, Math.min(d.x0, d.x1)), b = columnOf(m, Math.max(d.x0, d.x1));
        view.columns = Math.max(narrowest, b - a);
        view.from = (a + b - view.columns) / 2;
        setFollow(false);
        want();
      } else if (!d.moving) {
        const [x, y] = place(event);
        click(m, x, y);
      }
    });
    e.addEventListener("pointercancel", () => { drag = null; overlay(); });
    e.addEventListener("pointerleave", () => { hover = null; tw.tip.hide(); if (ring) overlay(); });
    // Who scrolls the page past the map does not mean to zoom: the wheel zooms once the pointer was moved on
    // the map, and lets go of the page's scrolling only where there is something to zoom.
    e.addEventListener("wheel", (event) => {
      if (!ring || (!event.ctrlKey && lastScroll > moved)) return;
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      const dx = event.deltaX * unit, dy = event.deltaY * unit;
      if (Math.abs(dx) > Math.abs(dy) || event.shiftKey) {
        event.preventDefault();
        pan((dx || dy) / plotWidth(m) * view.columns);
        return;
      }
      if (dy > 0 ? view.columns >= ring.keep : view.columns <= narrowest) {
        if (event.ctrlKey) event.preventDefault(); // else the browser would zoom the page
        return;
      }
      event.preventDefault();
      const [x] = place(event);
      const place01 = Math.max(0, Math.min(1, (x - gutter) / plotWidth(m)));
      zoom(2 ** (Math.max(-240, Math.min(240, dy)) / 240), view.follow && place01 > 0.97 ? 1 : place01);
      hover = null;
      tw.tip.hide();
    }, { passive: false });
    e.addEventListener("keydown", keys);
    e.addEventListener("focus", () => { if (e.matches(":focus-visible") && ring) { cursor.on = true; place0(); want(); } });
    e.addEventListener("blur", () => { cursor.on = false; if (ring) overlay(); });
  }

  // place0 puts the cursor to the hottest cell in view, unless it is in view already.
  function place0() {
    if (cursor.column >= view.from && cursor.column < view.from + view.columns && cursor.column > 0) return;
    const h = hottest();
    cursor.proc = h ? h.proc : 0;
    cursor.column = h ? h.column : Math.floor(view.from + view.columns / 2);
  }

  // step is how far an arrow key goes: a cell, or what is seen as one.
  const step = () => Math.max(1, Math.round(view.columns / plotWidth(heat) * 4));

  function keys(event) {
    if (!ring || event.altKey || event.ctrlKey || event.metaKey) return;
    const middle = (cursor.column - view.from) / view.columns;
    const around = middle >= 0 && middle <= 1 ? middle : 0.5;
    const by = event.shiftKey ? 10 * step() : step();
    const moves = {
      ArrowLeft: () => { cursor.column -= by; },
      ArrowRight: () => { cursor.column += by; },
      ArrowUp: () => { cursor.proc--; },
      ArrowDown: () => { cursor.proc++; },
      Home: () => { cursor.column = ring.first(); },
      End: () => { cursor.column = ring.end - 1; setFollow(true); },
      PageUp: () => { cursor.column -= view.columns; pan(-view.columns); },
      PageDown: () => { cursor.column += view.columns; pan(view.columns); },
      "+": () => zoom(0.5, around), "=": () => zoom(0.5, around),
      "-": () => zoom(2, around), "_": () => zoom(2, around),
      "0": () => { view.columns = ring.end - ring.first(); },
      h: () => goHottest(),
    };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      cursor.on = true;
      const s = step(), c = ring.hottest(cursor.column, cursor.column + s, cursor.proc, cursor.proc + 1);
      return openCell(c || cursor);
    }
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    cursor.on = true;
    place0();
    move();
    cursor.proc = Math.max(0, Math.min(ring.rows - 1, cursor.proc));
    cursor.column = Math.max(ring.first(), Math.min(ring.end - 1, cursor.column));
    if (event.key === "Home" || event.key === "ArrowLeft") setFollow(false);
    if (!view.follow) { // the cursor stays in view
      if (cursor.column < view.from) view.from = cursor.column - view.columns * 0.1;
      if (cursor.column >= view.from + view.columns) view.from = cursor.column - view.columns * 0.9;
    } else if (cursor.column < ring.end - view.columns) {
      setFollow(false);
      view.from = cursor.column - view.columns * 0.1;
    }
    announce();
    want();
  }

  // announce tells screen readers what is under the cursor.
  function announce() {
    const s = step();
    tw.byID("heat-says").textContent = "P " + cursor.proc + ", " + moment(cursor.column, 2) +
      (s > 1 ? " and the " + f.duration(s * 1e7) + " from there" : "") + ": " + describe(cursor.proc, cursor.column, cursor.column + s);
  }

  // hottest is the hottest cell in view, and where it is on the canvas, in CSS pixels. If some of the trace that is in
  // view is in memory, it is the hottest of that: it is asked for to be explained.
  function hottest() {
    if (!ring) return null;
    const a = Math.ceil(view.from), b = Math.floor(view.from + view.columns);
    const h = (memory && ring.hottest(Math.max(a, Math.ceil(memory.from)), Math.min(b, Math.floor(memory.to)))) || ring.hottest(a, b);
    if (!h) return null;
    return {
      ...h, delay: tw.scale.delayOf(h.level), from: ring.bucketText(h.column),
      x: xOf(heat, h.column + 0.5), y: plotTop + (h.proc + 0.5) * plotHeight(heat) / ring.rows,
    };
  }

  function goHottest() {
    const h = hottest();
    if (h) openCell(h);
  }

  // say writes beside the map what part is shown, and what is worst in it.
  let said = "";
  function say() {
    const a = Math.max(view.from, ring.first()), b = Math.min(view.from + view.columns, ring.end);
    tw.byID("heat-range").textContent = isNaN(ring.origin) ? "" : moment(a, view.columns < 500 ? 2 : 0) + " to " + moment(b, view.columns < 500 ? 2 : 0) + ", " + f.duration((b - a) * 1e7);
    // The hottest of each second in view. A second that is cut by the view's edge counts, if its hottest cell is in view.
    const s = ring.strips;
    let list = [];
    for (let i = 0; i < s.length; i++) {
      const c = s.get("hotColumn", i), p = s.get("hotProc", i);
      if (p >= 0 && c >= view.from && c < view.from + view.columns) list.push({ proc: p, column: c, level: s.get("hotLevel", i) });
    }
    if (view.columns < 10 * perSecond) { // of less than that, the hottest of each fifth
      list.length = 0;
      for (let i = 0; i < 5; i++) {
        const c = ring.hottest(Math.ceil(view.from + i * view.columns / 5), Math.ceil(view.from + (i + 1) * view.columns / 5));
        if (c) list.push(c);
      }
    }
    list.sort((x, y) => y.level - x.level || y.column - x.column || y.proc - x.proc);
    // Two strips can have the same one, each a part of it.
    list = list.filter((x, i) => !i || x.column !== list[i - 1].column || x.proc !== list[i - 1].proc);
    list.length = Math.min(list.length, 5);
    const gone = (x) => !!memory && (x.column < memory.from || x.column >= memory.to);
    const key = f.utc() + list.map((x) => x.proc + "/" + x.column + gone(x)).join();
    if (key === said) return;
    said = key;
    // Buttons that stay keep the focus.
    const box = tw.byID("heat-hottest"), focused = box.contains(document.activeElement) && document.activeElement.dataset.key;
    tw.replace(box, list.map((x) => el("li", {}, el("button", {
      type: "button", class: "small", data: { key: x.proc + "/" + x.column }, on: { click: () => openCell(x) },
      title: gone(x) ? "its trace is no longer in memory" : null,
      text: tw.scale.delayText(x.level).replace("about ", "~") + " · P " + x.proc + " · " + moment(x.column, 2),
    }))), list.length ? null : el("li", { class: "soft", text: "nobody waited" }));
    if (focused) [...box.querySelectorAll("button")].find((x) => x.dataset.key === focused)?.focus();
  }

  function button(id, fn) { tw.byID(id).addEventListener("click", () => { if (ring) fn(); }); }

  // save makes a file of what is shown, without asking the server.
  function save() {
    const c = document.createElement("canvas");
    c.width = heat.base.width;
    c.height = heat.base.height + latency.base.height;
    const x = c.getContext("2d");
    x.fillStyle = palette.back;
    x.fillRect(0, 0, c.width, c.height);
    x.drawImage(heat.base, 0, 0);
    x.drawImage(latency.base, 0, heat.base.height);
    c.toBlob((blob) => {
      if (!blob) return;
      const url = URL.createObjectURL(blob), a = el("a", { href: url, download: "tracewatch-heatmap.png" });
      a.click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
    });
  }

  tw.heat = {
    took: 0, // by the last drawing, in milliseconds
    opened: null, // the cell that the detail is of
    init(r, cellOpened) {
      ring = r;
      onCell = cellOpened;
      heat = newMap(tw.byID("heat"), procHeight());
      latency = newMap(tw.byID("latency"), 210);
      latency.canvas.tabIndex = -1; // all that it can do the other one does by keyboard
      colours();
      listen(heat);
      listen(latency);
      button("heat-in", () => zoom(0.5, view.follow ? 1 : 0.5));
      button("heat-out", () => zoom(2, view.follow ? 1 : 0.5));
      button("heat-left", () => pan(-view.columns / 2));
      button("heat-right", () => pan(view.columns / 2));
      button("heat-newest", () => { setFollow(true); want(); });
      button("heat-go", goHottest);
      button("heat-save", save);
      for (const b of document.querySelectorAll("[data-seconds]")) {
        b.addEventListener("click", () => {
          const n = +b.dataset.seconds;
          zoom((n ? n * perSecond : ring.end - ring.first()) / view.columns, view.follow ? 1 : 0.5);
        });
      }
      addEventListener("scroll", () => { lastScroll = performance.now(); }, { passive: true });
      new ResizeObserver((entries) => {
        shownWidth = Math.floor(entries[0].contentRect.width);
        want();
      }).observe(heat.canvas.parentElement);
      shownWidth = Math.floor(heat.canvas.parentElement.clientWidth);
      tw.theme.onChange(() => { colours(); want(); });
      want();
    },
    draw, want, show, hottest, moment, openCell,
    view,
    ring: () => ring,
    showAll() { view.columns = Math.max(narrowest, ring.end - ring.oldest); setFollow(false); view.from = ring.oldest; want(); },
    reset() { said = ""; memory = null; marks = []; cursor.column = 0; tw.heat.opened = null; setFollow(true); want(); },
    setMarks(m) { marks = m; want(); },
    setExplained(cells) { explained = cells; want(); },
    setMemory(m) { memory = m; },
    inMemory: (column) => !!memory && column >= memory.from && column < memory.to,
    memory: () => memory,
    hasData: () => !!ring && !isNaN(ring.origin),
  };
})(window.tracewatch);
