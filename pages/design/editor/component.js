// The lines of a design: chosen, edited, moved and wrapped with mouse, keys or buttons. The browser holds the lines that are edited, so an
// edit is on the screen at once; the page answers with what each line gives, and an answer that lags behind the last edit is left out.

const EDITORS = new WeakMap();
const WAIT_MS = 140; // typing and arrow keys go on without a run for each

class Editor {
  constructor(root) {
    this.root = root;
    this.count = 0;
    this.selected = 0;
    this.tools = h("div", {class: "tools", role: "toolbar"});
    this.list = h("div", {class: "list", role: "tree", tabindex: "0"});
    this.list.onkeydown = (event) => this.key(event);
    this.list.onclick = (event) => this.click(event);
    root.replaceChildren(this.tools, this.list);
  }

  update(data, send) {
    const language = this.data?.language !== data.language;
    this.data = data;
    this.send = send;
    this.root.classList.toggle("present", data.present);
    if (this.rows && data.count < this.count) return; // an answer to an older edit
    this.count = data.count;
    const changed = JSON.stringify([data.rows, data.input]) !== JSON.stringify([this.rows, this.input]);
    if (changed) {
      this.rows = data.rows.map(([depth, word, values]) => [depth, word, {...values}]);
      this.input = [...data.input];
    }
    const told = data.selected !== this.told;
    if (told || changed) this.selected = Math.min(data.selected, this.rows.length - 1);
    this.told = data.selected;
    if (language) this.drawTools();
    if (changed || language || told) this.draw();
    this.fill();
    if (told) this.show();
  }

  // ---- edits ----
  report(wait = 0) {
    this.count += 1;
    this.told = this.selected;
    clearTimeout(this.timer);
    const send = () => this.send("edited", {count: this.count, input: this.input, rows: this.rows, selected: this.selected});
    if (wait) this.timer = setTimeout(send, wait);
    else send();
  }

  change(result) {
    if (!result || result.rows.length > this.data.limits.rows) return;
    this.rows = result.rows;
    this.selected = result.selected;
    this.stale();
    this.draw();
    this.show();
    this.list.focus({preventScroll: true});
    this.report();
  }

  // What the page had worked out belongs to other lines now.
  stale() {
    this.data.facts = [];
    this.data.errors = {};
    this.data.lines = []; // an edited list is written anew, without empty lines and comments
  }

  // The number that a row has in the design's text.
  lineOf(at) {
    return this.data.lines[at] ?? this.data.header + 1 + at;
  }

  act(name) {
    const {rows, data: {kinds}, selected} = this;
    if (selected < 0) return;
    const second = this.template("branch").slice(1).map(([depth, ...rest]) => [depth - 1, ...rest]);
    const acts = {
      up: () => moved(rows, kinds, selected, -1), down: () => moved(rows, kinds, selected, 1),
      in: () => indented(rows, kinds, selected), out: () => outdented(rows, kinds, selected),
      copy: () => duplicated(rows, kinds, selected), remove: () => removed(rows, selected),
      residual: () => wrapped(rows, kinds, selected, "residual", []), branches: () => wrapped(rows, kinds, selected, "branches", second),
      repeat: () => wrapped(rows, kinds, selected, "repeat", []),
    };
    this.change(acts[name]());
  }

  add(word) {
    this.change(added(this.rows, this.data.kinds, this.selected, this.template(word)));
  }

  // The lines that a kind begins with; "=" stands for the channels that come in, "/4" for a quarter of them.
  template(word) {
    const channels = this.data.facts[this.selected]?.channels ?? (this.selected < 0 ? this.input[0] : 0);
    const value = (text) => {
      if (typeof text !== "string" || text[0] !== "=") return text;
      return String(Math.max(1, Math.round((channels || 32) / Number(text.slice(2) || 1))));
    };
    return this.data.kinds[word].template.map(([depth, kind, values]) =>
      [depth, kind, Object.fromEntries(Object.entries({...this.data.kinds[kind].values, ...values}).map(([name, text]) => [name, value(text)]))]);
  }

  // Another kind keeps the numbers that both have: a convolution's kernel stays when it becomes a pooling.
  become(word) {
    const [depth, , old] = this.rows[this.selected], values = {...this.data.kinds[word].values};
    for (const name of Object.keys(values)) if (name in old && name !== "pad") values[name] = old[name];
    this.rows[this.selected] = [depth, word, values];
    this.change({rows: this.rows, selected: this.selected});
  }

  // ---- drawing ----
  drawTools() {
    const {labels, kinds} = this.data;
    const button = (name, face, title = labels[name]) =>
      h("button", {type: "button", "data-act": name, title, "aria-label": title, onclick: () => this.act(name)}, face);
    const options = (block) => Object.entries(kinds).filter(([, kind]) => kind.opens === block).map(([word, kind]) => h("option", {value: word}, kind.label));
    const add = h("select", {class: "add", "aria-label": labels.add, title: labels.add, onchange: () => { this.add(add.value); add.value = ""; }},
      h("option", {value: ""}, `+ ${labels.add}`), h("optgroup", {label: labels.layers}, ...options(false)), h("optgroup", {label: labels.blocks}, ...options(true)));
    const history = (by, name, face) => h("button", {type: "button", "data-act": name, title: labels[name], "aria-label": labels[name], onclick: () => this.turn(by)}, face);
    this.tools.replaceChildren(add,
      h("span", {class: "group"}, button("up", "↑"), button("down", "↓"), button("out", "⇤"), button("in", "⇥")),
      h("span", {class: "group"}, button("copy", "❐"), button("remove", "✕")),
      h("span", {class: "group"}, button("residual", "residual"), button("branches", "branches")),
      h("span", {class: "group right"}, history(-1, "undo", "↶"), history(1, "redo", "↷")));
    this.tools.ariaLabel = labels.tools;
    this.list.ariaLabel = labels.list;
  }

  turn(by) {
    this.send("turned", {by, turn: (this.turns = (this.turns ?? 0) + 1)});
  }

  draw() {
    this.list.replaceChildren(this.inputRow(), ...this.rows.map((_, at) => this.row(at)));
  }

  inputRow() {
    const {labels, limits} = this.data;
    const field = (at, name) => {
      const input = h("input", {class: "mono", type: "text", inputmode: "numeric", autocomplete: "off", value: String(this.input[at]), size: 4,
        "aria-label": labels[name], title: labels[name], "data-name": name, onfocus: () => input.select()});
      input.oninput = () => {
        const most = at ? limits.side : limits.channels, number = Number(input.value.trim());
        const wrong = !/^\d{1,5}$/.test(input.value.trim()) || number < 1 || number > most;
        input.toggleAttribute("aria-invalid", wrong);
        if (wrong) return;
        this.input[at] = number;
        this.report(WAIT_MS);
      };
      return input;
    };
    return h("div", {class: `row given${this.selected < 0 ? " chosen" : ""}`, "data-row": "-1", role: "treeitem", id: "line--1", "aria-selected": String(this.selected < 0)},
      h("span", {class: "grip"}), h("span", {class: "at"}), h("span", {class: "line"}, h("b", {}, "input"), field(0, "channels"), "×", field(1, "height"), "×", field(2, "width")),
      h("span", {class: "shape mono", title: labels.shape}, labels.shape), h("span", {class: "params mono", title: labels.params}, labels.params_short));
  }

  row(at) {
    const [depth, word] = this.rows[at], kind = this.data.kinds[word], chosen = at === this.selected;
    const row = h("div", {class: `row${chosen ? " chosen" : ""}${kind.opens ? " block" : ""}`, "data-row": at, role: "treeitem", id: `line-${at}`,
      "aria-level": depth + 1, "aria-selected": String(chosen)},
      h("span", {class: "grip", title: this.data.labels.drag, onpointerdown: (event) => this.grab(event, at)}, "⠿"),
      h("span", {class: "at mono"}), h("span", {class: "line"}, h("i", {class: "chip"}), h("b", {}, word), h("span", {class: "said mono"})),
      h("span", {class: "shape mono"}), h("span", {class: "params mono"}), h("span", {class: "why", role: "alert"}), chosen ? this.fields(at) : null);
    row.style.setProperty("--depth", depth);
    row.style.setProperty("--kind", kind.color);
    return row;
  }

  // The line as the text has it, without its word.
  said(at) {
    const [, word, values] = this.rows[at];
    return this.data.kinds[word].fields.map((field) => {
      const value = values[field.name];
      if (field.form === "flag") return value ? field.word : "";
      if (field.main) return value === field.quiet ? "" : value;
      return value === field.default ? "" : `${field.word} ${value}`;
    }).filter(Boolean).join(" ");
  }

  fields(at) {
    const {kinds, labels} = this.data, [, word, values] = this.rows[at];
    const select = h("select", {class: "kind", "aria-label": labels.kind, onchange: () => this.become(select.value)},
      ...Object.entries(kinds).filter(([other, kind]) => other === word || (kind.opens === kinds[word].opens && mayStand(kinds, wordAt(this.rows, parentOf(this.rows, at)), other)))
        .map(([other, kind]) => h("option", {value: other, selected: other === word}, kind.label)));
    return h("div", {class: "fields"}, ["branch", "shortcut"].includes(word) ? null : select, ...kinds[word].fields.map((field) => this.field(at, field, values)));
  }

  field(at, field, values) {
    const edit = (value, wait) => {
      values[field.name] = value;
      this.fillLine(at);
      this.report(wait);
    };
    if (field.form === "flag") {
      const box = h("input", {type: "checkbox", checked: values[field.name], "data-name": field.name, onchange: () => edit(box.checked, 0)});
      return h("label", {class: "flag", title: field.help}, box, field.label);
    }
    const input = h("input", {class: "mono", type: "text", autocomplete: "off", spellcheck: "false", value: values[field.name], placeholder: field.optional ? this.data.labels.auto : "",
      "aria-label": field.label, title: field.help, "data-name": field.name, inputmode: field.form === "number" ? "numeric" : "text", onfocus: () => input.select()});
    input.oninput = () => {
      const text = input.value.trim().replace("×", "x").replace("X", "x"), wrong = !this.allowed(field, text);
      input.toggleAttribute("aria-invalid", wrong);
      input.title = wrong ? this.data.labels.range.replace("{least}", field.least).replace("{most}", field.most) : field.help;
      if (!wrong) edit(text, WAIT_MS);
    };
    input.onkeydown = (event) => {
      const step = {ArrowUp: 1, ArrowDown: -1}[event.key], text = input.value.trim();
      if (event.key === "Escape" || event.key === "Enter") this.list.focus();
      if (!step || event.altKey || field.form === "real" || !/^\d+(x\d+)?$/.test(text)) return;
      event.preventDefault();
      const next = text.split("x").map((part) => Math.min(field.most, Math.max(field.least, Number(part) + step))).join("x");
      input.value = next;
      input.oninput();
    };
    return h("label", {class: "number", title: field.help}, h("span", {}, field.label), input);
  }

  allowed(field, text) {
    if (!text) return field.optional;
    if (field.form === "real") return /^-?\d{1,9}([.,]\d{1,20})?(e-?\d{1,2})?$/.test(text) && this.within(field, Number(text.replace(",", ".")));
    const parts = text.split("x");
    return parts.length <= (field.form === "pair" ? 2 : 1) && parts.every((part) => /^\d{1,9}$/.test(part) && this.within(field, Number(part)));
  }

  within(field, number) {
    return number >= field.least && number <= field.most;
  }

  // ---- results ----
  fill() {
    this.rows.forEach((_, at) => this.fillLine(at));
    const input = this.list.querySelector(".given");
    input.querySelectorAll("input").forEach((field, at) => { if (this.root.getRootNode().activeElement !== field) field.value = this.input[at]; });
    for (const name of ["undo", "redo"]) this.tools.querySelector(`[data-act=${name}]`).disabled = !this.data.can[name];
    this.list.setAttribute("aria-activedescendant", `line-${this.selected}`);
  }

  fillLine(at) {
    const element = this.list.querySelector(`[data-row="${at}"]`), facts = this.data.facts[at], why = this.data.errors[at] ?? "";
    if (!element) return;
    element.querySelector(".at").textContent = this.lineOf(at);
    element.querySelector(".said").textContent = this.said(at);
    element.querySelector(".shape").textContent = facts?.shape ?? "";
    element.querySelector(".params").textContent = facts?.params ?? "";
    element.querySelector(".params").title = facts?.title ?? "";
    element.querySelector(".why").textContent = why;
    element.classList.toggle("bad", Boolean(why));
    element.classList.toggle("open", !why && !facts?.shape);
  }

  // ---- hands ----
  click(event) {
    const row = event.composedPath().find((element) => element.dataset?.row);
    if (!row || event.composedPath().some((element) => ["INPUT", "SELECT", "LABEL"].includes(element.tagName))) return;
    this.choose(Number(row.dataset.row), 0);
    this.list.focus({preventScroll: true});
  }

  choose(at, wait = WAIT_MS) {
    if (at === this.selected || at < -1 || at >= this.rows.length) return;
    this.selected = at;
    this.draw();
    this.fill();
    this.show();
    clearTimeout(this.picking);
    const send = () => {
      this.told = this.selected;
      this.send("picked", {row: this.selected});
    };
    if (wait) this.picking = setTimeout(send, wait);
    else send();
  }

  show() {
    this.list.querySelector(`[data-row="${this.selected}"]`)?.scrollIntoView({block: "nearest"});
  }

  key(event) {
    const command = event.ctrlKey || event.metaKey;
    if (command && ["z", "y"].includes(event.key.toLowerCase())) {
      event.preventDefault();
      return this.turn(event.key.toLowerCase() === "y" || event.shiftKey ? 1 : -1);
    }
    if (event.target !== this.list) return;
    const acts = event.altKey ? {ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in"}
      : command ? {d: "copy"} : {Delete: "remove", Backspace: "remove"};
    const to = {ArrowUp: this.selected - 1, ArrowDown: this.selected + 1, Home: -1, End: this.rows.length - 1}[event.key];
    if (event.key in acts) this.act(acts[event.key]);
    else if (command || event.altKey) return;
    else if (to !== undefined) this.choose(to);
    else if (event.key === "Enter") this.list.querySelector(".chosen input")?.focus();
    else if (event.key === "+" || event.key === "Insert") this.tools.querySelector(".add").focus();
    else return;
    event.preventDefault();
  }

  grab(event, at) {
    if (event.button) return;
    event.preventDefault();
    const grip = event.currentTarget;
    grip.setPointerCapture(event.pointerId);
    const from = endOf(this.rows, at);
    let drop = null;
    const clear = () => this.list.querySelectorAll(".before, .behind, .carried").forEach((row) => row.classList.remove("before", "behind", "carried"));
    grip.onpointermove = (move) => {
      clear();
      for (let row = at; row < from; row += 1) this.list.querySelector(`[data-row="${row}"]`).classList.add("carried");
      drop = null;
      for (const row of this.list.querySelectorAll(".row:not(.given)")) {
        const box = row.getBoundingClientRect();
        if (move.clientY < box.top || move.clientY > box.bottom) continue;
        const behind = move.clientY > box.top + box.height / 2;
        drop = dropped(this.rows, this.data.kinds, at, Number(row.dataset.row), behind);
        if (drop) row.classList.add(behind ? "behind" : "before");
      }
    };
    grip.onpointerup = grip.onpointercancel = (up) => {
      clear();
      grip.onpointermove = grip.onpointerup = grip.onpointercancel = null;
      if (up.type === "pointerup" && drop) this.change(drop);
    };
  }
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!EDITORS.has(parentElement)) EDITORS.set(parentElement, new Editor(root));
  EDITORS.get(parentElement).update(data, setTriggerValue);
}
