// The drawing as a file of its own: colours and fonts written out, everything shown, nothing referred to.

const WRITTEN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "fill-opacity", "stroke-opacity", "opacity",
  "font-size", "font-weight", "text-anchor", "paint-order", "stroke-linejoin"];
const PLAIN = {fill: "rgb(0, 0, 0)", stroke: "none", "stroke-width": "1px", "stroke-dasharray": "none", "stroke-linecap": "butt",
  "fill-opacity": "1", "stroke-opacity": "1", opacity: "1", "text-anchor": "start", "paint-order": "normal", "stroke-linejoin": "miter"};

function svgText(graph) {
  const {svg, world, sheet, data} = graph;
  const shown = svg.dataset.detail;
  svg.dataset.detail = "all"; // every word, at whatever zoom the reader is
  svg.classList.add("plain");
  const copy = plainCopy(world);
  svg.dataset.detail = shown;
  svg.classList.remove("plain");
  copy.removeAttribute("transform");
  const [width, height] = [Math.ceil(sheet.width), Math.ceil(sheet.height)];
  const paper = getComputedStyle(svg).getPropertyValue("--st-background-color").trim();
  const file = s("svg", {xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height, "font-family": "Helvetica, Arial, sans-serif"},
    s("title", {}, data.title), s("rect", {width, height, fill: paper}), copy);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(file)}\n`;
}

// A deep copy without classes, hidden parts and controls, with the computed look as attributes.
function plainCopy(element) {
  const look = getComputedStyle(element);
  if (look.display === "none" || look.visibility === "hidden" || element.matches(".hit, .toggle, title")) return null;
  const copy = s(element.tagName);
  for (const name of ["d", "x", "y", "dx", "dy", "width", "height", "rx", "r", "transform"])
    if (element.hasAttribute(name)) copy.setAttribute(name, element.getAttribute(name));
  if (element.tagName !== "g") {
    for (const name of WRITTEN) {
      const value = look.getPropertyValue(name);
      const text = name.startsWith("font");
      if (text ? element.matches("text, tspan") : value !== PLAIN[name]) copy.setAttribute(name, value);
    }
    if (element.matches(".shape, .flows")) copy.setAttribute("font-family", "Consolas, Menlo, monospace");
  } else if (look.opacity !== "1") copy.setAttribute("opacity", look.opacity);
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) copy.append(child.textContent);
    else if (child.nodeType === Node.ELEMENT_NODE) {
      const inner = plainCopy(child);
      if (inner) copy.append(inner);
    }
  }
  return copy;
}

function saveSvg(graph) {
  const name = graph.data.title.replace(/[^\p{L}\p{N}._-]+/gu, "_") || "network";
  const address = URL.createObjectURL(new Blob([svgText(graph)], {type: "image/svg+xml"}));
  const link = h("a", {href: address, download: `${name}.svg`});
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
