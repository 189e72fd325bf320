// What a pointer and the keyboard do: drag, wheel, pinch, click, double click, arrows along the edges.

const STILL_PX = 5; // a press that moves less is a click

function listenToPointer(graph) {
  const {svg, camera} = graph;
  const down = new Map(); // pointers that are down: one drags, two pinch
  let moved = false;
  const here = (event) => {
    const box = svg.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const spread = () => {
    const [a, b] = [...down.values()];
    return {middle: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], apart: Math.hypot(a[0] - b[0], a[1] - b[1]) || 1};
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    if (down.size === 0) moved = false;
    down.set(event.pointerId, here(event));
    graph.hideNote();
  });
  svg.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    const now = here(event);
    if (!moved && Math.hypot(now[0] - before[0], now[1] - before[1]) < STILL_PX) return;
    if (!moved) svg.setPointerCapture(event.pointerId); // not earlier: a captured click would lose the box under it
    moved = true;
    svg.classList.add("dragged");
    const old = down.size === 2 ? spread() : null;
    down.set(event.pointerId, now);
    if (!old) return camera.move(now[0] - before[0], now[1] - before[1]);
    const {middle, apart} = spread();
    camera.move(middle[0] - old.middle[0], middle[1] - old.middle[1]);
    camera.by(apart / old.apart, middle);
  });
  const lift = (event) => {
    down.delete(event.pointerId);
    if (!down.size) svg.classList.remove("dragged");
  };
  svg.addEventListener("pointerup", lift);
  svg.addEventListener("pointercancel", lift);
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const step = event.deltaY * (event.deltaMode === 1 ? 18 : 1) * (event.ctrlKey ? 4 : 1);
    camera.by(Math.exp(-Math.max(-240, Math.min(240, step)) / 420), here(event));
  }, {passive: false});
  svg.addEventListener("click", (event) => {
    if (moved) return;
    const toggle = event.target.closest?.("[data-open], [data-close]");
    if (toggle) return graph.toggle(toggle.dataset.open ?? toggle.dataset.close, "open" in toggle.dataset);
    const node = graph.nodeAt(event.target);
    if (node && event.detail < 2) graph.choose(node);
  });
  svg.addEventListener("dblclick", (event) => {
    if (event.target.closest?.(".toggle")) return;
    const node = graph.nodeAt(event.target);
    if (node?.kind === "block") graph.toggle(node.id, true);
    else if (!node) camera.by(1.6, here(event), true);
  });
  svg.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch" || down.size) return;
    const edge = event.target.closest?.(".edge");
    if (edge) graph.enlarge(edge);
    graph.hover(graph.nodeAt(event.target));
  });
  svg.addEventListener("pointerleave", () => graph.hover(null));
}

function listenToKeys(graph) {
  const {svg, camera} = graph;
  const onGraph = {
    "+": () => camera.by(1.25, undefined, true), "=": () => camera.by(1.25, undefined, true),
    "-": () => camera.by(0.8, undefined, true), 0: () => graph.fit(),
    ArrowDown: () => graph.walk(graph.after), ArrowUp: () => graph.walk(graph.before),
    ArrowLeft: () => graph.walkAside(-1), ArrowRight: () => graph.walkAside(1),
    Home: () => graph.focusNode(0), End: () => graph.focusNode(graph.sheet.nodes.length - 1),
    Enter: () => act(), " ": () => act(),
    Backspace: () => graph.active().parent && graph.toggle(graph.active().parent, false),
    Escape: () => graph.hover(null),
  };
  const act = () => {
    const node = graph.active();
    if (node.kind === "block") graph.toggle(node.id, true);
    else graph.choose(node);
  };
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !onGraph[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    onGraph[event.key]();
  });
  svg.addEventListener("focusin", (event) => {
    const node = graph.nodeAt(event.target);
    if (node) graph.remember(node.index);
  });
}
