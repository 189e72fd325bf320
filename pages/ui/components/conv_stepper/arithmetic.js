// The arithmetic of one convolution, one output value at a time: what cnn_core.kernels.apply computes for a whole picture.

// The row (or column) of the picture that position i takes its value from, for a side of n pixels; −1 where it is zero.
// "reflect" does not repeat the edge, as in torch and in numpy.pad.
function sourceIndex(i, n, border) {
  if (i >= 0 && i < n) return i;
  if (border === "replicate") return i < 0 ? 0 : n - 1;
  if (border === "wrap") return ((i % n) + n) % n;
  if (border !== "reflect") return -1;
  if (n === 1) return 0;
  const period = 2 * (n - 1);
  const k = ((i % period) + period) % period;
  return k < n ? k : period - k;
}

// Rows and columns count from 0. Input positions are the picture's own, so the padding has negative ones (and ones beyond
// the last); output positions count over the whole output.
class Convolution {
  constructor({arrays, flip, padding, border, stride, dilation}) {
    const [top, bottom, left, right] = padding;
    Object.assign(this, {top, left, border, stride, dilation, flip, image: arrays.image.data, given: arrays.weights.data});
    [this.height, this.width, this.channels = 1] = arrays.image.shape;
    [this.kh, this.kw] = arrays.weights.shape;
    this.span = [dilation[0] * (this.kh - 1) + 1, dilation[1] * (this.kw - 1) + 1];
    this.padded = [this.height + top + bottom, this.width + left + right];
    this.outRows = Math.floor((this.padded[0] - this.span[0]) / stride[0]) + 1;
    this.outCols = Math.floor((this.padded[1] - this.span[1]) / stride[1]) + 1;
    this.largestWeight = this.given.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  }

  isPadding(row, col) {
    return row < 0 || col < 0 || row >= this.height || col >= this.width;
  }

  // Where a padding cell's value comes from, or null where the border is zero.
  source(row, col) {
    const r = sourceIndex(row, this.height, this.border);
    const c = sourceIndex(col, this.width, this.border);
    return r < 0 || c < 0 ? null : [r, c];
  }

  value(row, col, channel) {
    const from = this.isPadding(row, col) ? this.source(row, col) : [row, col];
    return from ? this.image[(from[0] * this.width + from[1]) * this.channels + channel] : 0;
  }

  // The weight that meets the pixels at (a, b): a convolution turns the kernel by 180°, a correlation does not.
  weight(a, b) {
    return this.flip ? this.given[(this.kh - 1 - a) * this.kw + this.kw - 1 - b] : this.given[a * this.kw + b];
  }

  // The input position under weight (a, b) when output (i, j) is computed.
  tap(i, j, a, b) {
    const [sh, sw] = this.stride;
    const [dh, dw] = this.dilation;
    return [i * sh - this.top + a * dh, j * sw - this.left + b * dw];
  }

  product(i, j, a, b, channel) {
    return this.weight(a, b) * this.value(...this.tap(i, j, a, b), channel);
  }

  // The sum of products without an array for each: the picture's largest output needs many of them.
  sum(i, j, channel) {
    const {kh, kw, height, width, channels, image, given, flip, border} = this;
    const [top, left] = this.tap(i, j, 0, 0);
    let sum = 0;
    for (let a = 0; a < kh; a++) {
      const row = sourceIndex(top + a * this.dilation[0], height, border);
      if (row < 0) continue;
      for (let b = 0; b < kw; b++) {
        const col = sourceIndex(left + b * this.dilation[1], width, border);
        const weight = given[flip ? (kh - 1 - a) * kw + kw - 1 - b : a * kw + b];
        if (col >= 0) sum += weight * image[(row * width + col) * channels + channel];
      }
    }
    return sum;
  }

  total(i, j, channels) {
    return channels.reduce((sum, channel) => sum + this.sum(i, j, channel), 0);
  }

  // The transposed view: every output that input position (row, col) goes into, with the weight it meets there.
  users(row, col) {
    const found = [];
    for (let a = 0; a < this.kh; a++) {
      const i = (row + this.top - a * this.dilation[0]) / this.stride[0];
      if (!Number.isInteger(i) || i < 0 || i >= this.outRows) continue;
      for (let b = 0; b < this.kw; b++) {
        const j = (col + this.left - b * this.dilation[1]) / this.stride[1];
        if (Number.isInteger(j) && j >= 0 && j < this.outCols) found.push({i, j, a, b});
      }
    }
    return found;
  }

  // The largest magnitude among outputs spread over the whole picture, as many as 500,000 products make (some milliseconds):
  // one colour scale for every window.
  largestOutput(channels) {
    const products = this.outRows * this.outCols * this.kh * this.kw * channels.length;
    const step = Math.max(1, Math.ceil(Math.sqrt(products / 500_000)));
    let most = 0;
    for (let i = 0; i < this.outRows; i += step)
      for (let j = 0; j < this.outCols; j += step) most = Math.max(most, Math.abs(this.total(i, j, channels)));
    return most;
  }

  // Where to look first: of up to 20×20 windows of size×size pixels, the input position with the most contrast.
  liveliest(size) {
    let best = {contrast: -1, at: [0, 0]};
    const places = (length) => Array.from({length: 20}, (_, k) => Math.round((k * Math.max(0, length - size)) / 19));
    const thin = Math.max(1, Math.floor(size / 8));
    for (const top of places(this.height))
      for (const left of places(this.width)) {
        let [n, sum, squares] = [0, 0, 0];
        for (let r = top; r < Math.min(top + size, this.height); r += thin)
          for (let c = left; c < Math.min(left + size, this.width); c += thin) {
            const v = this.image[(r * this.width + c) * this.channels];
            [n, sum, squares] = [n + 1, sum + v, squares + v * v];
          }
        const contrast = squares / n - (sum / n) ** 2;
        if (contrast > best.contrast) best = {contrast, at: [top, left]};
      }
    return best.at;
  }
}
