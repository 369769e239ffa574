// el.js makes elements. All text of the page goes through it, as text: names of functions, files and
// requests come from traces, and a trace may come from anywhere.
(function (tw) {
  "use strict";

  // el makes an element. Of props "on" has listeners, "data" the data-attributes, "class" and "text" are what
  // they say, a boolean sets or leaves out the attribute, and all else is an attribute. Children are
  // elements or texts; null and false are left out.
  tw.el = function (tag, props, ...children) {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(props || {})) {
      if (v === null || v === undefined || v === false) continue;
      if (k === "class") e.className = v;
      else if (k === "text") e.textContent = v;
      else if (k === "data") for (const [d, x] of Object.entries(v)) e.dataset[d] = x;
      else if (k === "on") for (const [type, f] of Object.entries(v)) e.addEventListener(type, f);
      else if (v === true) e.setAttribute(k, "");
      else e.setAttribute(k, v);
    }
    tw.add(e, ...children);
    return e;
  };

  tw.add = function (e, ...children) {
    for (const c of children.flat(Infinity)) {
      if (c === null || c === undefined || c === false) continue;
      e.append(c instanceof Node ? c : String(c));
    }
    return e;
  };

  tw.byID = (id) => document.getElementById(id);

  // replace gives an element new children.
  tw.replace = (e, ...children) => tw.add((e.replaceChildren(), e), ...children);

  // bar is a length that stands for a number: the policy of the page forbids style attributes, but not what
  // a script does to an element's style.
  tw.bar = function (share, cls) {
    const fill = tw.el("i");
    fill.style.width = Math.max(0, Math.min(1, share || 0)) * 100 + "%";
    return tw.el("span", { class: "bar " + (cls || ""), "aria-hidden": "true" }, fill);
  };

  // site names a place in the code: the function without its package's path, the file without its
  // directory. The whole of both is in the title, and what is copied can be found.
  tw.site = function (site, where) {
    if (!site || !site.func) return tw.el("span", { class: "site unknown", text: "code that the trace does not name" });
    const f = tw.format;
    return tw.el("span", { class: "site", title: site.func + (site.file ? "\n" + f.location(site) : "") },
      tw.el("code", { text: f.short(site.func) }),
      where !== false && site.file ? [" ", tw.el("span", { class: "where", text: f.location({ file: f.base(site.file), line: site.line }) })] : null);
  };

  // stack lists frames, the innermost first.
  tw.stack = function (frames, open) {
    frames = (frames || []).filter((x) => x.func || x.file);
    if (!frames.length) return null;
    return tw.el("details", { class: "stack", open: !!open },
      tw.el("summary", { text: "Stack, " + tw.format.many(frames.length, "frame") }),
      tw.el("ol", {}, frames.map((x) => tw.el("li", {},
        tw.el("code", { text: x.func || "?" }), tw.el("span", { class: "where", title: tw.format.location(x), text: tw.format.location({ file: tw.format.base(x.file || ""), line: x.line }) })))));
  };

  // command is something to type, with a button that copies it.
  tw.command = function (text) {
    const code = tw.el("code", { text, tabindex: "-1" });
    const say = tw.el("span", { class: "copied", role: "status" });
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(text);
        say.textContent = "copied";
      } catch { // no permission, or no secure origin: it is marked, so that Ctrl-C does it
        getSelection().selectAllChildren(code);
        say.textContent = "marked";
      }
      setTimeout(() => { say.textContent = ""; }, 2000);
    };
    return tw.el("span", { class: "command" }, code,
      tw.el("button", { type: "button", class: "small", "aria-label": "Copy the command", on: { click: copy }, text: "copy" }), say);
  };

  // Severity is told by a shape and a word; colour only repeats it.
  tw.severity = (s) => tw.el("span", { class: "severity " + (/^(info|warning|critical)$/.test(s) ? s : "info") }, tw.el("i", { "aria-hidden": "true" }), s);
})(window.tracewatch);
