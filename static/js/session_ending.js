/* Says two minutes before that the session will end, and lets it go on. The server decides, whose seconds these are:
   another tab may have been used meanwhile, so it is asked first, in a way that is no use of the session. */
const dialog = document.querySelector("#session-ending"), WARNING = 120, STEP = 15e3;
let ends, isFinal, timer;

const left = () => Math.max(0, Math.ceil((ends - Date.now()) / 1000));
const show = (state) => {
  dialog.querySelectorAll("[data-while]").forEach((one) => { one.hidden = one.dataset.while !== state; });
  dialog.querySelectorAll("[data-minutes]").forEach((one) => {
    const minutes = String(Math.max(1, Math.ceil(left() / 60)));
    if (one.textContent !== minutes) one.textContent = minutes;
  });
  if (!dialog.open) dialog.showModal();
};
const later = (work, pause) => { clearTimeout(timer); timer = setTimeout(work, pause); };

const know = (seconds, final) => {
  [ends, isFinal] = [Date.now() + seconds * 1000, final];
  if (left() > WARNING) {
    if (dialog.open) dialog.close();
    later(ask, (left() - WARNING) * 1000);
  } else count();
};
const count = () => {
  if (!left()) return ask();
  show(isFinal ? "final" : "ending");
  later(count, Math.min(STEP, left() * 1000));
};
const ask = async (body) => {
  const answer = await fetch(dialog.querySelector("form").action, {
    method: body ? "POST" : "GET", body, redirect: "manual", headers: { "HX-Request": "true" },
  }).catch(() => null);
  if (!answer || answer.status >= 500) return later(ask, STEP);
  if (!answer.ok) return show("over");
  const { seconds, is_final: final } = await answer.json();
  know(Math.max(1, seconds), final);
};

if (dialog?.showModal) {
  const wait = () => later(ask, left() * 1000);
  dialog.addEventListener("cancel", wait);
  dialog.querySelector("form").addEventListener("submit", (event) => {
    if (event.submitter?.getAttribute("formmethod") === "dialog") return wait();
    event.preventDefault();
    ask(new FormData(event.target));
  });
  know(Number(dialog.dataset.seconds), dialog.dataset.final === "true");
}
