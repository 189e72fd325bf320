// Where the strip is folded: a long chain is read in columns, like a newspaper.

const GUTTER = 58; // between columns: a line back to the top, and the shape on it
const LARGEST = 1.15; // zoom of a small network; larger looks lost
const ENOUGH = 0.95; // zoom that reads well: beyond, fewer columns are worth more
const WORTH = 0.03; // what a further column has to gain in zoom, as a part of it

// rows: [{top, height, left, right, heading, crossing, cost}] in strip coordinates; heading is the room that a column which
// begins here needs for the names of blocks begun before, crossing how many tensors go on to the next row, cost what a cut
// below the row does to the reader. Returns [[first, last], …]: one pair a column.
function foldRows(rows, width, height, unit) {
  const total = rows.at(-1).top + rows.at(-1).height;
  let best = null;
  for (let count = 1; count <= 16; count++) {
    for (let slack = 1; slack < 1.6; slack += 0.05) {
      const columns = columnsBelow(rows, (total / count) * slack);
      const size = sheetSize(rows, columns);
      const zoom = Math.min(width / size.width, height / size.height, LARGEST * unit) / unit;
      const value = zoom < ENOUGH ? zoom : ENOUGH + 0.2 * (zoom - ENOUGH);
      const score = value * (1 - 0.06 * costOfCuts(rows, columns) - WORTH * columns.length);
      if (!best || score > best.score) best = {score, columns};
    }
  }
  return best.columns;
}

// Columns that are filled up to a height; a column is cut where a single tensor passes, rather between blocks than in one.
function columnsBelow(rows, limit) {
  const columns = [];
  for (let first = 0; first < rows.length; ) {
    const last = lastOfColumn(rows, first, limit);
    columns.push([first, last]);
    first = last + 1;
  }
  return columns;
}

function lastOfColumn(rows, first, limit) {
  const end = rows.length - 1;
  const tall = (last) => rows[last].top + rows[last].height - rows[first].top + rows[first].heading;
  if (tall(end) <= limit) return end;
  let chosen = -1;
  for (let last = first; last < end; last++) {
    if (rows[last].crossing !== 1) continue;
    if (tall(last) > limit) return chosen < 0 ? last : chosen;
    const early = chosen >= 0 && tall(chosen) < 0.4 * limit;
    if (chosen < 0 || early || rows[last].cost <= rows[chosen].cost) chosen = last;
  }
  return tall(end) <= 1.1 * limit || chosen < 0 ? end : chosen;
}

function costOfCuts(rows, columns) {
  return columns.slice(0, -1).reduce((sum, [, last]) => sum + rows[last].cost, 0) / Math.max(1, columns.length);
}

function columnExtent(rows, [first, last]) {
  let [left, right] = [Infinity, -Infinity];
  for (let r = first; r <= last; r++) {
    left = Math.min(left, rows[r].left);
    right = Math.max(right, rows[r].right);
  }
  return {left, right, width: right - left, height: rows[last].top + rows[last].height - rows[first].top + rows[first].heading};
}

function sheetSize(rows, columns) {
  const extents = columns.map((column) => columnExtent(rows, column));
  return {
    width: extents.reduce((sum, extent) => sum + extent.width, 2 * EDGE_MARGIN + GUTTER * (columns.length - 1)),
    height: Math.max(...extents.map((extent) => extent.height)) + 2 * EDGE_MARGIN,
  };
}
