// Numbers as the user's language writes them: rounded to significant digits, but never losing whole units.
function numberWriter(language) {
  const formats = new Map();
  return (value, digits = 3, grouped = false) => {
    const whole = Number.isInteger(value) || value === 0;
    const decimals = whole ? 0 : clamp(digits - 1 - Math.floor(Math.log10(Math.abs(value))), 0, 12);
    const key = decimals * 2 + grouped;
    if (!formats.has(key)) {
      const options = {maximumFractionDigits: decimals, useGrouping: grouped, signDisplay: "negative"};
      formats.set(key, new Intl.NumberFormat(language, options));
    }
    return formats.get(key).format(value).replace("-", "−");
  };
}

// Whether a value is written out exactly with that many digits; if not, an equation says "≈".
function writtenExactly(value, digits) {
  if (Number.isInteger(value)) return true;
  const decimals = clamp(digits - 1 - Math.floor(Math.log10(Math.abs(value))), 0, 12);
  return Math.abs(Number(value.toFixed(decimals)) - value) < 1e-9;
}
