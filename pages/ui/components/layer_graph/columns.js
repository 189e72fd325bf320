// Where the strip is folded: a long chain is read in columns, like a newspaper.

const GUTTER = 58; // between columns: a line back to the top, and the shape on it
const LARGEST = 1.15; // zoom of a small network; larger looks lost
const ENOUGH = 0.95; // zoom that reads well: beyond, fewer columns are worth more
const WORTH = 0.03; // what a further column has to gain in zoom, as a part of it
const UGLY = 0.25; // and what a cut through a block has to gain
const CUT = 0.4, CUT_THROUGH = 3; // columns that a cut is worth, by its cost; the cost of cutting through shortcuts
const MOST_COLUMNS = 48;

// A strip is {rows, arcs}. rows: [{top, height, left, right, heading, crossing, cost}] in strip coordinates; heading is the room
// that a column which begins here needs for the names of blocks begun before, crossing how many tensors go on to the next
// row, cost what a cut below the row does to the reader. arcs: [{first, last, right}], which count where they are in one
// column. Returns [[first, last], …]: one pair a column.
function foldStrip(strip, width, height, unit) {
  const {rows} = strip;
  const total = rows.at(-1).top + rows.at(-1).height;
  let best = null;
  for (let count = 1; count <= MOST_COLUMNS; count = Math.max(count + 1, Math.floor(count * 1.15))) {
    for (let slack = 1; slack < 1.6; slack += 0.08) {
      const columns = columnsBelow(rows, (total / count) * slack);
      const size = sheetSize(strip, columns);
      const zoom = Math.min(width / size.width, height / size.height, LARGEST * unit) / unit;
      const value = zoom < ENOUGH ? zoom : ENOUGH + 0.2 * (zoom - ENOUGH);
      const score = value * (1 - Math.min(0.4, UGLY * costOfCuts(rows, columns))) * (1 - Math.min(0.4, WORTH * columns.length));
      if (!best || score > best.score) best = {score, columns};
    }
  }
  return best.columns;
}

// The fewest columns of at most a height, cut where it hurts least: where a single tensor passes, rather between blocks than
// in one. Only where no such place is near enough are shortcuts cut through.
function columnsBelow(rows, limit) {
  const count = rows.length;
  const loss = new Float64Array(count + 1); // of everything from a row on
  const last = new Int32Array(count);
  for (let first = count - 1; first >= 0; first--) {
    loss[first] = Infinity;
    for (let r = first; r < count; r++) {
      const tall = rows[r].top + rows[r].height - rows[first].top + rows[first].heading;
      if (tall > limit && r > first) break;
      const cut = r === count - 1 ? 0 : rows[r].cost + (rows[r].crossing === 1 ? 0 : CUT_THROUGH);
      const all = 1 + CUT * cut + loss[r + 1];
      if (all <= loss[first]) [loss[first], last[first]] = [all, r];
    }
  }
  const columns = [];
  for (let first = 0; first < count; first = last[first] + 1) columns.push([first, last[first]]);
  return columns;
}

function costOfCuts(rows, columns) {
  return columns.slice(0, -1).reduce((sum, [, last]) => sum + rows[last].cost + (rows[last].crossing === 1 ? 0 : CUT_THROUGH), 0) / columns.length;
}

function columnExtent({rows, arcs}, [first, last]) {
  let [left, right] = [Infinity, -Infinity];
  for (let r = first; r <= last; r++) {
    left = Math.min(left, rows[r].left);
    right = Math.max(right, rows[r].right);
  }
  for (const arc of arcs) if (arc.first >= first && arc.last <= last) right = Math.max(right, arc.right);
  return {left, right, width: right - left, height: rows[last].top + rows[last].height - rows[first].top + rows[first].heading};
}

function sheetSize(strip, columns) {
  const extents = columns.map((column) => columnExtent(strip, column));
  return {
    width: extents.reduce((sum, extent) => sum + extent.width, 2 * EDGE_MARGIN + GUTTER * (columns.length - 1)),
    height: Math.max(...extents.map((extent) => extent.height)) + 2 * EDGE_MARGIN,
  };
}
