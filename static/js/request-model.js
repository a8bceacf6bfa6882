/** Request a model: say how long the chosen network takes by the chosen method; find labels as they are typed. */
import { picker } from "./labels.js";

const wish = document.getElementById("wish");
const pick = document.getElementById("pick");
const said = document.getElementById("estimate");

function estimate() {
  const network = wish.elements.backbone.value;
  const how = network === "scratch" ? "full" : wish.elements.method.value;
  const cell = document.querySelector(`[data-takes="${network} ${how}"]`);
  if (said) said.textContent = cell ? cell.textContent : "";
  document.getElementById("methods").toggleAttribute("data-idle", network === "scratch");
}

if (wish) {
  wish.addEventListener("change", estimate);
  estimate();
}
if (pick) {
  const add = document.getElementById("add");
  picker(add, pick.dataset.labels, (label) => {
    if (!label) return;
    add.value = label.slug;
    pick.requestSubmit();
  });
  // Each choice is a page of its own: whoever typed one goes on where they were. After the picker, which moves the field.
  if (sessionStorage.getItem("picked") === location.pathname) add.focus({ preventScroll: true });
  sessionStorage.removeItem("picked");
  pick.addEventListener("submit", () => sessionStorage.setItem("picked", location.pathname));
}
