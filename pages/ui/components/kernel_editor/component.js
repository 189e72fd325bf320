// The kernel editor. The grid is kept from run to run: a rerun changes numbers, and never takes a cell from under the typist.

const PAUSE_MS = 300; // typing that rests this long is sent
const SIGNS = {
  transpose: "⤡", flip_horizontal: "↔", flip_vertical: "↕", rotate: "↺", negate: "±", normalize: "÷Σ",
};

// What may be typed: 1.5, 1,5, -2, +.5, 1/9, 1e-3; null for anything else.
function parseWeight(text) {
  const number = "[+-]?(?:\\d+[.,]?\\d*|[.,]\\d+)(?:[eE][+-]?\\d+)?";
  const match = text.trim().replace("−", "-").match(new RegExp(`^(${number})\\s*(?:/\\s*(${number}))?$`));
  if (!match) return null;
  const read = (part) => Number(part.replace(",", "."));
  const value = match[2] === undefined ? read(match[1]) : read(match[1]) / read(match[2]);
  return Number.isFinite(value) ? value : null;
}

// A weight as text of its own: whole, as a fraction where it is one, else with up to 12 digits.
function weightText(value, comma) {
  const decimal = String(Number(value.toPrecision(12)));
  const fraction = decimal.length > 6 ? fractionText(value) : null;
  return fraction ?? localized(decimal, comma);
}

function fractionText(value) {
  for (const below of [3, 6, 7, 9, 11, 12, 15, 16, 25, 32, 36, 49, 64, 81, 121, 256]) {
    const above = Math.round(value * below);
    if (above !== 0 && Math.abs(above) <= 99 && Math.abs(above / below - value) < 1e-12) return localized(`${above}/${below}`);
  }
  return null;
}

// The same, rounded to fit a cell of a grid with this many columns.
function shortText(value, cols, comma) {
  const whole = weightText(value, comma);
  const room = cols <= 3 ? 7 : cols <= 5 ? 5 : cols <= 7 ? 5 : 4;
  if (whole.length <= room) return whole;
  const decimals = Math.max(0, (cols <= 3 ? 4 : cols <= 7 ? 3 : 2) - Math.max(0, Math.floor(Math.log10(Math.abs(value)))));
  const rounded = String(Number(value.toFixed(decimals)));
  return localized(cols > 5 ? rounded.replace(/^(-?)0\./, "$1.") : rounded, comma);
}

// The sum beside the grid: as it is where that is short, else four significant digits, and no whole unit lost below a million.
function sumText(value, comma) {
  const whole = weightText(value, comma);
  if (whole.length <= 7) return `Σ = ${whole}`;
  const size = Math.abs(value);
  const rounded = size >= 1e6 ? value.toExponential(3).replace("e+", "e") : size >= 1e3 ? value.toFixed(0) : Number(value.toPrecision(4));
  return `Σ ≈ ${localized(String(rounded), comma)}`;
}

const localized = (text, comma) => (comma ? text.replace(".", ",") : text).replace("-", "−");

class Editor {
  constructor(root) {
    this.grid = h("div", {class: "grid", role: "group"});
    this.large = h("canvas", {class: "large", role: "img"});
    this.message = h("div", {class: "message", role: "alert"});
    this.sum = h("span", {class: "sum mono"});
    this.buttons = {};
    const button = (name, sign, act) => (this.buttons[name] = h("button", {type: "button", onclick: act}, sign));
    const stepper = (axis, name) => {
      const count = h("span", {class: "count mono"});
      this[`${name}Count`] = count;
      return h("span", {class: "stepper"},
        button(`${name}_less`, "−", () => this.resize(axis, -1)), count, button(`${name}_more`, "+", () => this.resize(axis, 1)));
    };
    this.size = h("div", {class: "tools"}, stepper(0, "row"), h("span", {class: "muted"}, "×"), stepper(1, "col"), this.sum);
    this.tools = h("div", {class: "tools even"},
      ...Object.entries(SIGNS).map(([name, sign]) => button(name, sign, () => this.operate(name))),
      button("reset", "↩", () => this.operate("reset")));
    root.replaceChildren(h("div", {class: "editor"}, this.grid, this.large, this.message, this.size, this.tools));
    this.cells = [];
    this.sent = 0;
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    const {labels, arrays} = data;
    const [rows, cols] = arrays.weights.shape;
    this.comma = data.language === "es";
    for (const [name, element] of Object.entries(this.buttons)) element.title = element.ariaLabel = labels[name];
    this.grid.ariaLabel = labels.name;
    const answered = data.heard >= this.sent;
    this.sent = Math.max(this.sent, data.heard);
    if (this.rows !== rows || this.cols !== cols) this.build(rows, cols, arrays.weights.data);
    else if (answered) this.fill(arrays.weights.data);
    this.shade();
  }

  get editable() {
    return Math.max(this.rows, this.cols) <= this.data.max_side;
  }

  build(rows, cols, weights) {
    const had = this.cells.findIndex((cell) => cell === this.grid.getRootNode().activeElement);
    const at = had < 0 ? null : [Math.min(rows - 1, Math.floor(had / this.cols)), Math.min(cols - 1, had % this.cols)];
    Object.assign(this, {rows, cols, weights: Float64Array.from(weights), dirty: new Set()});
    clearTimeout(this.timer);
    this.grid.style.setProperty("--cols", cols);
    this.grid.style.setProperty("--tall", `${Math.max(1.25, Math.min(2.5, 12 / rows))}rem`);
    this.grid.style.setProperty("--font", cols <= 3 ? "1rem" : cols <= 5 ? "0.85rem" : cols <= 7 ? "0.74rem" : cols <= 9 ? "0.62rem" : "0.55rem");
    this.cells = this.editable ? Array.from(weights, (_, k) => this.newCell(k)) : [];
    this.grid.replaceChildren(...this.cells.map((cell) => h("div", {class: "cell"}, cell)));
    this.grid.hidden = this.tools.hidden = !this.editable;
    this.large.hidden = this.editable;
    this.cells.forEach((_, k) => this.show(k));
    if (at && this.editable) this.cells[at[0] * cols + at[1]].focus();
  }

  newCell(k) {
    const cell = h("input", {type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false", class: "mono"});
    const place = {row: Math.floor(k / this.cols) + 1, col: (k % this.cols) + 1};
    cell.ariaLabel = this.data.labels.cell.replace(/\{(\w+)\}/g, (_, name) => place[name]);
    cell.onfocus = () => {
      if (!this.dirty.has(k)) cell.value = weightText(this.weights[k], this.comma);
      cell.select();
    };
    cell.oninput = () => this.typed(k);
    cell.onblur = () => {
      this.commit();
      this.show(k);
    };
    cell.onkeydown = (event) => this.press(k, event);
    return cell;
  }

  // Weights from the server: what is being typed stays.
  fill(weights) {
    for (let k = 0; k < weights.length; k++) {
      if (this.dirty.has(k) || this.weights[k] === weights[k]) continue;
      this.weights[k] = weights[k];
      if (this.cells[k]) this.show(k);
    }
  }

  show(k) {
    const cell = this.cells[k];
    if (cell.classList.contains("bad")) return;
    cell.value = shortText(this.weights[k], this.cols, this.comma);
    cell.title = weightText(this.weights[k], this.comma);
  }

  typed(k) {
    const cell = this.cells[k];
    const value = parseWeight(cell.value);
    const bad = this.complaint(value) !== null;
    cell.classList.toggle("bad", bad);
    cell.ariaInvalid = String(bad);
    if (!bad && value !== this.weights[k]) {
      this.weights[k] = value;
      this.dirty.add(k);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.commit(), PAUSE_MS);
    this.shade();
  }

  commit() {
    clearTimeout(this.timer);
    const bad = this.cells.find((cell) => cell.classList.contains("bad"));
    this.message.textContent = bad ? this.sentence(bad.value) : "";
    if (this.dirty.size) this.report(null, this.rows, this.cols);
  }

  // The label that says what is wrong with a value that was typed, or null.
  complaint(value) {
    if (value === null) return "bad";
    return Math.abs(value) > this.data.max_weight ? "beyond" : null;
  }

  sentence(text) {
    const facts = {text, limit: this.data.max_weight.toLocaleString(this.data.language)};
    return this.data.labels[this.complaint(parseWeight(text))].replace(/\{(\w+)\}/g, (_, name) => facts[name]);
  }

  report(operation, rows, cols) {
    const weights = Array.from({length: this.rows}, (_, r) => Array.from(this.weights.subarray(r * this.cols, (r + 1) * this.cols)));
    this.dirty.clear();
    this.sent += 1;
    this.send({number: this.sent, operation, rows, cols, weights});
  }

  operate(name) {
    clearTimeout(this.timer);
    for (const [k, cell] of this.cells.entries()) {
      cell.classList.remove("bad");
      this.show(k);
    }
    this.message.textContent = "";
    this.report(name, this.rows, this.cols);
  }

  resize(axis, change) {
    const size = [this.rows, this.cols];
    size[axis] += change;
    if (size[axis] >= 1 && size[axis] <= this.data.max_side) this.report("resize", ...size);
  }

  press(k, event) {
    const {target, key} = event;
    const whole = target.selectionEnd - target.selectionStart === target.value.length;
    const atStart = whole || target.selectionEnd === 0;
    const atEnd = whole || target.selectionStart === target.value.length;
    const move = {
      Enter: event.shiftKey ? [-1, 0] : [1, 0], ArrowUp: [-1, 0], ArrowDown: [1, 0],
      ArrowLeft: atStart && [0, -1], ArrowRight: atEnd && [0, 1],
    }[key];
    if (key === "Escape") {
      target.classList.remove("bad");
      this.show(k);
      target.select();
      this.commit();
    }
    if (!move) return;
    event.preventDefault();
    this.commit();
    const row = Math.floor(k / this.cols) + move[0];
    const col = (k % this.cols) + move[1];
    if (row >= 0 && row < this.rows && col >= 0 && col < this.cols) this.cells[row * this.cols + col].focus();
    else target.select();
  }

  shade() {
    const {colors} = this.data.arrays;
    const most = this.weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0) || 1;
    const color = (weight) => {
      const k = 3 * Math.round(127.5 + (127.5 * weight) / most);
      return weight === 0 ? [255, 255, 255] : [...colors.data.subarray(k, k + 3)];
    };
    for (const [k, cell] of this.cells.entries()) {
      const [r, g, b] = color(this.weights[k]);
      cell.style.backgroundColor = `rgb(${r} ${g} ${b})`;
      cell.style.color = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111" : "#fff";
    }
    if (!this.editable) this.paintLarge(color);
    const sum = this.weights.reduce((total, weight) => total + weight, 0);
    const rounded = Math.abs(sum) < 1e-9 ? 0 : Number(sum.toPrecision(9));
    this.sum.textContent = sumText(rounded, this.comma);
    this.sum.title = `${this.data.labels.sum} Σ = ${weightText(rounded, this.comma)}`;
    this.rowCount.textContent = this.rows;
    this.colCount.textContent = this.cols;
    for (const [name, size] of [["row", this.rows], ["col", this.cols]]) {
      this.buttons[`${name}_less`].disabled = size <= 1 || !this.editable;
      this.buttons[`${name}_more`].disabled = size >= this.data.max_side;
    }
  }

  paintLarge(color) {
    this.large.width = this.cols;
    this.large.height = this.rows;
    this.large.ariaLabel = this.large.title = this.data.labels.too_large;
    const context = this.large.getContext("2d");
    const pixels = context.createImageData(this.cols, this.rows);
    this.weights.forEach((weight, k) => pixels.data.set([...color(weight), 255], 4 * k));
    context.putImageData(pixels, 0, 0);
  }
}

const editors = new WeakMap();

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!editors.has(root)) editors.set(root, new Editor(root));
  editors.get(root).update(unpack(data), (edit) => setTriggerValue("edit", edit));
}
