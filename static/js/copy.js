/* A button[data-copy="#id"] copies the text of that element. */
import { say } from "./status.js";

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-copy]");
  if (!button) return;
  navigator.clipboard?.writeText(document.querySelector(button.dataset.copy).textContent.trim()).then(() => say("copied"));
});
