/** Put the parts of a page marked `data-live` in place of the same parts here; the keyboard stays where it was. */
export function swap(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const held = document.activeElement?.id;
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other && other.innerHTML !== part.innerHTML) part.replaceChildren(...other.childNodes);
  }
  if (held && document.activeElement?.id !== held) document.getElementById(held)?.focus();
  return held;
}
