// The search box: "/" focuses it; suggestions while typing, reached with the arrows. Without script it is a form.
const box = document.getElementById("q");
const list = document.getElementById("suggerimenti");
const spoken = document.getElementById("quanti-suggerimenti");
let asked = 0;
let timer;
const options = () => [...list.querySelectorAll("a")];

function close() {
  asked++; // an answer still on its way opens nothing
  clearTimeout(timer);
  list.hidden = true;
  spoken.textContent = "";
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function open() {
  const count = options().length;
  select(-1);
  list.hidden = count === 0;
  box.setAttribute("aria-expanded", String(count > 0));
  const { none, one, many } = spoken.dataset;
  spoken.textContent = count === 0 ? none : count === 1 ? one : many.replace("#", count);
}

async function suggest() {
  const words = box.value.trim();
  if (words.length < 2) return close();
  const turn = ++asked;
  const answer = await fetch(`/cerca/suggerimenti/?q=${encodeURIComponent(words)}`);
  if (!answer.ok) return;
  const html = await answer.text();
  if (turn !== asked || document.activeElement !== box) return;
  list.innerHTML = html;
  options().forEach((option, number) => { option.id = `suggerimento-${number}`; });
  open();
}

function select(next) {
  const all = options();
  all.forEach((option, number) => option.setAttribute("aria-selected", String(number === next)));
  if (next >= 0) {
    box.setAttribute("aria-activedescendant", all[next].id);
    all[next].scrollIntoView({ block: "nearest" });
  } else box.removeAttribute("aria-activedescendant");
}

function move(step) {
  const all = options();
  const now = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  select(Math.max(-1, Math.min(all.length - 1, now + step)));
}

if (box && list) {
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-expanded", "false");
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(suggest, 150); });
  box.addEventListener("keydown", (event) => {
    if (list.hidden) {
      if (event.key === "ArrowDown" && box.value.trim().length > 1) {
        event.preventDefault();
        suggest();
      }
      return;
    }
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
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box, the click arrives
  box.addEventListener("blur", close);
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
