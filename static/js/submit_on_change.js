// A chooser that submits itself once something else is chosen. Without scripts its button does.
// The arrow keys of a closed list choose what they pass: then the choice counts when Enter is pressed or the list is left.
for (const form of document.querySelectorAll("form[data-submits]")) {
  const button = form.querySelector("[data-submit]"); // none where the form has more to fill in
  if (button) button.hidden = true;
  for (const list of form.querySelectorAll("select")) {
    const shown = list.value;
    let isPassing = false;

    const submit = () => {
      if (list.value !== shown) form.requestSubmit();
    };

    list.addEventListener("keydown", (event) => {
      isPassing = event.key.startsWith("Arrow");
      if (event.key === "Enter") submit();
    });
    list.addEventListener("change", () => {
      if (!isPassing) submit();
    });
    list.addEventListener("pointerdown", () => {
      isPassing = false;
    });
    list.addEventListener("blur", submit);
  }
}
