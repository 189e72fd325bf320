// Classes as bars to choose from. A click sends the trigger "pick" with the class's index.

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  const {rows, chosen, label, language} = unpack(data);
  const percent = new Intl.NumberFormat(language, {maximumFractionDigits: 1});
  const write = (share) => (share < 0.0005 ? `< ${percent.format(0.1)} %` : `${percent.format(100 * share)} %`);
  const list = root.querySelector(".bars") ?? root.appendChild(h("div", {class: "bars", role: "group"}));
  list.ariaLabel = label;
  const focused = root.getRootNode().activeElement?.dataset?.index;
  list.replaceChildren(...rows.map(({index, name, share, before}) => {
    const changed = before != null && Math.abs(before - share) >= 0.0005;
    const text = changed ? `${write(before)} → ${write(share)}` : write(share);
    const bar = h("button", {class: "bar", title: name, "aria-pressed": String(index === chosen), onclick: () => setTriggerValue("pick", index)},
      h("span", {class: "name"}, name), h("span", {class: "share"}, text));
    bar.style.setProperty("--share", share);
    bar.dataset.index = index;
    if (changed) {
      const mark = h("span", {class: "before"});
      mark.style.setProperty("--before", before);
      bar.append(mark);
    }
    return bar;
  }));
  if (focused != null) list.querySelector(`[data-index="${focused}"]`)?.focus();
}
