// A design as rows [depth, word, values]: who stands under whom, and how rows are moved without breaking that. Pure functions: each
// gives {rows, selected}, or null where there is nothing to do.

const ONLY_UNDER = {branch: "branches", shortcut: "residual"};

function endOf(rows, at) {
  let end = at + 1;
  while (end < rows.length && rows[end][0] > rows[at][0]) end += 1;
  return end;
}

function parentOf(rows, at) {
  for (let row = at - 1; row >= 0; row -= 1) if (rows[row][0] < rows[at][0]) return row;
  return -1;
}

function siblingBefore(rows, at) {
  for (let row = at - 1; row >= 0 && rows[row][0] >= rows[at][0]; row -= 1) if (rows[row][0] === rows[at][0]) return row;
  return -1;
}

// Whether a line may stand directly under another (null: at the top).
function mayStand(kinds, around, word) {
  if (around !== null && !kinds[around]?.opens) return false;
  if (ONLY_UNDER[word]) return around === ONLY_UNDER[word];
  return around !== "branches";
}

function wordAt(rows, at) {
  return at < 0 ? null : rows[at][1];
}

const shifted = (part, by) => part.map(([depth, word, values]) => [depth + by, word, {...values}]);

// The rows from `at` to `end`, put in front of row `to` (counted before they were taken out) at another depth.
function carried(rows, at, end, to, depth) {
  const part = shifted(rows.slice(at, end), depth - rows[at][0]);
  const rest = [...rows.slice(0, at), ...rows.slice(end)];
  const place = to > at ? to - (end - at) : to;
  return {rows: [...rest.slice(0, place), ...part, ...rest.slice(place)], selected: place};
}

function moved(rows, kinds, at, by) {
  const end = endOf(rows, at), depth = rows[at][0], parent = parentOf(rows, at);
  if (by < 0) {
    const before = siblingBefore(rows, at);
    if (before >= 0) return carried(rows, at, end, before, depth);
    if (parent >= 0 && mayStand(kinds, wordAt(rows, parentOf(rows, parent)), rows[at][1])) return carried(rows, at, end, parent, depth - 1);
    return null;
  }
  if (end < rows.length && rows[end][0] === depth) return carried(rows, at, end, endOf(rows, end), depth);
  if (parent >= 0 && mayStand(kinds, wordAt(rows, parentOf(rows, parent)), rows[at][1])) return carried(rows, at, end, endOf(rows, parent), depth - 1);
  return null;
}

// Into the block above, at its end; into the last branch where that block has branches.
function indented(rows, kinds, at) {
  const before = siblingBefore(rows, at), end = endOf(rows, at), word = rows[at][1];
  if (before < 0) return null;
  if (mayStand(kinds, rows[before][1], word)) return carried(rows, at, end, at, rows[at][0] + 1);
  if (rows[before][1] === "branches" && before + 1 < at) return carried(rows, at, end, at, rows[at][0] + 2);
  return null;
}

// Out of the block around, to behind it.
function outdented(rows, kinds, at) {
  const word = rows[at][1];
  for (let around = parentOf(rows, at); around >= 0; around = parentOf(rows, around)) {
    if (mayStand(kinds, wordAt(rows, parentOf(rows, around)), word)) return carried(rows, at, endOf(rows, at), endOf(rows, around), rows[around][0]);
  }
  return null;
}

function duplicated(rows, kinds, at) {
  if (rows[at][1] === "shortcut") return null;
  const end = endOf(rows, at);
  return {rows: [...rows.slice(0, end), ...shifted(rows.slice(at, end), 0), ...rows.slice(end)], selected: end};
}

function removed(rows, at) {
  const rest = [...rows.slice(0, at), ...rows.slice(endOf(rows, at))];
  return {rows: rest, selected: Math.min(at, rest.length - 1)};
}

// The line and what is under it, inside a new block.
function wrapped(rows, kinds, at, word, second) {
  if (ONLY_UNDER[rows[at][1]]) return null;
  const end = endOf(rows, at), depth = rows[at][0];
  const inside = word === "branches"
    ? [[depth + 1, "branch", {}], ...shifted(rows.slice(at, end), 2), [depth + 1, "branch", {}], ...shifted(second, depth + 2)]
    : shifted(rows.slice(at, end), 1);
  return {rows: [...rows.slice(0, at), [depth, word, {...kinds[word].values}], ...inside, ...rows.slice(end)], selected: at};
}

// New lines: inside the chosen block, else behind the chosen line, else further out where they may stand.
function added(rows, kinds, at, part) {
  const word = part[0][1];
  if (at < 0 && mayStand(kinds, null, word)) return {rows: [...part, ...rows], selected: 0};
  if (at >= 0 && mayStand(kinds, rows[at][1], word)) {
    const end = endOf(rows, at);
    return {rows: [...rows.slice(0, end), ...shifted(part, rows[at][0] + 1), ...rows.slice(end)], selected: end};
  }
  if (at >= 0 && rows[at][1] === "branches") {
    return added(rows, kinds, at, [[0, "branch", {}], ...shifted(part, 1)]);
  }
  for (let here = at; here >= 0; here = parentOf(rows, here)) {
    if (!mayStand(kinds, wordAt(rows, parentOf(rows, here)), word)) continue;
    const end = endOf(rows, here);
    return {rows: [...rows.slice(0, end), ...shifted(part, rows[here][0]), ...rows.slice(end)], selected: end};
  }
  return null;
}

// A line dragged to in front of (or behind) another one, at that one's depth; behind an open block's header means into it.
function dropped(rows, kinds, at, target, behind) {
  const end = endOf(rows, at);
  if (target >= at && target < end) return null;
  const inside = behind && kinds[rows[target][1]].opens && mayStand(kinds, rows[target][1], rows[at][1]);
  const around = inside ? rows[target][1] : wordAt(rows, parentOf(rows, target));
  if (!mayStand(kinds, around, rows[at][1])) return null;
  if (inside) return carried(rows, at, end, target + 1, rows[target][0] + 1);
  return carried(rows, at, end, behind ? endOf(rows, target) : target, rows[target][0]);
}
