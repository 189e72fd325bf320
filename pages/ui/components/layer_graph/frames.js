// Open blocks as frames with a heading, and shortcuts as arcs on the right of what they by-pass.

const HEAD = 29, FOOT = 8, SIDE = 9; // px: room of a frame above, below and beside what is in it
const LANE = 13, NEAR = 16; // px: between arcs, and from the boxes to the first arc
const CURTAIN = 260; // px: the arcs of a dense block share this much
const LABEL = 8; // px: the turned text beside an arc
const MOST_LANES = 6; // beyond, arcs are bows whose height tells how far they reach

// Tells every node and group in which group it lies, and in which rows it is.
function nest(nodes, groups) {
  const byId = new Map(groups.map((group) => [group.id, group]));
  for (const group of groups) Object.assign(group, {inside: [], arcs: [], around: byId.get(group.parent) ?? null});
  for (const group of groups) group.depth = 1 + (group.around?.depth ?? 0); // outer ones come first
  const root = {inside: [], arcs: [], around: null, depth: 0};
  for (const node of nodes) {
    node.group = byId.get(node.parent) ?? root;
    node.group.inside.push(node);
  }
  for (const group of [...groups].reverse()) { // inner ones first
    group.firstRow = Math.min(...group.inside.map((one) => one.firstRow));
    group.lastRow = Math.max(...group.inside.map((one) => one.lastRow));
    group.groups = group.inside.filter((one) => one.inside);
    group.heads = 1 + Math.max(0, ...group.groups.filter((one) => one.firstRow === group.firstRow).map((one) => one.heads));
    group.feet = 1 + Math.max(0, ...group.groups.filter((one) => one.lastRow === group.lastRow).map((one) => one.feet));
    (group.around ?? root).inside.push(group);
  }
  root.groups = root.inside.filter((one) => one.inside);
  return root;
}

// The innermost group that holds both ends.
function commonGroup(a, b, root) {
  const outer = new Set();
  for (let group = a.group; group; group = group.around) outer.add(group);
  for (let group = b.group; group; group = group.around) if (outer.has(group)) return group;
  return root;
}

// Places the arcs, inner groups first, as those of an inner one push those of its outer ones outwards.
function placeSides(root, groups, edges) {
  for (const edge of edges) if (edge.role === "skip") commonGroup(edge.source, edge.target, root).arcs.push(edge);
  for (const group of [...groups].reverse()) {
    placeArcs(group);
    group.right = Math.max(...group.inside.map((one) => one.right), ...group.arcs.map((edge) => edge.reach)) + SIDE;
  }
  placeArcs(root);
}

function placeArcs(group) {
  const arcs = group.arcs;
  const top = (edge) => edge.source.firstRow;
  const bottom = (edge) => edge.target.firstRow;
  arcs.sort((a, b) => bottom(a) - top(a) - (bottom(b) - top(b)));
  let lanes = 0;
  for (const [i, arc] of arcs.entries()) {
    arc.lane = 0;
    for (let j = 0; j < i && lanes <= MOST_LANES; j++) {
      const other = arcs[j];
      if (top(arc) < bottom(other) && top(other) < bottom(arc)) arc.lane = Math.max(arc.lane, other.lane + 1);
    }
    lanes = Math.max(lanes, arc.lane + 1);
  }
  const longest = arcs.length ? bottom(arcs.at(-1)) - top(arcs.at(-1)) : 1;
  for (const arc of arcs) {
    const beside = group.inside.filter((one) => one.lastRow > top(arc) && one.firstRow <= bottom(arc));
    const right = Math.max(...beside.map((one) => one.right));
    arc.bow = lanes > MOST_LANES;
    arc.depth = group.depth;
    arc.reach = right + NEAR + (arc.bow ? CURTAIN * Math.sqrt((bottom(arc) - top(arc)) / longest) : arc.lane * LANE);
  }
}

// How far a frame reaches to the left and right between two rows.
function frameExtent(group, first, last) {
  let [left, right] = [Infinity, -Infinity];
  for (const one of group.inside) {
    if (one.firstRow > last || one.lastRow < first) continue;
    const inner = one.inside ? frameExtent(one, first, last) : one;
    left = Math.min(left, inner.left);
    right = Math.max(right, inner.right);
  }
  for (const arc of group.arcs)
    if (arc.source.firstRow >= first - 1 && arc.target.firstRow <= last) right = Math.max(right, arc.reach + (arc.bow ? 0 : LABEL));
  return {left: left - SIDE, right: right + SIDE};
}

// A frame is drawn once for every column that it reaches into.
function framePieces(groups, columns, place) {
  const pieces = [];
  for (const group of groups) {
    columns.forEach((column, k) => {
      const first = Math.max(group.firstRow, column.first);
      const last = Math.min(group.lastRow, column.last);
      if (first > last) return;
      const starts = first === group.firstRow, ends = last === group.lastRow;
      const heads = headsAt(group, first);
      const y = place.top(first) - heads * HEAD + 3;
      const bottom = place.bottom(last) + (ends ? group.feet * FOOT : FOOT);
      const {left, right} = frameExtent(group, first, last);
      pieces.push({group, starts, ends, x: left + column.dx, y, w: right - left, h: bottom - y, column: k});
    });
  }
  return pieces;
}

// How many headings stand above a row: this group's, and those of the groups in it that reach into the row.
function headsAt(group, row) {
  let inner = 0;
  for (const one of group.groups) if (one.firstRow <= row && row <= one.lastRow) inner = Math.max(inner, headsAt(one, row));
  return 1 + inner;
}
