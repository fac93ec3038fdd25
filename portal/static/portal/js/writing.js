/* What Wagtail's editor lacks: no day is guessed, nothing typed is lost, and the header says what is so. */
"use strict";

// Wagtail's calendar would replace a day it cannot read by today's: what is typed stays, and the server answers.
jQuery.fn.datetimepicker.defaults.validateOnBlur = false;

document.addEventListener("DOMContentLoaded", () => {
  const LONGEST_WAIT = 12_000; // while somebody types without a pause; Wagtail waits for one
  const LONGEST_LEAVE = 30_000; // a page that is still there then goes nowhere
  const PAUSE = 1_500; // Wagtail compares with a picture of the form that may hold the last letters already: it sees none
  const form = document.querySelector("form[data-edit-form]");
  const state = document.getElementById("w-autosave-indicator");
  if (form && document.body.classList.contains("content-locked")) return onlyToRead(form);
  if (!form || !state) return;

  const words = { ...state.dataset };
  const link = (href, textContent) => Object.assign(document.createElement("a"), { href, target: "_blank", rel: "noopener", textContent });
  let typed = 0, sent = 0, saved = 0, wait = null, pause = null, ended = false, checked = false, asking = false;
  let underWay = false; // a save that has taken what it sends
  let newer = ""; // the text of somebody else that was named
  let answered = Promise.resolve(), answer = () => {}; // the save that is under way

  const say = (text, kind = "") => {
    const now = document.getElementById("w-autosave-indicator");
    now.textContent = text;
    now.dataset.kind = kind;
  };

  const save = () => {
    wait = null;
    if (typed > (underWay ? sent : saved)) form.dispatchEvent(new CustomEvent("w-unsaved:add", { bubbles: true, cancelable: true, detail: { type: "edits" } }));
  };

  const onTyped = (event) => {
    const isKey = event.type === "keyup";
    if (isKey && !(event.target.isContentEditable && (event.key.length === 1 || /^(Backspace|Delete|Enter)$/.test(event.key)))) return;
    typed += 1;
    if (!ended) say(words.unsaved, "unsaved");
    wait ??= setTimeout(save, LONGEST_WAIT);
    clearTimeout(pause);
    pause = setTimeout(save, PAUSE);
  };
  for (const name of ["input", "change", "keyup", "paste"]) form.addEventListener(name, onTyped);

  // Entering anew changes the token against forgeries: the cookie has the one that holds.
  const token = () => document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1];

  document.addEventListener("w-autosave:save", (event) => {
    if (asking) return event.preventDefault(); // the button saves the same, and more
    if (typed === saved) typed += 1; // a row added or taken away, which types nothing
    sent = typed;
    underWay = true;
    answered = new Promise((done) => { answer = done; });
    if (!ended) say(words.unsaved, "unsaved");
    if (token()) event.detail.formData?.set("csrfmiddlewaretoken", token());
  });

  // Of a newer text Wagtail would say that the button covers it: the site lets nothing be covered, and says what to do.
  document.addEventListener("w-swap:json", ({ detail }) => {
    for (const other of detail?.data?.other_sessions ?? []) other.revision_id = null;
  }, true);

  document.addEventListener("w-autosave:success", ({ detail }) => {
    saved = sent;
    underWay = false;
    answer();
    form.elements.over?.remove();
    welcome();
    const left = detail.response?.field_updates?.unsaved;
    const at = new Date().toLocaleTimeString("it-IT", { hour: "2-digit", minute: "2-digit" });
    if (typed > saved) {
      say(words.unsaved, "unsaved");
      wait ??= setTimeout(save, 2_000);
    } else {
      clearTimeout(wait);
      wait = null;
      say(`${words.saved} ${at}${left ? `, ${words.but} ${left}` : ""}`, left ? "partly" : "saved");
    }
  });

  document.addEventListener("w-autosave:error", ({ detail }) => {
    const code = detail.response?.error_code;
    underWay = false;
    answer();
    if (code === "session_ended") return farewell(words.ended);
    if (code === "not_yet") return say(detail.response.error_message, "unsaved");
    if (code === "overtaken") return overtaken({ ...detail.response, said: detail.response.error_message });
    if (code === "invalid_revision") return say(words.newer, "lost");
    if (code === "busy" || code === "second_factor") say(detail.response.error_message, "lost");
    else say(detail.response ? words.refused : words.network, "lost");
    wait ??= setTimeout(save, LONGEST_WAIT);
  });

  // --- The session has ended: say it where nobody overlooks it, keep the text, go on after the login elsewhere.
  function farewell(text) {
    ended = true;
    notify(`${text}. `, link(words.login, words.enter));
  }

  // --- Somebody else saved the page meanwhile: look at that text, or keep the own one knowing so.
  function overtaken({ said, address, mark }) {
    const mine = Object.assign(document.createElement("button"), { type: "button", className: "button button-small", textContent: words.mine });
    newer = mark;
    mine.addEventListener("click", () => {
      goOver();
      typed += 1;
      save();
    });
    notify(`${said} `, link(address, words.look), " ", mine);
  }

  function goOver() {
    form.elements.over?.remove();
    if (newer) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "over", value: newer }));
  }

  // Wagtail asks the same before the button, where its own look at the page was faster: one answer is enough.
  document.addEventListener("click", (event) => {
    if (event.target.closest("#w-save-confirmation-dialog [data-w-dialog-target=confirm]")) goOver();
  }, true);

  const refused = form.elements.begun_from?.dataset;
  if (refused?.mark) overtaken(refused); // the button was pressed, and the page came back

  function notify(...parts) {
    say(words.unsaved, "lost");
    let notice = document.getElementById("writing-notice");
    if (!notice) {
      notice = document.createElement("p");
      notice.id = "writing-notice";
      notice.setAttribute("role", "alert");
      document.body.append(notice);
    }
    notice.replaceChildren(...parts);
  }


  function welcome() {
    ended = false;
    document.getElementById("writing-notice")?.remove();
  }

  const isAlive = async () => (await fetch(words.alive, { headers: { Accept: "application/json" }, cache: "no-store" })).ok;

  window.addEventListener("focus", async () => {
    if (!ended || !(await isAlive().catch(() => false))) return;
    welcome();
    save();
  });

  // A save by button leaves the page: only when somebody answers there.
  form.addEventListener("submit", async (event) => {
    if (checked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking) return; // pressed twice
    asking = true;
    const button = event.submitter, at = document.activeElement;
    hold(true);
    let problem = "";
    try {
      if (!(await isAlive())) problem = words.ended;
      await answered; // else the button would bring a text older than what saves itself just now
      await new Promise((done) => setTimeout(done, 400)); // rich texts are written down a moment after the last key
    } catch {
      problem = words.network;
    }
    if (problem) {
      asking = false;
      hold(false);
      at?.focus();
      button?.removeAttribute("disabled");
      button?.setAttribute("data-w-progress-loading-value", "false");
      return farewell(problem);
    }
    welcome();
    const field = form.querySelector("[name=csrfmiddlewaretoken]");
    if (field && token()) field.value = token();
    if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
    checked = true; // and asking stays: a save by itself would overtake the button, which then finds a newer text
    form.requestSubmit();
    setTimeout(() => { asking = checked = false; hold(false); }, LONGEST_LEAVE);
  }, true);
  window.addEventListener("pageshow", () => hold(false)); // back from where the button led

  // Between the button and the answer nothing is typed: it would be in no text. Focus stays in the page.
  function hold(on) {
    form.inert = on;
    form.setAttribute("aria-busy", String(on));
  }

  // What is not saved yet is asked about, also where Wagtail sees no difference.
  window.addEventListener("beforeunload", (event) => {
    if (typed > saved && !checked) event.preventDefault();
  });
});

// --- A page that waits for a decision: what cannot be kept takes no letter. Tabs, panels and acts stay usable.
function onlyToRead(form) {
  const CHOSEN = "select, input:is([type=checkbox], [type=radio], [type=file])";
  const ACTS = "button:not([role=tab], [data-panel-toggle], [aria-controls]), .c-sf-add-button";
  const settle = () => {
    for (const field of form.querySelectorAll(".tab-content :is(input, textarea)")) field.readOnly = true;
    for (const field of form.querySelectorAll(`.tab-content :is(${CHOSEN}, ${ACTS})`)) field.disabled = true;
    for (const text of form.querySelectorAll(".tab-content [contenteditable=true]")) text.contentEditable = "false";
  };
  settle();
  new MutationObserver(settle).observe(form, { childList: true, subtree: true }); // blocks are drawn a moment later
}
