// The rows of a journey. Arrow keys step from stop to stop, Enter opens one: the trigger "pick" with its id.

const BELOW_REM = 2.6; // what stays free under the component
const PAGER_REM = 2.6; // and above the bar of a presentation
const GLYPH_REM = 3.2;
const VIEWS = new WeakMap();

class Journey {
  constructor(root) {
    this.root = root;
    this.list = h("div", {class: "rows", role: "listbox", tabindex: "0"});
    this.hint = h("p", {class: "hint"});
    root.replaceChildren(this.list, this.hint);
    this.list.onkeydown = (event) => this.key(event);
    this.observer = new ResizeObserver(() => this.layOut());
    this.onResize = () => this.layOut();
  }

  attach() {
    this.observer.observe(this.root);
    window.addEventListener("resize", this.onResize);
  }

  detach() {
    this.observer.disconnect();
    window.removeEventListener("resize", this.onResize);
  }

  update(data, pick) {
    this.pick = pick;
    const known = this.data?.version === data.version && this.data.language === data.language;
    if (known) return;
    this.data = data;
    const {labels, rows, guesses, arrays, language} = data;
    this.write = numberFormat(language);
    this.list.ariaLabel = labels.name;
    this.hint.textContent = labels.hint;
    const most = Math.max(...rows.map(({channels}) => channels));
    const drawn = [this.inputRow(arrays.picture, labels)];
    rows.forEach((row, k) => drawn.push(this.row(row, arrays[`maps${k}`], most)));
    drawn.push(this.outputRow(guesses, labels));
    drawn.forEach((element, k) => {
      element.id = `stop-${k}`;
      element.setAttribute("role", "option");
      element.onclick = () => this.go(k, false);
      element.ondblclick = () => this.open(k);
    });
    this.list.replaceChildren(...drawn);
    this.go(Math.min(this.at ?? 0, drawn.length - 1), false);
    this.layOut();
    this.root.classList.add("ready");
  }

  inputRow({data, shape: [rows, columns]}, labels) {
    const canvas = h("canvas", {width: columns, height: rows, class: "fine"});
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    for (let k = 0, j = 0; k < rows * columns; k++, j += 3) {
      image.data.set([data[j], data[j + 1], data[j + 2], 255], 4 * k);
    }
    context.putImageData(image, 0, 0);
    return h("div", {class: "row"}, this.glyph(1, 0, "currentColor"),
      h("div", {class: "about"}, h("div", {class: "title"}, labels.input), h("div", {class: "shape"}, `${rows}×${columns}`)),
      h("div", {class: "strip"}, canvas));
  }

  outputRow(guesses, labels) {
    const percent = new Intl.NumberFormat(this.data.language, {maximumFractionDigits: 1});
    const bars = guesses.map(({name, share}) => {
      const bar = h("div", {class: "guess"}, h("span", {}, name), h("b", {}, `${percent.format(100 * share)} %`));
      bar.style.setProperty("--share", share);
      return bar;
    });
    return h("div", {class: "row"}, h("div", {class: "glyph"}),
      h("div", {class: "about"}, h("div", {class: "title"}, labels.output)), h("div", {class: "guesses"}, ...bars));
  }

  row(fact, maps, most) {
    const {labels, arrays} = this.data;
    const table = arrays[fact.signed ? "signed" : "magnitude"].data;
    const [count, rows, columns] = maps.shape;
    const canvases = [...Array(count).keys()].map((k) => {
      const canvas = h("canvas", {width: columns, height: rows, title: labels.of_maps.replace("{channel}", fact.names[k])});
      paint(canvas, maps.data.subarray(k * rows * columns, (k + 1) * rows * columns), table);
      canvas.classList.toggle("fine", rows > 120);
      return canvas;
    });
    const more = fact.channels > count && fact.side
      ? h("span", {class: "rest"}, `+ ${this.write(fact.channels - count)}`) : null;
    return h("div", {class: "row", "aria-label": `${fact.title}, ${fact.type}, ${fact.shape}`},
      this.glyph(fact.side, fact.channels / most, fact.color),
      h("div", {class: "about"}, h("div", {class: "title", title: fact.title}, fact.title), h("div", {class: "type", title: fact.type}, fact.type),
        h("div", {class: "shape"}, fact.shape)),
      h("div", {class: "strip"}, ...canvases, more));
  }

  // A sheet as large as the maps are fine, and as deep as there are channels.
  glyph(side, depth, color) {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const full = GLYPH_REM * unit;
    const length = side ? Math.max(4, 0.7 * full * Math.sqrt(side)) : 4;
    const deep = Math.max(1.5, 0.3 * full * Math.sqrt(depth));
    const svg = (name, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      return element;
    };
    const [width, height] = [length + deep, length + deep * 0.6];
    const box = svg("svg", {width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true"});
    const skew = deep * 0.6;
    box.append(
      svg("path", {d: `M0 ${skew}L${deep} 0H${width}L${length} ${skew}Z`, fill: color, "fill-opacity": 0.35}),
      svg("path", {d: `M${length} ${skew}L${width} 0V${length}L${length} ${height}Z`, fill: color, "fill-opacity": 0.55}),
      svg("rect", {x: 0, y: skew, width: length, height: length, fill: color, "fill-opacity": 0.85}));
    return h("div", {class: "glyph"}, box);
  }

  layOut() {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const scroller = this.root.getRootNode().host?.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? window.scrollY);
    const narrow = this.root.clientWidth < 34 * unit;
    this.root.classList.toggle("narrow", narrow);
    const pager = document.querySelector(".st-key-presenter") ? PAGER_REM : 0;
    this.list.style.maxHeight = narrow ? "" : `${Math.max(18 * unit, window.innerHeight - top - (BELOW_REM + pager) * unit)}px`;
  }

  go(at, scroll) {
    this.at = at;
    [...this.list.children].forEach((row, k) => row.setAttribute("aria-selected", String(k === at)));
    this.list.setAttribute("aria-activedescendant", `stop-${at}`);
    if (scroll) this.list.children[at].scrollIntoView({block: "nearest"});
  }

  open(at) {
    const row = this.data.rows[at - 1];
    if (row) this.pick(row.id);
  }

  key(event) {
    const last = this.list.children.length - 1;
    const there = {ArrowDown: this.at + 1, ArrowRight: this.at + 1, ArrowUp: this.at - 1, ArrowLeft: this.at - 1, Home: 0, End: last}[event.key];
    if (event.key === "Enter") this.open(this.at);
    else if (there == null) return;
    else this.go(Math.max(0, Math.min(last, there)), true);
    event.preventDefault();
  }
}

function paint(canvas, places, table) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let k = 0; k < places.length; k++) {
    const j = 3 * places[k];
    image.data[4 * k] = table[j];
    image.data[4 * k + 1] = table[j + 1];
    image.data[4 * k + 2] = table[j + 2];
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!VIEWS.has(root)) VIEWS.set(root, new Journey(root));
  const view = VIEWS.get(root);
  view.update(unpack(data), (id) => setTriggerValue("pick", id));
  view.attach();
  return () => view.detach();
}
