/* A save under way comes first: beside it the form would rest on a state that this save has just made old. */
document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter;
  if (!form.matches(".htmx-request")) return;
  event.preventDefault();
  form.addEventListener("htmx:afterRequest", () => setTimeout(() => form.requestSubmit(button)), { once: true });
}, true);
