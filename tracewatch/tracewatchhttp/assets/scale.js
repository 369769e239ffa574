// scale.js has what numbers look like. Both scales run evenly from dark to light (on a dark page, the other
// way on a light one), so that more is always further from the background, also for eyes that do not tell
// red from green, and on a print without colours. They are matplotlib's inferno and viridis.
(function (tw) {
  "use strict";

  const inferno = ["000004", "160b39", "420a68", "6a176e", "932667", "bc3754", "dd513a", "f37819", "fca50a", "f6d746", "fcffa4"];
  const pale = [...inferno, "ffffff"]; // on white paper what is harmless is hardly coloured
  const viridis = ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"];

  // The ends that would be hard to tell from the background are left out.
  const ranges = {
    delay: { dark: [inferno, 0.13, 1], light: [pale, 0.97, 0.04] },
    count: { dark: [viridis, 0.1, 1], light: [viridis, 1, 0] },
  };

  const part = (hex, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16);

  // colour is a scale's at x, 0 to 1, as [r, g, b].
  function colour(name, dark, x) {
    const [stops, a, b] = ranges[name][dark ? "dark" : "light"];
    const at = (a + (b - a) * Math.max(0, Math.min(1, x))) * (stops.length - 1);
    const i = Math.min(Math.floor(at), stops.length - 2), t = at - i;
    return [0, 1, 2].map((k) => Math.round(part(stops[i], k) * (1 - t) + part(stops[i + 1], k) * t));
  }

  const rgba = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // as an ImageData has it, little-endian

  // Levels are the library's: numbers known to an eighth, a byte each (see tracewatch.Levels).
  const starts = new Float64Array(256);
  for (let n = 1; n < 256; n++) starts[n] = 2 ** ((n - 1) >> 3) * (1 + ((n - 1) & 7) / 8);

  const unit = 128; // nanoseconds: tracewatch.HeatUnit

  // Delays from 100 µs to 1 s are told apart. Less hurts nobody, and more is bad enough.
  const least = 1e5, most = 1e9;
  const delayAt = (ns) => Math.log(ns / least) / Math.log(most / least);

  // Counts from 1 to 10,000 in 100 ms.
  const countMost = 1e4;
  const countAt = (n) => Math.log(n) / Math.log(countMost);

  // delays has the colour of each level; that of 0 is not used.
  function delays(dark) {
    const lut = new Uint32Array(256);
    for (let n = 1; n < 256; n++) lut[n] = rgba(colour("delay", dark, delayAt(Math.max(least, starts[n] * unit))));
    return lut;
  }

  // counts has the colour of each count up to countMost; that of 0 is not used.
  function counts(dark) {
    const lut = new Uint32Array(countMost + 1);
    for (let n = 1; n <= countMost; n++) lut[n] = rgba(colour("count", dark, countAt(n)));
    return lut;
  }

  // legend draws a scale from left to right.
  function legend(canvas, name) {
    const w = canvas.width, h = canvas.height, c = canvas.getContext("2d");
    for (let x = 0; x < w; x++) {
      c.fillStyle = "rgb(" + colour(name, tw.theme.dark(), x / (w - 1)).join(",") + ")";
      c.fillRect(x, 0, 1, h);
    }
  }

  tw.scale = {
    colour, delays, counts, legend,
    starts, // of levels, in units
    // A level is known to an eighth: what is told is its middle, in two digits.
    delayOf: (level) => (level < 2 ? unit : starts[level] * unit * (1 + 0.5 / (8 + ((level - 1) & 7)))),
    delayText: (level) => (level < 2 ? "less than 0.15 µs" : (level === 255 ? "at least " : "about ") + tw.format.duration(parseFloat(tw.scale.delayOf(level).toPrecision(2)))),
    countMost,
    rowOf: (ns) => 2 * Math.log2(ns / unit), // of detectors.WaitRow, with what is between two
    delayOfRow: (row) => unit * 2 ** (row / 2),
  };
})(window.tracewatch);
