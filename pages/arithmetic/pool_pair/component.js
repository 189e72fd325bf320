// A picture before and after pooling at one scale, and the numbers of the window under the pointer.

const PAIRS = new WeakMap();
const CHANNELS = ["R", "G", "B"];

class PoolPair {
  constructor(root) {
    this.root = root;
    this.before = this.figure("before");
    this.after = this.figure("after");
    this.worked = h("div", {class: "worked"});
    this.sizes = h("div", {class: "sizes"});
    root.replaceChildren(this.sizes, h("div", {class: "pair"}, this.before.figure, this.after.figure), this.worked);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(root);
  }

  figure(name) {
    const canvas = h("canvas", {tabindex: "0", role: "img", "data-figure": name});
    const caption = h("figcaption");
    canvas.onpointermove = canvas.onpointerdown = (event) => this.point(event, name);
    canvas.onkeydown = (event) => this.key(event);
    return {figure: h("figure", {class: name}, caption, canvas), canvas, caption};
  }

  update(data) {
    const same = this.data && this.data.arrays.after.shape.join() === data.arrays.after.shape.join();
    this.data = data;
    this.format = numberFormat(data.language, 4);
    const [rows, columns] = data.arrays.after.shape;
    if (!same) Object.assign(this, {row: rows >> 1, column: columns >> 1});
    this.sizes.replaceChildren(...data.formulas.map((formula) => h("span", {class: "mono formula"}, formula)), h("span", {class: "free"}, data.labels.parameters));
    this.images = {before: toCanvas(data.arrays.before), after: toCanvas(data.arrays.after)};
    this.draw();
  }

  draw() {
    const width = this.root.clientWidth;
    if (!this.data || !width) return;
    const [rows, columns] = this.data.arrays.before.shape;
    const after = this.data.arrays.after.shape;
    const stacked = width < 520;
    const unit = (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16; // a presentation enlarges what stands around
    const tall = Math.max(220, Math.min(700, window.innerHeight - 340 * unit));
    const wide = stacked ? width : (width - 24) / (columns + after[1]) * columns;
    const fit = Math.min(wide / columns, (stacked ? width : tall) / rows);
    this.scale = fit >= 1 ? Math.floor(fit) : fit; // whole screen pixels for each pixel keep them square and equal
    for (const name of ["before", "after"]) this.paint(name);
    this.workOut();
  }

  paint(name) {
    const {canvas, caption} = this[name];
    const [rows, columns, channels] = this.data.arrays[name].shape;
    const {scale} = this;
    const context = sharpContext(canvas, columns * scale, rows * scale);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.images[name], 0, 0, columns * scale, rows * scale);
    const {labels, title} = this.data;
    caption.replaceChildren(`${labels[name]} `, h("span", {class: "mono"}, `${rows} × ${columns}${channels > 1 ? ` × ${channels}` : ""}`));
    canvas.setAttribute("aria-label", `${labels[name]}: ${title}. ${labels.picture}`);
    const {kernel, stride, padding} = this.data;
    const box = name === "before" ? [this.column * stride - padding, this.row * stride - padding, kernel] : [this.column, this.row, 1];
    const [x, y, side] = box.map((n) => n * scale);
    for (const [color, thick] of [["#000", 4], ["#ffd166", 2]]) {
      context.strokeStyle = color;
      context.lineWidth = thick;
      context.strokeRect(x, y, Math.max(side, 4), Math.max(side, 4));
    }
    canvas.dataset.window = `${this.row},${this.column}`;
  }

  point(event, name) {
    if (!this.data) return;
    const box = this[name].canvas.getBoundingClientRect();
    const {kernel, stride, padding} = this.data;
    const [rows, columns] = this.data.arrays.after.shape;
    const cell = [(event.clientY - box.top) / this.scale, (event.clientX - box.left) / this.scale];
    const place = cell.map((at) => name === "after" ? Math.floor(at) : Math.round((at + padding - kernel / 2) / stride));
    this.go(Math.max(0, Math.min(rows - 1, place[0])), Math.max(0, Math.min(columns - 1, place[1])));
  }

  key(event) {
    const move = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    if (!move) return;
    event.preventDefault();
    const [rows, columns] = this.data.arrays.after.shape;
    this.go(Math.max(0, Math.min(rows - 1, this.row + move[0])), Math.max(0, Math.min(columns - 1, this.column + move[1])));
  }

  go(row, column) {
    if (row === this.row && column === this.column) return;
    Object.assign(this, {row, column});
    for (const name of ["before", "after"]) this.paint(name);
    this.workOut();
  }

  // The numbers under the window, the chosen one marked, and what they come to; one table a channel.
  workOut() {
    const {labels, reduction, kernel, stride, padding, countPadding, arrays} = this.data;
    const [rows, columns, channels] = arrays.before.shape;
    const top = this.row * stride - padding, left = this.column * stride - padding;
    const shown = kernel <= 5;
    const tables = Array.from({length: channels}, (_, channel) => {
      const value = arrays.after.data[(this.row * arrays.after.shape[1] + this.column) * channels + channel];
      const lines = [];
      let sum = 0, count = 0;
      for (let r = top; r < top + kernel; r++) {
        const cells = [];
        for (let c = left; c < left + kernel; c++) {
          const inside = r >= 0 && c >= 0 && r < rows && c < columns;
          const number = inside ? arrays.before.data[(r * columns + c) * channels + channel] : null;
          sum += number ?? 0;
          count += inside || countPadding;
          const chosen = inside && reduction !== "average" && number === value;
          cells.push(h("td", {class: inside ? (chosen ? "chosen" : "") : "padding", title: inside ? `(${r}, ${c})` : labels.padding}, this.entry(number)));
        }
        lines.push(h("tr", {}, ...cells));
      }
      return h("div", {class: `channel ${channels > 1 ? CHANNELS[channel] : ""}`},
        shown ? h("table", {class: "mono"}, ...lines) : null,
        h("span", {class: "mono result"}, `${labels[reduction]}${channels > 1 ? ` ${CHANNELS[channel]}` : ""} = `, reduction === "average" ? `${this.format(sum)}/${count} = ` : "", h("strong", {}, this.format(value))));
    });
    const place = labels.window.replace("{row}", this.row).replace("{column}", this.column).replace("{count}", kernel * kernel);
    this.worked.replaceChildren(h("div", {class: "place"}, h("strong", {class: "mono"}, place), h("div", {class: "muted"}, labels.hint)), ...tables);
  }

  // Padding takes part in the average as a zero, if it counts; elsewhere it takes no part.
  entry(number) {
    if (number !== null) return String(number);
    return this.data.reduction === "average" && this.data.countPadding ? "0" : "·";
  }
}

function toCanvas({data, shape}) {
  const [rows, columns, channels] = shape;
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = Math.round(data[i * channels + (channels === 1 ? 0 : k)]);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

export default function ({data, parentElement}) {
  const root = parentElement.querySelector(".root");
  if (!PAIRS.has(parentElement)) PAIRS.set(parentElement, new PoolPair(root));
  const pair = PAIRS.get(parentElement);
  pair.update(unpack(data));
  return () => {
    pair.observer.disconnect();
    PAIRS.delete(parentElement);
  };
}
