// Whole numbers with − and +, reported at every keystroke, and chips that set several at once.

const COLUMNS = new WeakMap();

class NumberColumn {
  constructor(root) {
    this.list = h("div", {class: "fields"});
    this.chips = h("div", {class: "chips", role: "group"});
    this.message = h("p", {class: "refusal", role: "alert"});
    root.replaceChildren(this.list, this.chips, this.message);
    this.inputs = new Map();
    this.pending = new Set(); // names typed and not yet reported, because another field is wrong
    this.count = 0;
  }

  update(data, send) {
    this.data = data;
    this.send = send;
    const names = data.fields.map((field) => field.name).join();
    if (names !== this.names) this.build(names);
    if (data.count >= this.count) {
      this.count = data.count;
      for (const field of data.fields) this.show(field);
    }
    this.drawChips();
  }

  build(names) {
    this.names = names;
    this.inputs.clear();
    this.count = this.data.count;
    const {labels} = this.data;
    this.list.replaceChildren(...this.data.fields.map(({name, symbol, label}) => {
      const input = h("input", {
        class: "mono", type: "text", inputmode: "numeric", autocomplete: "off", id: `number-${name}`, "aria-label": label, "data-name": name,
        oninput: () => this.typed(name),
        onfocus: () => input.select(),
        onkeydown: (event) => {
          const step = {ArrowUp: 1, ArrowDown: -1}[event.key];
          if (!step) return;
          event.preventDefault();
          this.nudge(name, step);
        },
        onblur: () => this.complain() || this.show(this.field(name)),
      });
      this.inputs.set(name, input);
      const nudge = (sign, step, verb) =>
        h("button", {type: "button", tabindex: "-1", "aria-label": `${label}: ${verb}`, "data-step": step, onclick: () => this.nudge(name, step)}, sign);
      return h("div", {class: "field"},
        h("label", {for: `number-${name}`}, h("span", {class: "mono symbol"}, symbol), h("span", {class: "name"}, label)),
        h("span", {class: "stepper"}, nudge("−", -1, labels.less), input, nudge("+", 1, labels.more)));
    }));
  }

  field(name) {
    return this.data.fields.find((field) => field.name === name);
  }

  show(field) {
    const input = this.inputs.get(field.name);
    const text = field.shown || String(field.value);
    if (input.value !== text) input.value = text;
    input.toggleAttribute("aria-invalid", field.bad);
    input.classList.toggle("derived", Boolean(field.shown));
    this.message.textContent = "";
    this.pending.delete(field.name);
  }

  // The number in a field, or null where there is none within its range.
  read(name) {
    const text = this.inputs.get(name).value.trim();
    const value = /^\d{1,6}$/.test(text) ? Number(text) : null;
    return value !== null && value <= this.field(name).most ? value : null;
  }

  typed(name) {
    this.pending.add(name);
    if (this.complain()) return;
    this.report(Object.fromEntries(Array.from(this.pending, (typed) => [typed, this.read(typed)])));
    this.pending.clear();
  }

  complain() {
    const wrong = this.data.fields.filter((field) => !this.unchanged(field) && this.read(field.name) === null);
    for (const field of this.data.fields) this.inputs.get(field.name).toggleAttribute("aria-invalid", wrong.includes(field) || field.bad);
    this.message.textContent = wrong.map(({label, most}) => this.data.labels.whole.replace("{name}", label).replace("{most}", most)).join(" ");
    return wrong.length > 0;
  }

  unchanged(field) {
    return Boolean(field.shown) && this.inputs.get(field.name).value === field.shown;
  }

  nudge(name, step) {
    const field = this.field(name);
    const value = (this.read(name) ?? field.value) + step;
    if (value < 0 || value > field.most) return;
    this.inputs.get(name).value = value;
    this.typed(name);
  }

  report(values) {
    this.count += 1;
    this.send({count: this.count, values});
  }

  drawChips() {
    const {chips, chipsLabel} = this.data;
    this.chips.setAttribute("aria-label", chipsLabel);
    const focused = this.chips.getRootNode().activeElement?.dataset?.chip;
    this.chips.replaceChildren(...(chips.length ? [h("span", {class: "chips-label"}, chipsLabel)] : []), ...chips.map((chip) =>
      h("button", {
        type: "button", class: chip.active ? "chip on" : "chip", title: chip.help, disabled: chip.disabled, "aria-pressed": String(chip.active),
        "data-chip": chip.id, onclick: () => this.report(chip.values),
      }, chip.label)));
    if (focused) this.chips.querySelector(`[data-chip="${focused}"]`)?.focus();
  }
}

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  if (!COLUMNS.has(parentElement)) COLUMNS.set(parentElement, new NumberColumn(root));
  COLUMNS.get(parentElement).update(data, (chosen) => setTriggerValue("chosen", chosen));
}
