// From numbers to places: how each measure is scaled, which ticks it gets and how they are written.

const ERROR_TICKS = [0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];

// lines: of numbers, each {y, faint}. {low, high, place(value) → 0…1 or NaN, ticks: [{value, text}], write(value)}
function yAxis(measure, lines, log, format) {
  const finite = lines.flatMap((line) => Array.from(line.y)).filter(Number.isFinite);
  if (measure === "accuracy") return accuracyAxis(finite, bestOf(lines), log, format);
  if (measure === "loss") format = powerFormat(format);
  const positive = finite.filter((v) => v > 0);
  if (log && positive.length) return logAxis(Math.min(...positive), Math.max(...positive), format);
  // one exploded step must not press the rest of the curve flat, but where a curve ends is what it came to
  const sorted = [...finite].sort((a, b) => a - b);
  const ends = lines.map((line) => line.y.findLast(Number.isFinite)).filter(Number.isFinite);
  const usual = 1.6 * sorted[Math.floor(0.97 * (sorted.length - 1))] || 1;
  const high = sorted.length ? Math.min(sorted[sorted.length - 1], Math.max(usual, ...ends)) : 1;
  if (high > 100 * usual) return logAxis(Math.min(...positive), high, format);
  return linearAxis(0, high > 0 ? high : 1, format);
}

function linearAxis(low, high, format) {
  const step = niceStep((high - low) / 4);
  const bottom = Math.floor(low / step + 1e-9) * step;
  const top = Math.ceil(high / step - 1e-9) * step;
  const ticks = [];
  for (let i = 0; bottom + i * step <= top + step / 2; i++) ticks.push({value: bottom + i * step, text: format(round(bottom + i * step))});
  return {low: bottom, high: top, ticks, place: (v) => (v - bottom) / (top - bottom), write: format};
}

function logAxis(low, high, format) {
  const bottom = Math.floor(Math.log10(low) * 2) / 2;
  const top = Math.max(Math.ceil(Math.log10(high) * 2) / 2, bottom + 0.5);
  const ticks = [];
  for (let power = Math.floor(bottom); power <= top; power += Math.ceil((top - bottom) / 9)) {
    for (const digit of top - bottom > 3 ? [1] : [1, 2, 5]) {
      const value = digit * 10 ** power;
      if (Math.log10(value) >= bottom - 1e-9 && Math.log10(value) <= top + 1e-9) ticks.push({value, text: format(round(value))});
    }
  }
  return {low: 10 ** bottom, high: 10 ** top, ticks, place: (v) => (v > 0 ? (Math.log10(v) - bottom) / (top - bottom) : NaN), write: format};
}

// The best share of what is settled: a few steps may get all of their pictures right.
function bestOf(lines) {
  const settled = lines.filter((line) => !line.faint && line.y.length > 1);
  const values = (settled.length ? settled : lines).flatMap((line) => Array.from(line.y)).filter(Number.isFinite);
  return values.length ? Math.max(...values) : 1;
}

// Shares, written as per cent. On the logarithmic scale it is the error that is: from 99 to 99.5 is as far as from 98 to 99.
// Every value is on the axis; on the logarithmic one those better than ``highest`` may lie on its upper end.
function accuracyAxis(values, highest, log, format) {
  const percent = (v) => `${format(round(100 * v))} %`;
  const lowest = values.length ? Math.min(...values) : 0;
  if (log && highest > 0.5) {
    const best = ERROR_TICKS.find((e) => e < (1 - highest) * 0.999) ?? ERROR_TICKS.at(-1);
    const worst = Math.max([...ERROR_TICKS].reverse().find((e) => e >= 1 - lowest) ?? 1, 2 * best);
    const at = (v) => Math.log10(Math.max(1 - v, best));
    const ticks = [1, ...ERROR_TICKS].filter((e) => e <= worst && e >= best).map((e) => ({value: 1 - e, text: percent(1 - e)}));
    const span = Math.log10(worst) - Math.log10(best);
    return {low: 1 - worst, high: 1 - best, ticks, place: (v) => (Math.log10(worst) - at(v)) / span, write: percent};
  }
  const room = 1 - lowest;
  const low = lowest <= 0.25 ? 0 : Math.max(0, lowest - 0.1 * room);
  const axis = linearAxis(low, 1, percent);
  axis.ticks = axis.ticks.filter((tick) => tick.value <= 1 + 1e-9);
  const bottom = axis.low;
  return {...axis, high: 1, place: (v) => (v - bottom) / (1 - bottom)};
}

function xAxis(end, count, format) {
  const step = niceStep(end / count);
  const ticks = [];
  for (let i = 0; i * step <= end + 1e-9; i++) ticks.push({value: i * step, text: format(round(i * step))});
  return {end, ticks, place: (v) => v / end};
}

function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const digit = rough / power;
  return (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * power;
}

const round = (v) => Number(v.toPrecision(9));

// Large counts with a prefix of the SI: 240 k.
function shortFormat(format) {
  return (v) => (Math.abs(v) >= 1e6 ? `${format(v / 1e6)} M` : Math.abs(v) >= 1e4 ? `${format(v / 1e3)} k` : format(v));
}

// Huge ones, of a training that has diverged, by their power of ten: 5.8·10⁸.
function powerFormat(format) {
  const raised = (n) => String(n).replace(/./g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻");
  return (v) => {
    if (!(Math.abs(v) >= 1e5)) return format(v);
    const power = Math.floor(Math.log10(Math.abs(v)) + 1e-9);
    const digits = Number((v / 10 ** power).toPrecision(2));
    return digits === 10 ? `10${raised(power + 1)}` : digits === 1 ? `10${raised(power)}` : `${format(digits)}·10${raised(power)}`;
  };
}
