// Pan and zoom: what of the sheet is in the window.

const SMALLEST = 0.02, GREATEST = 4;
const TITLES_ONLY = 0.6, WITH_SHAPES = 0.86; // zooms below which second lines, and shapes on edges, are too small to read
const GLIDE_MS = 260;

class Camera {
  constructor(svg, world) {
    Object.assign(this, {svg, world, x: 0, y: 0, zoom: 1, unit: 1, fitted: true});
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
  }

  get size() {
    return [this.svg.clientWidth, this.svg.clientHeight];
  }

  set(x, y, zoom) {
    Object.assign(this, {x, y, zoom});
    this.world.setAttribute("transform", `translate(${x.toFixed(2)},${y.toFixed(2)}) scale(${zoom.toFixed(4)})`);
    const detail = zoom < TITLES_ONLY ? "titles" : zoom < WITH_SHAPES ? "boxes" : "all";
    if (this.svg.dataset.detail !== detail) this.svg.dataset.detail = detail;
  }

  // To a place, in a short glide unless the reader prefers none.
  glide(x, y, zoom, at_once = false) {
    cancelAnimationFrame(this.frame);
    if (at_once || this.calm.matches) return this.set(x, y, zoom);
    const from = [this.x, this.y, this.zoom];
    const start = performance.now();
    const tick = (now) => {
      const t = Math.max(0, Math.min(1, (now - start) / GLIDE_MS)); // a busy page may hand in a frame older than the start
      const ease = 1 - (1 - t) ** 3;
      const k = from[2] * (zoom / from[2]) ** ease;
      // The point that stays put while the zoom changes moves evenly with it.
      const part = zoom === from[2] ? ease : (k - from[2]) / (zoom - from[2]);
      this.set(from[0] + (x - from[0]) * part, from[1] + (y - from[1]) * part, k);
      if (t < 1) this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  fitZoom(box, margin = 0) {
    const [width, height] = this.size;
    return Math.min(width / (box.w + 2 * margin), height / (box.h + 2 * margin), LARGEST * this.unit);
  }

  // A part of the sheet in the middle of the window; a window that is wider than the sheet starts at the top.
  fit(box, margin = 0, at_once = false) {
    const [width, height] = this.size;
    const zoom = Math.max(SMALLEST, this.fitZoom(box, margin));
    this.glide((width - box.w * zoom) / 2 - box.x * zoom, (height - box.h * zoom) / 2 - box.y * zoom, zoom, at_once);
  }

  move(dx, dy) {
    cancelAnimationFrame(this.frame);
    this.fitted = false;
    this.set(this.x + dx, this.y + dy, this.zoom);
  }

  // Zoom by a factor; the point of the window under the pointer stays where it is.
  by(factor, point = this.size.map((n) => n / 2), glide = false) {
    const zoom = Math.max(SMALLEST, Math.min(GREATEST, this.zoom * factor));
    const k = zoom / this.zoom;
    this.fitted = false;
    this.glide(point[0] - (point[0] - this.x) * k, point[1] - (point[1] - this.y) * k, zoom, !glide);
  }

  // Bring a part of the sheet into view with as little movement as possible, large enough to read.
  show(box, at_once = false) {
    const [width, height] = this.size;
    let {x, y, zoom} = this;
    if (zoom < TITLES_ONLY) {
      zoom = 0.9;
      [x, y] = [width / 2 - (box.x + box.w / 2) * zoom, height / 2 - (box.y + box.h / 2) * zoom];
    }
    const pad = 30;
    const inside = (offset, from, to, size) => {
      if (from + offset < pad) return pad - from;
      return to + offset > size - pad ? size - pad - to : offset;
    };
    x = inside(x, box.x * zoom, (box.x + box.w) * zoom, width);
    y = inside(y, box.y * zoom, (box.y + box.h) * zoom, height);
    if (x === this.x && y === this.y && zoom === this.zoom) return;
    this.fitted = false;
    this.glide(x, y, zoom, at_once);
  }
}
