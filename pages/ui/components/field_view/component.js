// The receptive field of one output position on the input picture. The position follows pointer and arrow keys; nobody is asked.

const VIEWS = new WeakMap();
const MARK = "#f5a524"; // the fourth chart colour: what is pointed at
const NEXT = "#0090ff"; // the fifth: its neighbour, one jump away
const MOST_MARGIN = 0.8; // of the picture's side: fields that reach further are cut at the frame
const BELOW_REM = 5.5; // what the lines under the picture take
const PRESENTER_REM = 2.6; // and the bar of the presentation mode

class FieldView {
  constructor(root) {
    this.root = root;
    this.canvas = h("canvas", {tabindex: "0", role: "img"});
    this.says = h("div", {class: "says", "aria-live": "polite"});
    this.hint = h("div", {class: "hint"});
    this.root.replaceChildren(h("div", {class: "stage"}, this.canvas, this.says, this.hint));
    this.canvas.onpointerdown = (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.held = true;
      this.point(event);
    };
    this.canvas.onpointermove = (event) => this.held && this.point(event);
    this.canvas.onpointerup = this.canvas.onpointercancel = () => (this.held = false);
    this.canvas.onkeydown = (event) => this.key(event);
    this.observer = new ResizeObserver(() => this.layOut());
    this.onResize = () => this.layOut();
  }

  attach() {
    this.observer.observe(this.root);
    const page = this.root.getRootNode().host?.closest("[data-testid=stMainBlockContainer]");
    if (page) this.observer.observe(page); // what stands above may take its room late
    window.addEventListener("resize", this.onResize);
  }

  detach() {
    this.observer.disconnect();
    window.removeEventListener("resize", this.onResize);
  }

  update(data) {
    const before = this.data;
    this.data = data;
    this.write = numberFormat(data.language, 4);
    const {data: pixels, shape: [rows, columns]} = data.arrays.picture;
    this.picture = h("canvas", {width: columns, height: rows});
    const context = this.picture.getContext("2d");
    const image = context.createImageData(columns, rows);
    for (let k = 0; k < rows * columns; k++) {
      for (let c = 0; c < 3; c++) image.data[4 * k + c] = pixels[3 * k + c];
      image.data[4 * k + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    // The place on the picture is kept from layer to layer: where one looks does not jump when the layer changes.
    const [rowsOut, columnsOut] = data.positions;
    const where = before && this.where ? this.where : [0.5, 0.5];
    this.where = where;
    this.at = [Math.min(rowsOut - 1, Math.floor(where[0] * rowsOut)), Math.min(columnsOut - 1, Math.floor(where[1] * columnsOut))];
    this.hint.textContent = rowsOut * columnsOut > 1 ? data.labels.hint : "";
    this.layOut();
  }

  // ---- geometry, in pixels of the input ----
  first(axis, at) {
    const {start, jump} = this.data.field;
    return start[axis] + jump[axis] * at;
  }

  margin() {
    const {field, input, positions} = this.data;
    if (!field) return 0.04 * Math.max(...input);
    const over = [0, 1].flatMap((axis) => [-this.first(axis, 0), this.first(axis, positions[axis] - 1) + field.size[axis] - input[axis]]);
    return Math.min(Math.max(0.04 * Math.max(...input), ...over), MOST_MARGIN * Math.max(...input));
  }

  layOut() {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const main = this.root.getRootNode().host?.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (main?.scrollTop ?? window.scrollY);
    const stacked = window.innerWidth < 40 * unit;
    const free = stacked ? 20 * unit : window.innerHeight - top - (BELOW_REM + (this.data?.present ? PRESENTER_REM : 0)) * unit;
    const width = this.root.clientWidth;
    if (!width || !this.data) return;
    const side = Math.floor(Math.min(width, Math.max(11 * unit, free), 26 * unit));
    if (side === this.side && this.drawnFor === this.data) return;
    this.side = side;
    this.drawnFor = this.data;
    this.context = sharpContext(this.canvas, side, side);
    this.look = themeColors(this.root);
    this.paint();
  }

  paint() {
    const {context: c, side, data} = this;
    const {input: [rows, columns], field} = data;
    const margin = this.margin();
    const zoom = side / (Math.max(rows, columns) + 2 * margin);
    this.zoom = zoom;
    this.left = (side - columns * zoom) / 2;
    this.top = (side - rows * zoom) / 2;
    c.clearRect(0, 0, side, side);
    this.hatch();
    c.imageSmoothingEnabled = this.picture.width > columns * zoom;
    c.drawImage(this.picture, this.left, this.top, columns * zoom, rows * zoom);
    c.strokeStyle = this.look.text;
    c.lineWidth = 1;
    c.strokeRect(this.left - 0.5, this.top - 0.5, columns * zoom + 1, rows * zoom + 1);
    if (!field) this.box(0, 0, rows, columns, MARK, false);
    else {
      const [y, x] = [this.first(0, this.at[0]), this.first(1, this.at[1])];
      this.dim(y, x);
      this.dots();
      const right = this.at[1] + 1 < data.positions[1] ? 1 : -1;
      if (data.positions[1] > 1) this.box(y, x + right * field.jump[1], field.size[0], field.size[1], NEXT, true);
      this.box(y, x, field.size[0], field.size[1], MARK, false);
    }
    this.say();
  }

  // The padding: what is not picture.
  hatch() {
    const {context: c, side} = this;
    c.fillStyle = this.look.panel;
    c.fillRect(0, 0, side, side);
    c.strokeStyle = this.look.border;
    c.lineWidth = 1;
    c.beginPath();
    for (let i = -side; i < side; i += 8) {
      c.moveTo(i, 0);
      c.lineTo(i + side, side);
    }
    c.stroke();
  }

  // What is outside the field is dimmed, so that the field stands out on any picture.
  dim(y, x) {
    const {context: c, data: {input: [rows, columns], field}, zoom} = this;
    c.save();
    c.beginPath();
    c.rect(this.left, this.top, columns * zoom, rows * zoom);
    c.rect(this.left + x * zoom, this.top + y * zoom, field.size[1] * zoom, field.size[0] * zoom);
    c.clip("evenodd");
    c.fillStyle = "rgb(0 0 0 / 0.35)";
    c.fillRect(this.left, this.top, columns * zoom, rows * zoom);
    c.restore();
  }

  // A dot at the middle of every position's field, where they do not run together: the jump made visible.
  dots() {
    const {context: c, data: {field, positions}, zoom} = this;
    if (Math.min(...field.jump) * zoom < 5) return;
    c.fillStyle = "rgb(255 255 255 / 0.75)";
    for (let i = 0; i < positions[0]; i++)
      for (let j = 0; j < positions[1]; j++) {
        const [y, x] = [this.first(0, i) + field.size[0] / 2, this.first(1, j) + field.size[1] / 2];
        c.fillRect(this.left + x * zoom - 0.75, this.top + y * zoom - 0.75, 1.5, 1.5);
      }
  }

  box(y, x, height, width, color, dashed) {
    const {context: c, zoom} = this;
    const box = [this.left + x * zoom, this.top + y * zoom, Math.max(3, width * zoom), Math.max(3, height * zoom)];
    c.setLineDash(dashed ? [4, 3] : []);
    if (!dashed) {
      c.lineWidth = 4.5;
      c.strokeStyle = "rgb(0 0 0 / 0.55)";
      c.strokeRect(...box);
    }
    c.lineWidth = dashed ? 1.5 : 2.5;
    c.strokeStyle = color;
    c.strokeRect(...box);
    c.setLineDash([]);
    if (!dashed) this.beyond(...box, color);
  }

  // Where the box reaches out of the frame, an arrow says so.
  beyond(left, top, width, height, color) {
    const {context: c, side} = this;
    const middle = (from, length) => (Math.max(from, 0) + Math.min(from + length, side)) / 2;
    const [x, y] = [middle(left, width), middle(top, height)];
    const arrows = [[left < 0, 4, y, -1, 0], [left + width > side, side - 4, y, 1, 0], [top < 0, x, 4, 0, -1], [top + height > side, x, side - 4, 0, 1]];
    c.fillStyle = color;
    for (const [out, tipX, tipY, dx, dy] of arrows) {
      if (!out) continue;
      c.beginPath();
      c.moveTo(tipX, tipY);
      c.lineTo(tipX - 12 * dx + 7 * dy, tipY - 12 * dy + 7 * dx);
      c.lineTo(tipX - 12 * dx - 7 * dy, tipY - 12 * dy - 7 * dx);
      c.fill();
    }
  }

  say() {
    const {labels, field, input, positions, title, layer} = this.data;
    const pair = (values) => (values[0] === values[1] ? this.write(values[0]) : values.map(this.write).join("×"));
    let text = labels.everything;
    if (field) {
      const spans = [0, 1].map((axis) => {
        const first = Math.ceil(this.first(axis, this.at[axis]) - 1e-9);
        return [first, first + field.size[axis] - 1];
      });
      const outside = spans.some(([from, to], axis) => from < 0 || to >= input[axis]);
      const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
      const span = ([from, to]) => `${this.write(from)}…${this.write(to)}`;
      text = [
        fill(field.exact ? labels.field : labels.at_most, {height: this.write(field.size[0]), width: this.write(field.size[1])}),
        positions[0] * positions[1] > 1 ? fill(labels.jump, {jump: pair(field.jump)}) : "",
        fill(labels.sees, {row: this.at[0], column: this.at[1], rows: span(spans[0]), columns: span(spans[1])}),
        outside ? labels.outside : "",
      ].filter(Boolean).join(" ");
    }
    this.says.textContent = text;
    this.canvas.setAttribute("aria-label", `${labels.label.replace("{layer}", layer).replace("{title}", title)} ${text}`);
  }

  // ---- hands ----
  moveTo(row, column) {
    const [rows, columns] = this.data.positions;
    const at = [Math.min(Math.max(row, 0), rows - 1), Math.min(Math.max(column, 0), columns - 1)];
    if (at[0] === this.at[0] && at[1] === this.at[1]) return;
    this.at = at;
    this.where = [(at[0] + 0.5) / rows, (at[1] + 0.5) / columns];
    this.paint();
  }

  point(event) {
    const {field} = this.data;
    if (!field) return;
    const box = this.canvas.getBoundingClientRect();
    const y = (event.clientY - box.top - this.top) / this.zoom, x = (event.clientX - box.left - this.left) / this.zoom;
    const nearest = (value, axis) => Math.round((value - field.size[axis] / 2 - field.start[axis]) / (field.jump[axis] || 1));
    this.moveTo(nearest(y, 0), nearest(x, 1));
  }

  key(event) {
    const step = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]}[event.key];
    if (!step || !this.data.field) return;
    event.preventDefault();
    this.moveTo(this.at[0] + step[0], this.at[1] + step[1]);
  }
}

export default function ({data, parentElement}) {
  const root = parentElement.querySelector(".root");
  const view = VIEWS.get(root) ?? new FieldView(root);
  if (!VIEWS.has(root)) VIEWS.set(root, view);
  view.attach();
  view.update(unpack(data));
  return () => view.detach();
}
