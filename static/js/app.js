/* Progressive enhancement only: every page works without this file. */
(() => {
  const doc = document, root = doc.documentElement, $ = (selector, from = doc) => from.querySelector(selector);

  // Theme: the cookie lets the server draw the page right at once, localStorage is what the admin reads.
  const toggle = $("[data-theme-toggle]");
  if (toggle) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const dark = getComputedStyle(root).colorScheme === "dark"
        || (!["light", "dark"].includes(root.dataset.theme) && matchMedia("(prefers-color-scheme: dark)").matches);
      const theme = root.dataset.theme = dark ? "light" : "dark";
      localStorage.setItem("theme", theme);
      doc.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
    });
  }

  const focusErrors = () => $(".error-summary")?.focus();
  focusErrors();
  doc.addEventListener("htmx:afterSwap", (event) => $(".error-summary", event.target) && focusErrors());

  // Digits answer the radio group that has the focus.
  doc.addEventListener("keydown", (event) => {
    const group = doc.activeElement?.closest("fieldset, [role=radiogroup]");
    if (!group || !/^[1-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (doc.activeElement.matches("textarea, select, input:not([type=radio])")) return;
    const radio = group.querySelectorAll("input[type=radio]")[event.key - 1];
    if (radio) { radio.focus(); radio.click(); event.preventDefault(); }
  });

  // Answers wait in localStorage until the server has taken them.
  let fade;
  const say = (kind) => {
    const status = $("[data-status]");
    if (!status || (kind && !status.dataset[kind])) return;
    status.textContent = kind ? status.dataset[kind] : "";
    clearTimeout(fade);
    if (status.id === "toast") fade = setTimeout(() => { status.textContent = ""; }, 6000);
  };
  const slot = (form) => "draft:" + form.dataset.draftKey;
  const read = (form) => JSON.parse(localStorage.getItem(slot(form)) || "{}");
  const write = (form, draft) =>
    Object.keys(draft).length ? localStorage.setItem(slot(form), JSON.stringify(draft)) : localStorage.removeItem(slot(form));
  const drafted = (element) => element.closest?.("form[data-draft-key]");

  doc.addEventListener("change", ({ target }) => {
    const form = drafted(target);
    if (!form || !target.name || target.type === "file") return;
    const draft = read(form), value = target.type === "checkbox" && !target.checked ? null : target.value;
    if (draft[target.name]?.value !== value) draft[target.name] = { value, at: Date.now() };
    write(form, draft);
    if (!navigator.onLine) say("offline");
  }, true);
  doc.addEventListener("htmx:configRequest", ({ detail }) => {
    const form = drafted(detail.elt), answer = form && read(form)[detail.elt.name || $("input:checked, textarea", detail.elt)?.name];
    if (answer) Object.assign(detail.headers, { "X-Answered-At": new Date(answer.at).toISOString(), "X-Sent-At": new Date().toISOString() });
  });
  doc.addEventListener("htmx:afterRequest", ({ detail }) => {
    const form = drafted(detail.elt);
    if (!form || detail.requestConfig.verb === "get") return;
    if (!detail.successful) return say(navigator.onLine ? "failed" : "offline");
    const draft = read(form), sent = detail.requestConfig.formData;
    for (const name in draft) if (sent.has(name) ? sent.getAll(name).includes(draft[name].value) : draft[name].value === null) delete draft[name];
    write(form, draft);
    say(detail.xhr.status < 400 ? "saved" : ""); // What was refused is said beside the question.
  });
  const replay = () => doc.querySelectorAll("form[data-draft-key]").forEach((form) => {
    for (const [name, { value }] of Object.entries(read(form))) {
      const fields = [...form.elements].filter((field) => field.name === name);
      const field = fields.find((one) => one.type !== "radio" || one.value === value);
      if (!field) continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = value !== null; else field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  addEventListener("online", replay);
  addEventListener("load", replay);

  // What is typed into a long form stays on this device, should the session end before it is taken.
  const KEPT = "draft:keep:", HALF_A_DAY = 12 * 3600e3, isIn = $("[data-sign-out]");
  const kept = (key) => JSON.parse(localStorage.getItem(key) || "null");
  const fieldsOf = (form) => [...form.elements].filter((one) => one.name && !/^(csrfmiddlewaretoken)$/.test(one.name)
    && !/^(file|password|hidden|submit|button)$/.test(one.type));
  const keep = (form, sent) => localStorage.setItem(KEPT + form.dataset.keep, JSON.stringify({ sent, at: Date.now(),
    fields: fieldsOf(form).map((one) => [one.name, one.value, /^(radio|checkbox)$/.test(one.type) ? one.checked : null]) }));
  const putBack = (form, fields) => fields.forEach(([name, value, checked]) => {
    const field = fieldsOf(form).find((one) => one.name === name && (checked === null || one.value === value));
    if (field && checked === null) field.value = value; else if (field) field.checked = checked;
  });
  const forms = [...doc.querySelectorAll("form[data-keep]")], here = forms.map((form) => KEPT + form.dataset.keep);
  for (const key of Object.keys(localStorage).filter((one) => one.startsWith(KEPT))) {
    const draft = kept(key), isOver = isIn && draft?.sent && !here.includes(key);
    if (isOver || !(Date.now() - draft?.at < HALF_A_DAY)) localStorage.removeItem(key);
  }
  forms.forEach((form, place) => {
    const draft = kept(here[place]);
    if (draft && !$(".error-summary")) putBack(form, draft.fields);
    form.addEventListener("input", () => keep(form, false));
    form.addEventListener("submit", () => keep(form, true));
  });

  // Dangerous buttons ask first; leaving forgets every draft of this device.
  doc.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter, dialog = $("#confirm");
    if (button?.dataset.confirm && dialog?.showModal && !button.dataset.sure) {
      event.preventDefault();
      event.stopImmediatePropagation();
      $("[data-message]", dialog).textContent = button.dataset.confirm;
      $("[value=yes]", dialog).textContent = button.textContent;
      dialog.returnValue = "";
      dialog.onclose = () => {
        if (dialog.returnValue !== "yes") return button.focus();
        button.dataset.sure = 1;
        form.requestSubmit(button);
        delete button.dataset.sure;
      };
      return dialog.showModal();
    }
    // A save under way comes first: beside it the form would rest on a state that this save has just made old.
    if (form.matches(".htmx-request")) {
      event.preventDefault();
      form.addEventListener("htmx:afterRequest", () => setTimeout(() => form.requestSubmit(button)), { once: true });
      return;
    }
    if (drafted(form)) {
      if (navigator.onLine) return localStorage.removeItem(slot(form));
      event.preventDefault();
      say("offline");
    }
    if ("signOut" in form.dataset) Object.keys(localStorage).filter((key) => key.startsWith("draft:")).forEach((key) => localStorage.removeItem(key));
  }, true);

  // A hidden tab does not poll.
  doc.addEventListener("htmx:beforeRequest", (event) => {
    if (doc.hidden && /every/.test(event.detail.elt.getAttribute("hx-trigger"))) event.preventDefault();
  });

  // Programs follow links, people touch pages: the first touch says that somebody is here.
  const opened = $("meta[name=opened]");
  const touches = ["pointerdown", "keydown", "touchstart", "wheel"];
  const tell = (event) => {
    if (!event.isTrusted) return;
    touches.forEach((kind) => removeEventListener(kind, tell));
    navigator.sendBeacon?.(opened.content);
  };
  if (opened) touches.forEach((kind) => addEventListener(kind, tell, { passive: true }));

  // What time it is where the reader is, where that is another one.
  doc.querySelectorAll("time[data-local]").forEach((time) => {
    const moment = new Date(time.dateTime), language = root.lang === "en" ? "en-GB" : root.lang;
    const parts = { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const write = (more) => new Intl.DateTimeFormat(language, { ...parts, ...more }).format(moment);
    if (isNaN(moment) || write() === write({ timeZone: time.dataset.zone })) return;
    time.textContent = `${time.dataset.local} ${write({ timeZoneName: "short" })}`;
    time.hidden = false;
  });

  // Copy fields.
  doc.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (button) navigator.clipboard?.writeText($(button.dataset.copy).textContent.trim()).then(() => say("copied"));
  });
})();
