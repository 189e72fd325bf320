// Nothing to see: a cookie for this site alone, which ends with the browser.

export default function ({data: {name, value}}) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; SameSite=Lax${secure}`;
}
