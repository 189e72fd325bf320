// Many small pictures, one or several of them chosen. A click sends the trigger "pick" with the picture's id; where one is chosen, so does
// an arrow key.

const WAIT_MS = 180; // an arrow key held down passes over pictures: only the one it rests on is asked for
const drawn = new WeakMap(); // root → {content, pick}, so that a run that changes nothing draws nothing

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  const grid = unpack(data);
  const content = fingerprint(grid);
  let state = drawn.get(root);
  if (!state || state.content !== content) {
    state = {content, timer: 0};
    drawn.set(root, state);
    build(root, grid, state);
  }
  state.send = (id) => setTriggerValue("pick", id);
  state.many = Array.isArray(grid.selected);
  mark(root, (state.many ? grid.selected : [grid.selected]).map((id) => grid.ids.indexOf(id)).filter((index) => index >= 0), state);
  return () => clearTimeout(state.timer);
}

// Which pictures these are, whatever is chosen among them.
function fingerprint({arrays, selected, ...rest}) {
  let hash = 0;
  const pixels = arrays.pixels.data;
  const step = Math.max(1, Math.floor(pixels.length / 4096));
  for (let i = 0; i < pixels.length; i += step) hash = (Math.imul(hash, 31) + pixels[i]) | 0;
  return JSON.stringify([rest, pixels.length, hash]);
}

function build(root, grid, state) {
  const {ids, titles, captions, colors, arrays, label, cell, height} = grid;
  const {data, shape} = arrays.pixels;
  const [, rows, columns, channels] = shape;
  const size = rows * columns * channels;
  const list = h("div", {class: "grid", role: "listbox", "aria-label": label, tabindex: "-1"});
  list.style.setProperty("--cell", `${cell / 16}rem`);
  ids.forEach((id, i) => {
    const canvas = h("canvas", {width: columns, height: rows, "aria-hidden": "true"});
    paint(canvas, data.subarray(i * size, (i + 1) * size), rows, columns, channels);
    const option = h("button", {class: "option", role: "option", tabindex: "-1", title: titles[i], "aria-label": titles[i]}, canvas,
      captions[i] && h("span", {class: "caption", "aria-hidden": "true"}, captions[i]));
    option.dataset.id = id;
    if (colors[i]) option.style.setProperty("--mark", colors[i]);
    option.onclick = () => choose(root, i, state, 0);
    list.append(option);
  });
  if (Array.isArray(grid.selected)) list.ariaMultiSelectable = "true";
  list.onkeydown = (event) => step(event, root, state);
  root.replaceChildren(list);
  if (!height) return;
  let width = 0;
  new ResizeObserver(() => {
    if (list.clientWidth !== width) limit(list, height);
    width = list.clientWidth;
  }).observe(list);
}

// The tallest before it scrolls: a row cut in half says that there is more; where only half a row is left over, it is shown too.
function limit(list, height) {
  const tops = [...new Set([...list.children].map((option) => option.offsetTop))];
  const row = tops.length > 1 ? tops[1] - tops[0] : 0;
  list.style.maxHeight = `${height / 16}rem`;
  if (!row) return;
  const shown = list.clientHeight / row;
  if (tops.length - shown < 0.5) list.style.maxHeight = "none";
  else list.style.maxHeight = `${(Math.max(1, Math.floor(shown - 0.5)) + 0.5) * row}px`;
}

function paint(canvas, pixels, rows, columns, channels) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let k = 0, p = 0; k < rows * columns; k++, p += channels) {
    image.data[4 * k] = pixels[p];
    image.data[4 * k + 1] = pixels[p + (channels > 1 ? 1 : 0)];
    image.data[4 * k + 2] = pixels[p + (channels > 1 ? 2 : 0)];
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const options = (root) => [...root.querySelectorAll(".option")];

function mark(root, indices, {many}) {
  const all = options(root);
  const stop = many ? Math.max(0, all.indexOf(root.getRootNode().activeElement)) : Math.max(indices[0] ?? 0, 0);
  all.forEach((option, i) => {
    option.setAttribute("aria-selected", indices.includes(i));
    option.tabIndex = i === stop ? 0 : -1; // one stop for the Tab key; the arrows move inside
  });
}

function choose(root, index, state, wait) {
  const option = options(root)[index];
  option.focus({preventScroll: wait === 0});
  if (state.many && wait) return options(root).forEach((other, i) => (other.tabIndex = i === index ? 0 : -1));
  if (!state.many) mark(root, [index], state);
  clearTimeout(state.timer);
  const send = () => state.send(option.dataset.id);
  if (wait) state.timer = setTimeout(send, wait);
  else send();
}

function step(event, root, state) {
  const all = options(root);
  const here = all.indexOf(event.composedPath()[0]);
  if (here < 0) return;
  const perRow = all.findIndex((option) => option.offsetTop > all[0].offsetTop);
  const row = perRow < 0 ? all.length : perRow;
  const moves = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row, Home: -here, End: all.length - 1 - here};
  if (!(event.key in moves)) return;
  event.preventDefault();
  const there = here + moves[event.key];
  if (there >= 0 && there < all.length && there !== here) choose(root, there, state, WAIT_MS);
}
