// Helpers that stand in front of every component's script (see pages/ui/components/__init__.py).

// The blob of packing.pack, back as {...meta, arrays: {name: {data, shape}}}.
function unpack(bytes) {
  const types = {u1: Uint8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, f4: Float32Array, f8: Float64Array};
  const copy = bytes.slice(); // typed arrays need aligned offsets, and a copy starts at 0
  const size = new DataView(copy.buffer).getUint32(0, true);
  const {meta, arrays} = JSON.parse(new TextDecoder().decode(copy.subarray(4, 4 + size)));
  const out = {};
  for (const {name, type, shape, offset} of arrays) {
    const count = shape.reduce((a, b) => a * b, 1);
    out[name] = {data: new types[type](copy.buffer, 4 + size + offset, count), shape};
  }
  return {...meta, arrays: out};
}

// An element with attributes and children: h("button", {class: "play", onclick: f}, "text").
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

// A number as the user's language writes it, rounded to what matters.
function numberFormat(language, digits = 3) {
  const useGrouping = "always"; // as the server writes them: Spanish would leave four digits ungrouped
  const whole = new Intl.NumberFormat(language, {maximumFractionDigits: 0, useGrouping});
  const real = new Intl.NumberFormat(language, {maximumSignificantDigits: digits, useGrouping});
  return (value) => (Number.isInteger(value) ? whole : real).format(Object.is(value, -0) ? 0 : value).replace("-", "−");
}

// A canvas's context, sized in CSS pixels and sharp on any screen.
function sharpContext(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

// The theme's colours as the browser resolved them, read from an element inside the component.
function themeColors(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    text: read("--st-text-color"),
    accent: read("--st-primary-color"),
    background: read("--st-background-color"),
    panel: read("--st-secondary-background-color"),
    border: read("--st-border-color"),
    code: read("--st-code-font"),
  };
}
