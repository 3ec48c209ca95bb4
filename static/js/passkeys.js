/* A button[data-passkey] asks the device for a passkey, as the address in it says, and sends the answer as its value.
   What is [data-passkeys=able] is shown where the browser can, [data-passkeys=unable] where it cannot. */
const { PublicKeyCredential: reader } = window;
const isAble = Boolean(reader?.parseRequestOptionsFromJSON && navigator.credentials);

const ask = async ({ form, dataset }) => {
  const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  const answer = await fetch(dataset.passkey, { method: "POST", body });
  if (answer.redirected) return location.assign(answer.url);
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.detail), { isSaid: true });
  return "new" in dataset
    ? navigator.credentials.create({ publicKey: reader.parseCreationOptionsFromJSON(said) })
    : navigator.credentials.get({ publicKey: reader.parseRequestOptionsFromJSON(said) });
};

const words = (place, { name, message, isSaid }) => {
  if (isSaid) return message;
  return { NotAllowedError: place.cancelled, InvalidStateError: place.known }[name] || place.failed;
};

let isAsking = false;
document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-passkey]") || button.value) return;
  event.preventDefault();
  if (isAsking) return;
  isAsking = true;
  const place = button.closest("[data-passkeys]").querySelector("[data-cancelled]");
  place.textContent = "";
  try {
    const shown = await ask(button);
    if (!shown) return;
    button.value = JSON.stringify(shown);
    button.form.requestSubmit(button);
  } catch (fault) {
    place.textContent = words(place.dataset, fault);
    button.focus();
  } finally {
    isAsking = false;
    button.value = "";
  }
});

document.querySelectorAll("[data-passkeys]").forEach((one) => { one.hidden = (one.dataset.passkeys === "able") !== isAble; });
