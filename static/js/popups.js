// Popups close as menus do: by Escape, or when something else is used. Without scripts their own summary closes them.
const popups = () => document.querySelectorAll("details.popup[open]");

document.addEventListener("click", (event) => {
  for (const popup of popups()) {
    if (!popup.contains(event.target)) popup.open = false;
  }
});
document.addEventListener("focusin", (event) => {
  for (const popup of popups()) {
    if (!popup.contains(event.target)) popup.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const popup of popups()) {
    popup.open = false;
    popup.querySelector("summary").focus();
  }
});
