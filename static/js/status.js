/* Says what became of something: the words are attributes of the first [data-status], which may be the toast. */
let fade;

export const say = (kind) => {
  const status = document.querySelector("[data-status]");
  if (!status || (kind && !status.dataset[kind])) return;
  status.textContent = kind ? status.dataset[kind] : "";
  clearTimeout(fade);
  if (status.id === "toast") fade = setTimeout(() => { status.textContent = ""; }, 6000);
};
