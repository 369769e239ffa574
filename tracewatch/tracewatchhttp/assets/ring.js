// ring.js keeps what the heat maps are drawn from: a ring of columns in typed arrays, as long as it was made
// and never longer, whatever comes. There is no object for a cell.
(function (tw) {
  "use strict";

  const bucket = 1e7; // detectors.HeatBucket, in nanoseconds
  const perWait = 10; // columns to one detectors.WaitColumn
  const waitRows = 64; // detectors.WaitRows
  const mostRows = 1024; // Ps that have a row of their own; the few machines with more share the last
  const fold = 8; // by which each level is coarser than the one before
  const coarser = 3; // levels

  const bytesOf = (text) => {
    const s = atob(text || ""), b = new Uint8Array(s.length);
    for (let i = 0; i < s.length; i++) b[i] = s.charCodeAt(i);
    return b;
  };

  // Columns are counted from the first strip's on, so that they fit into 32 bits; origin + column is the bucket
  // by the trace's clock. A moment in nanoseconds may be beyond 2^53, where JSON.parse rounds it by a
  // microsecond at most: to find its bucket, of ten thousand of them, that does no harm, as strips begin at multiples.
  class Ring {
    // The capacity is a power of two; strips is of how many what is told by the strip is kept.
    constructor(capacity, strips = 1024) {
      this.capacity = capacity;
      this.mostStrips = strips;
      this.mask = capacity - 1;
      // A margin of one block of the coarsest level is not shown: it has columns of both ends.
      this.keep = capacity - fold ** coarser;
      this.waitMask = capacity / 8 - 1;
      this.clear();
    }

    clear() {
      this.rows = 0; // arrays are made when it is known for how many Ps
      this.cells = new Uint8Array(0);
      this.levels = [];
      this.seen = new Uint8Array(this.capacity); // 1: analysed
      this.fresh = new Uint8Array(this.capacity); // 1: nothing is known of right before
      this.waits = new Float32Array(waitRows * (this.waitMask + 1));
      this.waitEnd = 0;
      this.origin = NaN; // until there is a strip
      this.end = 0; // the column after the newest
      this.oldest = 0;
      this.strips = new tw.Series(this.mostStrips, ["ms", "column", "start", "end", "events", "watch", "p50", "p99", "max", "hotProc", "hotColumn", "hotLevel", "fresh"]);
    }

    first() { return Math.max(this.oldest, this.end - this.keep); }

    // bucketText is the moment at which a column begins, exactly: it goes into URLs.
    bucketText(column) { return String(BigInt(Math.max(0, this.origin + column)) * BigInt(bucket)); }

    column(ns) { return ns / bucket - this.origin; }

    // at is the time of day of a column, in milliseconds since 1970, or null if the trace does not tell.
    // It is told by the strip that has the column: the two clocks are compared anew for each, and on a starved machine
    // that is some milliseconds off. What was once told of a cell stays.
    at(column) {
      let a = 0, b = this.strips.length - 1;
      if (b < 0) return null;
      while (a < b) { // the last that does not begin after it
        const mid = (a + b + 1) >> 1;
        if (this.strips.get("column", mid) <= column + 1) a = mid; else b = mid - 1;
      }
      const ms = this.strips.get("ms", a);
      return isNaN(ms) ? null : ms + (column - this.strips.get("column", a)) * 10;
    }

    grow(rows) {
      if (rows <= this.rows) return;
      const cells = new Uint8Array(rows * this.capacity);
      cells.set(this.cells);
      this.cells = cells;
      this.levels = Array.from({ length: coarser }, (_, i) => {
        const level = new Uint8Array(rows * (this.capacity / fold ** (i + 1)));
        if (this.levels[i]) level.set(this.levels[i]);
        return level;
      });
      this.rows = rows;
    }

    // advance makes room up to a column, and forgets what was there.
    advance(to) {
      if (to <= this.end) return;
      const from = Math.max(this.end, to - this.capacity);
      this.wipe(this.seen, 0, from, to, this.capacity);
      this.wipe(this.fresh, 0, from, to, this.capacity);
      for (let p = 0; p < this.rows; p++) {
        this.wipe(this.cells, p * this.capacity, from, to, this.capacity);
        for (let i = 0, n = fold; i < coarser; i++, n *= fold) {
          // Of a block that was begun before, the part that there is already stays.
          const size = this.capacity / n;
          this.wipe(this.levels[i], p * size, Math.ceil(from / n), Math.min(Math.ceil(to / n), Math.ceil(from / n) + size), size);
        }
      }
      this.end = to;
    }

    wipe(array, row, from, to, size) {
      const a = from & (size - 1), n = to - from;
      if (n <= 0) return;
      if (n >= size) { array.fill(0, row, row + size); return; }
      array.fill(0, row + a, row + Math.min(a + n, size));
      if (a + n > size) array.fill(0, row, row + a + n - size);
    }

    advanceWaits(to) {
      const size = this.waitMask + 1;
      if (to <= this.waitEnd) return;
      const from = Math.max(this.waitEnd, to - size);
      for (let r = 0; r < waitRows; r++) this.wipe(this.waits, r * size, from, to, size);
      this.waitEnd = to;
    }

    // add takes a strip. What is older than the ring reaches is left out.
    add(s) {
      const start = Math.floor(s.start_ns / bucket), end = Math.max(start + 1, Math.ceil(s.end_ns / bucket));
      if (isNaN(this.origin)) {
        // A multiple of both kinds of columns, and a few seconds before: strips come in order, but what is known of
        // the beginning may be corrected.
        this.origin = Math.floor(start / 1000) * 1000 - 1000;
        this.end = this.oldest = start - this.origin;
        this.waitEnd = Math.floor(this.end / perWait);
      }
      let a = start - this.origin;
      const b = end - this.origin;
      if (b > 2 ** 31 - 1 || a < this.oldest - 1000) { // after 248 days, or a clock of another process
        this.clear();
        this.add(s);
        return;
      }
      if (b <= this.first()) return;
      this.grow(Math.min(mostRows, Math.max(1, (s.cells || []).length, Math.min(s.procs || 0, mostRows))));
      this.advance(b);
      a = Math.max(a, this.first());
      for (let c = a; c < b; c++) this.seen[c & this.mask] = 1;
      if (s.fresh) this.fresh[a & this.mask] = 1;

      const hot = { proc: -1, column: 0, level: 0 };
      const from = Math.round(s.from_ns / bucket) - this.origin;
      (s.cells || []).forEach((text, p) => this.addRow(Math.min(p, mostRows - 1), from, bytesOf(text), hot));
      this.addWaits(Math.round(s.waits_from_ns / (bucket * perWait)) - this.origin / perWait, s.waits || []);

      const seconds = (s.end_ns - s.start_ns) / 1e9;
      const capacity = seconds * 1e9 * (s.procs || 1);
      this.strips.push([s.at ? Date.parse(s.at) : NaN, s.start_ns / bucket - this.origin, a, b, seconds > 0 ? s.events / seconds : 0, capacity > 0 ? s.watched_ns / capacity : 0,
        s.p50_ns, s.p99_ns, s.max_ns, hot.proc, hot.column, hot.level, s.fresh ? 1 : 0]);
    }

    addRow(p, from, levels, hot) {
      const { cells, mask, capacity } = this, row = p * capacity;
      const first = this.first();
      for (let i = 0; i < levels.length; i++) {
        const v = levels[i], c = from + i;
        if (v === 0 || c < first || c >= this.end) continue;
        // Two strips can have the same column, each a part of it.
        const at = row + (c & mask);
        if (v > cells[at]) cells[at] = v;
        if (v > hot.level) { hot.level = v; hot.proc = p; hot.column = c; }
        for (let k = 0, n = fold; k < coarser; k++, n *= fold) {
          const size = capacity / n, b = p * size + (Math.floor(c / n) & (size - 1));
          if (v <= this.levels[k][b]) break; // what is coarser has it too
          this.levels[k][b] = v;
        }
      }
    }

    addWaits(from, columns) {
      const { starts } = tw.scale, size = this.waitMask + 1;
      this.advanceWaits(from + columns.length);
      columns.forEach((text, i) => {
        const c = from + i;
        if (c < 0 || c < this.waitEnd - size) return;
        const rows = bytesOf(text);
        for (let r = 0; r < Math.min(rows.length, waitRows); r++) {
          if (rows[r]) this.waits[r * size + (c & this.waitMask)] += starts[rows[r]];
        }
      });
    }

    // max is the highest level of a P between two columns.
    max(p, a, b) {
      a = Math.max(a, this.first());
      b = Math.min(b, this.end);
      let m = 0;
      const { cells, mask, capacity } = this, row = p * capacity;
      while (a < b) {
        let k = coarser - 1, n = fold ** coarser;
        while (k >= 0 && (a % n !== 0 || a + n > b)) { k--; n /= fold; }
        const v = k < 0 ? cells[row + (a & mask)] : this.levels[k][p * (capacity / n) + ((a / n) & (capacity / n - 1))];
        if (v > m) m = v;
        a += n;
      }
      return m;
    }

    // hottest is the cell with the highest level between two columns, the newest of several; null if there is
    // none. P by P it looks into the half that has it.
    hottest(a, b, p0 = 0, p1 = this.rows) {
      let level = 0, proc = -1;
      for (let p = p0; p < p1; p++) {
        const m = this.max(p, a, b);
        if (m > level) { level = m; proc = p; }
      }
      if (proc < 0) return null;
      a = Math.max(a, this.first());
      b = Math.min(b, this.end);
      while (b - a > 1) {
        const mid = (a + b) >> 1;
        if (this.max(proc, mid, b) === level) a = mid; else b = mid;
      }
      return { proc, column: a, level };
    }

    // analysed is how many columns between two were.
    analysed(a, b) {
      let n = 0;
      for (let c = Math.max(a, this.first()), e = Math.min(b, this.end); c < e; c++) n += this.seen[c & this.mask];
      return n;
    }

    // project writes the highest level of each pixel, rows of Ps by width, into out; edges are the columns at which
    // pixels begin, one more than width. It uses the coarsest level of which a pixel has several blocks;
    // each block is one pixel's.
    project(edges, width, rows, out) {
      const { capacity } = this;
      const perPixel = (edges[width] - edges[0]) / width;
      let k = -1, n = 1;
      while (k < coarser - 1 && n * fold * 4 <= perPixel) { k++; n *= fold; }
      const source = k < 0 ? this.cells : this.levels[k];
      const size = capacity / n, mask = size - 1;
      const first = this.first(), end = this.end;
      // Each block is of one pixel; where pixels are narrower than a column, they repeat it.
      const from = new Int32Array(width), to = new Int32Array(width);
      for (let x = 0; x < width; x++) {
        const a = Math.max(edges[x], first), b = Math.min(Math.max(edges[x + 1], edges[x] + 1), end);
        from[x] = Math.floor(a / n);
        const last = x === width - 1 || b === end; // nobody else has the block that is cut
        to[x] = a >= b ? from[x] : Math.max(from[x] + 1, last ? Math.ceil(b / n) : Math.floor(b / n));
      }
      out.fill(0);
      for (let p = 0; p < this.rows; p++) {
        const target = Math.floor(p * rows / this.rows) * width, row = p * size;
        for (let x = 0; x < width; x++) {
          let value = out[target + x];
          for (let i = from[x], e = to[x]; i < e; i++) {
            const v = source[row + (i & mask)];
            if (v > value) value = v;
          }
          out[target + x] = value;
        }
      }
    }

    // projectWaits writes the most starts in a wait column of each pixel, rows by width. What had waited longer than
    // rows tell is in the last.
    projectWaits(edges, width, rows, out) {
      const size = this.waitMask + 1, low = Math.max(this.waitEnd - size, Math.floor(this.first() / perWait));
      const from = new Int32Array(width), to = new Int32Array(width);
      for (let x = 0; x < width; x++) {
        from[x] = Math.max(Math.floor(edges[x] / perWait), low);
        to[x] = Math.min(Math.max(Math.ceil(edges[x + 1] / perWait), Math.floor(edges[x] / perWait) + 1), this.waitEnd);
      }
      out.fill(0);
      for (let r = 0; r < waitRows; r++) {
        const row = r * size, target = Math.min(r, rows - 1) * width;
        for (let x = 0; x < width; x++) {
          let m = out[target + x];
          for (let w = from[x]; w < to[x]; w++) {
            const v = this.waits[row + (w & this.waitMask)];
            if (v > m) m = v;
          }
          out[target + x] = m;
        }
      }
    }

    // count is the most starts in one wait column of a row, between two columns.
    count(row, a, b) {
      let m = 0;
      const size = this.waitMask + 1;
      const w0 = Math.max(Math.floor(Math.max(a, this.first()) / perWait), this.waitEnd - size);
      const w1 = Math.min(Math.max(Math.ceil(b / perWait), w0 + 1), this.waitEnd);
      for (let w = w0; w < w1; w++) {
        const v = this.waits[row * size + (w & this.waitMask)];
        if (v > m) m = v;
      }
      return m;
    }
  }

  // A Series keeps the newest of some rows of numbers.
  class Series {
    constructor(capacity, names) {
      this.capacity = capacity;
      this.length = 0;
      this.total = 0;
      this.names = names;
      this.values = names.map(() => new Float64Array(capacity));
    }

    push(row) {
      const at = this.total++ % this.capacity;
      row.forEach((v, i) => { this.values[i][at] = v; });
      this.length = Math.min(this.total, this.capacity);
    }

    // get is a value, the oldest at 0.
    get(name, i) { return this.values[this.names.indexOf(name)][(this.total - this.length + i) % this.capacity]; }

    // last is the newest n of a name, the oldest first.
    last(name, n) {
      n = Math.min(n, this.length);
      return Array.from({ length: n }, (_, i) => this.get(name, this.length - n + i));
    }
  }

  tw.Ring = Ring;
  tw.Series = Series;
  tw.waitRows = waitRows;
})(window.tracewatch);
