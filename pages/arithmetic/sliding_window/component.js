// A window sliding over a grid of cells, and the output that it fills. Python says where the cells and stops are.

const SPEEDS = [1, 2, 4, 8, 16, 32, 64]; // stops a second
const PICTURES = new WeakMap();
const SIGNS = {
  play: "M7 4l13 8-13 8z", pause: "M6 4h4v16H6zM14 4h4v16h-4z", back: "M18 4v16L7 12zM4 4h2.5v16H4z", forward: "M6 4l11 8-11 8zM17.5 4H20v16h-2.5z",
  restart: "M12 4v16L3 12zM21 4v16l-9-8z",
};

// A button's sign as a drawing: not every font has these characters.
function sign(name) {
  const holder = document.createElement("template");
  holder.innerHTML = `<svg viewBox="0 0 24 24" width="16" height="16" fill="currentColor" aria-hidden="true"><path d="${SIGNS[name]}"/></svg>`;
  return holder.content.firstChild;
}

class SlidingWindow {
  constructor(root) {
    this.root = root;
    this.symbols = h("div", {class: "mono muted symbols"});
    this.numbers = h("div", {class: "mono numbers"});
    this.refusal = h("div", {class: "refusal", role: "alert"});
    this.notes = h("div", {class: "notes"});
    this.bar = h("div", {class: "bar"});
    this.canvas = h("canvas", {tabindex: "0", role: "img"});
    this.where = h("div", {class: "mono where", "aria-live": "off"});
    this.legend = h("div", {class: "legend"});
    root.replaceChildren(h("div", {class: "sentence", "aria-live": "polite"}, this.symbols, this.numbers, this.refusal, this.notes), this.bar,
      h("div", {class: "stage"}, this.canvas), h("div", {class: "foot"}, this.where, this.legend));
    this.speed = 3;
    this.playing = false;
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.onpointermove = (event) => this.point(event);
    this.canvas.onpointerdown = (event) => { this.stop(); this.point(event); };
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
  }

  update(data, send) {
    this.send = send;
    this.data = data;
    this.format = numberFormat(data.language);
    this.say(data.sentence);
    this.root.classList.toggle("refused", !data.geometry);
    if (data.geometry) {
      const before = this.last && JSON.stringify(this.last.geometry);
      this.last = {geometry: data.geometry, cells: data.arrays.cells.data, kind: data.kind, color: data.color};
      this.row = Math.min(this.row ?? 0, data.geometry.size - 1);
      this.column = Math.min(this.column ?? 0, data.geometry.size - 1);
      if (before !== JSON.stringify(data.geometry)) this.open();
    } else this.stop();
    this.drawBar();
    this.drawLegend();
    this.draw();
  }

  // A new geometry opens part of the way through, so that input, window and output can all be seen at once.
  open() {
    const {size} = this.last.geometry;
    this.row = Math.floor(size * 0.4);
    this.column = Math.floor(size * 0.6);
  }

  say({symbols, numbers, result, refusal, notes}) {
    this.symbols.textContent = symbols;
    this.numbers.replaceChildren(numbers, ...(result ? [" = ", h("strong", {}, result)] : []));
    this.refusal.textContent = refusal;
    this.notes.replaceChildren(...notes.map((note) => h("p", {}, note)));
  }

  drawBar() {
    const {labels, dims} = this.data;
    const focused = this.bar.getRootNode().activeElement?.dataset?.action;
    const button = (action, face, title, act, more = {}) =>
      h("button", {type: "button", "data-action": action, title, "aria-label": title, onclick: act, ...more}, face);
    const choice = (value, label) => button(`dims-${value}`, label, label, () => this.send(value), {"aria-pressed": String(dims === value), class: dims === value ? "on" : ""});
    this.bar.replaceChildren(
      button("restart", sign("restart"), labels.restart, () => this.jump(0)),
      button("back", sign("back"), labels.back, () => this.step(-1)),
      button("play", sign(this.playing ? "pause" : "play"), this.playing ? labels.pause : labels.play, () => this.toggle(), {class: "primary wide"}),
      button("forward", sign("forward"), labels.forward, () => this.step(1)),
      h("label", {class: "speed"}, h("span", {}, labels.speed),
        h("input", {type: "range", min: 0, max: SPEEDS.length - 1, value: this.speed, oninput: (event) => { this.speed = Number(event.target.value); if (this.playing) this.run(); }})),
      h("span", {class: "dims", role: "group", "aria-label": labels.axis}, choice("1", labels.one), choice("2", labels.two)));
    if (focused) this.bar.querySelector(`[data-action="${focused}"]`)?.focus();
  }

  drawLegend() {
    const {labels} = this.data;
    const has = (code) => this.last && this.last.cells.includes(code);
    const items = [["tap", true], ["pixel", true], ["padding", has(PADDING)], ["zero", has(ZERO)], ["unseen", has(UNSEEN)]];
    this.legend.replaceChildren(...items.filter(([, shown]) => shown).map(([name]) =>
      h("span", {class: "item"}, h("i", {class: `swatch ${name}`}), labels[`legend_${name}`])), h("span", {class: "muted hint"}, labels.hint));
    this.canvas.setAttribute("aria-label", labels.picture);
  }

  // ---- moving ----
  get total() {
    const {size} = this.last.geometry;
    return this.data.dims === "1" ? size : size * size;
  }

  get stop_() {
    return this.data.dims === "1" ? this.column : this.row * this.last.geometry.size + this.column;
  }

  jump(index) {
    if (!this.last) return;
    const {size} = this.last.geometry;
    const at = Math.max(0, Math.min(this.total - 1, index));
    if (this.data.dims === "2") this.row = Math.floor(at / size);
    this.column = at % size;
    this.draw();
  }

  step(by) {
    this.stop();
    this.jump(this.stop_ + by);
  }

  toggle() {
    if (this.playing) return this.stop();
    if (!this.last) return;
    if (this.stop_ === this.total - 1) this.jump(0);
    this.playing = true;
    this.drawBar();
    this.run();
  }

  run() {
    clearInterval(this.timer);
    this.timer = setInterval(() => {
      this.jump(this.stop_ + 1);
      if (this.stop_ === this.total - 1) this.stop();
    }, 1000 / SPEEDS[this.speed]);
  }

  stop() {
    clearInterval(this.timer);
    if (!this.playing) return;
    this.playing = false;
    this.drawBar();
  }

  key(event) {
    const size = this.last?.geometry.size ?? 0;
    const down = this.data.dims === "1" ? 0 : size;
    const moves = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: down, ArrowUp: -down, Home: -Infinity, End: Infinity};
    if (event.key === " ") this.toggle();
    else if (event.key === "Escape") this.stop();
    else if (event.key in moves) {
      this.stop();
      const target = this.stop_ + moves[event.key];
      if (Math.abs(moves[event.key]) !== size || size === 1 || (target >= 0 && target < this.total)) this.jump(target);
    } else return;
    event.preventDefault();
  }

  // The pointer chooses an output; over the input, the window whose middle is nearest.
  point(event) {
    if (this.playing || !this.layout || !this.last) return;
    const {left, top} = this.canvas.getBoundingClientRect();
    const x = event.clientX - left, y = event.clientY - top;
    const {input, output} = this.layout;
    const {step, offset, kernel, dilation, size} = this.last.geometry;
    const within = (box) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h;
    const nearest = (cell) => Math.max(0, Math.min(size - 1, Math.round((cell - offset - (dilation * (kernel - 1)) / 2) / step)));
    if (within(output)) {
      this.column = Math.min(size - 1, output.first + Math.floor((x - output.x) / output.cell));
      if (this.data.dims === "2") this.row = Math.min(size - 1, Math.floor((y - output.y) / output.cell));
    } else if (within(input) && event.type === "pointerdown") {
      this.column = nearest(input.first + Math.floor((x - input.x) / input.cell));
      if (this.data.dims === "2") this.row = nearest(Math.floor((y - input.y) / input.cell));
    } else return;
    this.draw();
  }

  // ---- drawing ----
  draw() {
    const width = this.root.clientWidth;
    if (!this.last || !this.data || !width) return;
    const colors = {...shades(this.root), map: this.last.color};
    this.layout = this.data.dims === "1" ? drawStrip(this, width, colors) : drawSquares(this, width, colors);
    const {size} = this.last.geometry;
    const {labels, dims} = this.data;
    const place = dims === "1" ? `${this.column}` : `(${this.row}, ${this.column})`;
    this.where.textContent = labels.position.replace("{place}", place).replace("{done}", this.format(this.stop_ + 1)).replace("{total}", this.format(this.total));
    this.canvas.dataset.stop = this.stop_;
    this.canvas.dataset.size = size;
  }

  // The cells under the window's taps, along one axis.
  taps(at) {
    const {step, offset, kernel, dilation} = this.last.geometry;
    return Array.from({length: kernel}, (_, tap) => at * step + offset + tap * dilation);
  }

  destroy() {
    clearInterval(this.timer);
    this.observer.disconnect();
  }
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!PICTURES.has(parentElement)) PICTURES.set(parentElement, new SlidingWindow(root));
  const picture = PICTURES.get(parentElement);
  picture.update(unpack(data), (dims) => setTriggerValue("dims", dims));
  return () => {
    picture.destroy();
    PICTURES.delete(parentElement);
  };
}
