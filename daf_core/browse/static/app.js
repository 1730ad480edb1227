// Keys, sound, labels and the timeline of the pages of daf browse. Without it the pages can be read.
"use strict";
const find = (wanted) => document.querySelector(wanted);
const all = (wanted) => [...document.querySelectorAll(wanted)];
const list = find("#transcript");
const rows = all("#transcript > li");
const audio = find("#audio");
const CLIP_S = 60; // the longest sound that the server gives at once
let current = -1, heard = -1, from = 0, minus = 0;

const decoded = (row, name) => decodeURIComponent(row.dataset[name]);
const say = (place, text) => { if (find(place)) find(place).textContent = text; };

function select(index, focus = true) {
  if (index < 0 || index >= rows.length) return;
  if (rows[current]) rows[current].removeAttribute("aria-current");
  current = index;
  const row = rows[current];
  row.setAttribute("aria-current", "true");
  if (focus) { row.focus({ preventScroll: true }); row.scrollIntoView({ block: "nearest" }); }
  showLabel();
  const address = new URL(location);
  address.searchParams.set("at", decoded(row, "id"));
  try { history.replaceState(null, "", address); } catch { /* too many in a short time */ }
}

function step(by) {
  let index = current + by;
  while (rows[index] && rows[index].hidden) index += by;
  select(Math.max(0, index));
}

function play(index, start = 0) {
  select(index);
  if (rows[index].hasAttribute("data-silent")) { say("#where", "no recording"); return; }
  heard = index;
  from = start;
  const asked = new URLSearchParams({ call: decoded(list, "call"), utterance: decoded(rows[index], "id"), from });
  audio.src = "/clip.wav?" + asked;
  say("#where", rows[index].querySelector(".who").innerText.replace("▶", "").trim());
  audio.play().catch(() => {});
}

function toggle() {
  if (current < 0) select(0);
  if (heard !== current) play(current);
  else if (audio.paused) audio.play().catch(() => {});
  else audio.pause();
}

function ended() {
  const length = Number(rows[heard].dataset.seconds);
  if (audio.duration > CLIP_S - 0.1 && (!length || length > from + CLIP_S)) return play(heard, from + CLIP_S);
  if (find("#on").checked && rows[heard + 1]) play(heard + 1);
}

async function failed() {
  if (!audio.getAttribute("src")) return;
  const answer = await fetch(audio.src).catch(() => null);
  say("#where", answer && !answer.ok ? await answer.text() : "this sound cannot be played");
}

function moved() {
  const row = rows[heard], left = Number(row.dataset.left), right = Number(row.dataset.right);
  const length = Number(row.dataset.seconds) || from + audio.duration || 1;
  const place = left + (right - left) * Math.min(1, (from + audio.currentTime) / length);
  for (const line of all(".now")) {
    line.setAttribute("visibility", isNaN(place) ? "hidden" : "visible");
    if (isNaN(place)) continue; // it has no place on the timeline
    line.setAttribute("x1", place + "%");
    line.setAttribute("x2", place + "%");
  }
}

function showLabel() {
  const given = rows[current].querySelector(".label");
  for (const one of all("[data-label]")) {
    const same = !given.hidden && one.dataset.label !== "" && Number(one.dataset.label) === labelOf(given);
    one.setAttribute("aria-pressed", String(same));
  }
}

const labelOf = (given) => Number(given.querySelector("b").textContent.replace("−", "-"));

async function label(value) {
  if (current < 0) { say("#labelled", "choose an utterance first"); return; }
  const row = rows[current];
  const body = JSON.stringify({ call: decoded(list, "call"), utterance: decoded(row, "id"), label: value });
  const answer = await fetch("/labels", { method: "POST", body, headers: { "Content-Type": "application/json" } }).catch(() => null);
  if (!answer || !answer.ok) { say("#labelled", answer ? await answer.text() : "the server does not answer"); return; }
  const given = row.querySelector(".label");
  given.hidden = value === null;
  given.querySelector("b").textContent = value === null ? "" : value.toFixed(1).replace(/^-(?=0\.0$)/, "").replace("-", "−").replace(/^(?=[1-9])/, "+");
  showLabel();
  const count = (await answer.json()).labels;
  say("#labelled", `${count} label${count === 1 ? "" : "s"}`);
}

function search(words) {
  let count = 0;
  for (const row of rows) {
    row.hidden = !row.textContent.toLowerCase().includes(words.toLowerCase());
    count += !row.hidden;
  }
  say("#found", words ? `${count} of ${rows.length}` : "");
}

function near(lane, event) {
  const box = lane.querySelector(".timeline").getBoundingClientRect();
  const place = 100 * (event.clientX - box.left) / box.width;
  let best = -1, least = 2; // percent of the width
  rows.forEach((row, index) => {
    if (row.dataset.lane !== lane.dataset.lane) return;
    const away = Math.max(row.dataset.left - place, place - row.dataset.right, 0);
    if (away < least) { least = away; best = index; }
  });
  return best;
}

function point(lane, event) {
  const tip = find("#tip"), row = rows[near(lane, event)];
  tip.hidden = !row;
  if (!row) return;
  const words = row.querySelector(".words");
  tip.textContent = [row.querySelector(".at").textContent, row.querySelector(".score b").textContent, words ? words.textContent.slice(0, 160) : ""].join("  ");
  const box = find("#course").getBoundingClientRect();
  tip.style.left = Math.min(event.clientX - box.left + 12, box.width - Math.min(300, box.width)) + "px";
  tip.style.top = event.clientY - box.top + 16 + "px";
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && typing) { typing.blur(); return; }
  if (typing) return;
  const links = all("a.go"), place = links.indexOf(document.activeElement);
  const pressed = event.target.closest("button, a, summary, audio, input");
  const done = {
    j: () => rows.length ? step(1) : links[Math.min(place + 1, links.length - 1)]?.focus(),
    k: () => rows.length ? step(-1) : links[Math.max(place - 1, 0)]?.focus(),
    " ": () => toggle(),
    "/": () => find("#search")?.focus(),
    "?": () => find("#help").showModal(),
    "-": () => { minus = Date.now(); say("#labelled", "−"); },
    Backspace: () => label(null),
  }[event.key] || (["0", "1", "2", "3"].includes(event.key) ? () => {
    const value = Number(event.key);
    label(Date.now() - minus < 2000 && value ? -value : value);
    minus = 0;
  } : null);
  const sound = [" ", "-", "Backspace", "0", "1", "2", "3"].includes(event.key);
  if (!done || (event.key === " " && pressed) || (sound && !audio)) return;
  event.preventDefault();
  done();
}

document.addEventListener("keydown", keys);
for (const one of all("[data-open]")) one.addEventListener("click", () => find("#" + one.dataset.open).showModal());
for (const one of all("[data-label]")) {
  one.addEventListener("click", () => label(one.dataset.label === "" ? null : Number(one.dataset.label)));
}
if (audio) {
  audio.addEventListener("ended", ended);
  audio.addEventListener("error", failed);
  audio.addEventListener("timeupdate", moved);
  list.addEventListener("click", (event) => {
    const index = rows.indexOf(event.target.closest("li"));
    if (event.target.closest(".play")) play(index);
    else if (!event.target.closest("a") && !String(getSelection())) select(index, false);
  });
  for (const lane of all(".lane")) {
    lane.addEventListener("mousemove", (event) => point(lane, event));
    lane.addEventListener("mouseleave", () => { find("#tip").hidden = true; });
    lane.addEventListener("click", (event) => { const index = near(lane, event); if (index >= 0) play(index); });
  }
  const wanted = decoded(list, "at");
  if (wanted) {
    const index = rows.findIndex((row) => decoded(row, "id") === wanted);
    select(index);
    rows[index]?.scrollIntoView({ block: "center" });
  }
  find("#search")?.addEventListener("input", (event) => search(event.target.value.trim()));
}
