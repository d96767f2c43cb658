// The page stays true by itself: when something changed, what is marked data-live is fetched anew and
// exchanged. What somebody writes is in no such part, and stays.

const EVERY_MILLISECONDS = 1000;

async function exchange() {
  const answer = await fetch(location.href, { cache: "no-store" });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (!other || other.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
    part.innerHTML = other.innerHTML;
    if (focused) part.querySelector(`[href="${focused}"]`)?.focus();
  }
  document.body.dataset.version = fresh.body.dataset.version;
}

async function look() {
  try {
    const answer = await fetch("/version", { cache: "no-store" });
    if (answer.ok && (await answer.text()) !== document.body.dataset.version) await exchange();
  } catch {
    // Nobody answers: the next look may be luckier
  }
  setTimeout(look, EVERY_MILLISECONDS);
}

look();
