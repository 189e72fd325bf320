// The maps of a page: their numbers, colours and statistics.

const rgba = (r, g, b) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // canvases are little-endian RGBA

class Stack {
  constructor({arrays, names, figures, centred}) {
    [this.count, this.rows, this.cols] = arrays.values.shape;
    this.values = arrays.values.data;
    this.factors = arrays.factors.data;
    this.limits = arrays.limits.data;
    this.table = arrays.colors.data;
    this.dead = arrays.dead.data;
    this.numbers = arrays.figures.data;
    this.names = names;
    this.figures = figures;
    this.centred = centred;
    this.lookup = new Uint32Array(257);
    for (let k = 0; k < 256; k++) this.lookup[k] = rgba(...this.table.subarray(3 * k, 3 * k + 3));
    this.lookup[256] = centred ? rgba(255, 255, 255) : this.lookup[0]; // exactly zero is exactly white
  }

  at(map, row, col) {
    return this.factors[map] * this.values[(map * this.rows + row) * this.cols + col];
  }

  range(map) {
    return [this.limits[2 * map], this.limits[2 * map + 1]];
  }

  color(map, value) {
    const [low, high] = this.range(map);
    const place = high > low ? Math.max(0, Math.min(255, Math.round(((value - low) * 255) / (high - low)))) : 0;
    return [...this.table.subarray(3 * place, 3 * place + 3)];
  }

  statistic(map, name) {
    return this.numbers[map * this.figures.length + this.figures.indexOf(name)];
  }

  // Paint a map on a canvas of its own size.
  paint(canvas, map) {
    const {rows, cols, lookup} = this;
    if (canvas.width !== cols) canvas.width = cols;
    if (canvas.height !== rows) canvas.height = rows;
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(cols, rows);
    const out = new Uint32Array(pixels.data.buffer);
    const [low, high] = this.range(map);
    const slope = high > low ? 255 / (high - low) : 0;
    const gain = this.factors[map] * slope;
    const offset = 0.5 - low * slope;
    const start = map * rows * cols;
    for (let k = 0; k < out.length; k++) {
      const value = this.values[start + k];
      const place = value * gain + offset;
      out[k] = lookup[value === 0 && this.centred ? 256 : place < 0 ? 0 : place > 255 ? 255 : place | 0];
    }
    context.putImageData(pixels, 0, 0);
    return canvas;
  }

  // The smallest and the largest value of a map.
  reach(map) {
    const {low, high} = this.histogram(map, 1);
    return [low, high];
  }

  // How many values of a map fall into each of `bins` equal parts between its smallest and its largest.
  histogram(map, bins) {
    const size = this.rows * this.cols;
    const values = this.values.subarray(map * size, (map + 1) * size);
    let low = Infinity, high = -Infinity;
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const counts = new Uint32Array(bins);
    const slope = high > low ? bins / (high - low) : 0;
    for (const value of values) counts[Math.min(bins - 1, Math.floor((value - low) * slope))]++;
    return {counts, low: low * this.factors[map], high: high * this.factors[map]};
  }
}

// Where a value's square and its field lie on the picture, in pixels of the input; without a field a map is stretched over all.
class Geometry {
  constructor({place, input}, stack) {
    this.place = place;
    this.input = input;
    this.counts = [stack.rows, stack.cols];
    this.step = place ? place.jump : [input[0] / stack.rows, input[1] / stack.cols];
    this.first = place ? [0, 1].map((axis) => place.start[axis] + (place.size[axis] - place.jump[axis]) / 2) : [0, 0];
  }

  // [top, left, height, width] of the square that stands for a value.
  cell(row, col) {
    return [this.first[0] + row * this.step[0], this.first[1] + col * this.step[1], this.step[0], this.step[1]];
  }

  // [top, left, height, width] of what the value sees; null where it sees everything.
  field(row, col) {
    const {place} = this;
    return place && [place.start[0] + row * place.jump[0], place.start[1] + col * place.jump[1], place.size[0], place.size[1]];
  }

  // The whole map on the picture.
  whole() {
    return [this.first[0], this.first[1], this.step[0] * this.counts[0], this.step[1] * this.counts[1]];
  }

  // Which value lies at a point of the picture; null outside.
  at(y, x) {
    const row = Math.floor((y - this.first[0]) / this.step[0]);
    const col = Math.floor((x - this.first[1]) / this.step[1]);
    return row >= 0 && col >= 0 && row < this.counts[0] && col < this.counts[1] ? [row, col] : null;
  }
}
