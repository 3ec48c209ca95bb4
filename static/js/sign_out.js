/* Leaving forgets every draft of this device. */
document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (defaultPrevented || !("signOut" in target.dataset)) return;
  Object.keys(localStorage).filter((key) => key.startsWith("draft:")).forEach((key) => localStorage.removeItem(key));
}, true);
