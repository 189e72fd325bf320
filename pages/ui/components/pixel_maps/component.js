// Pictures and maps side by side: one lens and one crosshair for all. Nothing but a click on a clickable panel asks the server.

const MARK = "#f5a524"; // the fourth chart colour

class Maps {
  constructor(root) {
    this.root = root;
    this.list = h("div", {class: "list", role: "group"});
    this.place = h("span", {class: "place mono"});
    const tool = (name, sign, act) => {
      const button = h("button", {class: "tool", onclick: act}, sign);
      (this.tools ??= {})[name] = button;
      return button;
    };
    this.spoken = h("div", {class: "sr-only", "aria-live": "polite"});
    this.bar = h("div", {class: "bar"},
      tool("zoom_out", "−", () => this.zoom(1 / 2)), tool("zoom_fit", "⤢", () => this.zoom(0)), tool("zoom_in", "+", () => this.zoom(2)),
      this.place);
    root.replaceChildren(h("div", {class: "maps"}, this.list, this.bar, this.spoken));
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

  update(data, pick) {
    this.data = data;
    this.pick = pick;
    this.write = numberFormat(data.language, 4);
    this.panels = data.panels.map((fact, index) => new Values(fact, data.arrays, index));
    for (const panel of this.panels) panel.picture = panel.image();
    const bounds = boundsOf(this.panels);
    if (String(bounds) !== String(this.lens?.bounds)) this.lens = new Lens(bounds);
    this.buildFigures();
    for (const [name, button] of Object.entries(this.tools)) button.title = button.ariaLabel = data.labels[name];
    this.bar.hidden = data.layout === "grid";
    this.width = 0;
    this.layOut();
  }

  // Figures are kept from run to run, so that focus and hover survive a new response.
  buildFigures() {
    const {layout, clickable, chosen, labels} = this.data;
    this.list.className = `list ${layout}`;
    this.list.ariaLabel = labels.name;
    while (this.list.children.length > this.panels.length) this.list.lastChild.remove();
    this.figures = this.panels.map((panel, index) => {
      const figure = this.list.children[index] ?? this.list.appendChild(this.newFigure(index));
      const {parts} = figure;
      parts.title.textContent = panel.caption;
      parts.title.title = panel.caption;
      parts.size.textContent = layout === "grid" ? "" : `${panel.rows} × ${panel.cols}`;
      parts.canvas.ariaLabel = panel.alt;
      parts.canvas.setAttribute("role", clickable ? "button" : "img");
      parts.canvas.title = clickable ? panel.alt : "";
      parts.canvas.ariaPressed = clickable ? String(index === chosen) : null;
      figure.classList.toggle("chosen", index === chosen);
      figure.classList.toggle("clickable", clickable);
      parts.legend.hidden = !panel.legend;
      parts.legend.ariaLabel = panel.kind === "map"
        ? `${labels.histogram}: ${labels.minimum} ${this.write(panel.low)}, ${labels.maximum} ${this.write(panel.high)}` : labels.wheel;
      parts.legend.title = parts.legend.ariaLabel;
      return figure;
    });
  }

  newFigure(index) {
    const parts = {
      title: h("span", {class: "title"}), size: h("span", {class: "size mono muted"}), value: h("output", {class: "value mono"}),
      canvas: h("canvas", {class: "picture", tabindex: 0}), legend: h("canvas", {class: "legend", role: "img"}),
    };
    const figure = h("figure", {}, h("figcaption", {}, parts.title, parts.size, parts.value), parts.canvas, parts.legend);
    figure.parts = parts;
    const {canvas} = parts;
    canvas.onpointermove = (event) => this.drag(event) || this.point(index, this.planeAt(event));
    canvas.onpointerleave = () => this.point(index, null);
    canvas.onpointerdown = (event) => {
      this.point(index, this.planeAt(event));
      if (this.lens.power > 1) this.dragged = {event, top: this.lens.top, left: this.lens.left};
    };
    canvas.onpointerup = canvas.onpointercancel = () => (this.dragged = null);
    canvas.onclick = () => this.data.clickable && this.pick(index);
    canvas.ondblclick = (event) => this.data.clickable || this.zoom(this.lens.power > 1 ? 0 : 4, this.planeAt(event));
    canvas.onkeydown = (event) => this.press(index, event);
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the plain wheel scrolls the page
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.25 : 0.8, this.planeAt(event));
    }, {passive: false});
    return figure;
  }

  layOut() {
    const width = this.root.clientWidth;
    if (!width || !this.data) return; // not on the screen yet: the observer calls again
    this.width = width;
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.look = {...themeColors(this.root), rem: unit, mark: MARK};
    const legends = this.panels.some((panel) => panel.legend);
    const grid = this.data.layout === "grid";
    const extra = ((legends ? 3.75 : 0.2) + (grid ? 1.75 : 1.6)) * unit;
    const scroller = this.root.getRootNode().host?.closest("[data-testid=stMain]");
    const top = this.root.getBoundingClientRect().top + (scroller?.scrollTop ?? window.scrollY);
    const free = window.innerHeight - top - (grid ? 0.5 : this.data.below + 2.3) * unit;
    const narrow = width < 34 * unit; // on a phone one below the other, as large as they get; a narrow column keeps to the screen
    const phone = narrow && window.innerWidth < 48 * unit;
    const height = narrow && grid ? 0 : phone ? Infinity : Math.max(15 * unit, free);
    const gap = (grid ? 0.5 : narrow ? 0.6 : 1.25) * unit;
    this.size = arrange(this.panels.length, this.lens.bounds, {width, height, gap, extra, layout: this.data.layout, unit});
    this.list.style.gap = `${gap}px`;
    this.list.style.gridTemplateColumns = `repeat(${this.size.columns}, ${this.size.width}px)`;
    for (const [index, {parts}] of this.figures.entries()) {
      parts.context = sharpContext(parts.canvas, this.size.width, this.size.height);
      if (this.panels[index].legend && this.panels[index].kind !== "rgb")
        drawLegend(parts.legend, this.panels[index], this.size.width, this.look, this.data.language);
      else if (this.panels[index].legend) sharpContext(parts.legend, this.size.width, 1);
    }
    this.paint();
  }

  paint() {
    const {spot, lens, size, look} = this;
    const reach = spot && (this.panels[spot.panel].reach ? this.panels[spot.panel] : this.panels.find((panel) => panel.reach));
    const target = reach && indexAt(reach, spot.at);
    for (const [index, panel] of this.panels.entries()) {
      const {context, value} = this.figures[index].parts;
      paintPanel(context, panel, lens, size);
      if (this.data.layout === "fit") paintNumbers(context, panel, lens, size, look, this.write);
      if (spot && this.data.layout === "fit") {
        const at = target && !panel.reach ? {spot: centreOf(reach, target), reach: reach.reach} : {spot: spot.at};
        paintMarks(context, panel, lens, size, at, look);
      }
      value.textContent = spot && (this.data.layout === "fit" || index === spot.panel) ? this.valueText(panel, spot.at) : "";
    }
    this.place.textContent = spot ? this.placeText(spot) : this.data.labels.hint;
    this.tools.zoom_out.disabled = this.tools.zoom_fit.disabled = lens.power === 1;
  }

  valueText(panel, at) {
    const index = indexAt(panel, at);
    if (!index) return this.data.labels.outside;
    const value = panel.at(...index);
    return (Array.isArray(value) ? value.map(this.write).join(" ") : this.write(value)) + panel.unit;
  }

  placeText({panel, at}) {
    const {labels} = this.data;
    const index = indexAt(this.panels[panel], at);
    return index ? `${this.panels[panel].caption}: ${labels.row} ${index[0]}, ${labels.col} ${index[1]}` : labels.hint;
  }

  // Mark the value of a panel under a point of the plane, in all panels.
  point(panel, at) {
    const index = at && indexAt(this.panels[panel], at);
    this.spot = index ? {panel, index, at: centreOf(this.panels[panel], index)} : null;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
  }

  planeAt(event) {
    const box = event.currentTarget.getBoundingClientRect();
    const {lens} = this;
    return [
      lens.top + ((event.clientY - box.top) / box.height) * lens.height,
      lens.left + ((event.clientX - box.left) / box.width) * lens.width,
    ];
  }

  drag(event) {
    if (!this.dragged || !event.buttons) return false;
    const scale = this.size.width / this.lens.width;
    const {event: start, top, left} = this.dragged;
    this.lens.moveTo(top - (event.clientY - start.clientY) / scale, left - (event.clientX - start.clientX) / scale);
    this.paint();
    return true;
  }

  zoom(factor, at = this.spot?.at ?? this.lens.middle) {
    if (factor) this.lens.zoom(factor, at);
    else this.lens.reset();
    this.paint();
  }

  press(panel, event) {
    const moves = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
    const {key} = event;
    if (this.data.clickable && (key === "Enter" || key === " ")) this.pick(panel);
    else if (this.data.clickable) return;
    else if (key === "+" || key === "=") this.zoom(2);
    else if (key === "-") this.zoom(1 / 2);
    else if (key === "0") this.zoom(0);
    else if (key === "Escape") this.point(panel, null);
    else if (moves[key]) this.walk(panel, moves[key], event.shiftKey ? 10 : 1);
    else return;
    event.preventDefault();
  }

  walk(panel, [down, across], steps) {
    const {rows, cols} = this.panels[panel];
    const index = this.spot?.panel === panel ? this.spot.index : [Math.floor(rows / 2), Math.floor(cols / 2)];
    const inside = (k, count) => Math.max(0, Math.min(count - 1, k));
    const at = centreOf(this.panels[panel], [inside(index[0] + steps * down, rows), inside(index[1] + steps * across, cols)]);
    this.point(panel, at);
    const {top, left, height, width} = this.lens;
    if (at[0] < top || at[0] > top + height || at[1] < left || at[1] > left + width) this.lens.moveTo(at[0] - height / 2, at[1] - width / 2);
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => {
      const values = this.panels.map((each) => `${each.caption} ${this.valueText(each, at)}`).join("; ");
      this.spoken.textContent = `${this.placeText(this.spot ?? {panel, at})}. ${values}`;
    }, 500);
  }
}

const instances = new WeakMap();

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!instances.has(root)) instances.set(root, new Maps(root));
  const maps = instances.get(root);
  maps.update(unpack(data), (index) => setTriggerValue("pick", index));
  maps.attach();
  return () => maps.detach();
}
