// What stands around the sheet: legend, buttons, the note on what is under the pointer, a hint.

function buildParts(graph) {
  graph.world = s("g", {class: "world", role: "presentation"});
  graph.svg = s("svg", {class: "sheet", role: "tree"}, graph.world);
  graph.camera = new Camera(graph.svg, graph.world);
  graph.note = h("div", {class: "note", "aria-hidden": "true", hidden: true});
  graph.legend = h("div", {class: "legend", role: "group"});
  graph.hint = h("div", {class: "hint muted"}); // until the reader has found out; its place stays, or the sheet would move under the pointer
  graph.buttons = {};
  const button = (name, act) => (graph.buttons[name] = h("button", {type: "button", class: name, onclick: act}, icon(name)));
  const tools = h("div", {class: "tools", role: "toolbar"},
    h("span", {}, button("zoom_out", () => graph.camera.by(0.8, undefined, true)),
      button("zoom_in", () => graph.camera.by(1.25, undefined, true)), button("fit", () => graph.fit())),
    h("span", {}, button("expand_all", () => graph.open(graph.data.drawing.blocks)), button("collapse_all", () => graph.open([]))),
    h("span", {}, button("save_svg", () => saveSvg(graph)), button("full_screen", () => fullScreen(graph))));
  graph.root.replaceChildren(h("div", {class: "stage"}, h("div", {class: "head"}, graph.legend, tools), graph.svg, graph.note, graph.hint));
  for (const event of ["pointerdown", "wheel", "keydown"])
    graph.root.addEventListener(event, () => (graph.hint.style.visibility = "hidden"), {once: true, passive: true});
}

function fullScreen(graph) {
  if (document.fullscreenElement) document.exitFullscreen();
  else graph.root.querySelector(".stage").requestFullscreen?.();
}

const ICONS = {
  zoom_out: "M4,10H16", zoom_in: "M4,10H16M10,4V16", fit: "M3,7V3H7M13,3H17V7M17,13V17H13M7,17H3V13",
  expand_all: "M3,3H17V17H3zM6.5,10H13.5M10,6.5V13.5", collapse_all: "M3,3H17V17H3zM6.5,10H13.5",
  full_screen: "M8,12L3,17M3,12.5V17H7.5M12,8L17,3M12.5,3H17V7.5",
};
const icon = (name) => (name in ICONS ? s("svg", {viewBox: "0 0 20 20", "aria-hidden": "true"}, s("path", {d: ICONS[name]})) : "SVG");
