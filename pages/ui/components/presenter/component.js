// The bar of presentation mode. Buttons and keys send one trigger: "previous", "next" or "exit".

// Streamlit calls the function below again for every change of its data and cleans up only at the end, so the listener of the
// call before is remembered here: two of them would turn two pages.
const listeners = new WeakMap();

export default function ({data, parentElement, setTriggerValue}) {
  const root = parentElement.querySelector(".root");
  const go = (action) => setTriggerValue("action", action);
  const button = (action, sign) =>
    h("button", {class: action, title: data.labels[action], "aria-label": data.labels[action], onclick: () => go(action)}, sign);
  const bar = h("nav", {class: "bar", "aria-label": data.name},
    button("previous", "‹"),
    h("span", {class: "title"}, data.title),
    h("span", {class: "mono muted"}, data.position),
    button("next", "›"),
    button("exit", "✕"));
  root.replaceChildren(bar);

  const everywhere = {PageUp: "previous", PageDown: "next"};
  const onBar = {ArrowLeft: "previous", ArrowRight: "next", Escape: "exit"};
  const press = (event) => {
    const action = everywhere[event.key] ?? (bar.contains(event.composedPath()[0]) ? onBar[event.key] : undefined);
    if (!action) return;
    event.preventDefault();
    go(action);
  };
  window.removeEventListener("keydown", listeners.get(root));
  window.addEventListener("keydown", press);
  listeners.set(root, press);
  return () => window.removeEventListener("keydown", listeners.get(root));
}
