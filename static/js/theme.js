/* The button for light and dark: the cookie lets the server draw the page right at once, the admin reads localStorage. */
const root = document.documentElement, toggle = document.querySelector("[data-theme-toggle]");

const isDark = () => getComputedStyle(root).colorScheme === "dark"
  || (!["light", "dark"].includes(root.dataset.theme) && matchMedia("(prefers-color-scheme: dark)").matches);

if (toggle) {
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const theme = root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem("theme", theme);
    const [prefix, flag] = location.protocol === "https:" ? ["__Host-", ";secure"] : ["", ""];
    document.cookie = `${prefix}theme=${theme};path=/;max-age=31536000;samesite=lax${flag}`;
  });
}
