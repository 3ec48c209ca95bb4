/* What is typed into a form[data-keep] stays on this device, should the session end before it is taken. */
const KEPT = "draft:keep:", HALF_A_DAY = 12 * 3600e3;

const kept = (key) => JSON.parse(localStorage.getItem(key) || "null");
const slot = (form) => KEPT + form.dataset.keep;
const fieldsOf = (form) => [...form.elements].filter((one) => one.name && one.name !== "csrfmiddlewaretoken"
  && !/^(file|password|hidden|submit|button)$/.test(one.type));
const valueOf = (field) => field.type === "select-multiple" ? [...field.selectedOptions].map((one) => one.value) : field.value;
const fill = (field, value) => {
  if (!Array.isArray(value)) field.value = value;
  else [...field.options].forEach((one) => { one.selected = value.includes(one.value); });
};
const keep = (form, sent) => localStorage.setItem(slot(form), JSON.stringify({ sent, at: Date.now(),
  fields: fieldsOf(form).map((one) => [one.name, valueOf(one), /^(radio|checkbox)$/.test(one.type) ? one.checked : null]) }));
const putBack = (form, fields) => fields.forEach(([name, value, checked]) => {
  const field = fieldsOf(form).find((one) => one.name === name && (checked === null || one.value === value));
  if (field && checked === null) fill(field, value); else if (field) field.checked = checked;
});

const forms = [...document.querySelectorAll("form[data-keep]")], here = forms.map(slot);
const isSignedIn = document.querySelector("[data-sign-out]");
for (const key of Object.keys(localStorage).filter((one) => one.startsWith(KEPT))) {
  const draft = kept(key), isTaken = isSignedIn && draft?.sent && !here.includes(key);
  if (isTaken || !(Date.now() - draft?.at < HALF_A_DAY)) localStorage.removeItem(key);
}

forms.forEach((form) => {
  const draft = kept(slot(form));
  if (draft && !document.querySelector(".error-summary, .errornote")) putBack(form, draft.fields);
  form.addEventListener("input", () => keep(form, false));
  form.addEventListener("submit", () => keep(form, true));
});
