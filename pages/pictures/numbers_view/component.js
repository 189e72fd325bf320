// A picture as a table of numbers: only the cells in sight are drawn, so that a large picture scrolls as lightly as a small one.

const REM = parseFloat(getComputedStyle(document.documentElement).fontSize);
const HEAD = 2.2 * REM;
const TINT = {R: [1, 0, 0], G: [0, 1, 0], B: [0, 0, 1]};
const GREY = [0.2125, 0.7154, 0.0721]; // ITU-R BT.709, as cnn_core.images.to_grey

export default function ({data, parentElement}) {
  const {arrays, channel, label, words} = unpack(data);
  const [rows, columns] = arrays.image.shape;
  const height = (channel === "color" ? 2.9 : 1.5) * REM;
  const canvas = h("canvas", {"aria-hidden": "true"});
  const spacer = h("div");
  const old = parentElement.querySelector(".scroll");
  const [top, left] = old ? [old.scrollTop, old.scrollLeft] : [0, 0];
  const scroll = h("div", {class: "scroll", tabindex: "0", role: "img", "aria-label": label}, spacer);
  const where = h("div", {class: "where mono", "aria-live": "off"}, "\u00a0");
  parentElement.querySelector(".root").replaceChildren(h("div", {class: "table"}, scroll, canvas), where);
  const table = {image: arrays.image.data, rows, columns, channel, height, scroll, canvas, width: 2 * REM};
  let frame = 0;
  const redraw = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => draw(table));
  };
  const fit = () => {
    // A small picture fills the width; three digits need 1.6 rem.
    table.width = Math.min(3 * REM, Math.max(1.6 * REM, (scroll.clientWidth - HEAD) / columns));
    spacer.style.width = `${Math.floor(HEAD + columns * table.width)}px`;
    spacer.style.height = `${1.5 * REM + rows * height}px`;
    redraw();
  };
  scroll.onscroll = redraw;
  scroll.onpointermove = (event) => {
    const box = scroll.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left + scroll.scrollLeft - HEAD) / table.width);
    const row = Math.floor((event.clientY - box.top + scroll.scrollTop - 1.5 * REM) / height);
    const inside = row >= 0 && row < rows && column >= 0 && column < columns;
    const [r, g, b] = inside ? pixel(table, row, column) : [];
    where.textContent = inside ? `${words.row} ${row} · ${words.column} ${column} · R ${r}  G ${g}  B ${b}` : "\u00a0";
  };
  const observer = new ResizeObserver(fit);
  observer.observe(scroll);
  fit();
  scroll.scrollTo(left, top);
  return () => {
    observer.disconnect();
    cancelAnimationFrame(frame);
  };
}

const pixel = ({image, columns}, row, column) => image.subarray(3 * (row * columns + column), 3 * (row * columns + column) + 3);
const luminance = (rgb) => Math.round(GREY[0] * rgb[0] + GREY[1] * rgb[1] + GREY[2] * rgb[2]);

// What a cell shows: its lines of text, and the colour behind them.
function cell(rgb, channel) {
  if (channel === "color") return [[...rgb], rgb];
  if (channel === "grey") return [[luminance(rgb)], [luminance(rgb), luminance(rgb), luminance(rgb)]];
  const value = rgb["RGB".indexOf(channel)];
  return [[value], TINT[channel].map((part) => Math.round(value * (0.25 + 0.75 * part)))];
}

function draw(table) {
  const {rows, columns, channel, height, width, scroll, canvas} = table;
  const [wide, tall] = [scroll.clientWidth, scroll.clientHeight];
  if (!wide) return;
  const context = sharpContext(canvas, wide, tall);
  const colors = themeColors(scroll);
  const top = 1.5 * REM;
  const [x0, y0] = [scroll.scrollLeft, scroll.scrollTop];
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = `${0.75 * REM}px ${colors.code}`;
  const [firstRow, firstColumn] = [Math.floor(y0 / height), Math.floor(x0 / width)];
  const lastRow = Math.min(rows, firstRow + Math.ceil(tall / height) + 1);
  const lastColumn = Math.min(columns, firstColumn + Math.ceil(wide / width) + 1);
  for (let row = firstRow; row < lastRow; row++) {
    for (let column = firstColumn; column < lastColumn; column++) {
      const rgb = pixel(table, row, column);
      const [lines, fill] = cell(rgb, channel);
      const [x, y] = [HEAD + column * width - x0, top + row * height - y0];
      context.fillStyle = `rgb(${fill.join()})`;
      context.fillRect(x, y, Math.ceil(width), height);
      context.fillStyle = luminance(fill) > 120 ? "#000" : "#fff";
      lines.forEach((text, i) => context.fillText(text, x + width / 2, y + (height * (i + 0.5)) / lines.length + 1));
    }
  }
  context.fillStyle = colors.panel;
  context.fillRect(0, 0, wide, top);
  context.fillRect(0, 0, HEAD, tall);
  context.fillStyle = colors.text;
  for (let column = firstColumn; column < lastColumn; column++) {
    const x = HEAD + (column + 0.5) * width - x0;
    if (x > HEAD) context.fillText(column, x, top / 2);
  }
  for (let row = firstRow; row < lastRow; row++) {
    const y = top + (row + 0.5) * height - y0;
    if (y > top) context.fillText(row, HEAD / 2, y);
  }
}
