// The search box: `/` reaches it, suggestions appear below it grouped by kind (an ARIA combobox).
// The server writes the suggestions (components/suggestions.html); without this file the form still searches.

const WAIT = 150;
const SHORTEST = 2;

const box = document.querySelector("input[data-suggestions]");
if (box) suggestTo(box);

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!box || "noShortcut" in document.body.dataset || isTyping(event.target)) return;
  event.preventDefault();
  box.focus();
  box.select();
});

function isTyping(target) {
  return target.isContentEditable || target.matches("input, textarea, select");
}

function suggestTo(input) {
  const list = document.createElement("div");
  list.id = "suggerimenti";
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggerimenti");
  list.hidden = true;
  input.form.append(list);

  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  let timer;
  let asked;
  let chosen = -1;

  const options = () => [...list.querySelectorAll("[role=option]")];

  function show(open) {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) choose(-1);
  }

  function choose(index) {
    const all = options();
    chosen = index;
    all.forEach((option, each) => option.setAttribute("aria-selected", String(each === index)));
    if (all[index]) {
      input.setAttribute("aria-activedescendant", all[index].id);
      all[index].scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  async function ask() {
    const words = input.value.trim();
    asked?.abort();
    if (words.length < SHORTEST) return show(false);
    asked = new AbortController();
    const address = `${input.dataset.suggestions}?${new URLSearchParams({ q: words })}`;
    try {
      const answer = await fetch(address, { signal: asked.signal, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return show(false);
      render(await answer.text());
    } catch {
      show(false); // aborted by the next letter, or the network is away: the form still works
    }
  }

  function render(html) {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    list.replaceChildren(...parsed.body.childNodes);
    options().forEach((option, index) => {
      option.id ||= `suggerimento-${index}`;
      option.tabIndex = -1;
    });
    const found = options().length;
    choose(-1);
    show(found > 0 && document.activeElement === input);
    announce(found);
  }

  function announce(found) {
    const region = document.getElementById("annuncio");
    if (!region) return;
    if (found === 0) region.textContent = "Nessun suggerimento";
    else region.textContent = found === 1 ? "Un suggerimento" : `${found} suggerimenti: scegli con le frecce`;
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });

  input.addEventListener("keydown", (event) => {
    const all = options();
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = list.hidden && step === 1 ? 0 : chosen + step;
      show(true);
      // One place more than the options: the box itself, with the words typed.
      choose(next < -1 ? all.length - 1 : next >= all.length ? -1 : next);
    } else if (event.key === "Enter" && !list.hidden && all[chosen]) {
      event.preventDefault();
      all[chosen].click();
    }
  });

  input.form.addEventListener("focusout", (event) => {
    if (!input.form.contains(event.relatedTarget)) show(false);
  });
  // Keep the focus in the box while the pointer picks.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
}
