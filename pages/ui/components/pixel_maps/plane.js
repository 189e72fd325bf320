// Where things lie. The plane is measured in pixels of the input; every panel shows the same part of it at the same scale.

// The rectangle of the plane that holds every value of every panel, as [top, left, height, width].
function boundsOf(panels) {
  const edges = panels.map(({origin: [row, col], step: [down, across], rows, cols}) => [
    row - down / 2, col - across / 2, row + (rows - 0.5) * down, col + (cols - 0.5) * across,
  ]);
  const least = (k) => Math.min(...edges.map((edge) => edge[k]));
  const most = (k) => Math.max(...edges.map((edge) => edge[k]));
  return [least(0), least(1), most(2) - least(0), most(3) - least(1)];
}

// How many columns, and how large a panel: as large as width and height allow. `extra` is what each needs above and below.
function arrange(count, [, , tall, wide], {width, height, gap, extra, layout, unit}) {
  if (layout === "grid") {
    // All at once where tiles of at least 4.4 rem allow it; else as many columns of 6 rem as there are, and the page scrolls.
    const most = Math.floor((width + gap) / (4.4 * unit + gap));
    for (let columns = 1; columns <= most; columns++) {
      const size = fitted((width - gap * (columns - 1)) / columns, Infinity, tall, wide);
      if (Math.ceil(count / columns) * (size.height + extra + gap) <= height) return {columns, ...size};
    }
    const columns = Math.max(2, Math.floor((width + gap) / (6 * unit + gap)));
    return {columns, ...fitted((width - gap * (columns - 1)) / columns, Infinity, tall, wide)};
  }
  let best = null;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const size = fitted((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows - extra, tall, wide);
    if (!best || size.scale > best.scale * 1.02) best = {columns, ...size};
  }
  return best;
}

// CSS pixels for each unit of the plane; whole ones (of the screen) where a pixel is large enough for it to show.
function fitted(width, height, tall, wide) {
  const scale = Math.max(Math.min(width / wide, height / tall), 24 / Math.max(wide, tall));
  const ratio = window.devicePixelRatio || 1;
  const whole = scale >= 4 ? Math.floor(scale * ratio) / ratio : scale;
  return {scale: whole, width: Math.max(8, Math.round(wide * whole)), height: Math.max(8, Math.round(tall * whole))};
}

// Which value of a panel lies at a point of the plane; null outside.
function indexAt({origin, step, rows, cols}, [y, x]) {
  const row = Math.floor((y - origin[0]) / step[0] + 0.5);
  const col = Math.floor((x - origin[1]) / step[1] + 0.5);
  return row >= 0 && col >= 0 && row < rows && col < cols ? [row, col] : null;
}

const centreOf = ({origin, step}, [row, col]) => [origin[0] + row * step[0], origin[1] + col * step[1]];

// The part of the plane on the screen: the whole, or a piece of it with the same proportions.
class Lens {
  constructor(bounds) {
    this.bounds = bounds;
    this.reset();
  }

  reset() {
    this.power = 1;
    [this.top, this.left] = this.bounds;
  }

  get height() {
    return this.bounds[2] / this.power;
  }

  get width() {
    return this.bounds[3] / this.power;
  }

  // Enlarge by a factor and keep the point [y, x] of the plane where it is; at least four values stay in view.
  zoom(factor, [y, x]) {
    const most = Math.max(1, Math.min(this.bounds[2], this.bounds[3]) / 4);
    const power = Math.max(1, Math.min(most, this.power * factor));
    const share = [(y - this.top) / this.height, (x - this.left) / this.width];
    this.power = power;
    this.moveTo(y - share[0] * this.height, x - share[1] * this.width);
  }

  moveTo(top, left) {
    this.top = Math.max(this.bounds[0], Math.min(top, this.bounds[0] + this.bounds[2] - this.height));
    this.left = Math.max(this.bounds[1], Math.min(left, this.bounds[1] + this.bounds[3] - this.width));
  }

  get middle() {
    return [this.top + this.height / 2, this.left + this.width / 2];
  }
}

// A panel's picture on its canvas; `size` in CSS pixels.
function paintPanel(context, panel, lens, size) {
  const scale = size.width / lens.width;
  const [top, left] = [panel.origin[0] - panel.step[0] / 2, panel.origin[1] - panel.step[1] / 2];
  context.clearRect(0, 0, size.width, size.height);
  context.imageSmoothingEnabled = scale * panel.step[1] < 1; // shrunk pictures are averaged, enlarged ones stay sharp
  context.imageSmoothingQuality = "high";
  context.drawImage(
    panel.picture, (left - lens.left) * scale, (top - lens.top) * scale,
    panel.cols * panel.step[1] * scale, panel.rows * panel.step[0] * scale);
}

// The numbers in the pixels, once a pixel is large enough to hold them.
function paintNumbers(context, panel, lens, size, look, write) {
  const cell = (size.width / lens.width) * Math.min(...panel.step);
  if (cell < 2.1 * look.rem || panel.kind !== "map") return;
  const first = indexAt(panel, [Math.max(lens.top, panel.origin[0]), Math.max(lens.left, panel.origin[1])]);
  if (!first) return;
  const scale = size.width / lens.width;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let row = first[0]; row < panel.rows && centreOf(panel, [row, 0])[0] < lens.top + lens.height + 1; row++)
    for (let col = first[1]; col < panel.cols && centreOf(panel, [0, col])[1] < lens.left + lens.width + 1; col++) {
      const text = write(panel.at(row, col));
      const [y, x] = centreOf(panel, [row, col]);
      const [r, g, b] = panel.color(panel.at(row, col));
      context.fillStyle = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff";
      context.font = `${Math.min(0.8 * look.rem, (1.5 * cell) / Math.max(3, text.length))}px ${look.code}`;
      context.fillText(text, (x - lens.left) * scale, (y - lens.top) * scale);
    }
}

// The crosshair through a value, the value's own square, and the piece of the plane another value was computed from.
function paintMarks(context, panel, lens, size, {spot, reach}, look) {
  const scale = size.width / lens.width;
  const at = indexAt(panel, spot);
  const place = (y, x) => [(x - lens.left) * scale, (y - lens.top) * scale];
  const [y, x] = at ? centreOf(panel, at) : spot;
  const [cx, cy] = place(y, x);
  const half = Math.max(6, (Math.max(...(reach ?? panel.step)) * scale) / 2 + 3);
  context.save();
  context.globalCompositeOperation = "difference";
  context.strokeStyle = "rgb(255 255 255 / 0.75)";
  context.lineWidth = 1;
  context.beginPath();
  for (const [x0, y0, x1, y1] of [
    [0, cy, cx - half, cy], [cx + half, cy, size.width, cy], [cx, 0, cx, cy - half], [cx, cy + half, cx, size.height],
  ]) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
  context.restore();
  if (reach) frame(context, cx, cy, reach[1] * scale, reach[0] * scale, look);
  else if (at) frame(context, cx, cy, panel.step[1] * scale, panel.step[0] * scale, look);
}

function frame(context, cx, cy, width, height, look) {
  const [w, tall] = [Math.max(5, width), Math.max(5, height)];
  for (const [color, line] of [["#000", 3.5], [look.mark, 2]]) {
    context.strokeStyle = color;
    context.lineWidth = line;
    context.strokeRect(cx - w / 2, cy - tall / 2, w, tall);
  }
}
