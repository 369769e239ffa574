// format.js says numbers as people do: three digits and a unit, as the library's own sentences.
(function (tw) {
  "use strict";

  const digits = (v) => (Math.abs(v) >= 100 ? v.toFixed(0) : String(parseFloat(v.toPrecision(3))));

  // duration is package wording's Duration, and minutes where that would count seconds in hundreds.
  function duration(ns) {
    if (ns === null || ns === undefined || !isFinite(ns)) return "–";
    if (ns < 0) return "−" + duration(-ns);
    if (ns === 0) return "0";
    if (ns < 1e3) return digits(ns) + " ns";
    if (ns < 999.5e3) return digits(ns / 1e3) + " µs";
    if (ns < 999.5e6) return digits(ns / 1e6) + " ms";
    if (ns < 120e9) return digits(ns / 1e9) + " s";
    const s = Math.round(ns / 1e9), m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
    if (d) return d + " d " + (h % 24) + " h";
    if (h) return h + " h " + (m % 60) + " min";
    return m + " min" + (s % 60 ? " " + (s % 60) + " s" : "");
  }

  const count = (n) => (n === null || n === undefined || !isFinite(n) ? "–" : Math.round(n).toLocaleString("en"));
  const many = (n, one) => count(n) + " " + one + (n === 1 ? "" : "s");

  // number is any number, large ones in thousands and millions.
  function number(v) {
    const a = Math.abs(v);
    if (a >= 9.995e8) return digits(v / 1e9) + " bn";
    if (a >= 9.995e5) return digits(v / 1e6) + " M";
    if (a >= 9995) return digits(v / 1e3) + " k";
    return digits(v);
  }

  function bytes(n) {
    if (!(n >= 1024)) return count(n) + " B";
    for (const unit of ["KiB", "MiB", "GiB"]) {
      n /= 1024;
      if (n < 1000) return digits(n) + " " + unit;
    }
    return digits(n / 1024) + " TiB";
  }

  // percent says a share. A little is not nothing.
  function percent(share) {
    const p = share * 100;
    if (!isFinite(p)) return "–";
    if (p > 0 && p < 0.01) return "<0.01 %";
    if (p < 100 && p > 99.99) return ">99.99 %";
    return (p >= 10 ? parseFloat(p.toFixed(p > 99 ? 2 : 1)) : parseFloat(p.toPrecision(2))) + " %";
  }

  // value says a measure with its unit, which is written as OpenTelemetry does (UCUM).
  function value(v, unit) {
    if (unit === "s") return duration(v * 1e9);
    if (unit === "ms") return duration(v * 1e6);
    if (unit === "By") return bytes(v);
    if (unit === "By/s") return bytes(v) + " a second";
    if (unit === "s/s") return duration(v * 1e9) + " a second";
    if (unit === "1" || !unit) return number(v);
    const [, what, rate] = /^\{(.*?)\}(\/s)?$/.exec(unit) || [null, unit.replace("/s", ""), unit.endsWith("/s")];
    return number(v) + (what && what !== "1" ? " " + what + (v === 1 ? "" : "s") : "") + (rate ? " a second" : "");
  }

  // short is a function's name without the path of its package; a type argument may have a path of its own.
  function short(name) {
    const i = name.indexOf("[");
    const path = i < 0 ? name : name.slice(0, i);
    return name.slice(path.lastIndexOf("/") + 1);
  }

  const base = (file) => file.slice(file.lastIndexOf("/") + 1);
  const location = (s) => (s.line ? s.file + ":" + s.line : s.file);

  // The time of day is the browser's, or UTC, which is what most logs are in.
  let utc = tw.store.get("utc") === "1";
  const pad = (n, w) => String(n).padStart(w, "0");

  // clock is a time of day, from milliseconds since 1970, to so many digits after the second.
  function clock(ms, decimals = 0) {
    const d = new Date(ms);
    if (isNaN(d)) return "–";
    const [h, m, s] = utc ? [d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()] : [d.getHours(), d.getMinutes(), d.getSeconds()];
    const sub = ((ms % 1000) + 1000) % 1000;
    return pad(h, 2) + ":" + pad(m, 2) + ":" + pad(s, 2) + (decimals ? "." + pad(Math.floor(sub), 3).slice(0, decimals) : "");
  }

  function day(ms) {
    const d = new Date(ms);
    if (isNaN(d)) return "–";
    const [y, m, t] = utc ? [d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()] : [d.getFullYear(), d.getMonth(), d.getDate()];
    return y + "-" + pad(m + 1, 2) + "-" + pad(t, 2) + " " + clock(ms);
  }

  function zone() {
    if (utc) return "UTC";
    const m = -new Date().getTimezoneOffset(), a = Math.abs(m);
    return "local time, UTC" + (m < 0 ? "−" : "+") + pad(Math.floor(a / 60), 2) + ":" + pad(a % 60, 2);
  }

  // Reasons to wait are the runtime's, and of few words; these say what they are called elsewhere.
  const was = {
    "": "it is not known what it did before", created: "it had just been created", syscall: "it was in a system call",
    network: "it had waited for the network", sync: "it had waited for a lock or a WaitGroup", "sync.(*Cond).Wait": "it had waited for a Cond",
    select: "it had waited in a select", "chan receive": "it had waited to receive from a channel", "chan send": "it had waited to send on a channel",
    sleep: "it had slept", preempted: "the runtime had stopped it", "runtime.Gosched": "it had yielded (runtime.Gosched)",
  };

  tw.format = {
    duration, count, many, number, bytes, percent, value, short, base, location, clock, day, zone,
    was: (w) => was[w] || "it had waited: " + w,
    utc: () => utc,
    toggleUTC() { utc = !utc; tw.store.set("utc", utc ? "1" : "0"); },
  };
})(window.tracewatch);
