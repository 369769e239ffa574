// tip.js is the one tooltip of the page. It says what is under the pointer, or what has the focus.
(function (tw) {
  "use strict";

  let box = null;

  // show puts it beside a point of the window, inside of it.
  function show(x, y, ...children) {
    if (!box) {
      // What it says is told to screen readers in other ways: labels, tables, a live region.
      box = tw.el("div", { class: "tip", "aria-hidden": "true" });
      document.body.append(box);
    }
    tw.replace(box, ...children);
    box.hidden = false;
    const w = box.offsetWidth, h = box.offsetHeight;
    box.style.left = Math.max(4, x + 16 + w > innerWidth ? x - w - 12 : x + 16) + "px";
    box.style.top = Math.max(4, Math.min(innerHeight - h - 4, y + 16 + h > innerHeight ? y - h - 12 : y + 16)) + "px";
  }

  function hide() { if (box) box.hidden = true; }

  // on gives an element a tip, for the pointer and for the focus. what makes its content from the event's target, and
  // may return nothing.
  function on(e, what) {
    const pointer = (event) => {
      const content = what(event.target);
      if (content) show(event.clientX, event.clientY, content); else hide();
    };
    e.addEventListener("pointermove", pointer);
    e.addEventListener("pointerleave", hide);
    e.addEventListener("focusin", (event) => {
      if (!event.target.matches(":focus-visible")) return;
      const content = what(event.target), r = event.target.getBoundingClientRect();
      if (content) show(r.left, r.bottom - 10, content);
    });
    e.addEventListener("focusout", hide);
  }

  // A tip can be sent away without moving (WCAG 1.4.13).
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", hide, { passive: true });

  tw.tip = { show, hide, on };
})(window.tracewatch);
