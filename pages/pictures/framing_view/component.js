// Before and after. The frame on the left picture can be dragged along the longer side: trigger "at", 0 to 100.

export default function ({data, parentElement, setTriggerValue}) {
  const {arrays, box, movable, before, after, color} = unpack(data);
  const root = parentElement.querySelector(".root");
  const figure = (content, text) => h("figure", {role: "img", "aria-label": text}, content, h("figcaption", {}, text));
  const right = picture(arrays.after);
  if (!arrays.before) {
    right.style.outline = `4px solid ${color}`;
    root.replaceChildren(h("div", {class: "single"}, figure(right, after)));
    return;
  }
  const left = picture(arrays.before);
  // What is smaller than its place on the screen shows its pixels; what is larger is shrunk smoothly.
  left.style.imageRendering = "auto";
  right.style.imageRendering = Math.max(...arrays.after.shape) > 256 ? "auto" : "pixelated";
  const frame = h("div", {class: movable ? "frame movable" : "frame"});
  place(frame, box);
  const stage = h("div", {class: "stage"}, left, frame);
  limit(stage, arrays.before.shape);
  limit(right, arrays.after.shape);
  root.replaceChildren(h("div", {class: "pair"},
    figure(stage, before), h("div", {class: "arrow", "aria-hidden": "true"}, "→"), figure(right, after)));
  if (movable) drag(stage, frame, box, (at) => setTriggerValue("at", at));
}

function picture({data, shape: [rows, columns]}) {
  const canvas = h("canvas", {width: columns, height: rows});
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let k = 0; k < rows * columns; k++) {
    image.data.set(data.subarray(3 * k, 3 * k + 3), 4 * k);
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// As wide as there is room, and no taller than a good part of a screen.
function limit(element, [rows, columns]) {
  element.style.maxWidth = `${(22 * columns) / rows}rem`;
}

function place(frame, [left, top, width, height]) {
  Object.assign(frame.style, {left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * height}%`});
}

function drag(stage, frame, box, send) {
  const along = box[2] < 1 ? 0 : 1; // the axis on which the square has room
  const room = 1 - box[2 + along];
  if (room <= 0) return;
  let from = null;
  const where = (event) => {
    const size = along ? stage.clientHeight : stage.clientWidth;
    const moved = ((along ? event.clientY : event.clientX) - from) / size;
    return Math.min(room, Math.max(0, box[along] + moved));
  };
  frame.onpointerdown = (event) => {
    from = along ? event.clientY : event.clientX;
    frame.setPointerCapture(event.pointerId);
  };
  frame.onpointermove = (event) => {
    if (from !== null) place(frame, along ? [box[0], where(event), box[2], box[3]] : [where(event), box[1], box[2], box[3]]);
  };
  frame.onpointerup = (event) => {
    if (from === null) return;
    const there = where(event);
    from = null;
    if (there !== box[along]) send((100 * there) / room);
  };
}
