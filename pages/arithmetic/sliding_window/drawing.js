// How cells, windows and outputs are painted: squares for both axes, strips for one.

const PADDING = 0, PIXEL = 1, ZERO = 2, UNSEEN = 3;

// What a cell is, from what it is along each axis: padding wins, then an inserted zero, then an unseen pixel.
function cellKind(a, b) {
  for (const code of [PADDING, ZERO, UNSEEN]) if (a === code || b === code) return code;
  return PIXEL;
}

function paintCell(context, kind, x, y, size, colors) {
  const line = size >= 5 ? 1 : 0;
  const side = size - line;
  context.globalAlpha = 1;
  context.fillStyle = kind === PIXEL ? colors.pixel : kind === UNSEEN ? colors.unseen : kind === ZERO ? colors.zero : colors.padding;
  context.fillRect(x, y, size < 3 ? size + 0.5 : side, size < 3 ? size + 0.5 : side); // small cells overlap, or seams show
  if (size < 7) return;
  context.strokeStyle = colors.hatch;
  context.lineWidth = 1;
  if (kind === PADDING) {
    context.beginPath();
    context.moveTo(x, y + side);
    context.lineTo(x + side, y);
    context.stroke();
  } else if (kind === UNSEEN) {
    context.strokeStyle = colors.mark;
    context.lineWidth = 1.5;
    const inset = size * 0.28;
    context.beginPath();
    context.moveTo(x + inset, y + inset);
    context.lineTo(x + side - inset, y + side - inset);
    context.moveTo(x + side - inset, y + inset);
    context.lineTo(x + inset, y + side - inset);
    context.stroke();
  } else if (kind === ZERO && size >= 9) {
    context.fillStyle = colors.hatch;
    context.fillRect(x + side / 2 - 1, y + side / 2 - 1, 2, 2);
  }
}

// The shades of component.css, resolved: light or dark after the page's background.
function shades(root) {
  const theme = themeColors(root);
  root.classList.toggle("dark", luminance(theme.background) < 0.5);
  const style = getComputedStyle(root);
  const names = ["pixel", "padding", "zero", "unseen", "mark", "hatch", "empty", "tap", "on-tap", "frame"];
  return {...theme, ...Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]))};
}

function luminance(color) {
  const [r, g, b] = color.startsWith("#")
    ? [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16))
    : color.match(/[\d.]+/g).map(Number);
  return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
}

// How much larger than usual the page's type is: a presentation enlarges it.
const rootUnit = () => (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16;

function caption(context, text, x, y, colors, size = 13) {
  context.fillStyle = colors.text;
  context.font = `600 ${size * rootUnit()}px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText(text, x, y);
}

// Both axes: input and output as squares of the same scale, side by side or, on a narrow screen, one below the other.
function drawSquares(view, width, colors) {
  const {geometry, cells} = view.last;
  const {size} = geometry;
  const n = cells.length;
  const gap = 40, head = 24;
  const stacked = width < 520;
  const tall = Math.max(260, Math.min(700, window.innerHeight - 380 * rootUnit())); // what stands above and below, in presentations larger
  const cell = stacked ? Math.min(width / Math.max(n, size), 34)
    : Math.min((width - gap) / (n + size), (tall - head) / Math.max(n, size), 34);
  const at = cell >= 3 ? Math.floor(cell) : cell;
  const input = {x: 0, y: head, w: n * at, h: n * at, cell: at, first: 0};
  const output = stacked ? {x: 0, y: head + n * at + 14 + head, w: size * at, h: size * at, cell: at, first: 0}
    : {x: n * at + gap, y: head, w: size * at, h: size * at, cell: at, first: 0};
  const context = sharpContext(view.canvas, Math.max(input.w, output.x + output.w, 250) + 2, Math.max(input.y + input.h, output.y + output.h) + 3);
  const {labels} = view.data;
  const pixels = countPixels(cells);
  caption(context, `${labels.input} ${pixels} × ${pixels}`, 0, 15, colors);
  caption(context, `${labels.output} ${size} × ${size}`, output.x, output.y - 9, colors);
  if (!stacked) arrow(context, n * at + 8, head + Math.min(input.h, output.h, 80) / 2, gap - 16, colors);

  context.drawImage(ground(view, at, colors), 0, head, n * at, n * at);
  const rows = view.taps(view.row), columns = view.taps(view.column);
  context.fillStyle = colors.tap;
  for (const r of rows) for (const c of columns) {
    context.globalAlpha = cellKind(cells[r] ?? PADDING, cells[c] ?? PADDING) === PIXEL ? 1 : 0.45;
    context.fillRect(c * at, head + r * at, Math.max(at - (at >= 5 ? 1 : 0), 1), Math.max(at - (at >= 5 ? 1 : 0), 1));
  }
  context.globalAlpha = 1;
  frame(context, columns[0] * at, head + rows[0] * at, (columns.at(-1) - columns[0] + 1) * at, (rows.at(-1) - rows[0] + 1) * at, colors);

  const cellsAt = (row, from, to, color, opacity) => {
    context.fillStyle = color;
    context.globalAlpha = opacity;
    const y = output.y + row * at;
    if (at < 5) context.fillRect(output.x + from * at, y, (to - from) * at, at);
    else for (let c = from; c < to; c++) context.fillRect(output.x + c * at, y, at - 1, at - 1);
  };
  for (let row = 0; row < size; row++) {
    const done = row < view.row ? size : row === view.row ? view.column : 0;
    cellsAt(row, 0, done, colors.map, 0.55);
    cellsAt(row, done, size, colors.empty, 1);
  }
  cellsAt(view.row, view.column, view.column + 1, colors.tap, 1);
  context.globalAlpha = 1;
  frame(context, output.x + view.column * at, output.y + view.row * at, at, at, colors);
  return {input, output};
}

// The input without its window, kept until the numbers, the scale or the theme change.
function ground(view, at, colors) {
  const {cells} = view.last;
  const ratio = window.devicePixelRatio || 1;
  const name = [cells.join(""), at, ratio, colors.background].join();
  if (view.ground?.name !== name) {
    const canvas = document.createElement("canvas");
    const side = Math.max(1, Math.round(cells.length * at * ratio));
    canvas.width = canvas.height = side;
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const [r, a] of cells.entries()) for (const [c, b] of cells.entries()) paintCell(context, cellKind(a, b), c * at, r * at, at, colors);
    view.ground = {name, canvas};
  }
  return view.ground.canvas;
}

const countPixels = (cells) => cells.reduce((sum, code) => sum + (code === PIXEL || code === UNSEEN), 0);

// One axis: a strip of input cells with their indices, the output below, and lines from the taps to the value they make.
function drawStrip(view, width, colors) {
  const {geometry, cells} = view.last;
  const {size, kernel} = geometry;
  const least = 19; // pixels a cell needs for a legible index
  const room = Math.max(8, Math.floor((width - 4) / least));
  const taps = view.taps(view.column);
  const shownIn = Math.min(cells.length, Math.max(room, Math.min(kernel * 2, 80)));
  const shownOut = Math.min(size, room);
  const middle = (taps[0] + taps.at(-1)) / 2;
  const firstIn = Math.max(0, Math.min(cells.length - shownIn, Math.round(middle - shownIn / 2)));
  const firstOut = Math.max(0, Math.min(size - shownOut, Math.round(view.column - shownOut / 2)));
  const at = Math.min(Math.floor((width - 4) / Math.max(shownIn, shownOut)), 44);
  const head = 24, between = 96;
  const input = {x: 0, y: head, w: shownIn * at, h: at, cell: at, first: firstIn};
  const shift = Math.max(0, Math.min((input.w - shownOut * at) / 2, width - shownOut * at));
  const output = {x: shift, y: head + at + between, w: shownOut * at, h: at, cell: at, first: firstOut};
  const context = sharpContext(view.canvas, Math.max(input.w, output.x + output.w, 250) + 2, output.y + at + 26);
  const {labels} = view.data;
  const part = (first, shown, total) => (shown < total ? `  ${first}…${first + shown - 1} / ${total}` : "");
  caption(context, `${labels.input} ${countPixels(cells)}${part(firstIn, shownIn, cells.length)}`, 0, 15, colors);
  caption(context, `${labels.output} ${size}${part(firstOut, shownOut, size)}`, output.x, output.y + at + 18, colors);

  const x = (cell) => (cell - firstIn) * at;
  const target = output.x + (view.column - firstOut + 0.5) * at;
  context.strokeStyle = colors.frame;
  context.lineWidth = 1.5;
  for (const tap of taps) {
    context.globalAlpha = cells[tap] === PIXEL ? 0.9 : 0.35;
    context.beginPath();
    context.moveTo(x(tap) + at / 2, head + at);
    context.lineTo(target, output.y);
    context.stroke();
  }
  context.globalAlpha = 1;
  let pixel = 0;
  for (let index = 0; index < cells.length; index++) {
    const code = cells[index];
    const real = code === PIXEL || code === UNSEEN;
    if (index >= firstIn && index < firstIn + shownIn) {
      paintCell(context, code, x(index), head, at, colors);
      if (taps.includes(index)) {
        context.fillStyle = colors.tap;
        context.globalAlpha = code === PIXEL ? 1 : 0.45;
        context.fillRect(x(index), head, at - 1, at - 1);
        context.globalAlpha = 1;
      }
      if (at >= 15 && code !== UNSEEN) label(context, real ? String(pixel) : "0", x(index), head, at, taps.includes(index) ? colors["on-tap"] : colors.text, real);
    }
    if (real) pixel += 1;
  }
  frame(context, x(taps[0]), head, (taps.at(-1) - taps[0] + 1) * at, at, colors);
  for (let index = firstOut; index < firstOut + shownOut; index++) {
    context.fillStyle = index < view.column ? colors.map : index === view.column ? colors.tap : colors.empty;
    context.globalAlpha = index < view.column ? 0.55 : 1;
    context.fillRect(output.x + (index - firstOut) * at, output.y, at - 1, at - 1);
    context.globalAlpha = 1;
    if (at >= 15) label(context, String(index), output.x + (index - firstOut) * at, output.y, at, index === view.column ? colors["on-tap"] : colors.text, true);
  }
  frame(context, output.x + (view.column - firstOut) * at, output.y, at, at, colors);
  return {input, output};
}

function label(context, text, x, y, cell, color, strong) {
  context.fillStyle = color;
  context.globalAlpha = strong ? 1 : 0.6;
  context.font = `${Math.min(13, cell * 0.5 - text.length * 0.4)}px ${getComputedStyle(context.canvas).getPropertyValue("--st-code-font")}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x + (cell - 1) / 2, y + cell / 2);
  context.globalAlpha = 1;
}

function frame(context, x, y, w, h, colors) {
  context.strokeStyle = colors.frame;
  context.lineWidth = 2;
  context.strokeRect(x - 0.5, y - 0.5, Math.max(w, 3), Math.max(h, 3));
}

function arrow(context, x, y, length, colors) {
  context.strokeStyle = context.fillStyle = colors.text;
  context.globalAlpha = 0.6;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + length, y);
  context.moveTo(x + length - 6, y - 5);
  context.lineTo(x + length, y);
  context.lineTo(x + length - 6, y + 5);
  context.stroke();
  context.globalAlpha = 1;
}
