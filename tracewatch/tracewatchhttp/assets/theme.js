// theme.js runs before anything is painted, so that a dark page does not flash white.
// It also makes the namespace that all other scripts add to; they are classic scripts, so that they
// work one by one and also behind each other in the one script of a page in a file.
(function (tw) {
  "use strict";

  // What the user has chosen is kept where storage is allowed; where not (a file, a strict browser), it
  // lasts as long as the page.
  tw.store = {
    get(key) {
      try { return localStorage.getItem("tracewatch." + key); } catch { return null; }
    },
    set(key, value) {
      try { localStorage.setItem("tracewatch." + key, value); } catch { /* then not */ }
    },
  };

  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = tw.store.get("theme");

  const listeners = [];

  function apply() {
    document.documentElement.dataset.theme = chosen || (system.matches ? "dark" : "light");
    for (const f of listeners) f();
  }

  tw.theme = {
    dark: () => document.documentElement.dataset.theme === "dark",
    toggle() {
      chosen = tw.theme.dark() ? "light" : "dark";
      tw.store.set("theme", chosen);
      apply();
    },
    onChange: (f) => listeners.push(f), // what is drawn on a canvas has to be drawn again
  };

  system.addEventListener("change", apply);
  apply();
})(window.tracewatch = window.tracewatch || {});
