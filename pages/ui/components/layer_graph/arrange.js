// From the server's strip (everything from top to bottom) to a sheet that fills the screen.

const ROW_GAP = 34, EDGE_MARGIN = 26;

// Returns {nodes, edges, frames, width, height}: nodes with x, y, w, h; edges with their path, tip and place of the text.
// unit enlarges what counts as readable: a projector is read from the back of the room.
function arrange(drawing, width, height, unit) {
  const nodes = drawing.nodes.map((node, index) => ({...node, index, left: node.x, right: node.x + node.w}));
  const tops = [...new Set(nodes.map((node) => node.y))].sort((a, b) => a - b);
  const rowOf = new Map(tops.map((y, r) => [y, r]));
  for (const node of nodes) node.firstRow = node.lastRow = rowOf.get(node.y);
  const edges = drawing.edges.map((edge) => ({...edge, source: nodes[edge.from], target: nodes[edge.to]}));
  const groups = drawing.groups.map((group) => ({...group}));
  const root = nest(nodes, groups);
  placeSides(root, groups, edges);
  const tall = nodes[0].h;
  const strip = measureStrip(tops, tall, nodes, groups, edges, root);
  const {rows} = strip;
  const folded = foldStrip(strip, width, height, unit).map(([first, last]) => ({first, last, ...columnExtent(strip, [first, last])}));
  let x = EDGE_MARGIN;
  for (const column of folded) {
    column.dx = x - column.left;
    column.dy = EDGE_MARGIN - rows[column.first].top + rows[column.first].heading;
    column.from = x;
    x += column.width + GUTTER;
  }
  const columnOf = rows.map((_, r) => folded.find((column) => r <= column.last));
  const place = {
    top: (r) => rows[r].top + rows[r].head + columnOf[r].dy,
    bottom: (r) => rows[r].top + rows[r].head + tall + columnOf[r].dy,
    column: (r) => columnOf[r],
    row: (y) => nearestRow(tops, y),
  };
  for (const node of nodes) {
    node.x += columnOf[node.firstRow].dx;
    node.y = place.top(node.firstRow);
  }
  const leaving = new Map();
  for (const edge of edges) if (edge.role !== "skip") leaving.set(edge.source, (leaving.get(edge.source) ?? 0) + 1);
  for (const edge of edges) Object.assign(edge, routeEdge(edge, place, tops, tall, leaving.get(edge.source) > 1));
  const size = sheetSize(strip, folded.map(({first, last}) => [first, last]));
  return {nodes, edges, frames: framePieces(groups, folded, place), columns: folded.length, ...size};
}

// Every row with its place, its extent with frames, and what a cut below it would divide; and the arcs beside them.
function measureStrip(tops, tall, nodes, groups, edges, root) {
  const rows = tops.map(() => ({head: 0, foot: 0, left: Infinity, right: -Infinity, heading: 0, crossing: 0, lines: 0, cost: 0}));
  const arcs = [];
  const widen = (first, last, left, right) => {
    for (let r = first; r <= last; r++) {
      rows[r].left = Math.min(rows[r].left, left);
      rows[r].right = Math.max(rows[r].right, right);
    }
  };
  for (const node of nodes) {
    const pad = SIDE * (node.group.depth ?? 0);
    widen(node.firstRow, node.firstRow, node.left - pad, node.right + pad);
  }
  for (const group of groups) {
    rows[group.firstRow].head = Math.max(rows[group.firstRow].head, group.heads * HEAD);
    rows[group.lastRow].foot = Math.max(rows[group.lastRow].foot, group.feet * FOOT);
    for (let r = group.firstRow; r < group.lastRow; r++) rows[r].cost += group.type ? 2 : 0.4; // rows of blocks may well go on
  }
  const goesTo = new Map(); // the last row that the output of a node goes to
  for (const edge of edges) {
    const [first, last] = [edge.source.firstRow, edge.target.firstRow];
    for (let r = first; r < last; r++) rows[r].lines += 1;
    goesTo.set(edge.source, Math.max(last, goesTo.get(edge.source) ?? 0));
    if (edge.role === "skip") arcs.push({first: first + 1, last, right: edge.reach + (edge.bow ? 0 : LABEL) + SIDE * edge.depth});
    for (const [x, y] of edge.route.slice(1, -1)) widen(nearestRow(tops, y), nearestRow(tops, y), x - 6, x + 6);
  }
  for (const [node, last] of goesTo) for (let r = node.firstRow; r < last; r++) rows[r].crossing += 1;
  let top = 0;
  for (const [r, row] of rows.entries()) {
    row.cost += Math.min(2.5, 0.6 * (row.lines - 1)); // a fork is best seen in one piece
    row.heading = Math.max(0, (headsAt(root, r) - 1) * HEAD - row.head);
    row.top = top;
    row.height = row.head + tall + row.foot;
    top += row.height + ROW_GAP;
  }
  return {rows, arcs};
}

function nearestRow(tops, y) {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= y + 0.5) low = middle;
    else high = middle - 1;
  }
  return low;
}

// The path of an edge, the point of its arrow with the direction, and where its shape is written.
function routeEdge(edge, place, tops, tall, parts) {
  const {source, target} = edge;
  const [from, to] = [place.column(source.firstRow), place.column(target.firstRow)];
  if (edge.role === "skip" && from === to) return arcPath(edge, from.dx);
  const start = [source.x + source.w / 2, source.y + source.h];
  const end = [target.x + target.w / 2, target.y];
  const gutter = [to.from - GUTTER / 2, place.bottom(from.last) + 14, EDGE_MARGIN - 13];
  if (edge.role === "skip") {
    const near = from.last === source.firstRow && to.first === from.last + 1 && !edge.bow;
    return near ? gutterArcPath(edge, start, edge.reach + to.dx, ...gutter) : farPath(edge);
  }
  if (from !== to) return gutterPath(start, end, ...gutter, parts);
  const between = edge.route.slice(1, -1).map(([x, y]) => {
    const row = place.row(y);
    return [x + from.dx, y > tops[row] + tall / 2 ? place.bottom(row) : place.top(row)];
  });
  const points = [start, ...between, end];
  const label = labelBeside(points, parts);
  return {path: smoothPath(points), tip: [...end, "down"], label};
}

function smoothPath(points) {
  let path = `M${points[0].join()}`;
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const y = (y0 + y1) / 2;
    path += x0 === x1 ? `L${x1},${y1}` : `C${x0},${y} ${x1},${y} ${x1},${y1}`;
  }
  return path;
}

function arcPath(edge, dx) {
  const {source, target} = edge;
  const [x0, y0] = [source.x + source.w, source.y + source.h * 0.62];
  const [x1, y1] = [target.x + target.w, target.y + target.h * 0.42];
  const x = edge.reach + dx;
  const tip = [x1, y1, "left"];
  if (edge.bow) { // a cubic reaches three quarters of the way to its handles
    const [a, b] = [x0 + (x - x0) / 0.75, x1 + (x - x1) / 0.75];
    return {path: `M${x0},${y0}C${a},${y0} ${b},${y1} ${x1},${y1}`, tip, label: {x: x + 4, y: (y0 + y1) / 2}};
  }
  const r = Math.min(26, (y1 - y0) / 2);
  const path = `M${x0},${y0}C${x},${y0} ${x},${y0} ${x},${y0 + r}L${x},${y1 - r}C${x},${y1} ${x},${y1} ${x1},${y1}`;
  return {path, tip, label: {x: x + 5, y: (y0 + y1) / 2, turned: true}};
}

// The text stands on the side of the line that the line does not bend to, near the end that no other line shares.
function labelBeside(points, parts) {
  const [x, y] = parts ? points.at(-1) : points[0];
  const [other] = parts ? points.at(-2) : points[1];
  const way = other > x + 4 ? -1 : 1;
  return {x: x + 6 * way, y: parts ? y - 10 : y + 15, anchor: way < 0 ? "end" : null};
}

// From the foot of one column, between the columns, to the head of the next.
function gutterPath([x0, y0], [x1, y1], x, low, high, parts) {
  const r = 10;
  const right = Math.sign(x1 - x) || 1;
  const path = gutterStart(x0, y0, x, low, high, r)
    + `Q${x},${high} ${x + right * r},${high}L${x1 - right * r},${high}Q${x1},${high} ${x1},${high + r}L${x1},${y1}`;
  return {path, tip: [x1, y1, "down"], label: {x: parts ? x1 : x + 14, y: high - 4, anchor: parts ? "middle" : null}};
}

const gutterStart = (x0, y0, x, low, high, r) =>
  `M${x0},${y0}L${x0},${low - r}Q${x0},${low} ${x0 + r},${low}L${x - r},${low}Q${x},${low} ${x},${low - r}L${x},${high + r}`;

// A shortcut over columns, where no single tensor could be found to cut at: thin, from side to side.
function farPath(edge) {
  const {source, target} = edge;
  const [x0, y0, x1, y1] = [source.x + source.w, source.y + source.h * 0.62, target.x, target.y + target.h * 0.42];
  const bend = Math.max(40, (x1 - x0) / 3);
  edge.bow = true;
  const path = `M${x0},${y0}C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`;
  return {path, tip: [x1, y1, "right"], label: {x: (x0 + x1) / 2, y: (y0 + y1) / 2 - 4, anchor: "middle"}};
}

// A shortcut whose source is at the foot of the column before.
function gutterArcPath({target}, [x0, y0], reach, x, low, high) {
  const r = 10, wide = 26;
  const [x1, y1] = [target.x + target.w, target.y + target.h * 0.42];
  const path = gutterStart(x0, y0, x, low, high, r) + `Q${x},${high} ${x + r},${high}L${reach - wide},${high}`
    + `Q${reach},${high} ${reach},${high + wide}L${reach},${y1 - wide}C${reach},${y1} ${reach},${y1} ${x1},${y1}`;
  return {path, tip: [x1, y1, "left"], label: {x: reach + 5, y: (high + y1) / 2, turned: true}};
}
