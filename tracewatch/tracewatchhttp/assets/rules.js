// rules.js says of each rule why it has not fired: how far it is from its threshold.
(function (tw) {
  "use strict";

  const f = tw.format, el = tw.el;
  const at = 2 / 3; // where the threshold is in a bar

  // bar shows a value against its threshold, which is a line at the same place in all of them.
  function bar(value, threshold) {
    const share = threshold > 0 ? value / threshold * at : 0;
    const b = tw.bar(share, "against" + (threshold > 0 && value >= threshold ? " over" : ""));
    b.append(el("s"));
    return b;
  }

  // state is why a rule is silent, or that it is not: a word, and a class for its colour.
  function state(v) {
    if (v.off) return ["switched off", "bad", "It panicked too often: please report that. The log has more."];
    if (!v.applicable) return ["cannot tell", "soft", ""];
    if (!v.windows) return ["not yet asked", "soft", "No window has been judged yet."];
    if (v.threshold > 0 && v.value >= v.threshold) {
      if (v.quiet_ns > 0) return ["keeps quiet", "warn", "It fired; the same place is told again in " + f.duration(v.quiet_ns) + ", or if it gets twice as bad."];
      return ["over", "warn", "The last window is over this threshold; a rule has more conditions than the one number shown here."];
    }
    if (v.quiet_ns > 0) return ["calm again", "good", "It fired; the same place stays quiet for another " + f.duration(v.quiet_ns) + "."];
    return ["calm", "good", ""];
  }

  const rows = new Map();

  // update changes the rows' texts and keeps the rows, once a second.
  function update(verdicts) {
    const body = tw.byID("rules-body");
    for (const v of verdicts || []) {
      let r = rows.get(v.kind);
      if (!r) {
        r = { cells: Array.from({ length: 6 }, (_, i) => el("td", { class: i === 2 || i === 3 || i === 4 ? "number" : "" })) };
        r.tr = el("tr", { data: { kind: v.kind } },
          el("th", { scope: "row" }, el("b", { text: v.kind }), el("div", { class: "soft doc", text: v.doc })), r.cells);
        rows.set(v.kind, r);
        body.append(r.tr);
      }
      const json = JSON.stringify(v);
      if (json === r.json) continue;
      r.json = json;
      const [word, cls, more] = state(v);
      const applies = v.applicable && !v.off;
      tw.replace(r.cells[0], el("span", { class: "state " + cls }, el("i", { "aria-hidden": "true" }), word));
      tw.replace(r.cells[1], applies && v.threshold > 0 ? bar(v.value, v.threshold) : null);
      r.cells[2].textContent = applies ? f.value(v.value, v.unit) : "–";
      r.cells[3].textContent = applies && v.threshold > 0 ? f.value(v.threshold, v.unit) : "–";
      tw.replace(r.cells[4], v.fired ? f.many(v.fired, "time") : "never", v.suppressed ? el("div", { class: "soft", text: f.count(v.suppressed) + " kept quiet" }) : null);
      tw.replace(r.cells[5], v.note ? el("div", { text: v.note }) : null, more ? el("div", { class: "soft", text: more }) : null);
    }
    const over = (verdicts || []).filter((v) => state(v)[1] === "warn").length, off = (verdicts || []).filter((v) => v.off).length;
    tw.byID("rules-say").textContent = f.many((verdicts || []).length, "rule") + ", " + (over ? over + " over its threshold" : "none over its threshold") + (off ? ", " + off + " switched off" : "");
  }

  tw.rules = { update, bar, reset() { rows.clear(); tw.replace(tw.byID("rules-body")); } };
})(window.tracewatch);
