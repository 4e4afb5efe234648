// One phone's page: how it stands, what is found and known of it change by themselves, its timeline grows, and the
// screenshot comes into the page.
"use strict";
{
  const name = document.querySelector("[data-one-phone]")?.dataset.onePhone;
  const parts = [...document.querySelectorAll("[data-part]")];
  let timer = 0;
  // What was opened stays open, and a chapter that is new is open.
  async function ask(part) {
    const answer = await fetch(`/phones/${name}/${part.dataset.part}`).catch(() => null); // away: the stream comes back
    if (!answer?.ok || answer.redirected) return;
    const fresh = document.createElement("div");
    fresh.innerHTML = await answer.text();
    const named = (each) => (each.closest("article")?.querySelector("h3") ?? each.querySelector("summary").firstChild).textContent;
    const open = new Set([...part.querySelectorAll("details[open]")].map(named));
    const had = part.querySelectorAll("details").length;
    const grows = part.dataset.part === "timeline";
    for (const each of fresh.querySelectorAll("details")) if (had || !grows) each.open = open.has(named(each));
    if (grows && had && fresh.querySelectorAll("details").length > had) fresh.querySelector("details").open = true;
    const heading = part.querySelector("h2");
    requestAnimationFrame(() => {
      const place = [...part.querySelectorAll("summary, a")].indexOf(document.activeElement);
      part.replaceChildren(...(heading ? [heading] : []), ...fresh.childNodes);
      part.querySelectorAll("summary, a")[place]?.focus();
    });
  }
  async function askAll() {
    timer = 0;
    for (const part of parts) await ask(part);
  }
  if (name && parts.length) live((names, everything) => {
    if ((everything || names.has(name)) && !timer) timer = setTimeout(askAll, 800);
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
