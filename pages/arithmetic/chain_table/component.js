// A chain of layers as rows: choose a kind, type its numbers, move, copy and remove rows. The browser holds the rows that are
// edited; the page answers with what each row gives, and answers that lag behind the last edit only fill in the results.

const TABLES = new WeakMap();

class ChainTable {
  constructor(root) {
    this.root = root;
    this.count = 0;
    this.opened = new Set(); // rows whose further options are shown
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    if (data.count >= this.count || !this.rows) {
      this.count = data.count;
      const rows = data.rows.map(({word, values}) => [word, {...values}]);
      const changed = JSON.stringify([rows, data.input, data.language]) !== this.drawn;
      this.rows = rows;
      this.input = [...data.input];
      if (changed) this.draw();
      this.fill();
    }
  }

  report() {
    this.count += 1;
    this.drawn = JSON.stringify([this.rows, this.input, this.data.language]);
    this.send({count: this.count, input: this.input, layers: this.rows});
  }

  // ---- rows ----
  edit(change, focus) {
    change();
    this.draw();
    this.report();
    if (focus) this.root.querySelector(focus)?.focus();
  }

  move(index, by) {
    const to = index + by;
    if (to < 0 || to >= this.rows.length) return;
    this.opened.clear();
    this.edit(() => this.rows.splice(to, 0, ...this.rows.splice(index, 1)), `[data-row="${to}"] [data-action="${by < 0 ? "up" : "down"}"]:not(:disabled), [data-row="${to}"] select`);
  }

  copy(index) {
    this.opened.clear();
    this.edit(() => this.rows.splice(index + 1, 0, [this.rows[index][0], {...this.rows[index][1]}]), `[data-row="${index + 1}"] select`);
  }

  remove(index) {
    this.opened.clear();
    this.edit(() => this.rows.splice(index, 1), `[data-row="${Math.min(index, this.rows.length - 2)}"] [data-action="remove"]`);
  }

  add(word) {
    this.edit(() => this.rows.push([word, this.defaults(word)]), `[data-row="${this.rows.length}"] select`);
  }

  defaults(word) {
    return Object.fromEntries(this.data.kinds[word].fields.map(({name, default: value}) => [name, value]));
  }

  // Another kind keeps the numbers that both have: a convolution's kernel stays when it becomes a pooling.
  become(index, word) {
    const kept = Object.entries(this.rows[index][1]).filter(([name]) => name in this.defaults(word) && name !== "bias");
    this.edit(() => (this.rows[index] = [word, {...this.defaults(word), ...Object.fromEntries(kept)}]), `[data-row="${index}"] select`);
  }

  // ---- drawing ----
  draw() {
    const {labels, help, kinds, limits} = this.data;
    this.drawn = JSON.stringify([this.rows, this.input, this.data.language]);
    const head = (name) => h("div", {class: `cell ${name}`, role: "columnheader", title: help[name]}, labels[name]);
    const names = ["layer", "size", "channels", "params", "field", "jump", "start"];
    const add = h("select", {class: "add", "aria-label": labels.add, disabled: this.rows.length >= limits.rows, onchange: () => add.value && this.add(add.value)},
      h("option", {value: ""}, `+ ${labels.add}`), ...Object.entries(kinds).map(([word, kind]) => h("option", {value: word}, kind.label)));
    this.root.replaceChildren(h("div", {class: "table", role: "table", "aria-label": labels.table},
      h("div", {class: "row head", role: "row"}, h("div", {class: "cell index"}), ...names.map(head), h("div", {class: "cell actions"})),
      this.inputRow(), ...this.rows.map((_, index) => this.row(index)),
      h("div", {class: "row foot", role: "row"}, h("div", {class: "cell index"}), h("div", {class: "cell layer"}, add),
        h("div", {class: "cell total"}))));
  }

  inputRow() {
    const {labels, limits} = this.data;
    const field = (at, label, most) => this.numberInput(`input-${at}`, label, label, this.input[at], 1, most, (value) => (this.input[at] = value));
    return h("div", {class: "row given", role: "row"}, h("div", {class: "cell index"}),
      h("div", {class: "cell layer"}, h("strong", {class: "name"}, labels.input), field(0, labels.in_channels, limits.pixels), field(1, labels.in_height, limits.pixels), field(2, labels.in_width, limits.pixels)),
      ...["size", "channels", "params", "field", "jump", "start"].map((name) => h("div", {class: `cell ${name}`, role: "cell"})), h("div", {class: "cell actions"}));
  }

  row(index) {
    const {labels, kinds} = this.data;
    const [word, values] = this.rows[index];
    const kind = kinds[word];
    const select = h("select", {class: "kind", "aria-label": `${index + 1}: ${labels.choose}`, onchange: () => this.become(index, select.value)},
      ...Object.entries(kinds).map(([other, {label}]) => h("option", {value: other, selected: other === word}, label)));
    select.onkeydown = (event) => {
      const by = {ArrowUp: -1, ArrowDown: 1}[event.key];
      if (!by || !event.altKey) return;
      event.preventDefault();
      this.move(index, by);
    };
    // The numbers one always gives stand in the row; the rest show when they are not at their default, or on demand.
    const always = new Set(["out_channels", "kernel", "stride", "padding", "size", "function", "percent", "out_features"]);
    const isMain = (field) => always.has(field.name) || values[field.name] !== field.default || this.opened.has(index);
    const rest = kind.fields.filter((field) => !always.has(field.name));
    const action = (name, face, act, disabled = false) =>
      h("button", {type: "button", "data-action": name, title: labels[name], "aria-label": `${labels[name]} (${index + 1})`, disabled, onclick: act}, face);
    const opener = rest.length ? h("button", {
      type: "button", class: "opener", title: labels.options, "aria-label": labels.options, "aria-expanded": String(this.opened.has(index)), "data-action": "options",
      onclick: () => { if (!this.opened.delete(index)) this.opened.add(index); this.draw(); this.fill(); this.root.querySelector(`[data-row="${index}"] .opener`)?.focus(); },
    }, this.opened.has(index) ? "‹" : "…") : null;
    return h("div", {class: "row", role: "row", "data-row": index},
      h("div", {class: "cell index mono"}, String(index + 1)),
      h("div", {class: "cell layer", style: `--kind: ${kind.color}`}, select, ...kind.fields.filter(isMain).map((field) => this.field(index, field, values)), opener),
      ...["size", "channels", "params", "field", "jump", "start"].map((name) => h("div", {class: `cell mono ${name}`, role: "cell", "data-label": labels[name]})),
      h("div", {class: "cell actions"}, action("up", "↑", () => this.move(index, -1), index === 0), action("down", "↓", () => this.move(index, 1), index === this.rows.length - 1),
        action("copy", "❐", () => this.copy(index), this.rows.length >= this.data.limits.rows), action("remove", "✕", () => this.remove(index))),
      h("div", {class: "error", role: "alert"}));
  }

  field(index, field, values) {
    const title = field.label;
    if (typeof field.default === "boolean") {
      const box = h("input", {type: "checkbox", checked: values[field.name], onchange: () => { values[field.name] = box.checked; this.report(); }});
      return h("label", {class: "flag", title}, box, title);
    }
    if (field.choices.length) {
      const select = h("select", {"aria-label": title, onchange: () => { values[field.name] = select.value; this.report(); }},
        ...field.choices.map((choice) => h("option", {value: choice, selected: values[field.name] === choice}, choice)));
      return select;
    }
    return this.numberInput(`${index}-${field.name}`, field.symbol, title, values[field.name], field.least, this.data.limits.number, (value) => (values[field.name] = value));
  }

  numberInput(name, symbol, title, value, least, most, set) {
    const input = h("input", {
      class: "mono", type: "text", inputmode: "numeric", autocomplete: "off", value: String(value), "data-name": name, "aria-label": title, title,
      size: Math.max(2, String(value).length),
      onfocus: () => input.select(),
      oninput: () => {
        const text = input.value.trim();
        const number = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
        const wrong = !(number <= most) || (name.startsWith("input-") && number < least);
        input.toggleAttribute("aria-invalid", wrong);
        input.setCustomValidity(wrong ? this.data.labels.whole.replace("{least}", least).replace("{most}", most) : "");
        input.title = input.validationMessage || title;
        input.size = Math.max(2, text.length);
        if (wrong) return input.reportValidity();
        set(number);
        this.report();
      },
      onkeydown: (event) => {
        const step = {ArrowUp: 1, ArrowDown: -1}[event.key];
        if (!step || event.altKey) return;
        event.preventDefault();
        input.value = String(Math.min(most, Math.max(least, (Number(input.value) || 0) + step)));
        input.oninput();
      },
    });
    return h("label", {class: "number", title}, h("span", {class: symbol.length > 1 ? "word" : "mono letter"}, symbol), input);
  }

  // ---- results ----
  fill() {
    const {rows, labels, total, help} = this.data;
    const put = (cell, text, whole) => { cell.textContent = text; cell.title = whole ?? ""; };
    const given = this.root.querySelector(".given");
    given.querySelector(".size").textContent = `${this.input[1]}×${this.input[2]}`;
    given.querySelector(".channels").textContent = this.input[0];
    for (const [index, row] of rows.entries()) {
      const element = this.root.querySelector(`[data-row="${index}"]`);
      if (!element) continue;
      for (const name of ["size", "channels", "field", "jump", "start"]) put(element.querySelector(`.${name}`), row[name] || "–");
      put(element.querySelector(".params"), row.params?.short ?? "–", row.params?.whole);
      element.classList.toggle("flat", row.flat);
      element.classList.toggle("broken", Boolean(row.error));
      element.classList.toggle("open", !row.error && !row.channels);
      element.querySelector(".error").textContent = row.error;
    }
    const sum = this.root.querySelector(".total");
    if (!total) return sum.replaceChildren(); // a chain that cannot be built costs nothing that could be named
    sum.replaceChildren(`${labels.total}: `, h("strong", {class: "mono", title: total.params.whole}, total.params.short), ` ${labels.params.toLowerCase()} · `,
      h("strong", {class: "mono", title: total.macs.whole}, total.macs.short), ` ${labels.macs}`);
  }
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!TABLES.has(parentElement)) TABLES.set(parentElement, new ChainTable(root));
  TABLES.get(parentElement).update(data, (edited) => setTriggerValue("edited", edited));
}
