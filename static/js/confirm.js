/* Dangerous buttons ask first: this module stands before others that take a submit. */
document.addEventListener("submit", (event) => {
  const form = event.target, button = event.submitter, dialog = document.querySelector("#confirm");
  if (!button?.dataset.confirm || !dialog?.showModal || button.dataset.sure) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  dialog.querySelector("[data-message]").textContent = button.dataset.confirm;
  dialog.querySelector("[value=yes]").textContent = button.textContent;
  dialog.returnValue = "";
  dialog.onclose = () => {
    if (dialog.returnValue !== "yes") return button.focus();
    button.dataset.sure = 1;
    form.requestSubmit(button);
    delete button.dataset.sure;
  };
  dialog.showModal();
}, true);
