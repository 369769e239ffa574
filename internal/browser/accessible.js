// accessible.js lists what in the page would stand in the way of those who do not see it or do not use a mouse. It
// is an expression. What the names of controls are the browser itself is asked.
(() => {
  const wrong = [];
  const complain = (what, e) => wrong.push(what + ": " + e.outerHTML.slice(0, 160));
  const all = (selector) => [...document.querySelectorAll(selector)];
  const heard = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[aria-hidden=true]");

  if (!document.documentElement.lang) wrong.push("the page has no language");
  if (!document.title) wrong.push("the page has no title");
  for (const e of all("img")) if (!e.hasAttribute("alt")) complain("an image without alt", e);
  for (const e of all("canvas")) if (heard(e) && !(e.getAttribute("aria-label") && e.getAttribute("role"))) complain("a canvas without a label", e);
  for (const e of all("table")) {
    for (const th of e.querySelectorAll("th")) if (!/^(col|row|colgroup|rowgroup)$/.test(th.scope)) complain("a header without scope", th);
    if (!e.querySelector("th") && heard(e)) complain("a table without headers", e);
  }
  let last = 0;
  for (const h of all("h1, h2, h3, h4, h5, h6")) {
    if (!heard(h)) continue;
    const level = Number(h.tagName[1]);
    if (level > last + 1) complain("a heading of level " + level + " after one of level " + last, h);
    if (!h.textContent.trim()) complain("an empty heading", h);
    last = level;
  }
  if (all("h1").length !== 1) wrong.push("there are " + all("h1").length + " headings of level 1");
  if (all("main").length !== 1) wrong.push("there are " + all("main").length + " mains");
  const ids = new Set();
  for (const e of all("[id]")) {
    if (ids.has(e.id)) complain("the id is there twice", e);
    ids.add(e.id);
  }
  for (const name of ["aria-labelledby", "aria-describedby", "for"]) {
    for (const e of all("[" + name + "]")) for (const id of e.getAttribute(name).split(/\s+/)) if (!ids.has(id)) complain(name + " leads nowhere", e);
  }
  for (const e of all("[tabindex]")) if (e.tabIndex > 0) complain("a place of its own in the order of Tab", e);
  for (const e of all("[aria-hidden=true] :is(a, button, input, summary, [tabindex='0'])")) if (e.checkVisibility()) complain("a control that nobody hears of", e);
  for (const e of all("[tabindex='0']")) if (!e.getAttribute("role") && !/^(A|BUTTON|INPUT|SUMMARY)$/.test(e.tagName)) complain("something that takes the focus and does not say what it is", e);
  for (const e of all("a:not([href])")) complain("a link that leads nowhere", e);
  for (const e of all("ul, ol")) for (const c of e.children) if (c.tagName !== "LI") complain("in a list, and no item of it", c);
  return wrong;
})()
