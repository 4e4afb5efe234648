// One phone's page: its timeline grows by itself, and the screenshot comes into the page.
"use strict";
{
  const name = document.querySelector("[data-one-phone]")?.dataset.onePhone;
  const part = document.querySelector("[data-part=timeline]");
  let timer = 0;
  async function ask() {
    timer = 0;
    const answer = await fetch(`/phones/${name}/timeline`);
    if (!answer.ok || answer.redirected) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = await answer.text();
    const open = new Set([...part.querySelectorAll("details[open] > summary")].map((each) => each.firstChild.textContent));
    const had = part.querySelectorAll("details").length;
    const heading = part.querySelector("h2");
    for (const each of fresh.querySelectorAll("details")) if (had) each.open = open.has(each.querySelector("summary").firstChild.textContent);
    if (had && fresh.querySelectorAll("details").length > had) fresh.querySelector("details").open = true;
    requestAnimationFrame(() => { part.replaceChildren(heading, ...fresh.childNodes); });
  }
  if (name && part) live((names, everything) => {
    if ((everything || names.has(name)) && !timer) timer = setTimeout(ask, 800);
  });

  const take = document.querySelector("[data-take-screenshot]");
  const place = document.querySelector("[data-screenshot]");
  take?.addEventListener("click", async (event) => {
    event.preventDefault();
    take.setAttribute("aria-disabled", "true");
    place.textContent = "Asking the phone …";
    try {
      const answer = await fetch(take.href);
      if (answer.ok && answer.headers.get("Content-Type").startsWith("image/")) {
        const picture = new Image();
        picture.alt = "The phone’s screen now";
        picture.src = await new Promise((done) => {
          const reader = new FileReader();
          answer.blob().then((blob) => { reader.onload = () => done(reader.result); reader.readAsDataURL(blob); });
        });
        place.replaceChildren(picture);
      } else {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        place.textContent = page.querySelector(".message.bad")?.textContent.trim() || "There is no picture.";
      }
    } catch { place.textContent = "The server does not answer."; }
    take.removeAttribute("aria-disabled");
  });
}
