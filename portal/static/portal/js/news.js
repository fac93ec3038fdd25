// While a news is written its words are kept on the server: a closed tab loses nothing. Files go to their field wherever
// they are let go. Without script, only what is sent.
const form = document.querySelector("form[data-keep]");
const said = form?.querySelector("[data-kept]");
let timer;

async function keep() {
  const words = new FormData(form);
  words.delete("uploads");
  const answer = await fetch(form.dataset.keep, { method: "POST", body: words, keepalive: true });
  const hour = new Date().toLocaleTimeString("it-IT", { hour: "2-digit", minute: "2-digit" });
  said.textContent = answer.ok
    ? `Quello che hai scritto è al sicuro (ore ${hour}).`
    : "La sessione è finita: entra in un’altra scheda e continua qui, non si perde nulla.";
}

form?.addEventListener("input", (event) => {
  if (event.target.type === "file") return;
  clearTimeout(timer);
  timer = setTimeout(keep, 1500);
});
// Too much for one time is said where it is chosen, not after it was sent.
for (const input of form?.querySelectorAll("[data-most]") ?? []) {
  input.addEventListener("change", () => {
    const megabytes = (bytes) => Math.ceil(bytes / 1024 / 1024);
    const sum = [...input.files].reduce((all, file) => all + file.size, 0);
    const most = Number(input.dataset.most);
    input.setCustomValidity(sum > most
      ? `Quello che hai scelto pesa ${megabytes(sum)} MB, e in una volta ne passano ${megabytes(most)}: scegline meno.`
      : "");
    input.reportValidity();
  });
}

form?.addEventListener("submit", () => clearTimeout(timer));

// A file let go beside its field would open in place of the page and of what is being written: it goes to the field.
const field = form?.querySelector("input[type=file]");
if (field) {
  const brings = (event) => event.dataTransfer.types.includes("Files") && event.target !== field;
  document.addEventListener("dragover", (event) => {
    if (brings(event)) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    const { files } = event.dataTransfer;
    if (files.length > 1 && !field.multiple) {
      field.setCustomValidity("Qui va un file solo.");
      field.reportValidity();
      return;
    }
    field.files = files;
    field.dispatchEvent(new Event("change"));
  });
  field.addEventListener("change", () => {
    if (!field.dataset.most) field.setCustomValidity("");
  });
}
