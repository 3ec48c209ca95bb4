/* A summary of errors has the focus, on a new page and after htmx has put one in. */
const focusIn = (place) => place.querySelector(".error-summary")?.focus();

focusIn(document);
document.addEventListener("htmx:afterSwap", ({ target }) => focusIn(target));
