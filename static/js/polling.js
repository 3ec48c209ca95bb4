/* A hidden tab does not poll. */
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && /every/.test(event.detail.elt.getAttribute("hx-trigger"))) event.preventDefault();
});
