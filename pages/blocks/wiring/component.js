// Ways of computing outputs from inputs, played side by side, one output a step.

const VIEWS = new WeakMap();
const PER_SECOND = 1.6;
const SIGNS = {
  play: "M7 4l13 8-13 8z", pause: "M6 4h4v16H6zM14 4h4v16h-4z", back: "M18 4v16L7 12zM4 4h2.5v16H4z", forward: "M6 4l11 8-11 8zM17.5 4H20v16h-2.5z",
  restart: "M12 4v16L3 12zM21 4v16l-9-8z",
};

function sign(name) {
  const holder = document.createElement("template");
  holder.innerHTML = `<svg viewBox="0 0 24 24" width="16" height="16" fill="currentColor" aria-hidden="true"><path d="${SIGNS[name]}"/></svg>`;
  return holder.content.firstChild;
}

// One way: its steps (a column and a channel each), and what has been computed after some of them.
class Way {
  constructor(facts, arrays, index) {
    Object.assign(this, facts);
    this.maps = facts.columns.map((_, c) => arrays[`maps${index}_${c}`]);
    this.images = this.maps.map(imagesOf);
    this.links = facts.columns.map((_, c) => arrays[`links${index}_${c}`]);
    this.steps = [];
    for (let column = 1; column < facts.columns.length; column++)
      for (let channel = 0; channel < this.maps[column].shape[0]; channel++) this.steps.push({column, channel});
  }

  filled(at, column, channel) {
    const place = this.steps.findIndex((step) => step.column === column && step.channel === channel);
    return place <= at;
  }

  // Weights of the channels computed so far; when all that are drawn are there, those that are not drawn count as well.
  weightsAt(at) {
    return this.weights.reduce((sum, each, k) => {
      const shown = this.maps[k + 1].shape[0];
      const done = Array.from({length: shown}, (_, n) => this.filled(at, k + 1, n)).filter(Boolean).length;
      return sum + each * (done === shown ? this.columns[k + 1].channels : done);
    }, 0);
  }
}

class Wiring {
  constructor(root) {
    this.root = root;
    this.bar = h("div", {class: "bar"});
    this.panels = h("div", {class: "panels", tabindex: "0", role: "group"});
    root.replaceChildren(this.bar, this.panels);
    root.onkeydown = (event) => this.key(event);
    this.at = 0;
    this.observer = new ResizeObserver(() => this.root.clientWidth !== this.width && this.draw());
    this.observer.observe(root);
  }

  update(data) {
    const shape = JSON.stringify(data.ways.map((way) => way.columns.map((column) => column.channels)));
    this.data = data;
    this.ways = data.ways.map((facts, index) => new Way(facts, data.arrays, index));
    this.total = Math.max(...this.ways.map((way) => way.steps.length));
    if (shape !== this.shape) this.at = 0;
    this.shape = shape;
    this.write = numberFormat(data.language);
    this.build();
    this.draw();
  }

  build() {
    const {labels} = this.data;
    this.figures = this.ways.map((way) => {
      const canvas = h("canvas", {role: "img", "aria-label": `${way.title}. ${labels.picture}`});
      const count = h("span", {class: "mono count"});
      return {canvas, count, figure: h("figure", {}, h("figcaption", {}, h("span", {class: "title"}, way.title), count), canvas)};
    });
    this.panels.replaceChildren(...this.figures.map(({figure}) => figure));
    this.panels.setAttribute("aria-label", labels.hint);
    const button = (name, act) => h("button", {type: "button", "data-action": name, class: name === "play" ? "primary wide" : "", onclick: act});
    this.buttons = {restart: button("restart", () => this.go(0)), back: button("back", () => this.go(this.at - 1)), play: button("play", () => this.toggle()),
      forward: button("forward", () => this.go(this.at + 1))};
    this.step = h("span", {class: "mono step"});
    this.bar.replaceChildren(...Object.values(this.buttons), this.step, h("span", {class: "muted hint"}, labels.hint));
  }

  draw() {
    this.width = this.root.clientWidth;
    if (!this.width || !this.data) return;
    const {labels, told, color} = this.data;
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    const style = themeColors(this.root);
    const look = {...style, unit, color, mark: "#ffd166", write: this.write, more: labels.more, font: getComputedStyle(this.root).fontFamily};
    const stacked = this.width < 34 * unit;
    const gap = 2 * unit;
    const most = Math.max(...this.ways.flatMap((way) => way.maps.map((maps) => maps.shape[0])));
    const parts = this.ways.map((way) => way.columns.length);
    const whole = parts.reduce((a, b) => a + b, 0);
    for (const [index, way] of this.ways.entries()) {
      const {canvas, count} = this.figures[index];
      const width = Math.floor(stacked ? this.width : (this.width - gap * (this.ways.length - 1)) * (parts[index] / whole));
      const place = arrangeWay(way, width, most, unit);
      paintWay(sharpContext(canvas, width, place.height), way, place, this.at, look);
      const used = way.weightsAt(this.at);
      count.textContent = told ? labels.weights.replace("{n}", this.write(used)).replace("{macs}", this.write(used * way.places)) : labels.whole.replace("{n}", way.steps.length);
      canvas.dataset.weights = used;
    }
    this.step.textContent = labels.step.replace("{n}", this.at + 1).replace("{total}", this.total);
    for (const [name, element] of Object.entries(this.buttons)) {
      const face = name === "play" && this.playing ? "pause" : name;
      element.replaceChildren(sign(face));
      element.title = element.ariaLabel = labels[face];
    }
    this.root.dataset.step = this.at;
  }

  go(at, keep) {
    if (!keep) this.stop();
    this.at = Math.max(0, Math.min(this.total - 1, at));
    this.draw();
  }

  toggle() {
    if (this.playing) return this.stop();
    if (this.at >= this.total - 1) this.at = 0;
    this.playing = setInterval(() => {
      this.go(this.at + 1, true);
      if (this.at >= this.total - 1) this.stop();
    }, 1000 / PER_SECOND);
    return this.draw();
  }

  stop() {
    if (!this.playing) return;
    clearInterval(this.playing);
    this.playing = null;
    this.draw();
  }

  key(event) {
    const moves = {ArrowRight: this.at + 1, ArrowLeft: this.at - 1, ArrowDown: this.at + 1, ArrowUp: this.at - 1, Home: 0, End: this.total - 1};
    if (event.key === " " && event.composedPath()[0].tagName !== "BUTTON") this.toggle();
    else if (event.key === "Escape") this.stop();
    else if (event.key in moves) this.go(moves[event.key]);
    else return;
    event.preventDefault();
  }

  destroy() {
    clearInterval(this.playing);
    this.observer.disconnect();
  }
}

export default function ({data, parentElement}) {
  const root = parentElement.querySelector(".root");
  if (!VIEWS.has(parentElement)) VIEWS.set(parentElement, new Wiring(root));
  const view = VIEWS.get(parentElement);
  view.update(unpack(data));
  return () => {
    view.destroy();
    VIEWS.delete(parentElement);
  };
}
