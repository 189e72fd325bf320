// The step view: a window onto a picture, the kernel on it, every product and the sum; all in the browser.
// Each instance lives in a WeakMap under its parent element, so a rerun of the page changes its data and nothing else.

const QUIET_MS = 500; // how long a change must rest before it is read aloud or reported from the keyboard

class Stepper extends Playback {
  constructor(root) {
    super();
    root.classList.add("stepper");
    this.parts = buildParts(root);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    Object.assign(this, {count: null, corner: null, pixel: null, wanted: null}); // chosen by hand, or null
    Object.assign(this, {pinned: null, hovered: null, channel: "all"});
    this.parts.speed.value = calm ? 1 : 5;
    this.told = {region: [], pixel: []}; // what the page has been told and has not said back yet
    this.listenToBar();
    listen(this);
    this.observer = new ResizeObserver(() => {
      if (this.width !== root.clientWidth) this.later("size", 0, () => this.refresh());
    });
    this.observer.observe(root.parentElement ?? root.getRootNode().host);
    this.onResize = () => this.refresh();
    window.addEventListener("resize", this.onResize);
  }

  listenToBar() {
    const {start, back, play, forward, smaller, larger, speed, channelButtons} = this.parts;
    start.onclick = () => this.toStart();
    back.onclick = () => this.step(-1);
    forward.onclick = () => this.step(1);
    play.onclick = () => this.toggle();
    smaller.onclick = () => this.resize(-1);
    larger.onclick = () => this.resize(1);
    speed.oninput = () => this.playing && this.schedule();
    for (const [k, button] of channelButtons.entries())
      button.onclick = () => {
        this.channel = k ? k - 1 : "all";
        this.refresh();
      };
  }

  // New data from the page: the place in the picture stays, unless the page names another or the picture has another size.
  update(data, report) {
    const before = this.data;
    this.data = data;
    this.report = report;
    this.numbers = numberWriter(data.language);
    this.convolution = new Convolution(data);
    const samePicture = before && before.arrays.image.shape.join() === data.arrays.image.shape.join();
    this.picture = pictureCanvas(data);
    this.largest = new Map();
    if (!samePicture) Object.assign(this, {corner: null, pixel: null});
    this.moved = this.isNews("region", before);
    if (this.moved) this.corner = data.region;
    if (this.isNews("pixel", before)) this.wanted = data.pixel;
    if (before?.arrays.weights.shape.join() !== data.arrays.weights.shape.join()) this.hovered = this.pinned = null;
    this.refresh();
  }

  // Whether the page names another place than before, and not one that it only heard from here: by the time such an echo
  // comes, the hand may have moved on.
  isNews(name, before) {
    const value = this.data[name];
    if (!value || (before && String(before[name]) === String(value))) return false;
    const echo = this.told[name].indexOf(String(value));
    this.told[name].splice(0, echo + 1);
    return echo < 0;
  }

  // Everything that follows from data, window and width; then a drawing.
  refresh() {
    const width = (this.width = this.parts.root.clientWidth);
    if (!this.data || !width) return; // in a closed tab or expander: the observer calls again when it opens
    const {convolution, data} = this;
    const root = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const unit = root / 16;
    this.channels = convolution.channels === 1 ? [0] : this.channel === "all" ? [0, 1, 2] : [this.channel];
    const count = this.count ?? usualCount(convolution, width, unit);
    this.outputSize = [Math.min(count, convolution.outRows), Math.min(count, convolution.outCols)];
    this.inputSize = this.outputSize.map((n, axis) => (n - 1) * convolution.stride[axis] + convolution.span[axis]);
    const colour = this.channels.length > 1;
    this.sizes = layOut({
      width, unit, colour, viewport: window.innerHeight, present: data.present, flip: data.flip,
      input: this.inputSize, output: this.outputSize, kernel: [convolution.kh, convolution.kw],
    });
    this.look = {...themeColors(this.parts.root), unit};
    this.largestOutput = this.largest.get(this.channels.join()) ?? convolution.largestOutput(this.channels);
    this.largest.set(this.channels.join(), this.largestOutput);
    this.place();
    nameParts(this);
    arrangeParts(this);
    this.draw();
  }

  // The window's place: as remembered, else around the pixel the page names, else where the picture is liveliest. Then the
  // pixel: the one named, else the same place in the window, else the strongest.
  place() {
    const {convolution} = this;
    const inside = this.pixel && this.pixel.map((n, axis) => n - this.origin[axis]);
    this.corner ??= this.wanted ? this.cornerAround(this.wanted) : convolution.liveliest(Math.max(...this.inputSize));
    this.setOrigin(this.originOf(this.corner));
    if (this.wanted && !this.holds(this.wanted)) {
      if (this.moved) this.wanted = null; // an older pixel than the region beside it
      else this.setOrigin(this.originOf(this.cornerAround(this.wanted)));
    }
    this.pixel = this.wanted ?? (inside ? inside.map((n, axis) => n + this.origin[axis]) : this.strongest());
    this.pixel = this.inWindow(this.pixel);
    this.wanted = null;
    this.moved = false;
  }

  cornerAround(pixel) {
    return this.convolution.tap(...pixel.map((n, axis) => n - (this.outputSize[axis] >> 1)), 0, 0);
  }

  originOf(corner) {
    const {top, left, stride} = this.convolution;
    return [Math.round((corner[0] + top) / stride[0]), Math.round((corner[1] + left) / stride[1])];
  }

  setOrigin(origin) {
    const {outRows, outCols} = this.convolution;
    this.origin = [outRows, outCols].map((n, axis) => clamp(origin[axis], 0, n - this.outputSize[axis]));
    this.corner = this.convolution.tap(...this.origin, 0, 0);
  }

  holds(pixel) {
    return pixel.every((n, axis) => n >= this.origin[axis] && n < this.origin[axis] + this.outputSize[axis]);
  }

  inWindow(pixel) {
    return pixel.map((n, axis) => clamp(n, this.origin[axis], this.origin[axis] + this.outputSize[axis] - 1));
  }

  strongest() {
    const size = (pixel) => Math.abs(this.convolution.total(...pixel, this.channels));
    return this.outputs().reduce((best, pixel) => (size(pixel) > size(best) ? pixel : best));
  }

  canGrow() {
    const {outRows, outCols} = this.convolution;
    return Math.max(...this.outputSize) < 16 && (this.outputSize[0] < outRows || this.outputSize[1] < outCols);
  }

  // ---- what the other files ask ----
  get mark() {
    return this.hovered ?? this.pinned;
  }

  positions() {
    const {kh, kw} = this.convolution;
    return Array.from({length: kh * kw}, (_, k) => [Math.floor(k / kw), k % kw]);
  }

  outputs() {
    const [rows, cols] = this.outputSize;
    return Array.from({length: rows * cols}, (_, k) => [this.origin[0] + Math.floor(k / cols), this.origin[1] + (k % cols)]);
  }

  // The input positions a weight meets as the kernel goes over the window.
  met(weight) {
    return this.outputs().map(([i, j]) => this.convolution.tap(i, j, ...weight));
  }

  users(position) {
    return this.convolution.users(...position).filter(({i, j}) => this.holds([i, j]));
  }

  // ---- what a hand does ----
  hover(mark) {
    if (JSON.stringify(mark) === JSON.stringify(this.hovered)) return;
    this.hovered = mark;
    this.draw();
  }

  pin(mark, always = false) {
    this.pinned = !always && JSON.stringify(mark) === JSON.stringify(this.pinned) ? null : mark;
    this.draw();
  }

  select(pixel) {
    this.shown = Infinity;
    this.pixel = pixel;
    this.draw();
  }

  // Arrow keys on the output: at the window's edge the window moves along.
  walk(arrow) {
    const {outRows, outCols} = this.convolution;
    const pixel = [outRows, outCols].map((n, axis) => clamp(this.pixel[axis] + arrow[axis], 0, n - 1));
    this.pause();
    if (!this.holds(pixel)) {
      this.setOrigin(this.origin.map((n, axis) => n + arrow[axis]));
      this.reportRegionSoon();
    }
    this.select(pixel);
    this.reportPixelSoon();
  }

  resize(by) {
    this.count = clamp(Math.max(...this.outputSize) + by, 2, 16);
    this.pause();
    this.shown = Infinity;
    this.refresh();
    this.reportRegionSoon();
  }

  // The window to another place, in output positions; the pixel keeps its place in the window.
  moveTo(origin) {
    const inside = this.pixel.map((n, axis) => n - this.origin[axis]);
    this.setOrigin(origin);
    this.pixel = inside.map((n, axis) => n + this.origin[axis]);
    this.pinned = null;
    this.draw();
  }

  moveToInput(corner) {
    this.moveTo(this.originOf(corner));
  }

  reportRegion() {
    this.tell("region", this.corner);
  }

  reportPixel() {
    this.tell("pixel", this.pixel);
  }

  tell(name, value) {
    this.told[name] = [...this.told[name].slice(-9), String(value)];
    this.report(name, value);
  }

  reportRegionSoon() {
    this.later("region", QUIET_MS, () => this.reportRegion());
  }

  reportPixelSoon() {
    this.later("pixel", QUIET_MS, () => this.reportPixel());
  }

  // Drawn at most once a frame; the attributes that tests and style sheets read change at once.
  draw() {
    describe(this);
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      paintAll(this);
      writeWords(this);
      this.parts.root.dataset.drawn = Number(this.parts.root.dataset.drawn ?? 0) + 1;
      if (!this.playing) this.later("live", QUIET_MS, () => (this.parts.live.textContent = spokenSentence(this)));
    });
  }

  destroy() {
    Object.values(this.timers).forEach(clearTimeout);
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    window.removeEventListener("resize", this.onResize);
  }
}

const steppers = new WeakMap();

export default function ({data, parentElement, setStateValue}) {
  const root = parentElement.querySelector(".root");
  let stepper = steppers.get(parentElement);
  if (stepper?.parts.root !== root) {
    stepper?.destroy();
    stepper = new Stepper(root);
    steppers.set(parentElement, stepper);
  }
  stepper.update(unpack(data), setStateValue);
  return () => {
    stepper.destroy();
    steppers.delete(parentElement);
  };
}
