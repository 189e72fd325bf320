// Several pictures in one layer. Clicks send the triggers "open" [picture, channel], "use" [picture] and "remove" [picture].

const BELOW_REM = 1.6; // what stays free under the component
const PAGER_REM = 2.6; // and above the bar of a presentation
const NARROW_REM = 34;
const FINE = 96; // px: larger maps are drawn smaller than they are, so the browser may smooth them
const TABLES = new WeakMap();

class PictureTable {
  constructor(root) {
    this.root = root;
    this.box = h("div", {class: "several", role: "table"});
    root.replaceChildren(this.box);
    this.box.onkeydown = (event) => this.key(event);
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

  update(data, send) {
    this.send = send;
    if (this.data?.version === data.version && this.data.language === data.language) return;
    this.data = data;
    this.write = numberFormat(data.language, 3);
    this.percent = new Intl.NumberFormat(data.language, {maximumFractionDigits: 1});
    this.box.ariaLabel = data.labels.name;
    this.box.style.setProperty("--channels", data.names.length);
    this.box.replaceChildren(this.headings(), ...data.rows.map((row, k) => this.line(row, k)));
    this.layOut();
    this.root.classList.add("ready");
  }

  headings() {
    const {labels, names, limits, shared} = this.data;
    const stops = [0, 0.25, 0.5, 0.75, 1].map((at) => {
      const [r, g, b] = this.data.arrays.colors.data.subarray(3 * Math.round(255 * at), 3 * Math.round(255 * at) + 3);
      return `rgb(${r} ${g} ${b})`;
    });
    const cells = names.map((name, k) => {
      const ends = shared ? limits[k].map((end) => this.write(end)) : null;
      const bar = h("i", {class: "legend", title: ends ? `${labels.legend}: ${ends.join(" … ")}` : labels.own_range});
      bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
      const under = ends ? h("span", {class: "ends"}, h("span", {}, ends[0]), h("span", {}, ends[1])) : null;
      return h("div", {class: "cell", role: "columnheader"}, h("b", {title: labels.channel.replace("{channel}", name)}, name), bar, under);
    });
    return h("div", {class: "line head", role: "row"}, h("div", {class: "who corner", role: "columnheader"}, labels.picture), ...cells);
  }

  line(row, k) {
    const {labels, arrays, names} = this.data;
    const {data, shape: [height, width]} = arrays[`seen${k}`];
    const seen = h("canvas", {width, height, class: height > 64 ? "fine" : ""});
    const context = seen.getContext("2d");
    const image = context.createImageData(width, height);
    for (let i = 0, j = 0; i < width * height; i++, j += 3) image.data.set([data[j], data[j + 1], data[j + 2], 255], 4 * i);
    context.putImageData(image, 0, 0);
    const use = h("button", {class: "use", title: k ? labels.use : row.title, "aria-label": k ? `${row.title}. ${labels.use}` : row.title,
      disabled: k ? null : "", onclick: () => this.send("use", [k])}, seen);
    const remove = k ? h("button", {class: "remove", title: labels.remove, "aria-label": `${labels.remove}: ${row.title}`, onclick: () => this.send("remove", [k])}, "✕") : null;
    const guesses = row.guesses.map(({name, share}) => {
      const guess = h("div", {class: "guess", title: name}, h("span", {}, name), h("b", {}, share < 0.0005 ? `< ${this.percent.format(0.1)} %` : `${this.percent.format(100 * share)} %`));
      guess.style.setProperty("--share", share);
      return guess;
    });
    const who = h("div", {class: "who", role: "rowheader"}, use, h("div", {class: "about"}, h("div", {class: "title", title: row.title}, row.title), ...guesses), remove);
    return h("div", {class: "line", role: "row"}, who, ...names.map((name, channel) => this.tile(row, k, name, channel)));
  }

  tile(row, k, name, channel) {
    const {labels, arrays} = this.data;
    const {data, shape: [, height, width]} = arrays[`maps${k}`];
    const canvas = h("canvas", {width, height, class: Math.max(width, height) > FINE ? "fine" : ""});
    paint(canvas, data.subarray(channel * width * height, (channel + 1) * width * height), arrays.colors.data);
    const mean = this.write(row.means[channel]);
    const ends = row.ends[channel].map((end) => this.write(end)).join(" … ");
    const about = `${row.title}. ${labels.channel.replace("{channel}", name)}: ${labels.mean} ${mean}, ${labels.range} ${ends}`;
    const tile = h("button", {class: "tile", title: `${about}. ${labels.open}`, "aria-label": about, tabindex: k || channel ? "-1" : "0",
      onclick: () => this.send("open", [k, channel])}, canvas, h("span", {class: "mean"}, mean));
    tile.place = [k, channel];
    return h("div", {class: "cell", role: "cell"}, tile);
  }

  key(event) {
    const tile = event.composedPath().find((element) => element.classList?.contains("tile"));
    const move = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[event.key];
    if (!tile || !move) return;
    event.preventDefault();
    const [row, column] = [tile.place[0] + move[0], tile.place[1] + move[1]];
    const next = [...this.box.querySelectorAll(".tile")].find((other) => other.place[0] === row && other.place[1] === column);
    if (!next) return;
    tile.tabIndex = -1; // one stop for the Tab key; the arrows move inside
    next.tabIndex = 0;
    next.focus();
  }

  layOut() {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const narrow = this.root.clientWidth < NARROW_REM * unit;
    this.box.classList.toggle("narrow", narrow);
    const scroller = this.root.getRootNode().host?.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? window.scrollY);
    const below = (BELOW_REM + (document.querySelector(".st-key-presenter") ? PAGER_REM : 0)) * unit;
    this.box.style.maxHeight = narrow ? "" : `${Math.max(16 * unit, window.innerHeight - top - below)}px`;
  }
}

function paint(canvas, places, table) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let k = 0; k < places.length; k++) {
    const j = 3 * places[k];
    image.data.set([table[j], table[j + 1], table[j + 2], 255], 4 * k);
  }
  context.putImageData(image, 0, 0);
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!TABLES.has(root)) TABLES.set(root, new PictureTable(root));
  const table = TABLES.get(root);
  table.update(unpack(data), setTriggerValue);
  table.attach();
  return () => table.detach();
}
