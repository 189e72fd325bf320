// One way painted: columns of maps, and the links between them.

const GAP = 6;

// Where everything of a way lies in a canvas of this width: the side of a map, and each column's left edge and first top.
function arrangeWay(way, width, most, unit) {
  const height = Math.max(11 * unit, Math.min(27 * unit, window.innerHeight - 22 * unit));
  const head = 1.5 * unit, foot = way.columns.some((column, c) => column.channels > way.maps[c].shape[0]) ? 1.3 * unit : 0;
  const side = Math.max(16, Math.min(3.4 * unit, (height - head - foot) / most - GAP, width / (2.2 * way.columns.length)));
  const step = (width - side) / (way.columns.length - 1);
  return {
    side, head, height: head + most * (side + GAP) + foot,
    columns: way.columns.map((column, c) => ({x: Math.round(c * step), y: head + ((most - way.maps[c].shape[0]) * (side + GAP)) / 2})),
  };
}

function paintWay(context, way, place, at, look) {
  const {side, columns} = place;
  const middle = (c, n) => columns[c].y + n * (side + GAP) + side / 2;
  const now = way.steps[Math.min(at, way.steps.length - 1)];
  for (let c = 1; c < columns.length; c++) {
    const {data, shape: [rows, cols]} = way.links[c];
    for (let to = 0; to < rows; to++) {
      const current = now && now.column === c && now.channel === to;
      const done = way.filled(at, c, to);
      for (let from = 0; from < cols; from++) {
        if (!data[to * cols + from]) continue;
        link(context, [columns[c - 1].x + side + 1, middle(c - 1, from)], [columns[c].x - 1, middle(c, to)], current ? look.color : look.text,
          current ? 2.2 : 1, current ? 1 : done ? 0.22 : 0.06);
      }
    }
  }
  for (const [c, column] of way.columns.entries()) paintColumn(context, way, place, at, look, c, column, now);
}

function link(context, [x, y], [toX, toY], color, width, alpha) {
  context.globalAlpha = alpha;
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x, y);
  context.bezierCurveTo((x + toX) / 2, y, (x + toX) / 2, toY, toX, toY);
  context.stroke();
  context.globalAlpha = 1;
}

function paintColumn(context, way, place, at, look, c, column, now) {
  const {side, columns} = place;
  const {x, y} = columns[c];
  const shown = way.maps[c].shape[0];
  const last = c === columns.length - 1;
  context.fillStyle = look.text;
  context.font = `600 ${0.8 * look.unit}px ${look.font}`;
  context.textBaseline = "top";
  context.textAlign = c === 0 ? "left" : last ? "right" : "center";
  context.fillText(`${column.title} · ${look.write(column.channels)}`, c === 0 ? x : last ? x + side : x + side / 2, 0);
  for (let n = 0; n < shown; n++) {
    const top = y + n * (side + GAP);
    const filled = c === 0 || way.filled(at, c, n);
    context.globalAlpha = filled ? 1 : 0.25;
    context.fillStyle = look.panel;
    context.fillRect(x, top, side, side);
    if (filled) context.drawImage(way.images[c][n], x, top, side, side);
    context.globalAlpha = 1;
    const from = now && c === now.column - 1 && way.links[now.column].data[now.channel * way.links[now.column].shape[1] + n];
    const to = now && c === now.column && n === now.channel;
    context.strokeStyle = from || to ? look.color : look.border;
    context.lineWidth = from || to ? 2.5 : 1;
    context.strokeRect(x, top, side, side);
    if (from) mark(context, x, top, side, way.kernels[now.column - 1] / 9, look);
    if (to) mark(context, x, top, side, 1 / 9, look);
  }
  if (column.channels > shown) {
    context.fillStyle = look.text;
    context.font = `${0.8 * look.unit}px ${look.font}`;
    context.fillText(look.more.replace("{n}", look.write(column.channels - shown)), c === 0 ? x : last ? x + side : x + side / 2, y + shown * (side + GAP));
  }
}

// The window in the middle of a map, a third of it for 3×3: enough to tell a window from a single pixel.
function mark(context, x, y, side, share, look) {
  const size = Math.max(3, side * Math.min(share, 0.8));
  for (const [color, width] of [["#000", 3.5], [look.mark, 2]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(x + (side - size) / 2, y + (side - size) / 2, size, size);
  }
}

// The maps of a column as small canvases, made once.
function imagesOf({data, shape: [count, rows, cols]}) {
  return Array.from({length: count}, (_, n) => {
    const canvas = document.createElement("canvas");
    canvas.width = cols;
    canvas.height = rows;
    const image = new ImageData(cols, rows);
    for (let i = 0; i < rows * cols; i++) {
      image.data.fill(data[n * rows * cols + i], 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  });
}
