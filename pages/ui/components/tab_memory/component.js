// Nothing to see: the tab's sessionStorage outlives a refresh and ends with the tab.

let asked = false; // this script lives as long as the loaded page: what was stored before it belongs to the page before

export default function ({data, setTriggerValue}) {
  const name = `convolab.${data.name}`;
  try {
    const found = asked ? null : sessionStorage.getItem(name);
    asked = true;
    if (found && found !== data.value) setTriggerValue("found", found);
    else sessionStorage.setItem(name, data.value);
  } catch {
    // a browser that forbids storage forgets: the picture in the address is still found
  }
}
