/** A grid to mark: arrow keys move between the photos; the space bar marks, as in any form. */
const boxes = [...document.querySelectorAll("#grid input[type=checkbox]")];

const columns = () => {
  const top = boxes[0].closest("li").offsetTop;
  return boxes.filter((box) => box.closest("li").offsetTop === top).length;
};

addEventListener("keydown", (event) => {
  const step = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -columns(), ArrowDown: columns }[event.key];
  const here = boxes.indexOf(document.activeElement);
  if (!step || here < 0) return;
  const box = boxes[here + step()];
  event.preventDefault();
  box?.focus();
});
