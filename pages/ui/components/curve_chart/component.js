// Curves over common axes. Kept by root: which groups are hidden, which scale, where the pointer is.

const kept = new WeakMap();
const MARGIN = {left: 46, right: 10, top: 22, bottom: 34};
const NARROW = 560; // px of the whole: below it the plots stand under each other

export default function ({data, parentElement}) {
  const root = parentElement.querySelector(".root");
  const chart = unpack(data);
  let state = kept.get(root);
  if (!state) {
    state = {hidden: new Set(), log: false, width: 0};
    kept.set(root, state);
    state.observer = new ResizeObserver(() => {
      if (root.clientWidth !== state.width) draw(root, state);
    });
    state.observer.observe(root);
  }
  state.chart = chart;
  draw(root, state);
  return () => state.observer.disconnect() || kept.delete(root);
}

function draw(root, state) {
  const {chart} = state;
  state.width = root.clientWidth;
  if (!state.width) return;
  const skeleton = JSON.stringify([chart.plots.map((p) => [p.title, p.series.map((s) => [s.name, s.group, s.color, s.style])]), chart.labels, chart.strokes, chart.label]);
  if (state.skeleton !== skeleton) {
    build(root, state);
    state.skeleton = skeleton;
  }
  const narrow = state.width < NARROW && chart.plots.length > 1;
  const columns = narrow ? 1 : chart.plots.length;
  const width = (state.width - 12 * (columns - 1)) / columns;
  const height = rem(root) * chart.height / 16 / (narrow ? 1.3 : 1);
  state.frames = chart.plots.map((plot, i) => paint(state, plot, state.canvases[i], Math.floor(width), Math.floor(height)));
  state.hover?.();
}

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

function build(root, state) {
  const {chart} = state;
  const groups = new Map();
  for (const plot of chart.plots) for (const s of plot.series) if (!groups.has(s.group)) groups.set(s.group, s);
  const legend = h("div", {class: "legend"});
  for (const [group, s] of groups) {
    const button = h("button", {class: `key ${s.style}`, "aria-pressed": String(!state.hidden.has(group))}, h("i"), s.name);
    button.style.setProperty("--line", s.color);
    button.onclick = () => {
      state.hidden.has(group) ? state.hidden.delete(group) : state.hidden.add(group);
      button.setAttribute("aria-pressed", String(!state.hidden.has(group)));
      draw(root, state);
    };
    legend.append(button);
  }
  for (const [style, text] of Object.entries(chart.strokes)) legend.append(h("span", {class: `stroke ${style}`}, h("i"), text));
  const log = h("button", {class: "log", "aria-pressed": String(state.log), title: chart.labels.hint}, chart.labels.log);
  log.onclick = () => {
    state.log = !state.log;
    log.setAttribute("aria-pressed", String(state.log));
    draw(root, state);
  };
  legend.append(log);
  state.canvases = chart.plots.map((plot) => h("canvas", {role: "img", "aria-label": `${chart.label}: ${plot.title}`}));
  const tips = chart.plots.map(() => h("div", {class: "tip", hidden: true}));
  const boxes = state.canvases.map((canvas, i) => h("div", {class: "plot"}, canvas, tips[i]));
  root.replaceChildren(h("div", {class: "plots"}, ...boxes), legend);
  state.canvases.forEach((canvas, i) => {
    canvas.onpointermove = (event) => {
      state.hover = () => point(state, i, event.offsetX, tips[i]);
      draw(root, state);
    };
    canvas.onpointerleave = () => {
      state.hover = null;
      tips[i].hidden = true;
      draw(root, state);
    };
  });
}

function paint(state, plot, canvas, width, height) {
  const {chart} = state;
  const context = sharpContext(canvas, width, height);
  const colors = themeColors(canvas);
  const format = numberFormat(chart.language, 4);
  const series = plot.series.filter((s) => !state.hidden.has(s.group)).map((s) => ({...s, x: chart.arrays[`${s.data}x`].data, y: chart.arrays[`${s.data}y`].data}));
  const scale = rem() / 16;
  const inner = {left: MARGIN.left * scale, top: MARGIN.top * scale, right: width - MARGIN.right, bottom: height - MARGIN.bottom * scale};
  let end = chart.x_end;
  for (const s of series) for (const x of s.x) if (x > end) end = x;
  const x = xAxis(end || 1, Math.max(2, Math.floor((inner.right - inner.left) / (80 * scale))), shortFormat(format));
  const lines = series.map((s) => ({y: s.y, faint: s.style === "faint"}));
  const y = yAxis(plot.measure, lines, state.log, plot.measure === "rate" ? numberFormat(chart.language, 2) : plot.measure === "speed" ? shortFormat(format) : format);
  const px = (v) => inner.left + x.place(v) * (inner.right - inner.left);
  const py = (v) => inner.bottom - y.place(v) * (inner.bottom - inner.top);
  const font = getComputedStyle(canvas).fontFamily;
  context.font = `${12 * scale}px ${font}`;
  context.fillStyle = colors.text;
  context.textBaseline = "middle";
  context.strokeStyle = colors.border;
  context.lineWidth = 1;
  context.textAlign = "right";
  for (const tick of y.ticks) {
    const at = Math.round(py(tick.value)) + 0.5;
    if (!Number.isFinite(at) || at < inner.top - 2) continue;
    line(context, inner.left, at, inner.right, at);
    context.globalAlpha = 0.8;
    context.fillText(tick.text, inner.left - 6 * scale, at);
    context.globalAlpha = 1;
  }
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of x.ticks) {
    const at = Math.round(px(tick.value)) + 0.5;
    line(context, at, inner.bottom, at, inner.bottom + 4);
    context.globalAlpha = 0.8;
    context.fillText(tick.text, at, inner.bottom + 6);
    context.globalAlpha = 1;
  }
  context.textAlign = "right";
  context.textBaseline = "bottom";
  context.globalAlpha = 0.8;
  context.fillText(chart.x_title, inner.right, height - 1);
  context.globalAlpha = 1;
  context.textAlign = "left";
  context.textBaseline = "top";
  context.font = `600 ${13 * scale}px ${font}`;
  context.fillText(plot.title, 2, 1);
  context.save();
  context.beginPath();
  context.rect(inner.left, inner.top - 4, inner.right - inner.left + 6, inner.bottom - inner.top + 5);
  context.clip();
  for (const s of series) stroke(context, s, px, py, colors);
  context.restore();
  if (!series.some((s) => s.y.length)) {
    context.font = `${13 * scale}px ${font}`;
    context.textAlign = "center";
    context.globalAlpha = 0.75;
    context.fillText(chart.labels.empty, (inner.left + inner.right) / 2, (inner.top + inner.bottom) / 2);
    context.globalAlpha = 1;
  }
  return {series, inner, px, py, x, y, width, canvas, colors, context, format};
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

function stroke(context, s, px, py, colors) {
  context.strokeStyle = context.fillStyle = s.color;
  context.globalAlpha = s.style === "faint" ? 0.45 : 1;
  context.lineWidth = s.style === "faint" ? 1.2 : 2;
  context.setLineDash(s.style === "dashed" ? [6, 4] : []);
  if (s.style !== "printed") {
    context.beginPath();
    let pen = false;
    for (let i = 0; i < s.x.length; i++) {
      const y = py(s.y[i]);
      if (!Number.isFinite(y)) { pen = false; continue; }
      pen ? context.lineTo(px(s.x[i]), y) : context.moveTo(px(s.x[i]), y);
      pen = true;
    }
    context.stroke();
  }
  context.setLineDash([]);
  if (s.style === "faint" ? s.x.length === 1 : s.x.length <= 60) {  // a single reading makes no line
    for (let i = 0; i < s.x.length; i++) {
      const y = py(s.y[i]);
      if (!Number.isFinite(y)) continue;
      context.beginPath();
      if (s.style === "printed") diamond(context, px(s.x[i]), y);
      else context.arc(px(s.x[i]), y, 3, 0, 7);
      const hollow = s.style === "printed" || s.style === "dashed";
      context.fillStyle = hollow ? colors.background : s.color;
      context.fill();
      if (hollow) context.stroke();
    }
  }
  context.globalAlpha = 1;
}

function diamond(context, x, y) {
  context.moveTo(x, y - 5);
  context.lineTo(x + 5, y);
  context.lineTo(x, y + 5);
  context.lineTo(x - 5, y);
  context.closePath();
}

// A vertical line at the nearest point of any series, and every series' value there.
function point(state, index, offset, tip) {
  const frame = state.frames?.[index];
  if (!frame) return;
  const {series, inner, px, py, y, context, colors, width} = frame;
  let best = null;
  for (const s of series) {
    const i = nearest(s.x, (offset - inner.left) / (inner.right - inner.left) * frame.x.end);
    if (i >= 0 && (best === null || Math.abs(px(s.x[i]) - offset) < Math.abs(px(best) - offset))) best = s.x[i];
  }
  if (best === null) { tip.hidden = true; return; }
  context.strokeStyle = colors.text;
  context.globalAlpha = 0.35;
  line(context, px(best), inner.top, px(best), inner.bottom);
  context.globalAlpha = 1;
  const rows = [];
  for (const s of series) {
    const i = nearest(s.x, best);
    if (i < 0 || !Number.isFinite(s.y[i]) || Math.abs(px(s.x[i]) - px(best)) > 12) continue;
    context.fillStyle = s.color;
    context.beginPath();
    context.arc(px(s.x[i]), Math.max(py(s.y[i]), inner.top), 4, 0, 7);
    context.fill();
    const dot = h("i");
    dot.style.background = s.color;
    rows.push(h("div", {}, dot, h("span", {}, s.name), h("b", {class: "mono"}, y.write(Number(s.y[i].toPrecision(4))))));
  }
  tip.replaceChildren(h("div", {class: "muted mono"}, `${shortFormat(frame.format)(Number(best.toPrecision(5)))} ${state.chart.x_unit}`), ...rows);
  tip.hidden = false;
  const left = px(best) + 14 + tip.offsetWidth < width ? px(best) + 10 : px(best) - 10 - tip.offsetWidth;
  tip.style.left = `${Math.max(0, left)}px`;
}

function nearest(xs, x) {
  let low = 0, high = xs.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    xs[middle] <= x ? (low = middle) : (high = middle);
  }
  return Math.abs(xs[low] - x) <= Math.abs(xs[high] - x) ? low : high;
}
