// Drawn on one canvas, so that a hundred classes are as quick as ten. The diagonal in the accent colour, mistakes in red.

const tables = new WeakMap();

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  let table = tables.get(root);
  if (!table) {
    table = build(root);
    tables.set(root, table);
    table.observer = new ResizeObserver(() => root.clientWidth !== table.width && draw(root, table));
    table.observer.observe(root);
  }
  Object.assign(table, unpack(data));
  table.focus = table.chosen ?? table.focus ?? [0, 0];
  table.send = (cell) => setTriggerValue("cell", cell);
  draw(root, table);
  return () => { table.observer.disconnect(); tables.delete(root); };
}

function build(root) {
  const canvas = h("canvas", {tabindex: "0", role: "application"});
  const tip = h("div", {class: "tip", hidden: true}), live = h("div", {class: "sr-only", "aria-live": "polite"});
  root.replaceChildren(h("div", {class: "matrix"}, canvas, tip, live));
  const table = {canvas, tip, live};
  canvas.onpointermove = (event) => hover(root, table, cellAt(table, event.offsetX, event.offsetY), event);
  canvas.onpointerleave = () => { tip.hidden = true; };
  canvas.onclick = (event) => {
    const cell = cellAt(table, event.offsetX, event.offsetY);
    if (cell) pick(root, table, cell);
  };
  canvas.onkeydown = (event) => {
    const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
    if (step) {
      table.focus = table.focus.map((n, i) => Math.max(0, Math.min(table.names.length - 1, n + step[i])));
      live.textContent = sentence(table, table.focus);
      draw(root, table);
    } else if (event.key === "Enter" || event.key === " ") pick(root, table, table.focus);
    else return;
    event.preventDefault();
  };
  canvas.onfocus = canvas.onblur = () => draw(root, table);
  return table;
}

function pick(root, table, cell) {
  table.chosen = table.focus = cell;
  draw(root, table);
  table.send(cell);
}

function draw(root, table) {
  const {canvas, names, arrays, labels, language} = table;
  const count = names.length, values = arrays.counts.data, format = numberFormat(language);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  table.width = root.clientWidth;
  const named = count <= 20;
  const left = (named ? 86 : 24) * rem, top = (named ? 70 : 24) * rem;
  const side = Math.max(3, Math.floor(Math.min((table.width - left - 4) / count, (table.height * rem - top) / count)));
  Object.assign(table, {left, top, side});
  const context = sharpContext(canvas, Math.ceil(left + side * count + 4), Math.ceil(top + side * count + 4));
  const colors = themeColors(canvas);
  canvas.setAttribute("aria-label", labels.hint);
  const sums = Array.from({length: count}, (_, i) => values.subarray(i * count, (i + 1) * count).reduce((a, b) => a + b, 0) || 1);
  context.font = `${Math.min(12 * rem, side * 0.42)}px ${getComputedStyle(canvas).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) {
    const value = values[i * count + j], share = value / sums[i];
    const x = left + j * side, y = top + i * side;
    context.globalAlpha = 1;
    context.fillStyle = colors.panel;
    context.fillRect(x + 0.5, y + 0.5, side - 1, side - 1);
    if (!value) continue;
    context.globalAlpha = i === j ? 0.15 + 0.75 * share : Math.min(0.9, 0.12 + 2.2 * share); // mistakes are few: shown louder
    context.fillStyle = i === j ? "#30a46c" : "#e5484d";
    context.fillRect(x + 0.5, y + 0.5, side - 1, side - 1);
    context.globalAlpha = 1;
    context.fillStyle = colors.text;
    if (side >= 18 * rem) context.fillText(format(value), x + side / 2, y + side / 2 + 1);
  }
  context.globalAlpha = 1;
  context.fillStyle = colors.text;
  context.font = `${11.5 * rem}px ${getComputedStyle(canvas).fontFamily}`;
  if (named) {
    names.forEach((name, i) => {
      context.textAlign = "right";
      context.fillText(name, left - 5, top + (i + 0.5) * side, left - 8);
      context.save();
      context.translate(left + (i + 0.5) * side, top - 5);
      context.rotate(-Math.PI / 3.2);
      context.textAlign = "left";
      context.fillText(name, 0, 0, top + 8);
      context.restore();
    });
  }
  frame(context, table, table.chosen, colors.text, 2);
  if (root.getRootNode().activeElement === canvas) frame(context, table, table.focus, colors.accent, 2.5);
}

function frame(context, {left, top, side}, cell, color, width) {
  if (!cell) return;
  context.strokeStyle = color;
  context.lineWidth = width;
  context.strokeRect(left + cell[1] * side + 0.5, top + cell[0] * side + 0.5, side - 1, side - 1);
}

function cellAt({left, top, side, names}, x, y) {
  const cell = [Math.floor((y - top) / side), Math.floor((x - left) / side)];
  return cell.every((n) => n >= 0 && n < names.length) ? cell : null;
}

function sentence({names, arrays, labels, language}, [i, j]) {
  const value = numberFormat(language)(arrays.counts.data[i * names.length + j]);
  return (i === j ? labels.right : labels.cell).replace("{count}", value).replace("{truth}", names[i]).replace("{guess}", names[j]);
}

function hover(root, table, cell, event) {
  const {tip} = table;
  tip.hidden = !cell;
  if (!cell) return;
  tip.textContent = sentence(table, cell);
  tip.style.left = `${Math.min(event.offsetX + 12, Math.max(0, root.clientWidth - tip.offsetWidth - 4))}px`;
  tip.style.top = `${event.offsetY + 16}px`;
}
