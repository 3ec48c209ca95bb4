/* Digits answer the radio group that has the focus. */
document.addEventListener("keydown", (event) => {
  const focused = document.activeElement, group = focused?.closest("fieldset, [role=radiogroup]");
  if (!group || !/^[1-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (focused.matches("textarea, select, input:not([type=radio])")) return;
  const radio = group.querySelectorAll("input[type=radio]")[event.key - 1];
  if (radio) { radio.focus(); radio.click(); event.preventDefault(); }
});
