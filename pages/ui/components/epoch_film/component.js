// The epochs of a run as a film. State by root: the frames that were sent, which one is shown, whether it follows the newest.

const films = new WeakMap();
const FRAME_MS = 650;
const LARGEST_REM = 3.2; // side of a map or filter on the screen
const KEPT = 400; // frames: some ten megabytes

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  const frame = unpack(data);
  let film = films.get(root);
  if (!film || film.run !== frame.run) {
    film = {run: frame.run, frames: new Map(), shown: frame.epoch, follow: frame.epoch === frame.last, timer: 0, asked: null};
    films.set(root, film);
    film.parts = build(root, film);
  }
  film.want = (epoch) => {
    if (film.asked === epoch) return;
    film.asked = epoch;
    setTriggerValue("want", epoch);
  };
  if (frame.last < (film.last ?? 0)) film.frames.clear(); // the run went on from an earlier state
  film.last = frame.last;
  film.labels = frame.labels;
  film.language = frame.language;
  film.frames.delete(frame.epoch);
  film.frames.set(frame.epoch, frame);
  if (film.frames.size > KEPT) film.frames.delete(film.frames.keys().next().value);
  if (film.asked === frame.epoch || film.asked === -1) film.asked = null;
  if (film.follow) film.shown = frame.epoch;
  show(film);
  return () => clearInterval(film.timer);
}

function build(root, film) {
  const parts = {
    pinned: h("canvas", {role: "img"}), guesses: h("div", {class: "guesses"}), truth: h("div", {class: "truth"}),
    filters: h("canvas", {role: "img"}), filtersTitle: h("div", {class: "title"}), layers: h("div", {class: "layers"}),
    bar: h("input", {type: "range", min: 0, step: 1}), number: h("output", {class: "mono"}),
    play: h("button", {class: "play"}), newest: h("button", {class: "newest"}),
  };
  parts.bar.oninput = () => go(film, Number(parts.bar.value));
  parts.play.onclick = () => play(film, !film.timer);
  parts.newest.onclick = () => { play(film, false); followNewest(film); go(film, film.last, true); };
  const keys = (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (step && event.target !== parts.bar) { go(film, film.shown + step); event.preventDefault(); }
    if (event.key === " " && event.target.tagName !== "BUTTON") { play(film, !film.timer); event.preventDefault(); }
  };
  const top = h("div", {class: "top"}, h("div", {class: "picture"}, parts.pinned, parts.truth), parts.guesses);
  const filters = h("div", {class: "filters"}, parts.filtersTitle, parts.filters);
  const controls = h("div", {class: "controls"}, parts.play, parts.bar, parts.number, parts.newest);
  const whole = h("div", {class: "film", tabindex: "0"}, controls, top, filters, parts.layers);
  whole.onkeydown = keys;
  root.replaceChildren(whole);
  return {...parts, whole};
}

function go(film, epoch, follow = false) {
  film.shown = Math.max(0, Math.min(film.last, epoch));
  film.follow = follow;
  if (!follow && film.shown === film.last && !film.timer) followNewest(film); // at the end of the bar it goes on with the run
  show(film);
}

function play(film, on) {
  clearInterval(film.timer);
  film.timer = 0;
  if (on) {
    if (film.shown >= film.last) film.shown = 0;
    film.follow = false;
    film.timer = setInterval(() => {
      if (!film.frames.has(film.shown)) return; // waits for a frame that is on its way
      if (film.shown >= film.last) return play(film, false);
      film.shown += 1;
      show(film);
    }, FRAME_MS);
  } else if (film.shown === film.last && !film.follow) followNewest(film);
  show(film);
}

function followNewest(film) {
  film.follow = true;
  film.want(-1);
}

function show(film) {
  const {parts, labels} = film;
  parts.whole.setAttribute("aria-label", labels.hint);
  parts.bar.max = film.last;
  parts.bar.value = film.shown;
  parts.bar.setAttribute("aria-label", labels.epoch);
  parts.number.textContent = film.shown ? `${labels.epoch} ${film.shown}` : labels.before;
  parts.bar.setAttribute("aria-valuetext", parts.number.textContent);
  parts.play.textContent = film.timer ? "❚❚" : "►";
  parts.play.title = film.timer ? labels.pause : labels.play;
  parts.play.setAttribute("aria-label", parts.play.title);
  parts.newest.textContent = labels.newest;
  parts.newest.setAttribute("aria-pressed", String(film.follow));
  const frame = film.frames.get(film.shown);
  if (!frame) { film.want(film.shown); parts.whole.classList.add("waiting"); return; }
  parts.whole.classList.remove("waiting");
  const next = film.shown + 1;
  if (film.timer && next <= film.last && !film.frames.has(next)) film.want(next);
  if (film.painted === frame) return;
  film.painted = frame;
  picture(parts, frame, labels);
  guesses(parts, frame, film, labels);
  filters(parts, frame, labels);
  maps(parts, frame, labels);
}

function picture({pinned, truth}, frame, labels) {
  const {data, shape: [rows, columns, channels]} = frame.arrays.pinned;
  raster(pinned, columns, rows, (put) => {
    for (let k = 0; k < rows * columns; k++) put(k, data[k * channels], data[k * channels + (channels > 1)], data[k * channels + 2 * (channels > 1)]);
  });
  pinned.setAttribute("aria-label", `${labels.pinned}: ${frame.truth}`);
  truth.textContent = frame.truth;
  truth.title = labels.truth;
}

function guesses({guesses}, frame, film, labels) {
  const format = numberFormat(film.language, 3);
  guesses.replaceChildren(h("div", {class: "title"}, labels.guess), ...frame.guesses.map(({name, share, right}) => {
    const row = h("div", {class: right ? "guess right" : "guess"}, h("span", {class: "name"}, right ? `✓ ${name}` : name),
      h("span", {class: "bar"}, h("i")), h("b", {class: "mono"}, `${format(Number((100 * share).toFixed(share > 0.1 ? 0 : 1)))} %`));
    row.querySelector("i").style.width = `${100 * share}%`;
    return row;
  }));
}

function filters({filters, filtersTitle}, frame, labels) {
  const found = frame.arrays.filters;
  filtersTitle.textContent = found ? labels.filters : "";
  if (!found) { filters.width = filters.height = 0; return; }
  const [count, rows, columns, channels] = found.shape;
  const perRow = Math.min(count, count > 32 ? 24 : 16);
  const scale = frame.arrays.scale_weights.data;
  mosaic(filters, found.data, count, rows, columns, perRow, (k, put, at) => {
    if (channels === 3) put(at, found.data[3 * k], found.data[3 * k + 1], found.data[3 * k + 2]);
    else put(at, scale[3 * found.data[k]], scale[3 * found.data[k] + 1], scale[3 * found.data[k] + 2]);
  });
  filters.style.maxWidth = `${perRow * LARGEST_REM}rem`;
  filters.setAttribute("aria-label", labels.filters);
}

function maps({layers}, frame, labels) {
  const scale = frame.arrays.scale_signed.data;
  frame.layers.forEach(({name}, i) => {
    const {data, shape: [count, rows, columns]} = frame.arrays[`map${i}`];
    let row = layers.children[i];
    if (!row) { row = h("div", {class: "layer"}, h("div", {class: "title mono"}), h("canvas", {role: "img"})); layers.append(row); }
    row.firstChild.textContent = name;
    row.lastChild.setAttribute("aria-label", `${labels.maps}: ${name}`);
    mosaic(row.lastChild, data, count, rows, columns, count, (k, put, at) => put(at, scale[3 * data[k]], scale[3 * data[k] + 1], scale[3 * data[k] + 2]));
    row.lastChild.style.maxWidth = `${count * LARGEST_REM}rem`;
  });
  while (layers.children.length > frame.layers.length) layers.lastChild.remove();
}

// Small pictures in rows, one transparent pixel-wide gap of a fifth of a picture at most between them.
function mosaic(canvas, data, count, rows, columns, perRow, colour) {
  const gap = Math.max(1, Math.round(Math.max(rows, columns) / 12));
  const lines = Math.ceil(count / perRow);
  const width = perRow * (columns + gap) - gap;
  raster(canvas, width, lines * (rows + gap) - gap, (put) => {
    for (let n = 0; n < count; n++) {
      const left = (n % perRow) * (columns + gap), top = Math.floor(n / perRow) * (rows + gap);
      for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) colour((n * rows + y) * columns + x, put, (top + y) * width + left + x);
    }
  });
}

function raster(canvas, width, height, fill) {
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  fill((at, r, g, b) => { image.data.set([r, g, b, 255], 4 * at); });
  context.putImageData(image, 0, 0);
}
