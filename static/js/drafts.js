/* Answers of a form[data-draft-key] wait in localStorage until the server has taken them. Stands behind saving.js. */
import { say } from "./status.js";

const slot = (form) => "draft:" + form.dataset.draftKey;
const read = (form) => JSON.parse(localStorage.getItem(slot(form)) || "{}");
const write = (form, draft) =>
  Object.keys(draft).length ? localStorage.setItem(slot(form), JSON.stringify(draft)) : localStorage.removeItem(slot(form));
const drafted = (element) => element.closest?.("form[data-draft-key]");

document.addEventListener("change", ({ target }) => {
  const form = drafted(target);
  if (!form || !target.name || target.type === "file") return;
  const draft = read(form), value = target.type === "checkbox" && !target.checked ? null : target.value;
  if (draft[target.name]?.value !== value) draft[target.name] = { value, at: Date.now() };
  write(form, draft);
  if (!navigator.onLine) say("offline");
}, true);

document.addEventListener("htmx:configRequest", ({ detail: { elt, headers } }) => {
  const form = drafted(elt), name = elt.name || elt.querySelector("input:checked, textarea")?.name;
  const answer = form && read(form)[name];
  if (!answer) return;
  headers["X-Answered-At"] = new Date(answer.at).toISOString();
  headers["X-Sent-At"] = new Date().toISOString();
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = drafted(detail.elt);
  if (!form || detail.requestConfig.verb === "get") return;
  if (!detail.successful) return say(navigator.onLine ? "failed" : "offline");
  const draft = read(form), sent = detail.requestConfig.formData;
  const isTaken = (name) => sent.has(name) ? sent.getAll(name).includes(draft[name].value) : draft[name].value === null;
  Object.keys(draft).filter(isTaken).forEach((name) => delete draft[name]);
  write(form, draft);
  say(detail.xhr.status < 400 ? "saved" : ""); // What was refused is said beside the question.
});

document.addEventListener("submit", (event) => {
  const form = drafted(event.target);
  if (!form || event.defaultPrevented) return;
  if (navigator.onLine) return localStorage.removeItem(slot(form));
  event.preventDefault();
  say("offline");
}, true);

const replay = () => document.querySelectorAll("form[data-draft-key]").forEach((form) => {
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
