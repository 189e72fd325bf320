// The layers of a network: a tree of blocks in the order of execution, or a flat list sorted by cost. Only the rows in sight are in
// the page. A choice sends the trigger "pick" with the row's id; opening, closing and sorting ask nobody.

const TABLES = new WeakMap();
const WAIT_MS = 160; // an arrow key held down passes over rows: only the one it rests on is asked for
const BELOW_REM = 1.2; // what stays free under the table
const BLOCK = 1, FUNCTIONAL = 2, SHARED = 4, FROZEN = 8, FAILED = 16;
const COSTS = ["params", "macs", "memory"];
const PREFIXES = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

class LayerTable {
  constructor(root) {
    this.root = root;
    this.open = new Set();
    this.sorted = null; // index into COSTS
    this.head = h("div", {class: "line head", role: "row"});
    this.list = h("div", {class: "window", role: "presentation"});
    this.body = h("div", {class: "body", role: "rowgroup"}, this.list);
    this.scroller = h("div", {class: "scroller", role: "treegrid", tabindex: "0"}, this.head, this.body);
    this.scroller.onscroll = () => this.paint();
    this.scroller.onkeydown = (event) => this.key(event);
    this.list.onclick = (event) => this.click(event);
    this.list.ondblclick = (event) => this.toggle(this.at(event));
    root.replaceChildren(this.scroller);
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
    clearTimeout(this.timer);
    this.observer.disconnect();
    window.removeEventListener("resize", this.onResize);
  }

  // ---- what the server says ----
  update(data, send) {
    this.send = send;
    const fresh = data.network !== this.data?.network;
    this.data = data;
    this.costs = data.arrays.costs.data;
    this.places = data.arrays.places.data;
    this.count = data.ids.length;
    this.whole = new Intl.NumberFormat(data.language, {maximumFractionDigits: 0, useGrouping: "always"});
    this.write = (value) => this.whole.format(value);
    this.threeDigits = new Intl.NumberFormat(data.language, {minimumSignificantDigits: 3, maximumSignificantDigits: 3});
    if (fresh) {
      this.open = new Set(data.opened);
      this.scroller.scrollTop = 0;
    }
    this.parents = this.findParents();
    this.scroller.setAttribute("aria-label", data.labels.table);
    this.drawHead();
    if (fresh || data.selected !== this.told) {
      this.told = this.selected = data.selected;
      this.reveal();
    } else if (!data.ids.includes(this.selected)) this.selected = data.selected;
    this.arrange();
    this.layOut();
    this.show();
  }

  place(row, name) {
    return this.places[4 * row + {depth: 0, first: 1, stop: 2, flags: 3}[name]];
  }

  findParents() {
    const parents = new Int32Array(this.count).fill(-1);
    const stack = [];
    for (let row = 0; row < this.count; row++) {
      while (stack.length && this.place(stack.at(-1), "stop") <= this.place(row, "first")) stack.pop();
      if (stack.length) parents[row] = stack.at(-1);
      if (this.is(row, BLOCK)) stack.push(row);
    }
    return parents;
  }

  is(row, flag) {
    return (this.place(row, "flags") & flag) !== 0;
  }

  // ---- which rows are visible ----
  arrange() {
    const rows = Array.from({length: this.count}, (_, row) => row);
    if (this.sorted !== null)
      this.rows = rows.filter((row) => !this.is(row, BLOCK)).sort((a, b) => this.cost(b, this.sorted) - this.cost(a, this.sorted));
    else
      this.rows = rows.filter((row) => {
        for (let up = this.parents[row]; up >= 0; up = this.parents[up]) if (!this.open.has(this.data.ids[up])) return false;
        return true;
      });
    this.scroller.setAttribute("aria-rowcount", this.rows.length + 1);
  }

  cost(row, column) {
    return this.costs[3 * row + column];
  }

  reveal() {
    const row = this.data.ids.indexOf(this.selected);
    if (row >= 0) for (let up = this.parents[row]; up >= 0; up = this.parents[up]) this.open.add(this.data.ids[up]);
  }

  // ---- sizes ----
  layOut() {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.narrow = this.root.clientWidth < 34 * unit;
    this.scroller.classList.toggle("narrow", this.narrow);
    this.rowHeight = Math.round((this.narrow ? 2.9 : 1.65) * unit);
    this.scroller.style.setProperty("--row", `${this.rowHeight}px`);
    const main = this.root.getRootNode().host?.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (main?.scrollTop ?? window.scrollY);
    const room = this.narrow ? window.innerHeight * 0.6 : window.innerHeight - top - BELOW_REM * unit;
    this.scroller.style.maxHeight = `${Math.max(13 * unit, Math.floor(room))}px`;
    this.paint();
  }

  // ---- drawing ----
  drawHead() {
    const {labels} = this.data;
    const tool = (sign, label, act) => h("button", {title: label, "aria-label": label, onclick: act}, sign);
    const first = this.sorted === null
      ? [tool("⊞", labels.expand, () => this.setAll(true)), tool("⊟", labels.collapse, () => this.setAll(false)), h("span", {}, labels.layer)]
      : [h("button", {class: "order", onclick: () => this.sort(null)}, `↺ ${labels.order}`)];
    const sorter = (name, index) => h("div", {class: name, role: "columnheader", "aria-sort": this.sorted === index ? "descending" : "none"},
      h("button", {title: labels.sort, "aria-pressed": this.sorted === index, onclick: () => this.sort(this.sorted === index ? null : index)},
        `${labels[name]}${this.sorted === index ? " ▾" : ""}`));
    this.head.replaceChildren(h("div", {class: "tools", role: "columnheader"}, ...first), h("div", {class: "shape", role: "columnheader"}, labels.output),
      sorter("params", 0), sorter("macs", 1), h("div", {class: "field", role: "columnheader", title: labels.at_most}, labels.field), sorter("memory", 2));
  }

  paint() {
    if (!this.rows || !this.rowHeight) return;
    this.body.style.height = `${this.rows.length * this.rowHeight}px`;
    const from = Math.max(0, Math.floor(this.scroller.scrollTop / this.rowHeight) - 6);
    const to = Math.min(this.rows.length, from + Math.ceil(this.scroller.clientHeight / this.rowHeight) + 14);
    this.list.style.transform = `translateY(${from * this.rowHeight}px)`;
    this.list.replaceChildren(...this.rows.slice(from, to).map((row, i) => this.line(row, from + i)));
  }

  line(row, at) {
    const {data} = this;
    const {labels, ids, kinds} = data;
    const block = this.is(row, BLOCK), failed = this.is(row, FAILED), flat = this.sorted !== null;
    const opened = block && this.open.has(ids[row]);
    const chip = (flag, name) => this.is(row, flag) ? h("span", {class: "chip", title: labels[name]}, labels[`${name}_short`]) : null;
    const name = flat && !failed ? ids[row] : data.names[row];
    const layer = h("div", {class: "layer", role: "rowheader"},
      block ? h("button", {class: "caret", tabindex: "-1", "aria-hidden": "true"}, opened ? "▾" : "▸")
        : h("span", {class: "kind", "aria-hidden": "true"}, null),
      flat ? h("span", {class: "name tail"}, h("bdi", {}, failed ? `✗ ${name}` : name)) : h("span", {class: "name"}, failed ? `✗ ${name}` : name),
      flat ? null : h("span", {class: `type${this.is(row, FUNCTIONAL) ? " functional" : ""}`},
        block ? `${data.types[row]} · ${this.place(row, "stop") - this.place(row, "first")}` : data.types[row]),
      chip(SHARED, "shared"), chip(FROZEN, "frozen"));
    layer.style.setProperty("--depth", flat ? 0 : this.place(row, "depth"));
    layer.style.setProperty("--kind", data.colors[kinds[row]] ?? data.other);
    const cells = failed ? [h("div", {class: "cell shape", role: "gridcell"}, labels.failed)] : [
      h("div", {class: "cell shape", role: "gridcell", title: data.shapes[row]}, data.shapes[row]), this.bar(row, 0), this.bar(row, 1),
      h("div", {class: `cell field${data.fields[row] === "∞" ? " none" : ""}`, role: "gridcell", title: this.fieldTitle(row)}, data.fields[row]),
      h("div", {class: `cell memory${this.cost(row, 2) ? "" : " none"}`, role: "gridcell", title: `${this.write(this.cost(row, 2))} B`}, this.bytes(this.cost(row, 2)))];
    cells[0].style.setProperty("--depth", flat ? 0 : this.place(row, "depth"));
    cells[0].style.setProperty("--chars", cells[0].textContent.length);
    const attributes = {
      class: `line row${block ? " block" : ""}${failed ? " failed" : ""}`, role: "row", id: `row-${row}`, "data-row": row, "data-id": ids[row],
      "aria-rowindex": at + 2, "aria-level": (flat ? 0 : this.place(row, "depth")) + 1, "aria-selected": String(ids[row] === this.selected),
      title: failed ? data.sentence : null,
    };
    if (block) attributes["aria-expanded"] = String(opened);
    layer.title = failed ? data.sentence : `${ids[row]} · ${block ? labels.block : this.is(row, FUNCTIONAL) ? labels.functional : data.types[row]}`;
    return h("div", attributes, layer, ...cells);
  }

  bar(row, column) {
    const value = this.cost(row, column), total = this.data.totals[column];
    const share = total ? value / total : 0;
    const percent = new Intl.NumberFormat(this.data.language, {style: "percent", maximumSignificantDigits: 3}).format(share);
    const cell = h("div", {class: `cell bar ${COSTS[column]}${value ? "" : " none"}`, role: "gridcell",
      title: this.data.labels.share.replace("{value}", this.write(value)).replace("{share}", percent)}, h("span", {}, this.short(value)));
    cell.style.setProperty("--share", share);
    cell.style.setProperty("--least", value ? "2px" : "0");
    return cell;
  }

  fieldTitle(row) {
    const {fields, labels} = this.data;
    return fields[row] === "∞" ? labels.everything : fields[row].startsWith("≤") ? labels.at_most : null;
  }

  short(value, wholeBelow = 1e5) {
    if (value < wholeBelow) return this.write(value);
    const [size, prefix] = PREFIXES.find(([size]) => value >= size * 0.9995);
    return `${this.threeDigits.format(value / size)}\u202f${prefix}`;
  }

  bytes(value) {
    return value < 1000 ? `${value}\u202fB` : `${this.short(value, 1000)}B`;
  }

  // ---- hands ----
  at(event) {
    const line = event.composedPath().find((element) => element.dataset?.row);
    return line ? Number(line.dataset.row) : -1;
  }

  click(event) {
    const row = this.at(event);
    if (row < 0 || this.is(row, FAILED)) return;
    this.scroller.focus({preventScroll: true});
    if (event.composedPath().some((element) => element.classList?.contains("caret"))) this.toggle(row);
    else this.choose(row, 0);
  }

  toggle(row, to) {
    if (row < 0 || !this.is(row, BLOCK) || this.sorted !== null) return;
    const id = this.data.ids[row];
    if (to ?? !this.open.has(id)) this.open.add(id);
    else this.open.delete(id);
    this.arrange();
    this.paint();
  }

  setAll(open) {
    this.open = new Set(open ? this.data.ids.filter((_, row) => this.is(row, BLOCK)) : []);
    this.arrange();
    this.paint();
    this.show();
  }

  sort(column) {
    this.sorted = column;
    this.drawHead();
    this.arrange();
    this.scroller.scrollTop = 0;
    this.paint();
    if (column === null) this.show();
  }

  choose(row, wait) {
    this.selected = this.data.ids[row];
    this.show();
    clearTimeout(this.timer);
    const send = () => {
      this.told = this.selected;
      this.send(this.selected);
    };
    if (wait) this.timer = setTimeout(send, wait);
    else send();
  }

  // The chosen row, in sight.
  show() {
    const row = this.data.ids.indexOf(this.selected);
    const at = this.rows.indexOf(row);
    if (at >= 0) {
      const head = this.head.offsetHeight, top = at * this.rowHeight, room = this.scroller.clientHeight - head;
      const followed = this.rows[at + 1] !== undefined && this.is(this.rows[at + 1], FAILED); // the row that failed belongs to it
      const bottom = top + (followed ? 2 : 1) * this.rowHeight;
      if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
      else if (bottom > this.scroller.scrollTop + room) this.scroller.scrollTop = bottom - room;
    }
    this.paint();
    this.scroller.setAttribute("aria-activedescendant", `row-${row}`);
  }

  key(event) {
    if (event.target !== this.scroller || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.data.ids.indexOf(this.selected);
    const at = this.rows.indexOf(row);
    const last = this.rows.length - (this.is(this.rows.at(-1), FAILED) ? 2 : 1);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.rowHeight) - 2);
    const moves = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + page, PageUp: at - page};
    if (event.key in moves) this.step(Math.min(Math.max(moves[event.key], 0), last), at);
    else if (event.key === "Enter" || event.key === " ") this.toggle(row);
    else if (event.key === "ArrowRight") {
      if (row >= 0 && this.is(row, BLOCK) && !this.open.has(this.selected)) this.toggle(row, true);
      else this.step(Math.min(at + 1, last), at);
    } else if (event.key === "ArrowLeft") {
      if (row >= 0 && this.is(row, BLOCK) && this.open.has(this.selected)) this.toggle(row, false);
      else if (this.parents[row] >= 0 && this.sorted === null) this.choose(this.parents[row], WAIT_MS);
    } else return;
    event.preventDefault();
  }

  step(to, from) {
    if (to !== from && to >= 0) this.choose(this.rows[to], WAIT_MS);
  }
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  const table = TABLES.get(root) ?? new LayerTable(root);
  if (!TABLES.has(root)) TABLES.set(root, table);
  table.attach();
  table.update(unpack(data), (id) => setTriggerValue("pick", id));
  return () => table.detach();
}
