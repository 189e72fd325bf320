// The maps of a layer as tiles. Hovering, opening and blending ask nobody; which map is open is told by the trigger "open".

const BELOW_REM = 1.4; // what stays free under the component
const PAGER_REM = 2.6; // and above the bar of a presentation
const GAP = 3; // px
const SIDE_REM = 14.5;
const EDGE = 2; // px around the tiles, for the frame of the one pointed at; as in component.css
const PHONE_REM = 5; // of a tile on a narrow screen, where the whole page scrolls
const LEAST_REM = 2.9; // of a tile, before the grid scrolls
const VIEWS = new WeakMap();

class MapGrid {
  constructor(root) {
    this.root = root;
    this.info = h("output", {class: "info mono"});
    this.tiles = h("div", {class: "tiles", role: "group"});
    this.scroller = h("div", {class: "scroller"}, this.tiles);
    this.beside = new Beside();
    this.large = new Large({step: (by) => this.step(by), close: () => this.close(), point: (map, spot) => this.point(map, spot), choose: (spot) => this.tellSpot(spot)});
    this.main = h("div", {class: "main"}, h("div", {class: "left"}, this.info, this.scroller, this.large.element), this.beside.element);
    root.replaceChildren(this.main);
    this.tiles.onpointermove = (event) => this.hover(event);
    this.tiles.onpointerleave = () => this.point(this.rest, null);
    this.tiles.onclick = (event) => this.tileOf(event) && this.open(this.tileOf(event).map);
    this.tiles.onkeydown = (event) => this.key(event);
    this.tiles.onfocusin = (event) => this.tileOf(event) && this.point(this.tileOf(event).map, null);
    root.onkeydown = (event) => event.key === "Escape" && this.opened >= 0 && !this.data.alone && this.close();
    this.observer = new ResizeObserver(() => this.root.clientWidth !== this.width && this.layOut());
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

  update(data, tell, tellSpot) {
    this.tell = tell;
    this.tellSpot = tellSpot;
    if (this.data?.version === data.version && this.data.language === data.language) return; // only what stands around it has changed
    this.data = data;
    this.write = numberFormat(data.language, 4);
    this.stack = new Stack(data);
    this.geometry = new Geometry(data, this.stack);
    this.opened = data.alone ? 0 : data.opened;
    this.rest = Math.max(0, this.opened);
    this.tiles.ariaLabel = data.title;
    this.beside.update(data, this.stack, this.geometry, this.write);
    this.large.update(data, this.stack, this.geometry, this.beside.whole, this.write);
    this.buildTiles();
    if (this.opened >= 0) this.large.open(this.opened);
    this.width = 0;
    this.layOut();
    this.root.dataset.version = data.version;
    this.root.classList.add("ready");
  }

  buildTiles() {
    const {labels, names, flat} = this.data;
    while (this.tiles.children.length > names.length) this.tiles.lastChild.remove();
    while (this.tiles.children.length < names.length) {
      const canvas = h("canvas", {"aria-hidden": "true"});
      const button = h("button", {class: "tile", tabindex: "-1"}, canvas, h("span", {class: "caption"}));
      button.map = this.tiles.children.length;
      this.tiles.append(button);
    }
    [...this.tiles.children].forEach((tile, map) => {
      this.stack.paint(tile.firstChild, map);
      tile.lastChild.textContent = flat ? "" : names[map];
      const dead = this.stack.dead[map] && !flat;
      tile.classList.toggle("dead", Boolean(dead));
      tile.ariaLabel = flat ? this.data.title : labels.tile.replace("{channel}", names[map]) + (dead ? `, ${labels.dead}` : "");
      tile.title = dead ? labels.dead_about : "";
      tile.tabIndex = map === this.rest ? 0 : -1; // one stop for the Tab key; the arrows move inside
    });
  }

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.data) return; // not on the screen yet: the observer calls again
    this.width = width;
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const look = {...themeColors(this.root), rem: unit};
    const stacked = width < 30 * unit;
    this.main.classList.toggle("stacked", stacked);
    this.main.classList.toggle("alone", this.data.alone);
    const side = stacked ? Math.min(width, SIDE_REM * unit) : Math.min(SIDE_REM * unit, 0.32 * width);
    this.main.style.setProperty("--side", `${side}px`);
    const scroller = this.root.getRootNode().host?.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? window.scrollY);
    const head = 1.8 * unit;
    const pager = document.querySelector(".st-key-presenter") ? PAGER_REM : 0;
    const free = Math.max(20 * unit, window.innerHeight - top - (BELOW_REM + pager) * unit - head);
    const room = stacked ? width : width - side - unit;
    this.layTiles(room, stacked ? Infinity : free, unit);
    this.beside.layOut(side, look);
    const isOpen = this.opened >= 0;
    this.scroller.hidden = isOpen;
    this.large.element.hidden = !isOpen;
    if (isOpen) this.large.layOut(room, stacked ? room : free - 2.6 * unit, look);
    this.point(this.rest, null);
  }

  // As large as all of them fit; from a least size on, the grid scrolls, and its bar takes room of its own.
  layTiles(width, free, unit) {
    this.fitTiles(width - 2 * EDGE, free - 2 * EDGE, unit);
    const bar = this.scroller.offsetWidth - this.scroller.clientWidth;
    if (bar > 0) this.fitTiles(width - 2 * EDGE - bar, free - 2 * EDGE, unit);
  }

  fitTiles(room, free, unit) {
    const {count, rows, cols} = this.stack;
    const caption = this.data.flat ? 0 : 0.95 * unit;
    const aspect = rows / cols;
    const fits = (columns) => {
      const wide = Math.floor((room - GAP * (columns - 1)) / columns);
      return {columns, wide, tall: Math.ceil(count / columns) * (wide * aspect + caption + GAP)};
    };
    const least = Number.isFinite(free) ? LEAST_REM : PHONE_REM;
    const most = Math.max(1, Math.floor((room + GAP) / (least * unit + GAP)));
    let found = fits(Math.min(most, Math.max(count, 1)));
    for (let columns = 1; Number.isFinite(free) && columns <= Math.min(most, count); columns++) {
      const tried = fits(columns);
      if (tried.tall > free) continue;
      found = tried;
      break;
    }
    // A lone row is bounded by the height that there is.
    const wide = count === 1 ? Math.min(room, free / aspect) : found.wide;
    this.columns = found.columns;
    this.tiles.style.gridTemplateColumns = `repeat(${found.columns}, ${Math.floor(wide)}px)`;
    this.tiles.classList.toggle("shrunk", wide < cols); // shrunk pictures are averaged, enlarged ones stay sharp
    this.scroller.style.maxHeight = Number.isFinite(free) ? `${free + 2 * EDGE}px` : "";
  }

  tileOf(event) {
    return event.composedPath().find((element) => element.classList?.contains("tile"));
  }

  hover(event) {
    const tile = this.tileOf(event);
    if (!tile) return;
    const frame = tile.firstChild.getBoundingClientRect();
    const row = Math.floor(((event.clientY - frame.top) / frame.height) * this.stack.rows);
    const col = Math.floor(((event.clientX - frame.left) / frame.width) * this.stack.cols);
    const inside = row >= 0 && col >= 0 && row < this.stack.rows && col < this.stack.cols;
    this.point(tile.map, inside ? [row, col] : null);
  }

  point(map, spot) {
    this.pointed = {map, spot};
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.say());
  }

  say() {
    const {map, spot} = this.pointed;
    const {labels, names, flat} = this.data;
    this.beside.show(spot ? {map, row: spot[0], col: spot[1]} : {map});
    if (!spot) {
      this.info.textContent = this.data.spot ? labels.spot_hint : this.data.alone ? "" : this.opened >= 0 ? labels.large_hint : labels.hint;
      return;
    }
    const unit = spot[0] * this.stack.cols + spot[1];
    const text = (flat ? labels.unit_value : this.data.alone ? labels.place : labels.value).replace("{channel}", names[map]).replace("{unit}", unit)
      .replace("{row}", spot[0]).replace("{column}", spot[1]);
    this.info.textContent = `${text} = ${this.write(this.stack.at(map, ...spot))}`;
  }

  open(map) {
    this.opened = this.rest = map;
    this.large.open(map);
    this.layOut();
    this.large.canvas.focus({preventScroll: true});
    this.tell(map);
  }

  close() {
    const map = this.opened;
    this.opened = -1;
    this.layOut();
    this.focus(map);
    this.tell(-1);
  }

  step(by) {
    this.open((this.opened + by + this.stack.count) % this.stack.count);
  }

  focus(map) {
    [...this.tiles.children].forEach((tile, k) => (tile.tabIndex = k === map ? 0 : -1));
    this.rest = map;
    this.tiles.children[map]?.focus();
  }

  key(event) {
    const tile = this.tileOf(event);
    const moves = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns};
    if (!tile || !(event.key in moves || event.key === "Enter" || event.key === " ")) return;
    event.preventDefault();
    if (!(event.key in moves)) return this.open(tile.map);
    const there = tile.map + moves[event.key];
    if (there >= 0 && there < this.stack.count) this.focus(there);
  }
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!VIEWS.has(root)) VIEWS.set(root, new MapGrid(root));
  const view = VIEWS.get(root);
  view.update(unpack(data), (map) => setTriggerValue("open", map), (spot) => setTriggerValue("spot", spot));
  view.attach();
  return () => view.detach();
}
