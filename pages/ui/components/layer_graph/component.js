// The graph of a network. Each instance lives in a WeakMap under its parent element, so a rerun of the page changes its data
// and nothing else: the reader's place and zoom stay.

const READABLE = 0.5; // an opened block is shown no smaller than this
const PROJECTED = 1.5; // how much larger everything is for a projector
const REFOLD_MS = 120;
const MOST_GLIDING = 400; // nodes; more than these jump to their new places
let instances = 0;

class LayerGraph {
  constructor(root) {
    root.classList.add("layer-graph");
    this.root = root;
    this.id = `graph${++instances}`;
    buildParts(this);
    listenToPointer(this);
    listenToKeys(this);
    this.observer = new ResizeObserver(() => {
      clearTimeout(this.resizing);
      this.resizing = setTimeout(() => this.resized(), this.sheet ? REFOLD_MS : 0);
    });
    this.observer.observe(this.svg);
  }

  update(data, send) {
    const before = this.data;
    this.data = data;
    this.send = send;
    this.numbers = numberFormat(data.language);
    data.numbers = this.numbers;
    const another = before?.network !== data.network;
    const language = before?.language !== data.language;
    this.root.classList.toggle("present", data.present);
    if (another) Object.assign(this, {opening: null, picked: null, spot: 0});
    if (language) this.nameParts();
    if (another || language || before?.version !== data.version) {
      this.opened = data.drawing.groups.map((group) => group.id);
      this.draw(another);
    }
    const told = before && !another && before.selected === data.selected;
    if (!told) this.select(data.selected);
  }

  nameParts() {
    for (const [name, button] of Object.entries(this.buttons)) button.title = button.ariaLabel = this.data.labels[name];
    this.legend.ariaLabel = this.data.labels.legend;
    this.hint.textContent = this.data.labels.hint;
  }

  // ---- drawing ----
  draw(another) {
    const [width, height] = this.camera.size;
    if (!width || !height) return; // in a closed tab: the observer calls again when it opens
    const old = another ? null : this.sheet;
    this.camera.unit = this.data.present ? PROJECTED : 1;
    const sheet = (this.sheet = arrange(this.data.drawing, width, height, this.camera.unit));
    this.folded = [width, height];
    this.world.replaceChildren(...buildSheet(sheet, this));
    this.svg.ariaLabel = fill(this.data.labels.name, {title: this.data.title, count: sheet.nodes.length});
    this.follow();
    this.legend.replaceChildren(...legendFor(sheet, this.data));
    this.root.classList.remove("waiting");
    if (!old) this.fit(true);
    else this.settle(old);
    this.remember(Math.min(this.spot ?? 0, sheet.nodes.length - 1));
    this.mark();
    this.root.dataset.drawn = Number(this.root.dataset.drawn ?? 0) + 1;
  }

  // Which nodes come after and before each node, the way through the network first, shortcuts last.
  follow() {
    const edges = [...this.sheet.edges].sort((a, b) => (a.role === "skip") - (b.role === "skip"));
    this.after = this.sheet.nodes.map(() => []);
    this.before = this.sheet.nodes.map(() => []);
    this.touching = this.sheet.nodes.map(() => []);
    for (const edge of edges) {
      this.after[edge.from].push(edge.to);
      this.before[edge.to].push(edge.from);
    }
    this.sheet.edges.forEach((edge, i) => {
      this.touching[edge.from].push(i);
      this.touching[edge.to].push(i);
    });
  }

  // After blocks opened or closed: the whole again where it was shown whole and still can be read, else the block itself.
  settle(old) {
    const {opening, camera, sheet} = this;
    this.opening = null;
    const whole = {x: 0, y: 0, w: sheet.width, h: sheet.height};
    const box = opening && this.boxOf(opening.id);
    const glides = sheet.nodes.length <= MOST_GLIDING && !camera.calm.matches;
    if (glides) this.slide(old);
    if (opening?.all || (camera.fitted && (!box || camera.fitZoom(whole) >= 0.72))) return this.fit();
    if (!box) return;
    // The block stays under the hand that opened it, and then moves only as far as it must to be seen.
    const {zoom} = camera;
    camera.set(opening.at[0] - box.x * zoom, opening.at[1] - box.y * zoom, zoom);
    const wanted = Math.max(Math.min(zoom, camera.fitZoom(box, 40)), READABLE);
    if (wanted >= zoom) camera.show({...box, h: Math.min(box.h, (camera.size[1] - 60) / zoom)});
    else camera.glide(Math.max(20, camera.size[0] / 2 - (box.w / 2) * wanted) - box.x * wanted, 30 - box.y * wanted, wanted);
    camera.fitted = false;
  }

  slide(old) {
    const places = new Map(old.nodes.map((node) => [node.id, node]));
    const shut = this.sheet.nodes.map((node) => {
      const was = places.get(node.id) ?? old.nodes.find((one) => one.kind === "block" && one.first <= node.first && node.stop <= one.stop);
      return [node, was];
    });
    for (const [node, was] of shut) {
      const place = (one) => `translate(${one.x}px, ${one.y}px)`;
      const start = was ? {transform: place(was), opacity: places.has(node.id) ? 1 : 0} : {opacity: 0};
      this.nodeElements[node.index].animate([start, {transform: place(node), opacity: 1}], {duration: GLIDE_MS, easing: "ease-out"});
    }
    for (const layer of this.world.querySelectorAll(".edges, .frames"))
      layer.animate([{opacity: 0}, {opacity: 0, offset: 0.3}, {opacity: 1}], {duration: 1.4 * GLIDE_MS});
  }

  boxOf(id) {
    const node = this.sheet.nodes.find((one) => one.id === id);
    if (node) return node;
    return this.sheet.frames.find((piece) => piece.group.id === id) ?? null;
  }

  resized() {
    const [width, height] = this.camera.size;
    if (!this.data || !width || (this.folded && this.folded[0] === width && this.folded[1] === height)) return;
    const marked = this.camera.fitted ? null : this.sheet.nodes[this.spot];
    this.draw(true);
    if (marked) this.camera.show(this.sheet.nodes[marked.index], true);
  }

  fit(at_once = false) {
    const {sheet, camera} = this;
    camera.fit({x: 0, y: 0, w: sheet.width, h: sheet.height}, 0, at_once);
    camera.fitted = true;
  }

  // ---- blocks ----
  toggle(id, open) {
    const box = this.boxOf(id);
    this.opening = {id, at: box ? [box.x * this.camera.zoom + this.camera.x, box.y * this.camera.zoom + this.camera.y] : [40, 40]};
    const inside = (one) => one === id || this.insideOf(one, id);
    this.tell(open ? [...this.opened, id] : this.opened.filter((one) => !inside(one)));
  }

  insideOf(id, outer) {
    const group = this.data.drawing.groups.find((one) => one.id === id);
    return Boolean(group?.parent) && (group.parent === outer || this.insideOf(group.parent, outer));
  }

  open(blocks) {
    this.opening = {all: true};
    this.tell(blocks);
  }

  tell(blocks) {
    this.opened = [...new Set(blocks)];
    this.hideNote();
    this.root.classList.add("waiting");
    this.send("opened", {network: this.data.network, blocks: this.opened});
  }

  // ---- layers ----
  nodeAt(target) {
    const element = target.closest?.(".node");
    return element ? this.sheet.nodes[Number(element.dataset.index)] : null;
  }

  active() {
    return this.sheet.nodes[this.spot];
  }

  choose(node) {
    this.focusNode(node.index);
    if (node.kind === "input" || node.kind === "output" || node.kind === "block") return;
    this.picked = node.id;
    this.mark();
    this.send("chosen", {index: node.first, id: node.id});
  }

  // The layer that the page names; a second use of the same module stays marked if that is what was clicked.
  select(index) {
    const own = this.sheet?.nodes.find((node) => node.id === this.picked);
    const named = index == null ? null : this.nodeHolding(index);
    const echo = own && named && own.id.replace(/@\d+$/, "") === named.id;
    if (!echo) this.picked = named?.id ?? null;
    this.mark();
    if (!named || echo) return;
    this.remember(named.index);
    if (!this.camera.fitted || this.camera.zoom < TITLES_ONLY) this.camera.show(named);
  }

  nodeHolding(index) {
    return this.sheet?.nodes.find((node) => node.first <= index && index < node.stop) ?? null;
  }

  mark() {
    if (!this.sheet) return;
    const holder = this.data.selected == null ? null : this.nodeHolding(this.data.selected);
    this.nodeElements.forEach((element, i) => {
      const node = this.sheet.nodes[i];
      const chosen = node.id === this.picked || (node === holder && node.kind === "block");
      element.classList.toggle("chosen", chosen);
      element.setAttribute("aria-selected", String(chosen));
    });
  }

  // ---- hover and keyboard ----
  hover(node) {
    if (this.hovered === node) return;
    for (const element of this.world.querySelectorAll(".touched")) element.classList.remove("touched");
    this.hovered = node;
    this.world.classList.toggle("following", Boolean(node));
    if (!node) return this.hideNote();
    for (const i of this.touching[node.index]) {
      const element = this.edgeElements[i];
      element.classList.add("touched");
      this.enlarge(element);
      element.parentNode.append(element); // in front of the others
    }
    this.showNote(node);
  }

  // Shapes under the pointer are legible at any zoom. Set on the edge alone: on the sheet it would restyle everything.
  enlarge(edge) {
    edge.style.setProperty("--zoom", this.camera.zoom.toFixed(3));
  }

  showNote(node) {
    const {camera, note} = this;
    const [width, height] = camera.size;
    note.replaceChildren(...noteFor(node, this.data));
    note.hidden = false;
    const x = (node.x + node.w) * camera.zoom + camera.x;
    const y = (node.y + node.h) * camera.zoom + camera.y;
    note.classList.toggle("left", x > width - note.offsetWidth - 40 && y > height - note.offsetHeight - 40);
  }

  hideNote() {
    this.note.hidden = true;
  }

  remember(index) {
    this.nodeElements[this.spot]?.setAttribute("tabindex", -1);
    this.spot = index;
    this.nodeElements[index]?.setAttribute("tabindex", 0);
  }

  focusNode(index) {
    this.remember(index);
    this.nodeElements[index].focus({preventScroll: true});
    this.camera.show(this.sheet.nodes[index]);
  }

  walk(ways) {
    const next = ways[this.spot][0];
    if (next != null) this.focusNode(next);
  }

  walkAside(way) {
    const {nodes} = this.sheet;
    const here = nodes[this.spot];
    const beside = nodes.filter((node) => node.firstRow === here.firstRow && Math.sign(node.x - here.x) === way);
    beside.sort((a, b) => Math.abs(a.x - here.x) - Math.abs(b.x - here.x));
    if (beside.length) this.focusNode(beside[0].index);
  }

  destroy() {
    clearTimeout(this.resizing);
    cancelAnimationFrame(this.camera.frame);
    this.observer.disconnect();
  }
}

const graphs = new WeakMap();

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  let graph = graphs.get(parentElement);
  if (graph?.root !== root) {
    graph?.destroy();
    graph = new LayerGraph(root);
    graphs.set(parentElement, graph);
  }
  graph.update(unpack(data), setTriggerValue);
  return () => {
    graph.destroy();
    graphs.delete(parentElement);
  };
}
