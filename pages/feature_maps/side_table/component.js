// One picture in several networks. A click on a cell sends the trigger "pick" with [network, layer].

const BELOW_REM = 1.6; // what stays free under the component
const FINE = 120; // px: larger maps are drawn smaller than they are, so the browser may smooth them
const TABLES = new WeakMap();

class SideTable {
  constructor(root) {
    this.root = root;
    this.box = h("div", {class: "sides", role: "table", tabindex: "0"});
    root.replaceChildren(this.box);
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
    if (this.data?.version === data.version && this.data.language === data.language) return;
    this.data = data;
    this.write = numberFormat(data.language);
    const {labels, sides, rows, arrays} = data;
    this.box.ariaLabel = labels.name;
    this.box.style.setProperty("--sides", sides.length);
    const lines = [this.line("head", h("div", {class: "corner", role: "columnheader"}, labels.resolution), sides.map((side) => this.head(side)))];
    lines.push(this.line("", this.name(labels.input), sides.map((side, k) => this.input(arrays[`picture${k}`], side))));
    rows.forEach((name, row) => lines.push(this.line("", this.name(name), sides.map((side, k) => this.cell(side.cells[row], k, row)))));
    this.box.replaceChildren(...lines);
    this.layOut();
    this.root.classList.add("ready");
  }

  line(kind, name, cells) {
    return h("div", {class: `line ${kind}`, role: "row"}, name, ...cells);
  }

  name(text) {
    return h("div", {class: "size", role: "rowheader"}, text);
  }

  head({title, weights, random, guesses, problem}) {
    const percent = new Intl.NumberFormat(this.data.language, {maximumFractionDigits: 1});
    const bars = guesses.map(({name, share}) => {
      const bar = h("div", {class: "guess", title: name}, h("span", {}, name), h("b", {}, share < 0.0005 ? `< ${percent.format(0.1)} %` : `${percent.format(100 * share)} %`));
      bar.style.setProperty("--share", share);
      return bar;
    });
    return h("div", {class: "cell", role: "columnheader"}, h("div", {class: "title", title}, title),
      h("div", {class: random ? "weights random" : "weights", title: weights}, weights), problem && h("div", {class: "problem"}, problem), ...bars);
  }

  input(picture) {
    if (!picture) return h("div", {class: "cell", role: "cell"});
    const {data, shape: [rows, columns]} = picture;
    const canvas = h("canvas", {width: columns, height: rows, class: rows > FINE ? "fine" : ""});
    const context = canvas.getContext("2d");
    const image = context.createImageData(columns, rows);
    for (let k = 0, j = 0; k < rows * columns; k++, j += 3) image.data.set([data[j], data[j + 1], data[j + 2], 255], 4 * k);
    context.putImageData(image, 0, 0);
    return h("div", {class: "cell", role: "cell"}, h("div", {class: "about"}, h("span", {class: "shape"}, `${rows}×${columns}`)),
      h("div", {class: "strip"}, canvas));
  }

  cell(fact, side, row) {
    const {labels, arrays} = this.data;
    if (!fact) return h("div", {class: "cell none", role: "cell", title: labels.none}, "–");
    const maps = arrays[`maps${side}_${row}`];
    const table = arrays[fact.signed ? "signed" : "magnitude"].data;
    const [count, rows, columns] = maps.shape;
    const canvases = [...Array(count).keys()].map((k) => {
      const canvas = h("canvas", {width: columns, height: rows, title: labels.of_maps.replace("{channel}", fact.names[k])});
      paint(canvas, maps.data.subarray(k * rows * columns, (k + 1) * rows * columns), table);
      canvas.classList.toggle("fine", rows > FINE);
      return canvas;
    });
    const rest = fact.channels > count ? h("span", {class: "rest"}, `+ ${this.write(fact.channels - count)}`) : null;
    const open = h("button", {class: "layer", title: labels.open, onclick: () => this.pick([side, fact.id])}, fact.title);
    return h("div", {class: "cell", role: "cell"}, h("div", {class: "about"}, open, h("span", {class: "shape"}, fact.shape)),
      h("div", {class: "strip"}, ...canvases, rest));
  }

  layOut() {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const scroller = this.root.getRootNode().host?.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? window.scrollY);
    const narrow = this.root.clientWidth < 34 * unit;
    this.box.style.maxHeight = `${narrow ? 0.8 * window.innerHeight : Math.max(20 * unit, window.innerHeight - top - BELOW_REM * unit)}px`;
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
  if (!TABLES.has(root)) TABLES.set(root, new SideTable(root));
  const table = TABLES.get(root);
  table.update(unpack(data), (chosen) => setTriggerValue("pick", chosen));
  table.attach();
  return () => table.detach();
}
