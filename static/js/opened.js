/* Programs follow links, people touch pages: the first touch says that somebody is here. */
const opened = document.querySelector("meta[name=opened]"), touches = ["pointerdown", "keydown", "touchstart", "wheel"];

const tell = (event) => {
  if (!event.isTrusted) return;
  touches.forEach((kind) => removeEventListener(kind, tell));
  navigator.sendBeacon?.(opened.content);
};

if (opened) touches.forEach((kind) => addEventListener(kind, tell, { passive: true }));
