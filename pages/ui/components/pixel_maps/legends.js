// What stands below a map: how often each value occurs, the scale, and where minimum, zero and maximum lie on it.

const BINS = 72;

function drawLegend(canvas, values, width, look, language) {
  const rem = look.rem;
  const [bars, band, text] = [1.9 * rem, 0.5 * rem, 1.15 * rem];
  const context = sharpContext(canvas, width, bars + band + text);
  if (values.kind === "hue") return drawWheel(context, width, bars + band + text, look);
  const [low, high] = values.limits;
  const span = high - low || 1;
  const x = (value) => ((value - low) / span) * width;
  const counts = histogram(values);
  const most = Math.sqrt(Math.max(...counts));
  for (let k = 0; k < BINS; k++) {
    if (!counts[k]) continue;
    const tall = Math.max(1, (Math.sqrt(counts[k]) / most) * (bars - 3));
    context.fillStyle = look.text;
    context.globalAlpha = 0.5;
    context.fillRect((k * width) / BINS + 0.25, bars - tall, width / BINS - 0.5, tall);
  }
  context.globalAlpha = 1;
  for (let k = 0; k < width; k++) {
    const [r, g, b] = values.color(low + ((k + 0.5) / width) * span);
    context.fillStyle = `rgb(${r} ${g} ${b})`;
    context.fillRect(k, bars, 1.5, band);
  }
  context.strokeStyle = look.border;
  context.strokeRect(0.5, bars + 0.5, width - 1, band - 1);
  writeMarks(context, marksOf(values, spanFormat(language, span)), {x, width, y: bars + band, look});
  return null;
}

// Numbers of a scale, rounded to about a thousandth of it.
function spanFormat(language, span) {
  const decimals = Math.max(0, Math.min(12, 2 - Math.floor(Math.log10(span))));
  const format = new Intl.NumberFormat(language, {maximumFractionDigits: decimals, signDisplay: "negative"});
  return (value) => format.format(value).replace("-", "−");
}

// Minimum, zero and maximum. Where values go on beyond an end of the scale, an arrow says so, and the end has its own number.
function marksOf({low, high, limits: [from, to], centred}, write) {
  const beyond = [low < from, high > to];
  const marks = [{value: beyond[0] ? from : low, text: beyond[0] ? `◂${write(low)}` : write(low)}];
  if (beyond[0]) marks.push({value: from, text: write(from), minor: true});
  if (centred && low < 0 && high > 0) marks.push({value: 0, text: write(0)});
  if (beyond[1]) marks.push({value: to, text: write(to), minor: true});
  if (high > low) marks.push({value: beyond[1] ? to : high, text: beyond[1] ? `${write(high)}▸` : write(high)});
  return marks;
}

function histogram(values) {
  const {data, factor} = values;
  const counts = new Uint32Array(BINS);
  const [low, high] = values.limits;
  const gain = high > low ? BINS / (high - low) : 0;
  for (let k = 0; k < data.length; k++) {
    const bin = ((data[k] * factor - low) * gain) | 0;
    counts[bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
  }
  return counts;
}

// Numbers under their place on the scale, pushed apart where they would touch; the minor ones go first if there is no room.
function writeMarks(context, marks, {x, width, y, look}) {
  const size = 0.78 * look.rem;
  const gap = 0.7 * size;
  context.font = `${size}px ${look.code}`;
  context.textBaseline = "top";
  context.fillStyle = look.text;
  for (const mark of marks) mark.wide = context.measureText(mark.text).width;
  const room = (list) => list.reduce((sum, mark) => sum + mark.wide + gap, -gap) <= width;
  let shown = marks;
  if (!room(shown)) shown = marks.filter((mark) => !mark.minor);
  if (!room(shown)) shown = shown.filter((_, k) => k === 0 || k === shown.length - 1);
  let end = width + gap;
  for (const mark of shown.slice().reverse()) {
    mark.left = Math.min(end - gap - mark.wide, x(mark.value) - mark.wide / 2);
    end = mark.left;
  }
  let from = 0;
  for (const mark of shown) {
    mark.left = Math.max(from, mark.left);
    from = mark.left + mark.wide + gap;
    context.globalAlpha = mark.minor ? 0.65 : 1;
    context.fillText(mark.text, mark.left, y + 5);
    context.globalAlpha = 1;
    context.fillRect(Math.max(0, Math.min(width - 1.5, x(mark.value) - 0.75)), y - 3, 1.5, 6);
  }
}

// The colour wheel of directions: which way it gets brighter.
function drawWheel(context, width, height, look) {
  const radius = height / 2 - 2;
  const [cx, cy] = [width / 2, height / 2];
  for (let degrees = 0; degrees < 360; degrees += 3) {
    const [r, g, b] = hueColor(degrees, 1);
    const turn = (-degrees * Math.PI) / 180;
    context.strokeStyle = `rgb(${r} ${g} ${b})`;
    context.lineWidth = radius * 0.5;
    context.beginPath();
    context.arc(cx, cy, radius * 0.72, turn - 0.04, turn + 0.04);
    context.stroke();
  }
  context.fillStyle = look.text;
  context.font = `${0.78 * look.rem}px ${look.code}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.fillText("→ 0°", cx + radius + 0.4 * look.rem, cy);
  context.textAlign = "right";
  context.fillText("180° ←", cx - radius - 0.4 * look.rem, cy);
}
