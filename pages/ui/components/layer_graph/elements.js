// The drawing as SVG elements. Names of layers only ever become text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const DARK_INK = "#16171f";

function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null && value !== false) element.setAttribute(name, value);
  element.append(...children.filter((child) => child != null));
  return element;
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const kindOf = (kind, colors) => (kind === "block" || kind in colors ? kind : kind === "multiply" ? "add" : "other");

// Everything of a sheet, back to front: frames, edges, boxes. Fills the maps of elements by index.
function buildSheet(sheet, graph) {
  const frames = sheet.frames.map(({group, x, y, w, h}) => s("rect", {class: "frame", "data-group": group.id, x, y, width: w, height: h, rx: 9}));
  graph.edgeElements = sheet.edges.map((edge, i) => edgeElement(edge, i));
  graph.nodeElements = sheet.nodes.map((node) => nodeElement(node, graph));
  return [
    s("g", {class: "frames", role: "presentation"}, ...frames),
    s("g", {class: "edges", "aria-hidden": "true"}, ...graph.edgeElements),
    s("g", {class: "frames", role: "presentation"}, ...sheet.frames.map((piece) => heading(piece, graph))),
    s("g", {class: "nodes", role: "presentation"}, ...graph.nodeElements),
  ];
}

function heading({group, starts, x, y}, {data}) {
  const text = fill(data.labels.collapse, {block: group.id});
  const aside = (words) => s("tspan", {class: "aside", dx: 6}, words);
  return s("g", {class: "heading"},
    s("g", {class: "toggle", "data-close": group.id, transform: `translate(${x + 18},${y})`},
      s("title", {}, text), s("circle", {r: 11, class: "hit"}), s("circle", {r: 7.5}), s("path", {d: "M-3.5,0H3.5"})),
    s("text", {x: x + 31, y: y + 4}, group.title,
      group.type && group.type !== group.title ? aside(group.type) : null, starts ? null : aside("…")));
}

function edgeElement(edge, index) {
  const [x, y, way] = edge.tip;
  const tip = `M${x},${y}${{down: "l-4,-7.5h8z", left: "l7.5,-4v8z", right: "l-7.5,-4v8z"}[way]}`;
  const {label} = edge;
  const turn = label.turned ? `rotate(90 ${label.x} ${label.y})` : null;
  return s("g", {class: `edge ${edge.role}${edge.bow ? " bow" : ""}`, "data-edge": index},
    s("path", {class: "hit", d: edge.path}),
    s("path", {class: "line", d: edge.path}),
    s("path", {class: "tip", d: tip}),
    s("text", {class: "flows", x: label.x, y: label.y, transform: turn, "text-anchor": label.turned ? "middle" : label.anchor}, edge.shape));
}

function nodeElement(node, {data, id}) {
  const {labels, colors} = data;
  const {x, y, w, h, title, aside, shape, kind} = node;
  const block = kind === "block";
  const end = kind === "input" || kind === "output";
  const name = end ? labels[kind] : title;
  const sort = end ? "end" : kindOf(kind, colors);
  const middle = end ? w / 2 : 14;
  const anchor = end ? "middle" : null;
  const far = Math.min(21, (w - (block ? 40 : 22)) / (0.58 * name.length)); // the size of a title alone in the box
  const element = s("g", {
    class: `node ${block ? "block" : end ? "end" : "layer"}`, "data-id": node.id, "data-index": node.index, role: "treeitem",
    id: `${id}-${node.index}`, tabindex: -1, "aria-label": spoken(node, name, data), "aria-expanded": block ? "false" : null,
    transform: `translate(${x},${y})`, style: `--kind: ${colors[sort] ?? "var(--st-text-color)"}; --far: ${far.toFixed(1)}px`,
  },
    block ? s("rect", {class: "behind", x: 4, y: 4, width: w, height: h, rx: 7}) : null,
    s("rect", {class: "paper", width: w, height: h, rx: end ? h / 2 : 7}),
    s("rect", {class: "box", width: w, height: h, rx: end ? h / 2 : 7}),
    end || block ? null : s("path", {class: "stripe", d: `M7,0Q0,0 0,7V${h - 7}Q0,${h} 7,${h}z`}),
    s("text", {class: "title near", x: middle, y: 19, "text-anchor": anchor}, name,
      aside ? s("tspan", {class: "aside", dx: 6}, aside) : null),
    s("text", {class: "shape near", x: middle, y: 36, "text-anchor": anchor}, shape),
    s("text", {class: "title alone", x: end ? w / 2 : block ? (w - 14) / 2 : w / 2 + 3, y: h / 2, dy: "0.35em", "text-anchor": "middle"}, name));
  if (block) {
    element.append(s("g", {class: "toggle", "data-open": node.id, transform: `translate(${w - 16},${h / 2})`},
      s("title", {}, fill(labels.expand, {block: node.id})), s("circle", {r: 14, class: "hit"}), s("circle", {r: 8}), s("path", {d: "M-4,0H4M0,-4V4"})));
  }
  return element;
}

function spoken(node, name, {labels, numbers}) {
  const parts = [name, node.kind === "input" || node.kind === "output" ? "" : node.type, node.shape];
  if (node.params) parts.push(`${numbers(node.params)} ${labels.params}`);
  return parts.filter(Boolean).join(", ");
}

// The note beside the pointer: what does not fit the box.
function noteFor(node, {labels, numbers, colors}) {
  const line = (name, value) => h("div", {class: "fact"}, h("span", {class: "muted"}, name), h("span", {class: "mono"}, value));
  const end = node.kind === "input" || node.kind === "output";
  const kind = end ? "" : labels[`kind_${kindOf(node.kind, colors)}`];
  const layers = node.stop - node.first;
  return [
    h("div", {class: "path"}, end ? labels[node.kind] : node.id),
    end ? null : h("div", {class: "muted"}, node.kind === "block" ? node.type : `${node.type} · ${kind}`),
    line(labels.shape, node.shape),
    layers > 1 ? line(labels.layers, numbers(layers)) : null,
    end ? null : line(labels.params, numbers(node.params)),
    end ? null : line(labels.macs, numbers(node.macs)),
  ].filter(Boolean);
}

// The kinds on the sheet with their colours, and the two sorts of lines that are not plain.
function legendFor(sheet, {labels, colors}) {
  const kinds = new Set(sheet.nodes.filter((node) => node.kind !== "input" && node.kind !== "output").map((node) => kindOf(node.kind, colors)));
  const known = [...Object.keys(colors), "block"].filter((kind) => kinds.has(kind));
  const roles = ["skip", "branch"].filter((role) => sheet.edges.some((edge) => edge.role === role));
  return [
    ...known.map((kind) => h("span", {}, h("i", {class: kind, style: `--kind: ${colors[kind] ?? "transparent"}`}), labels[`kind_${kind}`])),
    ...roles.map((role) => h("span", {}, h("i", {class: `way ${role}`}), labels[role])),
  ];
}
