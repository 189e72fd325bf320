// The elements of the step view, built once for each instance; their texts come with every update.

const ICONS = {
  start: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8zM12 3h1.6v10H12z",
  play: "M4 2.5v11L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  forward: "M5 3v10l7-5zM2.4 3H4v10H2.4z",
};

function setIcon(button, name) {
  const attributes = 'viewBox="0 0 16 16" width="1em" height="1em" fill="currentColor" aria-hidden="true"';
  button.innerHTML = `<svg ${attributes}><path d="${ICONS[name]}"/></svg>`;
}

// A picture that can be pointed at and has the keyboard's focus.
const stage = (name, focus = true) =>
  h("canvas", {class: name, tabindex: focus ? 0 : null, role: focus ? "application" : "img"});
const figure = (name, ...children) => h("figure", {class: name}, h("figcaption"), ...children);

function buildParts(root) {
  const button = (name) => h("button", {type: "button", class: name});
  const parts = {
    root,
    start: button("start"), back: button("back"), play: button("play primary"), forward: button("forward"),
    speed: h("input", {type: "range", min: 0, max: 10, step: 1}),
    speedName: h("span"),
    smaller: button("smaller"), larger: button("larger"), count: h("span", {class: "mono count"}),
    windowName: h("span", {class: "muted"}),
    channels: h("div", {class: "channels", role: "group"}),
    mode: h("p", {class: "mode"}),
    navigator: stage("navigator"), input: stage("input"), kernel: stage("kernel"), given: stage("given", false),
    output: stage("output"),
    givenArrow: h("span", {class: "turn", "aria-hidden": "true"}, "↻"),
    place: h("span", {class: "muted place"}),
    total: h("b", {class: "mono total"}), totalName: h("span", {class: "muted"}),
    legend: h("div", {class: "legend mono", "aria-hidden": "true"}, h("span"), h("i"), h("span"), h("i"), h("span")),
    note: h("p", {class: "note"}),
    equation: h("div", {class: "equation mono", tabindex: 0, role: "group"}),
    live: h("p", {class: "sr-only", "aria-live": "polite"}),
    rows: [0, 1, 2].map((channel) => ({
      row: h("div", {class: `row c${channel}`}),
      patch: stage("patch", false), products: stage("products", false), sum: h("b", {class: `mono channel c${channel}`}),
    })),
  };
  setIcon(parts.start, "start");
  setIcon(parts.back, "back");
  setIcon(parts.forward, "forward");
  parts.smaller.textContent = "−";
  parts.larger.textContent = "+";
  for (const [channel, {row, patch, products, sum}] of parts.rows.entries()) {
    row.append(h("b", {class: `channel c${channel} tag`}, "RGB"[channel]), patch, h("span", {class: "sign"}, "→"), products);
    row.append(h("span", {class: "sign sum"}, "Σ"), sum);
  }
  parts.channelButtons = ["all", 0, 1, 2].map((channel) => h("button", {type: "button", class: `channel c${channel}`}));
  parts.channels.append(...parts.channelButtons);
  assemble(parts);
  return parts;
}

function assemble(parts) {
  const {root} = parts;
  parts.bar = h("div", {class: "bar", role: "toolbar"},
    h("div", {class: "steps"}, parts.start, parts.back, parts.play, parts.forward),
    h("label", {class: "speed"}, parts.speedName, parts.speed), parts.channels, parts.mode);
  parts.figures = {
    navigator: figure("navigator", parts.navigator,
      h("div", {class: "window"}, parts.windowName, parts.smaller, parts.count, parts.larger), parts.place),
    input: figure("input", parts.input),
    kernel: figure("kernel", h("div", {class: "pair"}, parts.given, parts.givenArrow, parts.kernel)),
    work: figure("work", ...parts.rows.map(({row}) => row), h("p", {class: "sums"}, parts.totalName, " ", parts.total)),
    output: figure("output", parts.output, parts.legend),
  };
  const {navigator, input, kernel, work, output} = parts.figures;
  parts.stage = h("div", {class: "stage"}, navigator, input, h("div", {class: "middle"}, kernel, work), output);
  root.replaceChildren(parts.bar, parts.stage, h("div", {class: "words"}, parts.note, parts.equation), parts.live);
}

// Every text of the view in the user's language.
function nameParts({parts, data: {labels, flip, stride, dilation}, channel, convolution, playing}) {
  const name = (element, label, key) => {
    element.setAttribute("aria-label", label);
    element.title = key ? `${label} (${key})` : label;
  };
  name(parts.start, labels.start, "Home");
  name(parts.back, labels.back, "←");
  name(parts.forward, labels.forward, "→");
  name(parts.play, playing ? labels.pause : labels.play, labels.space);
  setIcon(parts.play, playing ? "pause" : "play");
  name(parts.smaller, labels.smaller);
  name(parts.larger, labels.larger);
  parts.speedName.textContent = labels.speed;
  parts.windowName.textContent = labels.window;
  const colour = convolution.channels === 3;
  const all = colour && channel === "all";
  parts.channels.hidden = !colour;
  parts.channels.setAttribute("aria-label", labels.channels);
  const texts = [labels.channel_all, labels.channel_r, labels.channel_g, labels.channel_b];
  for (const [k, button] of parts.channelButtons.entries()) {
    button.textContent = texts[k];
    button.setAttribute("aria-pressed", String((k ? k - 1 : "all") === channel));
  }
  const extras = [];
  if (Math.max(...stride) > 1) extras.push(fill(labels.stride, {rows: stride[0], cols: stride[1]}));
  if (Math.max(...dilation) > 1) extras.push(fill(labels.dilation, {rows: dilation[0], cols: dilation[1]}));
  const [kind, how] = flip ? [labels.convolution, labels.convolution_how] : [labels.correlation, labels.correlation_how];
  parts.mode.replaceChildren(h("b", {}, kind), ` ${how} ${extras.join(" ")}`);
  const captions = {
    navigator: `${labels.picture} ${convolution.height} × ${convolution.width}`,
    input: labels.input,
    kernel: flip ? (all ? labels.kernel_short : labels.kernel_turned) : labels.kernel,
    work: all ? labels.patches : labels.products,
    output: `${labels.output} ${convolution.outRows} × ${convolution.outCols}`,
  };
  for (const [figureName, text] of Object.entries(captions)) parts.figures[figureName].firstChild.textContent = text;
  parts.givenArrow.textContent = all ? labels.given : "↻";
  parts.totalName.textContent = all ? "R + G + B =" : `${labels.sum} =`;
  parts.bar.setAttribute("aria-label", labels.controls);
  parts.equation.setAttribute("aria-label", labels.equation);
  for (const canvas of ["navigator", "input", "kernel", "given", "output"])
    parts[canvas].setAttribute("aria-label", labels[`alt_${canvas}`]);
  parts.given.title = labels.alt_given;
  for (const {patch, products} of parts.rows) {
    patch.setAttribute("aria-label", labels.alt_patch);
    products.setAttribute("aria-label", labels.alt_products);
  }
}

// Shows and hides what the arrangement needs, and hands its name to the style sheet.
function arrangeParts(view) {
  const {parts, sizes, channels, data} = view;
  const colour = channels.length > 1;
  Object.assign(parts.root.dataset, {arrangement: sizes.arrangement, middle: sizes.middle, colour});
  parts.stage.style.gap = `${Math.round(sizes.gap * 0.6)}px ${sizes.gap}px`;
  parts.figures.navigator.style.width = `${sizes.navigator}px`;
  parts.given.hidden = parts.givenArrow.hidden = !data.flip;
  for (const [channel, {row, patch}] of parts.rows.entries()) {
    row.hidden = !channels.includes(channel);
    patch.hidden = !colour;
  }
  parts.smaller.disabled = Math.max(...view.outputSize) <= 2;
  parts.larger.disabled = !view.canGrow();
  arrangeLegend(view);
}

function arrangeLegend({parts, numbers, largestOutput, data}) {
  const [low, negative, middle, positive, high] = parts.legend.children;
  const limit = numbers(largestOutput, 3, true);
  [low.textContent, middle.textContent, high.textContent] = [`−${limit}`, "0", limit];
  const table = data.arrays.signed_colors.data;
  const stops = Array.from({length: 9}, (_, k) => css(signedColor(table, k - 4, 4)));
  negative.style.background = `linear-gradient(to right, ${stops.slice(0, 5)})`;
  positive.style.background = `linear-gradient(to right, ${stops.slice(4)})`;
}
