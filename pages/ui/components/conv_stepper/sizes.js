// How large every grid is drawn, in CSS pixels. `unit` is the page's root font size over 16, so a projector's larger type
// brings larger cells. Three arrangements: "wide" (one row), "medium" (two rows), "narrow" (a phone, stacked).

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// The number of output cells a side that shows a good piece of the input with numbers in its cells.
function usualCount(convolution, width, unit) {
  const span = Math.max(...convolution.span);
  const stride = Math.max(...convolution.stride);
  const wanted = width < 520 * unit ? 6 : 8;
  return clamp(Math.round((wanted - span) / stride) + 1, 4, wanted);
}

function layOut({width, viewport, unit, present, input, output, kernel, colour, flip}) {
  // The colour view has three more lines of words below its grids.
  const gap = (colour ? 16 : 22) * unit;
  const plan = width >= 760 * unit ? planWide : width >= 520 * unit ? planMedium : planNarrow;
  let height = present ? clamp(0.52 * viewport, 320, 800) : clamp((colour ? 0.375 : 0.4) * viewport, 270, 460);
  // Two rows of grids; in colour a cell must still hold three numbers.
  if (plan === planMedium) height = Math.max(0.7 * height, colour ? 255 * unit : 0);
  const sizes = plan({width, height, unit, gap, input, output, kernel, colour, flip});
  const whole = {};
  for (const [name, value] of Object.entries(sizes))
    whole[name] = typeof value === "number" ? Math.max(3, Math.floor(value)) : value;
  return {...whole, gap: Math.floor(gap), height};
}

function planWide({width, height, unit, gap, input, output, kernel, colour, flip}) {
  const navigator = clamp(width * 0.135, 100, 220);
  let side = colour ? clamp(width * 0.4, 340, 640) : clamp(width * 0.2, 160, 420);
  const rest = width - navigator - side - 3 * gap;
  const cell = Math.min((rest * 0.53) / input[1], height / input[0], 60 * unit);
  const outputHeight = height - 26 * unit; // its legend stands below
  const out = Math.min((rest - cell * input[1]) / output[1], outputHeight / output[0], 60 * unit);
  side += Math.max(0, rest - cell * input[1] - out * output[1]) * 0.8;
  return {arrangement: "wide", navigator, cell, out, ...planMiddle({side, height, unit, kernel, colour, flip})};
}

function planMedium({width, height, unit, gap, input, output, kernel, colour, flip}) {
  const navigator = clamp(width * 0.2, 110, 150);
  const cell = Math.min((width - navigator - gap) / input[1], (height * 1.1) / input[0]);
  const side = width * (colour ? 0.56 : 0.42);
  const out = Math.min((width - side - gap) / output[1], (height * 1.1) / output[0], 60 * unit);
  return {arrangement: "medium", navigator, cell, out, ...planMiddle({side, height, unit, kernel, colour, flip})};
}

function planNarrow({width, height, unit, gap, input, output, kernel, colour, flip}) {
  const navigator = 118 * unit;
  const side = colour ? width * 1.33 : width - navigator - gap; // in colour the kernel stands beside the navigator
  // Input and output side by side as long as a fingertip and a number fit the cells, and a caption the output.
  const even = (width - gap) / (input[1] + output[1]);
  const out = Math.max(even, (120 * unit) / output[1]);
  const cell = (width - gap - out * output[1]) / input[1];
  const fits = cell >= 24 * unit;
  return {
    arrangement: "narrow",
    navigator,
    cell: fits ? cell : Math.min(width / input[1], 48 * unit),
    out: fits ? out : Math.min(width / output[1], 60 * unit),
    ...planMiddle({side, height, unit, kernel, colour, flip}),
  };
}

// The kernel (with the kernel as given beside it, when it is turned) and the products, or the three channels' rows.
function planMiddle({side, height, unit, kernel: [kh, kw], colour, flip}) {
  const caption = 22 * unit;
  const sum = 44 * unit;
  if (colour) {
    const weights = Math.min((side * 0.25) / kw, (height * 0.42) / kh, 44 * unit);
    const words = 142 * unit; // the channel's letter, the arrow, the sum, and the gaps around them
    const tall = (height - 48 * unit) / 3 / kh; // below them stands the total
    const products = Math.min((side - weights * kw - words) / 2 / kw, tall, 44 * unit);
    return {middle: "beside", weights, given: Math.min(weights * 0.55, 22 * unit), products};
  }
  const tall = (height - caption - sum) / 2 / kh;
  const stacked = {
    weights: Math.min(flip ? (side - 30 * unit) / (1.55 * kw) : side / kw, tall, 56 * unit),
    products: Math.min(side / kw, tall, 56 * unit),
  };
  const half = Math.min((side - 24 * unit) / 2 / kw, (height - sum) / (flip ? 1.6 : 1) / kh, 56 * unit);
  const middle = half > stacked.weights ? "beside" : "stacked";
  const chosen = middle === "beside" ? {weights: half, products: half} : stacked;
  return {middle, ...chosen, given: Math.min(chosen.weights * 0.55, 22 * unit)};
}
