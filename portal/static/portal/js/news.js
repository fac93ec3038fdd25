// While a news is written its words are kept on the server: a closed tab loses nothing. Without script, only what is sent.
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
