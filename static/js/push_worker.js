/* Shows the question that came, and opens its page when it is pressed. A browser keeps this script, and decrypts before.
   When the browser is reached elsewhere, it tells that: where, came with the last question. */
const KEPT = "/sign-in/approve/kept"; // no page, a name in the cache of this script

const keep = async ({ replaced, key }) => (await caches.open("push")).put(KEPT, Response.json({ replaced, key }));

const tell = async ({ newSubscription }) => {
  const kept = await (await caches.match(KEPT))?.json();
  if (!kept?.replaced) return;
  const options = { userVisibleOnly: true, applicationServerKey: kept.key };
  const address = newSubscription ?? (await self.registration.pushManager.subscribe(options));
  const body = new URLSearchParams({ device: JSON.stringify(address) });
  await fetch(kept.replaced, { method: "POST", body, credentials: "omit" });
};

self.addEventListener("push", (event) => {
  const asked = event.data.json();
  const shown = { body: asked.body, data: asked.url, tag: "approval", requireInteraction: true };
  event.waitUntil(Promise.all([self.registration.showNotification(asked.title, shown), keep(asked)]));
});

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(tell(event)));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { href, origin } = new URL(event.notification.data, self.location.origin);
  if (origin === self.location.origin) event.waitUntil(self.clients.openWindow(href));
});
