// The search box: "/" focuses it; suggestions while typing, reached with the arrows. Without script it is a form.
const box = document.getElementById("q");
const list = document.getElementById("suggerimenti");
let asked = 0;
let timer;
const options = () => [...list.querySelectorAll("a")];

function close() {
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

async function suggest() {
  const words = box.value.trim();
  const turn = ++asked;
  if (words.length < 2) return close();
  const answer = await fetch(`/cerca/suggerimenti/?q=${encodeURIComponent(words)}`);
  if (turn !== asked || !answer.ok) return;
  list.innerHTML = await answer.text();
  options().forEach((option, number) => { option.id = `suggerimento-${number}`; });
  list.hidden = options().length === 0;
  box.setAttribute("aria-expanded", String(!list.hidden));
}

function move(step) {
  const all = options();
  const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = Math.max(-1, Math.min(all.length - 1, now + step));
  all.forEach((option, number) => option.setAttribute("aria-selected", String(number === next)));
  if (next >= 0) box.setAttribute("aria-activedescendant", all[next].id);
  else box.removeAttribute("aria-activedescendant");
}

if (box && list) {
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-expanded", "false");
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(suggest, 150); });
  box.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "Escape") {
      event.preventDefault(); // else the browser also empties the box
      close();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.key === "Enter") {
      const chosen = list.querySelector('[aria-selected="true"]');
      if (chosen) { event.preventDefault(); location.href = chosen.href; }
    }
  });
  document.addEventListener("click", (event) => { if (!list.contains(event.target) && event.target !== box) close(); });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !document.body.hasAttribute("data-no-shortcut")) {
      event.preventDefault();
      box.focus();
      box.select();
    }
  });
}
