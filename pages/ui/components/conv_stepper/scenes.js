// What each canvas of the step view shows. `view` is the Stepper of component.js; positions inside the window count from 0.

const CHANNEL_TINTS = [[255, 70, 75], [70, 205, 110], [70, 150, 255]];

function paintAll(view) {
  paintNavigator(view);
  paintInput(view);
  paintKernel(view);
  paintProducts(view);
  paintOutput(view);
}

// The shade of a value of one channel: grey, or the channel's own colour from black.
function shade(view, value, channel) {
  const level = clamp(value / view.data.white, 0, 1);
  if (view.convolution.channels === 1) return mix(BLACK, WHITE, level);
  return level < 0.8 ? mix(BLACK, CHANNEL_TINTS[channel], level / 0.8) : mix(CHANNEL_TINTS[channel], WHITE, (level - 0.8) * 2);
}

function pixelColor(view, row, col) {
  const {convolution, channels} = view;
  const values = channels.map((channel) => convolution.value(row, col, channel));
  const color = channels.length === 1
    ? shade(view, values[0], channels[0])
    : values.map((value) => Math.round(255 * clamp(value / view.data.white, 0, 1)));
  return convolution.isPadding(row, col) ? mix(color, PADDING_TINT, 0.5) : color;
}

// The whole picture as a canvas of its own pixels, made once for each picture.
function pictureCanvas({arrays, white}) {
  const [height, width, channels = 1] = arrays.image.shape;
  const canvas = h("canvas", {width, height});
  const pixels = new ImageData(width, height);
  const {data} = arrays.image;
  for (let k = 0; k < width * height; k++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * k + c] = (255 * data[k * channels + (channels === 3 ? c : 0)]) / white;
    pixels.data[4 * k + 3] = 255;
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

// The picture at the navigator's size: shrinking a large photograph at every move of the window would be felt.
function thumbnail(view, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const size = [width * ratio, height * ratio].map((n) => Math.max(1, Math.round(n)));
  if (view.thumbnail?.of === view.picture && view.thumbnail.size.join() === size.join()) return view.thumbnail.canvas;
  const canvas = h("canvas", {width: size[0], height: size[1]});
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = view.picture.width > size[0];
  context.imageSmoothingQuality = "high";
  context.drawImage(view.picture, 0, 0, ...size);
  view.thumbnail = {of: view.picture, size, canvas};
  return canvas;
}

function paintNavigator(view) {
  const {convolution, parts, sizes, look} = view;
  const [rows, cols] = convolution.padded;
  const scale = sizes.navigator / Math.max(rows, cols);
  view.navigatorScale = scale;
  const context = sharpContext(parts.navigator, Math.max(8, cols * scale), Math.max(8, rows * scale));
  context.fillStyle = css(PADDING_TINT);
  context.fillRect(0, 0, cols * scale, rows * scale);
  context.imageSmoothingEnabled = false;
  const [width_px, height_px] = [convolution.width * scale, convolution.height * scale];
  const small = thumbnail(view, width_px, height_px);
  context.drawImage(small, convolution.left * scale, convolution.top * scale, width_px, height_px);
  const [height, width] = view.inputSize.map((n) => Math.max(9, n * scale)); // visible even on a large photograph
  const [top, left] = view.corner.map((n, axis) => (n + (axis ? convolution.left : convolution.top)) * scale);
  const box = [clamp(left, 0, cols * scale - width), clamp(top, 0, rows * scale - height), width, height];
  context.fillStyle = "rgb(0 0 0 / 0.32)";
  context.beginPath();
  context.rect(0, 0, cols * scale, rows * scale);
  context.rect(...box);
  context.fill("evenodd");
  context.strokeStyle = "#fff";
  context.lineWidth = 4;
  context.strokeRect(...box);
  context.strokeStyle = look.accent;
  context.lineWidth = 2.5;
  context.strokeRect(...box);
}

function paintInput(view) {
  const {convolution, parts, sizes, look, corner, channels, numbers, mark} = view;
  const [rows, cols] = view.inputSize;
  const cell = sizes.cell;
  const at = (r, c) => [corner[0] + r, corner[1] + c];
  const taps = new Map();
  for (const [a, b] of view.positions()) {
    const [row, col] = convolution.tap(...view.pixel, a, b);
    taps.set(`${row},${col}`, `×${numbers(convolution.weight(a, b), 2)}`);
  }
  const text = (r, c, digits) => {
    const written = channels.map((channel) => numbers(convolution.value(...at(r, c), channel), digits));
    if (written.length === 1) return written[0];
    return cell >= 33 ? written : null;
  };
  const context = paintGrid(parts.input, {
    rows, cols, cell, text,
    fill: (r, c) => pixelColor(view, ...at(r, c)),
    hatch: (r, c) => convolution.isPadding(...at(r, c)),
    corner: (r, c) => (channels.length === 1 && mark?.kind !== "source" ? taps.get(at(r, c).join()) : null),
  }, look);
  if (Math.max(...convolution.stride) > 1) paintStops(view, context);
  if (mark?.kind === "source") {
    outline(context, cell, [mark.at[0] - corner[0], mark.at[1] - corner[1], 1, 1], MARK, 3.5);
    return;
  }
  if (mark?.kind === "weight")
    for (const [row, col] of view.met(mark.at)) outline(context, cell, [row - corner[0], col - corner[1], 1, 1], MARK, 1.5);
  paintPatch(view, context);
}

// The patch under the kernel: its frame, its separate taps where the kernel is dilated, the tap of the marked weight.
function paintPatch(view, context) {
  const {convolution, sizes, look, corner, mark} = view;
  const [row, col] = convolution.tap(...view.pixel, 0, 0);
  const dilated = Math.max(...convolution.dilation) > 1 && convolution.kh * convolution.kw > 1;
  const frame = [row - corner[0], col - corner[1], ...convolution.span];
  const width = clamp(sizes.cell * 0.1, 2, 4);
  outline(context, sizes.cell, frame, look.accent, width, dilated ? [6, 4] : []);
  if (dilated)
    for (const [a, b] of view.positions()) {
      const [r, c] = convolution.tap(...view.pixel, a, b);
      outline(context, sizes.cell, [r - corner[0], c - corner[1], 1, 1], look.accent, Math.max(1.5, width * 0.7));
    }
  if (mark?.kind !== "weight") return;
  const [r, c] = convolution.tap(...view.pixel, ...mark.at);
  outline(context, sizes.cell, [r - corner[0], c - corner[1], 1, 1], MARK, 3.5);
}

// Where the kernel's middle stops: with a stride above 1 it skips the positions between.
function paintStops(view, context) {
  const {convolution, sizes, corner, look} = view;
  const radius = clamp(sizes.cell * 0.08, 1.5, 4);
  for (const [i, j] of view.outputs()) {
    const [row, col] = convolution.tap(i, j, 0, 0);
    const [y, x] = [row - corner[0] + convolution.span[0] / 2, col - corner[1] + convolution.span[1] / 2];
    const lowered = convolution.span[0] % 2 ? sizes.cell * 0.36 : 0; // beside the number, not on it
    context.beginPath();
    context.arc(x * sizes.cell, y * sizes.cell + lowered, radius, 0, 7);
    context.fillStyle = look.accent;
    context.fill();
    context.strokeStyle = "#fff";
    context.lineWidth = 1;
    context.stroke();
  }
}

function paintKernel(view) {
  const {convolution, parts, sizes, look, numbers, mark, data} = view;
  const shown = [convolution, look, mark?.kind === "weight" ? mark.at.join() : ""];
  if (view.kernelShown?.every((value, k) => value === shown[k])) return; // it does not change as the window moves
  view.kernelShown = shown;
  const {kh: rows, kw: cols, largestWeight} = convolution;
  const fill = (weight) => signedColor(data.arrays.weight_colors.data, weight, 1.3 * largestWeight); // not its darkest
  const grid = (canvas, cell, weight) =>
    paintGrid(canvas, {
      rows, cols, cell,
      fill: (r, c) => fill(weight(r, c)),
      text: (r, c, digits) => numbers(weight(r, c), digits),
    }, look);
  const context = grid(parts.kernel, sizes.weights, (r, c) => convolution.weight(r, c));
  if (mark?.kind === "weight") outline(context, sizes.weights, [...mark.at, 1, 1], MARK, 3);
  if (!data.flip) return;
  const given = grid(parts.given, sizes.given, (r, c) => convolution.given[r * cols + c]);
  if (mark?.kind === "weight") outline(given, sizes.given, [rows - 1 - mark.at[0], cols - 1 - mark.at[1], 1, 1], MARK, 2);
}

// The products of every channel shown, and in the colour view the patches they come from.
function paintProducts(view) {
  const {convolution, parts, sizes, look, numbers, mark, data, channels, pixel} = view;
  const {kh: rows, kw: cols} = convolution;
  const cell = sizes.products;
  const limit = convolution.largestWeight * data.white;
  for (const channel of channels) {
    const {patch, products} = parts.rows[channel];
    const product = (r, c) => convolution.product(...pixel, r, c, channel);
    const contexts = [paintGrid(products, {
      rows, cols, cell,
      fill: (r, c) => signedColor(data.arrays.signed_colors.data, product(r, c), limit),
      text: (r, c, digits) => numbers(product(r, c), digits),
    }, look)];
    if (channels.length > 1) {
      const value = (r, c) => convolution.value(...convolution.tap(...pixel, r, c), channel);
      const outside = (r, c) => convolution.isPadding(...convolution.tap(...pixel, r, c));
      contexts.push(paintGrid(patch, {
        rows, cols, cell,
        fill: (r, c) => mix(shade(view, value(r, c), channel), PADDING_TINT, outside(r, c) ? 0.5 : 0),
        hatch: outside,
        text: (r, c, digits) => numbers(value(r, c), digits),
      }, look));
    }
    if (mark?.kind === "weight") for (const context of contexts) outline(context, cell, [...mark.at, 1, 1], MARK, 3);
  }
}

function paintOutput(view) {
  const {convolution, parts, sizes, look, numbers, mark, data, channels, origin} = view;
  const [rows, cols] = view.outputSize;
  const cell = sizes.out;
  const users = new Map();
  if (mark?.kind === "source")
    for (const {i, j, a, b} of convolution.users(...mark.at))
      users.set(`${i},${j}`, `×${numbers(convolution.weight(a, b), 2)}`);
  const total = (r, c) => convolution.total(origin[0] + r, origin[1] + c, channels);
  const filled = (r, c) => r * cols + c < view.filled();
  const used = (r, c) => users.get(`${origin[0] + r},${origin[1] + c}`);
  const context = paintGrid(parts.output, {
    rows, cols, cell,
    fill: (r, c) => (filled(r, c) ? signedColor(data.arrays.signed_colors.data, total(r, c), view.largestOutput) : null),
    text: (r, c, digits) => (filled(r, c) ? numbers(total(r, c), digits) : null),
    faded: (r, c) => users.size > 0 && !used(r, c),
    corner: used,
  }, look);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++) if (used(r, c)) outline(context, cell, [r, c, 1, 1], MARK, 2.5);
  const [r, c] = [view.pixel[0] - origin[0], view.pixel[1] - origin[1]];
  outline(context, cell, [r, c, 1, 1], look.accent, clamp(cell * 0.1, 2, 4));
}
