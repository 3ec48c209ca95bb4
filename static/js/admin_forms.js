/* Django draws the forms of the administration: here they are told as what that which is typed into them is kept. It is
   put back for who was signed out meanwhile, and forgotten by everybody else: what they left, they left. */
const as = document.querySelector("[data-keeps]")?.dataset.keeps, isBack = document.referrer.startsWith(`${location.origin}/sign-in/`);
const forms = document.querySelectorAll("#content-main form[method=post]:not(#changelist-form)");

if (as) forms.forEach((form, place) => {
  form.dataset.keep = place ? `${as}:${place}` : as;
  if (!isBack) localStorage.removeItem(`draft:keep:${form.dataset.keep}`);
});
document.querySelector("#logout-form")?.setAttribute("data-sign-out", "");
/* What was refused has the focus, once Django's own script has given it to the first field. */
addEventListener("load", () => document.querySelector("#content-main [aria-invalid=true]")?.focus());
