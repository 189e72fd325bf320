// One map, large, over the picture; a slider blends the two.

class Large {
  constructor({step, close, point, choose}) {
    this.point = point;
    this.tell = choose;
    this.canvas = h("canvas", {class: "one", tabindex: "0", role: "img"});
    this.slider = h("input", {type: "range", min: "0", max: "100", value: "65", oninput: () => this.paint()});
    this.names = [h("span", {}), h("span", {})];
    this.buttons = {
      previous: h("button", {onclick: () => step(-1)}, "‹"), next: h("button", {onclick: () => step(1)}, "›"),
      close: h("button", {onclick: close}, "✕"),
    };
    this.title = h("b", {});
    this.bar = h("div", {class: "bar"}, this.buttons.previous, this.title, this.buttons.next,
      h("label", {class: "blend"}, this.names[0], this.slider, this.names[1]), this.buttons.close);
    this.element = h("div", {class: "large"}, this.bar, this.canvas);
    this.map = h("canvas");
    this.canvas.onpointermove = (event) => this.hover(event);
    this.canvas.onpointerleave = () => this.move(null);
    this.canvas.onclick = () => this.choose();
    this.canvas.onkeydown = (event) => this.key(event, step);
  }

  update(data, stack, geometry, picture, write) {
    Object.assign(this, {data, stack, geometry, picture, write});
    const {labels} = data;
    this.names[0].textContent = labels.blend_picture;
    this.names[1].textContent = labels.blend_map;
    this.slider.ariaLabel = labels.blend;
    this.slider.closest("label").hidden = data.flat;
    this.slider.value = data.blend;
    this.chosen = data.spot;
    this.buttons.close.hidden = data.alone;
    for (const [name, button] of Object.entries(this.buttons)) button.title = button.ariaLabel = labels[name];
  }

  open(map) {
    this.at = map;
    this.spot = null;
    this.stack.paint(this.map, map);
    const {labels, title, flat} = this.data;
    this.title.textContent = flat || this.data.alone ? title : labels.channel.replace("{channel}", this.stack.names[map]);
    this.buttons.previous.hidden = this.buttons.next.hidden = this.stack.count < 2;
    this.canvas.setAttribute("aria-label", `${title}, ${this.title.textContent}. ${labels.large_hint}`);
  }

  layOut(width, height, look) {
    this.look = look;
    const [rows, cols] = this.data.flat ? [this.stack.rows, this.stack.cols] : this.data.input;
    this.zoom = Math.min(width / cols, height / rows);
    this.size = [Math.round(rows * this.zoom), Math.round(cols * this.zoom)];
    this.context = sharpContext(this.canvas, this.size[1], this.size[0]);
    this.paint();
  }

  // The part of the canvas that a rectangle of the input (of the folded values, where they are no image) takes.
  box(rectangle) {
    return rectangle.map((n) => n * this.zoom);
  }

  cell(row, col) {
    return this.box(this.data.flat ? [row, col, 1, 1] : this.geometry.cell(row, col));
  }

  paint() {
    if (!this.context || this.at == null) return;
    const {context: c, size: [tall, wide], data} = this;
    c.clearRect(0, 0, wide, tall);
    const share = data.flat ? 1 : this.slider.value / 100;
    if (!data.flat) {
      c.imageSmoothingEnabled = this.picture.width > wide;
      c.drawImage(this.picture, 0, 0, wide, tall);
    }
    const [y, x, height, width] = data.flat ? [0, 0, tall, wide] : this.box(this.geometry.whole());
    c.globalAlpha = share;
    c.imageSmoothingEnabled = width < this.stack.cols;
    c.drawImage(this.map, x, y, width, height);
    c.globalAlpha = 1;
    this.numbers(share);
    this.marks();
  }

  // The values themselves, once a pixel is large enough to hold them.
  numbers(share) {
    const {context: c, look, stack} = this;
    const [, , tall, wide] = this.cell(0, 0);
    if (Math.min(tall, wide) < 2.3 * look.rem || share < 0.4) return;
    c.textAlign = "center";
    c.textBaseline = "middle";
    for (let row = 0; row < stack.rows; row++)
      for (let col = 0; col < stack.cols; col++) {
        const [y, x] = this.cell(row, col);
        const value = stack.at(this.at, row, col);
        const text = this.write(value);
        const [r, g, b] = stack.color(this.at, value);
        c.fillStyle = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#000" : "#fff";
        c.font = `${Math.min(0.85 * look.rem, (1.5 * wide) / Math.max(3, text.length))}px ${look.code}`;
        c.fillText(text, x + wide / 2, y + tall / 2);
      }
  }

  // The value pointed at becomes the one that is asked about.
  choose() {
    if (!this.data.spot || !this.spot) return;
    this.chosen = this.spot;
    this.paint();
    this.tell(this.spot);
  }

  marks() {
    if (this.chosen) {
      const [y, x, tall, wide] = this.cell(...this.chosen);
      for (const [color, line] of [["#000", 4.5], [MARK, 2.5]]) {
        this.context.strokeStyle = color;
        this.context.lineWidth = line;
        this.context.strokeRect(x, y, Math.max(4, wide), Math.max(4, tall));
      }
    }
    if (!this.spot) return;
    const {context: c, data} = this;
    const field = !data.flat && this.geometry.field(...this.spot);
    if (field) fieldMark(c, field, data.input, this.zoom);
    const [y, x, tall, wide] = this.cell(...this.spot);
    for (const [color, line] of [["#000", 3], ["#fff", 1.5]]) {
      c.strokeStyle = color;
      c.lineWidth = line;
      c.strokeRect(x, y, Math.max(3, wide), Math.max(3, tall));
    }
  }

  hover(event) {
    const frame = this.canvas.getBoundingClientRect();
    const [y, x] = [(event.clientY - frame.top) / this.zoom, (event.clientX - frame.left) / this.zoom];
    const inside = Math.floor(y) < this.stack.rows && Math.floor(x) < this.stack.cols;
    this.move(this.data.flat ? (inside ? [Math.floor(y), Math.floor(x)] : null) : this.geometry.at(y, x));
  }

  move(spot) {
    this.spot = spot;
    this.paint();
    this.point(this.at, spot);
  }

  key(event, step) {
    const moves = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
    if (event.key === "Enter" || event.key === " ") this.choose();
    else if (event.shiftKey && event.key === "ArrowLeft") step(-1);
    else if (event.shiftKey && event.key === "ArrowRight") step(1);
    else if (moves[event.key]) {
      const {rows, cols} = this.stack;
      const from = this.spot ?? [Math.floor(rows / 2), Math.floor(cols / 2)];
      const [down, across] = moves[event.key];
      this.move([Math.max(0, Math.min(rows - 1, from[0] + down)), Math.max(0, Math.min(cols - 1, from[1] + across))]);
    } else return;
    event.preventDefault();
  }
}
