// colours.js lists the texts in view that are hard to read: whose contrast to what is behind them is less than
// WCAG's AA asks for. It is an expression.
(() => {
  const parse = (c) => (/^rgba?\(([^)]*)\)$/.exec(c) || [null, "0,0,0,0"])[1].split(/[ ,/]+/).map(Number);
  const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const over = ([r, g, b, a = 1], below) => [r, g, b].map((v, i) => v * a + below[i] * (1 - a));
  // behind is the colour that an element has behind its text.
  const behind = (e) => {
    const layers = [];
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      layers.push(c);
      if (c[3] === undefined || c[3] === 1) break;
    }
    return layers.reverse().reduce((below, c) => over(c, below), [255, 255, 255]);
  };
  const poor = [];
  let least = 21;
  for (const e of document.body.querySelectorAll("*")) {
    const text = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join(" ").trim();
    if (!text || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || e.closest(".skip, script, noscript")) continue;
    const s = getComputedStyle(e), back = behind(e), l = [luminance(over(parse(s.color), back)), luminance(back)].sort((a, b) => b - a);
    const ratio = (l[0] + 0.05) / (l[1] + 0.05), size = parseFloat(s.fontSize), large = size >= 24 || (size >= 18.66 && s.fontWeight >= 700);
    least = Math.min(least, ratio);
    if (ratio < (large ? 3 : 4.5)) poor.push(ratio.toFixed(2) + ": " + s.color + " on " + back.map(Math.round) + ": " + text.slice(0, 60));
  }
  const body = getComputedStyle(document.body);
  return { poor, least, text: body.color, back: getComputedStyle(document.documentElement).backgroundColor };
})()
