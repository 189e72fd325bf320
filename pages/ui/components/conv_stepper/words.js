// What the step view says in words: the equation with every term, one sentence about what is marked, the line read aloud.

const TERM_DIGITS = 4;
const SUM_DIGITS = 5;
const TERMS_AT_ONCE = 60; // a longer equation is written a few times a second, so that dragging stays fluid
const SPOKEN_TERMS = 25; // more would not be listened to

const writtenSum = (view, sum) => view.numbers(sum, SUM_DIGITS, true);
const fill = (label, values) => label.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

function writeWords(view) {
  const {convolution, channels, parts} = view;
  for (const channel of channels) parts.rows[channel].sum.textContent = writtenSum(view, convolution.sum(...view.pixel, channel));
  parts.total.textContent = writtenSum(view, convolution.total(...view.pixel, channels));
  if (convolution.kh * convolution.kw * channels.length <= TERMS_AT_ONCE) writeEquation(view);
  else view.soon("equation", 80, () => writeEquation(view));
  writeNote(view);
  view.parts.place.textContent = fill(view.data.labels.place, {row: view.numbers(view.corner[0]), col: view.numbers(view.corner[1])});
  view.parts.count.textContent = `${view.outputSize[0]} × ${view.outputSize[1]}`;
}

// Row by row of the kernel, one line for each channel, then the sum; of a large kernel the sum comes first, since its terms
// are scrolled.
function writeEquation(view) {
  const {convolution, parts, channels, pixel, data} = view;
  const large = convolution.kw > 5 || convolution.kh > 5;
  const name = h("span", {class: "name"}, fill(data.labels.output_at, {row: pixel[0], col: pixel[1]}));
  const sums = channels.map((channel) => convolution.sum(...pixel, channel));
  const written = sums.map((sum) => writtenSum(view, sum));
  const total = convolution.total(...pixel, channels);
  const result = (text, exact) => h("b", {class: "result"}, `${exact ? "=" : "≈"} ${text}`);
  const lines = channels.map((channel, k) => {
    const tag = channels.length > 1 ? h("b", {class: `channel c${channel}`}, "RGB"[channel]) : name;
    const end = result(written[k], termsExact(view, channel, large) && writtenExactly(sums[k], SUM_DIGITS));
    const terms = termRows(view, channel, large);
    return h("div", {class: large ? "line large" : "line"}, tag, " ", ...(large ? [end, ...terms] : [...terms, end]));
  });
  if (channels.length > 1) {
    const end = result(writtenSum(view, total), [...sums, total].every((sum) => writtenExactly(sum, SUM_DIGITS)));
    const line = h("div", {class: "line"}, name, `R + G + B = ${written.map(signedTerm).join(" + ")} `, end);
    if (large) lines.unshift(line);
    else lines.push(line);
  }
  parts.equation.replaceChildren(...lines);
  parts.equation.classList.toggle("long", large);
  showMarkedTerm(parts.equation);
}

function termRows(view, channel, large) {
  const {kh, kw} = view.convolution;
  const digits = large ? 3 : TERM_DIGITS;
  return Array.from({length: kh}, (_, a) => {
    const row = h("span", {class: "terms"});
    for (let b = 0; b < kw; b++) row.append(a + b ? "+ " : "", term(view, a, b, channel, digits), " ");
    return row;
  });
}

// Scrolls a long equation, and nothing else on the page, to the term that is marked elsewhere.
function showMarkedTerm(equation) {
  const marked = equation.querySelector(".marked");
  if (!marked || equation.matches(":hover")) return;
  const [box, at] = [equation.getBoundingClientRect(), marked.getBoundingClientRect()];
  if (at.top < box.top || at.bottom > box.bottom) equation.scrollTop += at.top - box.top - box.height / 2;
}

const signedTerm = (written) => (written.startsWith("−") ? `(${written})` : written);

function term({convolution, numbers, pixel, mark}, a, b, channel, digits) {
  const weight = convolution.weight(a, b);
  const value = convolution.value(...convolution.tap(...pixel, a, b), channel);
  const marked = mark?.kind === "weight" && mark.at[0] === a && mark.at[1] === b;
  const classes = `term${weight === 0 ? " zero" : ""}${marked ? " marked" : ""}`;
  const text = `${signedTerm(numbers(value, digits))}·${signedTerm(numbers(weight, digits))}`;
  return h("span", {class: classes, "data-at": `${a},${b}`}, text);
}

function termsExact(view, channel, large) {
  const {convolution, pixel} = view;
  const digits = large ? 3 : TERM_DIGITS;
  return view.positions().every(([a, b]) =>
    writtenExactly(convolution.weight(a, b), digits)
    && writtenExactly(convolution.value(...convolution.tap(...pixel, a, b), channel), digits));
}

// One sentence: what the marked weight met, where the marked pixel goes; otherwise what can be pointed at.
function writeNote(view) {
  const {convolution, parts, data, mark, numbers, channels, pixel} = view;
  const {labels} = data;
  const values = (row, col) => channels.map((channel) => numbers(convolution.value(row, col, channel), TERM_DIGITS)).join(" · ");
  if (mark?.kind === "weight") {
    const [row, col] = mark.at;
    const products = channels.map((channel) => convolution.product(...pixel, row, col, channel));
    parts.note.textContent = fill(labels.note_weight, {
      row, col, // of the kernel, so never negative
      weight: numbers(convolution.weight(row, col), TERM_DIGITS),
      value: values(...convolution.tap(...pixel, row, col)),
      product: products.map((product) => numbers(product, SUM_DIGITS, true)).join(" · "),
      count: numbers(view.met(mark.at).length),
    });
  } else if (mark?.kind === "source") {
    const [row, col] = mark.at;
    const from = convolution.isPadding(row, col) ? convolution.source(row, col) : null;
    const outside = convolution.isPadding(row, col);
    const how = outside ? fill(labels[`from_${convolution.border}`], {row: from?.[0], col: from?.[1]}) : "";
    parts.note.textContent = fill(outside ? labels.note_padding : labels.note_pixel, {
      row: numbers(row), col: numbers(col), how, value: values(row, col), count: numbers(view.users(mark.at).length),
    });
  } else parts.note.textContent = labels.hint;
}

// For screen readers, once the picture has come to rest.
function spokenSentence(view) {
  const {convolution, data, channels, pixel, numbers, mark, parts} = view;
  if (mark) return parts.note.textContent;
  const name = fill(data.labels.output_at, {row: pixel[0], col: pixel[1]});
  const total = numbers(convolution.total(...pixel, channels), SUM_DIGITS, true);
  const terms = [];
  for (const channel of channels)
    for (const [a, b] of view.positions())
      terms.push([convolution.value(...convolution.tap(...pixel, a, b), channel), convolution.weight(a, b)]);
  if (terms.length > SPOKEN_TERMS) return `${name}: ${total}`;
  const written = terms.map((pair) => pair.map((v) => signedTerm(numbers(v, TERM_DIGITS))).join("·"));
  return `${name}: ${written.join(" + ")} = ${total}`;
}

// The state as attributes of the root element, where tests read it.
function describe(view) {
  const {convolution, channels, pixel, mark} = view;
  const marked = (kind) => (mark?.kind === kind ? mark.at : null);
  Object.assign(view.parts.root.dataset, {
    outRows: convolution.outRows, outCols: convolution.outCols, window: view.outputSize, inputWindow: view.inputSize,
    region: view.corner, origin: view.origin, channel: view.channel, playing: view.playing, filled: view.filled(),
    pixel, sum: convolution.total(...pixel, channels), sums: channels.map((channel) => convolution.sum(...pixel, channel)),
    weight: marked("weight") ?? "", met: marked("weight") ? view.met(mark.at).length : 0,
    source: marked("source") ?? "", users: marked("source") ? view.users(mark.at).length : 0,
  });
}
