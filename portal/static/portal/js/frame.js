// Menus close on Escape, on a click elsewhere and when the focus leaves; without this script they are plain <details>.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("focusin", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
// On paper stands the day of printing, not the one on which the page was opened.
window.addEventListener("beforeprint", () => {
  for (const day of document.querySelectorAll("time[data-printed]")) {
    day.textContent = new Date().toLocaleDateString("it-IT", { day: "numeric", month: "long", year: "numeric" });
  }
});
// A meaning opened by hovering stays while the pointer is on the word or on the meaning; a click pins it.
for (const word of document.querySelectorAll("button.term[popovertarget]")) {
  const meaning = document.getElementById(word.getAttribute("popovertarget"));
  if (!meaning?.showPopover) continue;
  let hovered = false;
  let timer;
  const later = (wait, act) => { clearTimeout(timer); timer = setTimeout(act, wait); };
  const isOpen = () => meaning.matches(":popover-open");
  for (const part of [word, meaning]) {
    part.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "mouse") return;
      later(200, () => {
        if (isOpen()) return;
        meaning.showPopover({ source: word });
        hovered = true;
      });
    });
    part.addEventListener("pointerleave", () => later(200, () => { if (hovered) meaning.hidePopover(); }));
  }
  word.addEventListener("click", (event) => {
    clearTimeout(timer);
    if (hovered && isOpen()) event.preventDefault();
    hovered = false;
  });
  word.addEventListener("focus", () => { if (word.matches(":focus-visible") && !isOpen()) meaning.showPopover({ source: word }); });
  word.addEventListener("blur", () => { if (isOpen()) meaning.hidePopover(); });
  meaning.addEventListener("toggle", (event) => { if (event.newState === "closed") hovered = false; });
}
