// Menus close on Escape and on a click elsewhere; without this script they are plain <details>.
const menus = () => document.querySelectorAll("details.menu[open]");
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
// A defined word opens its meaning on hover too; focus and tap need no script.
for (const term of document.querySelectorAll(".term")) {
  const meaning = document.getElementById(term.getAttribute("popovertarget"));
  if (!meaning || !meaning.showPopover) continue;
  let timer;
  term.addEventListener("mouseenter", () => { timer = setTimeout(() => meaning.showPopover({ source: term }), 250); });
  term.addEventListener("mouseleave", () => { clearTimeout(timer); meaning.hidePopover(); });
  term.addEventListener("focus", () => { if (term.matches(":focus-visible")) meaning.showPopover({ source: term }); });
  term.addEventListener("blur", () => meaning.hidePopover());
}
