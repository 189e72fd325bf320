// Pointer and keyboard: what a hand does to the view.

// The cell of a grid's canvas under the pointer, or null in none.
function cellUnder(event, canvas, cell, [rows, cols]) {
  const box = canvas.getBoundingClientRect();
  const [row, col] = [Math.floor((event.clientY - box.top) / cell), Math.floor((event.clientX - box.left) / cell)];
  return row >= 0 && col >= 0 && row < rows && col < cols ? [row, col] : null;
}

// Hover marks for as long as the pointer stays; a press marks until the next press (which is what a tap does).
function listenToMarks(view, canvas, mark, wasDragged = () => false) {
  canvas.addEventListener("pointermove", (event) => event.pointerType !== "touch" && !event.buttons && view.hover(mark(event)));
  canvas.addEventListener("pointerleave", () => view.hover(null));
  canvas.addEventListener("click", (event) => wasDragged() || view.pin(mark(event)));
}

function weightMarker(view, canvas, size, turned = false) {
  return (event) => {
    const {kh, kw} = view.convolution;
    const at = cellUnder(event, canvas, view.sizes[size], [kh, kw]);
    return at && {kind: "weight", at: turned ? [kh - 1 - at[0], kw - 1 - at[1]] : at};
  };
}

function listen(view) {
  const {parts} = view;
  listenToMarks(view, parts.kernel, weightMarker(view, parts.kernel, "weights"));
  listenToMarks(view, parts.given, weightMarker(view, parts.given, "given", true));
  for (const {patch, products} of parts.rows)
    for (const canvas of [patch, products]) listenToMarks(view, canvas, weightMarker(view, canvas, "products"));
  listenToMarks(view, parts.equation, (event) => {
    const at = event.target.closest(".term")?.dataset.at;
    return at ? {kind: "weight", at: at.split(",").map(Number)} : null;
  });
  listenToInput(view);
  listenToOutput(view);
  listenToNavigator(view);
  parts.root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (pressKey(view, event)) event.preventDefault();
  });
}

// Hover marks a pixel; a mouse drags the picture under the window (a finger scrolls the page, and has the navigator).
function listenToInput(view) {
  const canvas = view.parts.input;
  let drag = null;
  const mark = (event) => {
    const at = cellUnder(event, canvas, view.sizes.cell, view.inputSize);
    return at && {kind: "source", at: [at[0] + view.corner[0], at[1] + view.corner[1]]};
  };
  listenToMarks(view, canvas, mark, () => drag?.moved);
  canvas.addEventListener("pointerdown", (event) => {
    drag = null;
    if (event.pointerType === "touch" || event.button !== 0) return;
    drag = {x: event.clientX, y: event.clientY, origin: view.origin, moved: false};
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag || !(event.buttons & 1)) return;
    const [sh, sw] = view.convolution.stride;
    const rows = Math.round((drag.y - event.clientY) / view.sizes.cell / sh);
    const cols = Math.round((drag.x - event.clientX) / view.sizes.cell / sw);
    if (!rows && !cols && !drag.moved) return;
    drag.moved = true;
    view.hover(null);
    view.moveTo([drag.origin[0] + rows, drag.origin[1] + cols]);
  });
  canvas.addEventListener("pointerup", () => drag?.moved && view.reportRegion());
}

function listenToOutput(view) {
  const canvas = view.parts.output;
  const at = (event) => {
    const cell = cellUnder(event, canvas, view.sizes.out, view.outputSize);
    return cell && [cell[0] + view.origin[0], cell[1] + view.origin[1]];
  };
  canvas.addEventListener("pointermove", (event) => {
    const pixel = at(event);
    if (!pixel || view.playing || event.pointerType === "touch" || pixel.join() === view.pixel.join()) return;
    view.select(pixel);
  });
  canvas.addEventListener("click", (event) => {
    const pixel = at(event);
    if (!pixel) return;
    view.pause();
    view.pinned = null;
    view.select(pixel);
    view.reportPixel();
  });
}

function listenToNavigator(view) {
  const canvas = view.parts.navigator;
  let grip = null; // from the pointer to the window's corner, in picture pixels
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    const {top, left} = view.convolution;
    return [(event.clientY - box.top) / view.navigatorScale - top, (event.clientX - box.left) / view.navigatorScale - left];
  };
  const follow = (event) => view.moveToInput(point(event).map((v, axis) => v - grip[axis]));
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const at = point(event);
    const inside = at.every((v, axis) => v >= view.corner[axis] && v < view.corner[axis] + view.inputSize[axis]);
    grip = inside ? at.map((v, axis) => v - view.corner[axis]) : view.inputSize.map((n) => n / 2);
    canvas.setPointerCapture(event.pointerId);
    follow(event);
  });
  canvas.addEventListener("pointermove", (event) => grip && follow(event));
  for (const end of ["pointerup", "pointercancel"])
    canvas.addEventListener(end, () => {
      if (grip) view.reportRegion();
      grip = null;
    });
}

const ARROWS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

// Space plays, Esc stops; arrows move what has the focus: the window, a marked pixel or weight, else the output pixel.
function pressKey(view, event) {
  const focus = event.composedPath()[0];
  const {parts} = view;
  if (event.key === "Escape") return view.stop(), true;
  if (focus.tagName === "INPUT") return false;
  if (event.key === " " && focus.tagName !== "BUTTON") return view.toggle(), true;
  if (event.key === "Home") return view.toStart(), true;
  const arrow = ARROWS[event.key];
  if (!arrow) return false;
  if (focus === parts.navigator) {
    const stride = event.shiftKey ? view.outputSize : [1, 1];
    view.moveTo(view.origin.map((n, axis) => n + arrow[axis] * stride[axis]));
    view.reportRegionSoon();
  } else if (focus === parts.input) moveMark(view, "source", arrow, view.corner, view.inputSize);
  else if (focus === parts.kernel) moveMark(view, "weight", arrow, [0, 0], [view.convolution.kh, view.convolution.kw]);
  else if (focus === parts.output) view.walk(arrow);
  else if (arrow[1]) view.step(arrow[1]);
  else return false;
  return true;
}

function moveMark(view, kind, arrow, start, size) {
  const before = view.mark?.kind === kind ? view.mark.at : start.map((n, axis) => n + Math.floor(size[axis] / 2) - arrow[axis]);
  const at = before.map((n, axis) => clamp(n + arrow[axis], start[axis], start[axis] + size[axis] - 1));
  view.hover(null);
  view.pin({kind, at}, true);
}
