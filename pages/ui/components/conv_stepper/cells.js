// Grids of numbered cells on a canvas: shades, numbers, hatching and outlines. Nothing here knows about convolution.

const BLACK = [0, 0, 0];
const WHITE = [255, 255, 255];
const PADDING_TINT = [38, 50, 80];
const MARK = "#f5a524"; // the fourth chart colour: what a weight or an input pixel belongs to

const mix = (one, other, share) => one.map((v, k) => Math.round(v * (1 - share) + other[k] * share));
const css = (rgb) => `rgb(${rgb[0]} ${rgb[1]} ${rgb[2]})`;

// Black or white, whichever reads better on a colour (relative luminance as in WCAG 2).
function inkOn(rgb) {
  const [r, g, b] = rgb.map((v) => (v <= 10 ? v / 3295 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? BLACK : WHITE;
}

// The colour of a value on a table of 256 colours whose middle is zero.
function signedColor(table, value, limit) {
  const k = clamp(Math.round(127.5 + (127.5 * value) / (limit || 1)), 0, 255);
  return Math.abs(value) < 1e-12 ? WHITE : [table[3 * k], table[3 * k + 1], table[3 * k + 2]];
}

// `spec`: rows, cols, cell; fill(r, c) a colour or null for an empty cell; text(r, c, digits) a string, three, or null;
// hatch(r, c), faded(r, c): booleans; corner(r, c): a small note at the bottom right. Returns the context, for outlines.
function paintGrid(canvas, spec, look) {
  const {rows, cols, cell} = spec;
  const context = sharpContext(canvas, cols * cell, rows * cell);
  const gap = cell >= 10 ? 1 : cell >= 5 ? 0.5 : 0;
  context.clearRect(0, 0, cols * cell, rows * cell);
  context.fillStyle = look.border; // the lines between the cells
  context.fillRect(0, 0, cols * cell, rows * cell);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const {font, digits} = fitText(spec, look);
  const note = noteSize(spec, look);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++) {
      const color = spec.fill(r, c);
      const [x, y, side] = [c * cell, r * cell, cell - gap];
      context.globalAlpha = spec.faded?.(r, c) ? 0.28 : 1;
      if (!color || context.globalAlpha < 1) context.clearRect(x, y, side, side);
      if (!color) continue;
      context.fillStyle = css(color);
      context.fillRect(x, y, side, side);
      if (spec.hatch?.(r, c)) paintHatch(context, x, y, side, inkOn(color));
      if (font) paintText(context, {...spec, digits, note}, look, r, c, font, color);
    }
  context.globalAlpha = 1;
  return context;
}

// One size for the whole grid: with three digits if that reads well, else with two; 0 where that does not fit either.
function fitText(spec, look) {
  const three = fontSize(spec, look, 3);
  const two = three < 10 ? fontSize(spec, look, 2) : 0;
  return two > three ? {font: two, digits: 2} : {font: three, digits: 3};
}

// The size that the longest text asks for; 0 where even the usual texts do not fit.
function fontSize({rows, cols, cell, text}, look, digits) {
  if (!text || cell < 15) return 0;
  const lengths = [];
  let lines = 1;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++) {
      const written = text(r, c, digits);
      if (Array.isArray(written)) lines = written.length;
      if (written != null) lengths.push(Math.max(...[written].flat().map((line) => line.length)));
    }
  if (!lengths.length) return 0;
  const margin = cell < 32 ? 3.5 : 6;
  const tall = (cell * (lines > 1 ? 0.82 : 0.44)) / lines;
  const fit = (length) => Math.min((cell - margin) / (0.61 * length), tall, 26 * look.unit);
  const longest = fit(Math.max(...lengths));
  if (longest >= 10) return longest;
  lengths.sort((a, b) => a - b);
  const usual = fit(lengths[Math.floor(lengths.length / 2)]);
  return usual >= 8.5 ? Math.min(usual, 10) : 0;
}

// The size of the corner notes; 0, and none are written, where the longest does not fit.
function noteSize({rows, cols, cell, corner}, look) {
  if (!corner || cell < 26) return 0;
  let longest = 0;
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) longest = Math.max(longest, corner(r, c)?.length ?? 0);
  const size = Math.min(cell * 0.27, 15 * look.unit, (cell - 8) / (0.61 * longest || 1));
  return size >= 8 ? size : 0;
}

function paintText(context, {cell, text, corner, digits, note: small}, look, r, c, font, color) {
  const written = text(r, c, digits);
  const note = small ? corner(r, c) : null;
  const [x, y] = [c * cell + cell / 2 - 0.5, r * cell + cell / 2];
  const ink = css(inkOn(color));
  context.fillStyle = ink;
  if (written != null) {
    const lines = [written].flat();
    const longest = Math.max(...lines.map((line) => line.length));
    const size = Math.min(font, (cell - 3) / (0.61 * longest));
    if (size >= 8) {
      context.font = `${size}px ${look.code}`;
      const raised = note ? cell * 0.1 : 0;
      lines.forEach((line, k) => context.fillText(line, x, y - raised + (k - (lines.length - 1) / 2) * size * 1.08));
    }
  }
  if (!note) return;
  context.font = `${small}px ${look.code}`;
  context.textAlign = "right";
  context.globalAlpha = 0.85;
  context.fillText(note, c * cell + cell - 5, r * cell + cell - small * 0.62 - 1.5);
  context.globalAlpha = 1;
  context.textAlign = "center";
}

function paintHatch(context, x, y, side, ink) {
  context.save();
  context.beginPath();
  context.rect(x, y, side, side);
  context.clip();
  context.strokeStyle = css(ink);
  context.globalAlpha *= 0.32;
  context.lineWidth = 1;
  context.beginPath();
  const step = Math.max(4, side / 5);
  for (let d = step / 2; d < 2 * side; d += step) {
    context.moveTo(x + d, y);
    context.lineTo(x + d - 2 * side, y + 2 * side);
  }
  context.stroke();
  context.restore();
}

// An outline on the border of cells, with a dark edge so that it shows on any shade. `box`: [row, col, rows, cols].
function outline(context, cell, [row, col, rows, cols], color, width, dashes = []) {
  const edges = [context.canvas.clientWidth - width / 2, context.canvas.clientHeight - width / 2];
  const x = Math.max(col * cell - 0.5, width / 2);
  const y = Math.max(row * cell - 0.5, width / 2);
  const box = [x, y, Math.min((col + cols) * cell - 0.5, edges[0]) - x, Math.min((row + rows) * cell - 0.5, edges[1]) - y];
  context.setLineDash(dashes);
  context.strokeStyle = "rgb(0 0 0 / 0.55)";
  context.lineWidth = width + 1.5;
  context.strokeRect(...box);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.strokeRect(...box);
  context.setLineDash([]);
}
