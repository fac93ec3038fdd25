// What is pasted from Word, LibreOffice or the web becomes sections, lists and tables: the server takes it apart.
const ADDRESS = "/admin/incolla/";
const FOREIGN = /<(h[1-6]|table|img|v:imagedata)\b|class="?Mso|mso-|[#_](ftn|edn)|sdfootnote|docs-internal-guid|file:\/\//i;
const LISTED = /<(li|table|img)\b|class="?Mso|mso-|sdfootnote|docs-internal-guid/i;
const OWN = /data-editor=|public-DraftStyleDefault/; // copied from an editor of ours
const again = new WeakSet(); // pastes that come from here

const notice = document.createElement("div");
notice.className = "pasted-notice";
notice.setAttribute("role", "status");
notice.setAttribute("aria-live", "polite");

function say(sentence, undo) {
  notice.replaceChildren();
  if (!sentence) return;
  const words = document.createElement("p");
  words.textContent = sentence;
  notice.append(words);
  if (undo) notice.append(button("Annulla", () => { undo(); say("Annullato: la pagina è come prima."); }));
  notice.append(button("Chiudi", () => say("")));
}

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button-small button-secondary";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

async function read(html, where) {
  const data = new FormData();
  data.set("html", html.replace(/<style[\s\S]*?<\/style>/gi, "").replace(/\bsrc=(["'])data:[\s\S]*?\1/gi, 'src=""'));
  data.set("dove", where);
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  const answer = await fetch(ADDRESS, { method: "POST", body: data, headers: { "X-CSRFToken": token } });
  const isOurs = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (!isOurs) throw new Error("Non è andata: forse la sessione è finita. Entra in un’altra scheda e incolla di nuovo.");
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.sentence);
  return found;
}

async function tried(act) {
  say("Leggo quello che hai incollato…");
  try {
    await act();
  } catch (problem) {
    const ours = problem instanceof TypeError ? "Il portale non risponde. Riprova fra poco." : problem.message;
    say(`Non ho incollato niente. ${ours}`);
  }
}

// --- Bodies made of sections -----------------------------------------------------------------------------

function bodies() {
  const roots = [...document.querySelectorAll("[id$='-root']")].map((element) => element.rootBlock);
  return roots.filter((root) => root?.blockDef?.childBlockDefsByName?.section);
}

function put(body, blocks, at) {
  const made = blocks.map((block, place) => body.insert(block, at + place));
  body.element.dispatchEvent(new Event("change", { bubbles: true }));
  made[0]?.element.scrollIntoView({ block: "nearest" });
  return () => {
    for (const each of made) if (body.children.includes(each)) body.deleteBlock(each.index);
    body.element.dispatchEvent(new Event("change", { bubbles: true }));
  };
}

function pasteText(target, html) {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", new DOMParser().parseFromString(html, "text/html").body.textContent);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  again.add(event);
  target.dispatchEvent(event);
}

function intoText(target, html) {
  const body = bodies().find((each) => each.element.contains(target));
  const place = body?.children.findIndex((each) => each.element.contains(target)) ?? -1;
  return tried(async () => {
    const found = await read(html, body ? "testo" : "solo testo");
    if (found.lead) pasteText(target, found.lead);
    const undo = found.blocks.length ? put(body, found.blocks, place + 1) : null;
    const rest = undo && found.lead ? " L’inizio sta dove scrivevi: lì si torna indietro con Ctrl+Z." : "";
    say(found.sentence && found.sentence + rest, undo);
  });
}

function intoBody(body, area, html) {
  return tried(async () => {
    const found = await read(html, "pagina");
    if (!found.blocks.length) throw new Error("Non c’era testo.");
    area.open = false;
    say(found.sentence || "Incollato in fondo al testo.", put(body, found.blocks, body.children.length));
  });
}

function offer(body) {
  const area = document.createElement("details");
  area.className = "paste-area";
  const name = document.createElement("summary");
  name.textContent = "Incolla da Word";
  const hint = document.createElement("p");
  hint.textContent = "Copia il testo dal documento, fai clic nel riquadro e premi Ctrl+V. I titoli diventano sezioni; elenchi, tabelle, grassetti e collegamenti restano. Va in fondo al testo che c’è già.";
  const box = document.createElement("div");
  box.contentEditable = "true";
  box.className = "paste-box";
  box.setAttribute("role", "textbox");
  box.setAttribute("aria-label", "Riquadro in cui incollare");
  box.addEventListener("beforeinput", (event) => event.preventDefault());
  box.addEventListener("paste", (event) => {
    event.preventDefault();
    event.stopPropagation();
    intoBody(body, area, html(event) || asHtml(event.clipboardData?.getData("text/plain") ?? ""));
  });
  area.append(name, hint, box);
  body.element.before(area);
}

function asHtml(text) {
  const box = document.createElement("div");
  for (const line of text.split(/\n\s*\n/)) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    box.append(paragraph);
  }
  return box.innerHTML;
}

// --- Fields of plain text --------------------------------------------------------------------------------

function intoLines(field, html) {
  return tried(async () => {
    const found = await read(html, "righe");
    field.focus();
    document.execCommand("insertText", false, found.lines); // the one way that Ctrl+Z takes back
    say(found.sentence);
  });
}

// --- The paste -------------------------------------------------------------------------------------------

function html(event) {
  return event.clipboardData?.getData("text/html") ?? "";
}

document.addEventListener("paste", (event) => {
  const pasted = html(event);
  const target = event.target instanceof Element ? event.target : event.target?.parentElement;
  if (again.has(event) || !pasted || OWN.test(pasted) || !target) return;
  const text = target.closest(".Draftail-Editor [contenteditable=true]");
  if (text && FOREIGN.test(pasted)) {
    event.preventDefault();
    event.stopPropagation();
    intoText(text, pasted);
  } else if (target.matches("form[data-edit-form] textarea") && LISTED.test(pasted)) {
    event.preventDefault();
    event.stopPropagation();
    intoLines(target, pasted);
  }
}, true);

document.addEventListener("w-block:ready", (event) => {
  const body = bodies().find((each) => event.target.contains(each.element) || each.element.contains(event.target));
  if (body && !body.element.previousElementSibling?.matches(".paste-area")) offer(body);
});
document.addEventListener("DOMContentLoaded", () => {
  document.body.append(notice);
  for (const body of bodies()) if (!body.element.previousElementSibling?.matches(".paste-area")) offer(body);
});
