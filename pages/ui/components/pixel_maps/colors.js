// From values to colours. A panel decodes its numbers once; `image` paints them on a canvas of their own size.

class Values {
  constructor(fact, arrays, index) {
    Object.assign(this, fact);
    const {data, shape} = arrays[`values${index}`];
    [this.rows, this.cols] = shape;
    this.data = data;
    this.strengths = arrays[`strength${index}`]?.data;
    this.table = arrays[`scale_${fact.scale}`]?.data;
  }

  at(row, col) {
    const k = row * this.cols + col;
    if (this.kind === "rgb") return [this.data[3 * k], this.data[3 * k + 1], this.data[3 * k + 2]];
    return this.data[k] * this.factor;
  }

  // How bright a direction is, from 0 to 1: the square root of its strength, or the hue of the many weak ones could not be seen.
  brightness(k) {
    return this.strengths && this.strongest ? Math.sqrt(Math.min(1, (this.strengths[k] * this.strength) / this.strongest)) : 1;
  }

  // Lookup by value: index into a table of 256 colours.
  get slope() {
    const [low, high] = this.limits;
    return high > low ? 255 / (high - low) : 0;
  }

  color(value) {
    if (this.centred && Math.abs(value) < 1e-12) return [255, 255, 255];
    const k = 3 * Math.max(0, Math.min(255, Math.round((value - this.limits[0]) * this.slope)));
    return [this.table[k], this.table[k + 1], this.table[k + 2]];
  }

  get centred() {
    return this.scale === "signed" || this.scale === "weights";
  }

  image() {
    const canvas = h("canvas", {width: this.cols, height: this.rows});
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(this.cols, this.rows);
    this[`fill_${this.kind}`](new Uint32Array(pixels.data.buffer), this.rows * this.cols);
    context.putImageData(pixels, 0, 0);
    return canvas;
  }

  fill_rgb(out, count) {
    const {data} = this;
    for (let k = 0, j = 0; k < count; k++, j += 3) out[k] = packed(data[j], data[j + 1], data[j + 2]);
  }

  fill_map(out, count) {
    const {data, factor, slope} = this;
    const colors = new Uint32Array(257);
    for (let k = 0; k < 256; k++) colors[k] = packed(...this.table.subarray(3 * k, 3 * k + 3));
    colors[256] = this.centred ? packed(255, 255, 255) : colors[0]; // exactly zero is exactly white
    const gain = factor * slope;
    const offset = 0.5 - this.limits[0] * slope;
    const zero = this.centred ? 0 : NaN;
    for (let k = 0; k < count; k++) {
      const place = data[k] * gain + offset;
      out[k] = colors[data[k] === zero ? 256 : place < 0 ? 0 : place > 255 ? 255 : place | 0];
    }
  }

  fill_hue(out, count) {
    for (let k = 0; k < count; k++) out[k] = packed(...hueColor(this.data[k] * this.factor, this.brightness(k)));
  }
}

const packed = (r, g, b) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // canvases are little-endian RGBA

// A direction in degrees as a hue: red to the right, then counter-clockwise.
function hueColor(degrees, brightness) {
  const channel = (n) => {
    const k = (n + degrees / 60) % 6;
    return Math.round(255 * brightness * (1 - Math.max(0, Math.min(k, 4 - k, 1))));
  };
  return [channel(5), channel(3), channel(1)];
}
