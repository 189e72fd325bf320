// What stands beside the tiles: the picture with the field of the value pointed at, the map's statistics, histogram and legend.

const MARK = "#f5a524"; // the fourth chart colour
const BINS = 48;
const FIGURES = ["mean", "deviation", "minimum", "maximum", "zeros"];

class Beside {
  constructor() {
    this.canvas = h("canvas", {class: "seen", role: "img"});
    this.says = h("p", {class: "says"});
    this.name = h("b", {});
    this.mark = h("span", {class: "dead"});
    this.list = h("dl", {class: "figures"});
    this.chart = h("canvas", {class: "chart", role: "img"});
    this.legend = h("canvas", {class: "legend", role: "img"});
    this.element = h("div", {class: "beside"}, this.canvas, this.says, h("div", {class: "name"}, this.name, this.mark), this.list, this.chart, this.legend);
    this.whole = h("canvas");
  }

  update(data, stack, geometry, write) {
    Object.assign(this, {data, stack, geometry, write});
    const {data: pixels, shape: [rows, cols]} = data.arrays.picture;
    this.whole.width = cols;
    this.whole.height = rows;
    const context = this.whole.getContext("2d");
    const image = context.createImageData(cols, rows);
    for (let k = 0, j = 0; k < rows * cols; k++, j += 3) {
      image.data[4 * k] = pixels[j];
      image.data[4 * k + 1] = pixels[j + 1];
      image.data[4 * k + 2] = pixels[j + 2];
      image.data[4 * k + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  layOut(width, look) {
    this.width = width;
    this.look = look;
    const [rows, cols] = this.data.input;
    const zoom = Math.min(width / cols, width / rows);
    this.zoom = zoom;
    this.context = sharpContext(this.canvas, Math.round(cols * zoom), Math.round(rows * zoom));
  }

  // `spot` is {map, row, col}, or {map} for a whole map.
  show(spot) {
    const {labels} = this.data;
    this.drawPicture(spot);
    const {map} = spot;
    this.name.textContent = this.data.flat || this.data.alone ? this.data.title : labels.channel.replace("{channel}", this.stack.names[map]);
    this.mark.textContent = this.stack.dead[map] && !this.data.flat ? labels.dead : "";
    this.mark.title = labels.dead_about;
    this.list.replaceChildren(...FIGURES.filter((name) => this.data.figures.includes(name)).flatMap((name) => {
      const value = this.stack.statistic(map, name);
      const text = name === "zeros" ? `${this.write(Math.round(value * 1000) / 10)} %` : this.write(value);
      return [h("dt", {}, labels[name]), h("dd", {}, text)];
    }));
    if (this.drawn !== map || this.drawnOf !== this.stack || this.drawnAt !== this.width) {
      this.drawHistogram(map);
      this.drawLegend(map);
      Object.assign(this, {drawn: map, drawnOf: this.stack, drawnAt: this.width});
    }
  }

  drawPicture({row, col}) {
    const {context: c, zoom, geometry, data} = this;
    const [rows, cols] = data.input;
    c.clearRect(0, 0, cols * zoom, rows * zoom);
    c.imageSmoothingEnabled = this.whole.width > cols * zoom;
    c.drawImage(this.whole, 0, 0, cols * zoom, rows * zoom);
    const pointed = row != null && !data.flat;
    const field = pointed && geometry.field(row, col);
    if (field) fieldMark(c, field, [rows, cols], zoom);
    if (pointed) {
      const cell = geometry.cell(row, col).map((n) => n * zoom);
      c.strokeStyle = "#fff";
      c.lineWidth = 1;
      c.strokeRect(cell[1], cell[0], Math.max(2, cell[3]), Math.max(2, cell[2]));
    }
    const {labels} = data;
    let text = data.alone ? "" : data.flat || !geometry.place ? labels.sees_all : labels.picture;
    if (field)
      text = (geometry.place.exact ? labels.sees : labels.at_most)
        .replace("{height}", this.write(field[2])).replace("{width}", this.write(field[3]));
    this.says.textContent = text;
    this.canvas.setAttribute("aria-label", text);
  }

  drawHistogram(map) {
    const {look, data: {labels}} = this;
    const tall = 3.2 * look.rem;
    const c = sharpContext(this.chart, this.width, tall);
    const {counts, low, high} = this.stack.histogram(map, BINS);
    const most = Math.sqrt(Math.max(...counts)) || 1;
    const wide = this.width / BINS;
    c.fillStyle = look.accent;
    counts.forEach((count, k) => {
      const height = count ? Math.max(1.5, (Math.sqrt(count) / most) * (tall - 2)) : 0;
      c.fillRect(k * wide, tall - height, Math.max(1, wide - 1), height);
    });
    c.fillStyle = look.text;
    c.fillRect(0, tall - 1, this.width, 1);
    this.chart.setAttribute("aria-label", `${labels.histogram}: ${this.write(low)} … ${this.write(high)}`);
    this.chart.title = labels.histogram;
  }

  drawLegend(map) {
    const {look, stack, data: {labels}} = this;
    const bar = 0.6 * look.rem;
    const c = sharpContext(this.legend, this.width, bar + 1.15 * look.rem);
    const [low, high] = stack.range(map);
    for (let x = 0; x < this.width; x++) {
      const [r, g, b] = stack.table.subarray(3 * Math.round((255 * x) / this.width), 3 * Math.round((255 * x) / this.width) + 3);
      c.fillStyle = `rgb(${r} ${g} ${b})`;
      c.fillRect(x, 0, 1, bar);
    }
    c.fillStyle = look.text;
    c.font = `${0.72 * look.rem}px ${look.code}`;
    c.textBaseline = "top";
    const write = (text, x, align) => {
      c.textAlign = align;
      c.fillText(text, x, bar + 0.2 * look.rem);
    };
    // Where a map's values go on beyond the colours, an arrow says so.
    const [least, most] = stack.reach(map);
    const slack = (high - low) / 1000;
    const [first, last] = [`${least < low - slack ? "◂" : ""}${this.write(low)}`, `${this.write(high)}${most > high + slack ? "▸" : ""}`];
    write(first, 0, "left");
    if (low < 0 && high > 0) write("0", (this.width * -low) / (high - low), "center");
    write(last, this.width, "right");
    this.legend.setAttribute("aria-label", `${labels.legend}: ${first} … ${last}`);
    this.legend.title = `${labels.legend} (${this.write(least)} … ${this.write(most)})`;
  }
}

// Dim what a value does not see, and frame what it does.
function fieldMark(c, field, [rows, cols], zoom) {
  const [y, x, height, width] = field.map((n) => n * zoom);
  c.save();
  c.beginPath();
  c.rect(0, 0, cols * zoom, rows * zoom);
  c.rect(x, y, width, height);
  c.fillStyle = "rgb(0 0 0 / 0.42)";
  c.fill("evenodd");
  c.restore();
  for (const [color, line] of [["rgb(0 0 0 / 0.6)", 4], [MARK, 2]]) {
    c.strokeStyle = color;
    c.lineWidth = line;
    // Kept inside the frame, so that a field larger than the picture still has its four sides.
    const [top, left] = [Math.max(1, y), Math.max(1, x)];
    c.strokeRect(left, top, Math.max(3, Math.min(cols * zoom - 1, x + width) - left), Math.max(3, Math.min(rows * zoom - 1, y + height) - top));
  }
}
