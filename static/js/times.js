/* What time it is where the reader is, where that is another one. */
const language = document.documentElement.lang.replace(/^en$/, "en-GB");
const parts = { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

document.querySelectorAll("time[data-local]").forEach((time) => {
  const moment = new Date(time.dateTime);
  const write = (more) => new Intl.DateTimeFormat(language, { ...parts, ...more }).format(moment);
  if (isNaN(moment) || write() === write({ timeZone: time.dataset.zone })) return;
  time.textContent = `${time.dataset.local} ${write({ timeZoneName: "short" })}`;
  time.hidden = false;
});
