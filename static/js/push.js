/* A button[data-push] asks the browser for an address to which notifications come, under the key in it, and sends that
   as its value. What is [data-pushes=able] is shown where the browser can, [data-pushes=unable] where it cannot. */
const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

const subscribe = async ({ push, worker }) => {
  if ((await Notification.requestPermission()) !== "granted") throw Object.assign(new Error(), { name: "NotAllowedError" });
  const registration = await navigator.serviceWorker.register(worker);
  const options = { userVisibleOnly: true, applicationServerKey: bytes(push) };
  while (!registration.active) await new Promise((done) => setTimeout(done, 50));
  return registration.pushManager.subscribe(options).catch(async (fault) => {
    if (fault.name !== "InvalidStateError") throw fault; // it has an address for another key, which is of no use
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    return registration.pushManager.subscribe(options);
  });
};

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-push]") || button.value) return;
  event.preventDefault();
  const place = button.closest("[data-pushes]").querySelector("[data-denied]");
  place.textContent = "";
  try {
    button.value = JSON.stringify(await subscribe(button.dataset));
    button.form.requestSubmit(button);
  } catch (fault) {
    place.textContent = fault.name === "NotAllowedError" ? place.dataset.denied : place.dataset.failed;
    button.focus();
  } finally {
    button.value = "";
  }
});

document.querySelectorAll("[data-pushes]").forEach((one) => { one.hidden = (one.dataset.pushes === "able") !== isAble; });
