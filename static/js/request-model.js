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
if (pick)
  picker(document.getElementById("add"), pick.dataset.labels, (label) => {
    if (!label) return;
    document.getElementById("add").value = label.slug;
    pick.requestSubmit();
  });
