// Menus close by themselves; definitions open under the pointer. Without this file both still work by click.

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A definition shown by hovering stays while the pointer is on the word or on the meaning; a click pins it.
for (const word of document.querySelectorAll("button.term[popovertarget]")) {
  const meaning = document.getElementById(word.getAttribute("popovertarget"));
  if (!meaning || !meaning.showPopover) continue;
  let hovered = false;
  let leaving;

  const enter = (event) => {
    if (event.pointerType !== "mouse") return;
    clearTimeout(leaving);
    if (meaning.matches(":popover-open")) return;
    meaning.showPopover({ source: word });
    hovered = true;
  };
  const leave = () => {
    leaving = setTimeout(() => {
      if (hovered) meaning.hidePopover();
    }, 250);
  };

  for (const part of [word, meaning]) {
    part.addEventListener("pointerenter", enter);
    part.addEventListener("pointerleave", leave);
  }
  word.addEventListener("click", (event) => {
    if (hovered) event.preventDefault();
    hovered = false;
  });
  meaning.addEventListener("toggle", (event) => {
    if (event.newState === "closed") hovered = false;
  });
}
