"use strict";
// Sorts and searches the table of calls. The page works without it: the first rows are in the page.
(() => {
  const section = document.getElementById("calls");
  if (!section) return;
  const calls = JSON.parse(document.getElementById("calls-data").textContent);
  const body = section.querySelector("tbody");
  const search = section.querySelector("input");
  const count = section.querySelector("output");
  const more = section.querySelector("button.more");
  const STEP = 100;
  const [ID, DRAWN, ABOUT, STATUS, MEAN, LOW, HIGH, CHANGE, LOWEST, AT, TALK, SILENCE, INTERRUPTIONS, CONTRADICTIONS] = Array(14).keys();
  let order = { column: MEAN, rising: true }, shown = STEP, found = calls;

  const signed = (value) => {
    if (value === null) return "–";
    const text = Math.abs(value).toFixed(1);
    return text === "0.0" ? text : (value < 0 ? "−" : "+") + text;
  };
  const minutes = (value) => (value === null ? "–" : (value / 60).toFixed(1));
  const whole = (value) => (value === null ? "–" : String(value));

  const cell = (row, text, small, kind) => {
    const made = row.insertCell();
    if (kind) made.className = kind;
    made.append(text);
    if (small) {
      const quiet = document.createElement("small");
      quiet.textContent = " " + small;
      made.append(quiet);
    }
    return made;
  };
  const name = (call) => {
    const id = document.createElement("bdi");
    id.textContent = call[ID];
    if (!call[DRAWN]) return id;
    const link = document.createElement("a");
    link.href = "#" + call[DRAWN];
    link.append(id);
    return link;
  };
  const draw = () => {
    body.replaceChildren();
    for (const call of found.slice(0, shown)) {
      const row = body.insertRow();
      cell(row, name(call), call[ABOUT], "id");
      cell(row, call[STATUS]);
      cell(row, signed(call[MEAN]), call[LOW] === null ? "" : signed(call[LOW]) + " to " + signed(call[HIGH]), "count");
      cell(row, signed(call[CHANGE]), "", "count");
      cell(row, signed(call[LOWEST]), call[AT] || "", "count");
      cell(row, minutes(call[TALK]), "", "count");
      cell(row, minutes(call[SILENCE]), "", "count");
      cell(row, whole(call[INTERRUPTIONS]), "", "count");
      cell(row, whole(call[CONTRADICTIONS]), "", "count");
    }
    count.textContent = found.length.toLocaleString("en") + " of " + calls.length.toLocaleString("en");
    more.hidden = found.length <= shown;
  };
  const arrange = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = calls.filter((call) => {
      const text = (call[ID] + " " + call[ABOUT] + " " + call[STATUS]).toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const { column, rising } = order, sign = rising ? 1 : -1;
    found.sort((one, other) => {
      const [a, b] = [one[column], other[column]];
      if (a === b) return 0;
      if (a === null) return 1;
      if (b === null) return -1;
      return (a < b ? -1 : 1) * sign;
    });
    shown = STEP;
    draw();
  };
  for (const button of section.querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      const column = Number(button.dataset.column);
      const rising = order.column === column ? !order.rising : button.dataset.first !== "high";
      order = { column, rising };
      for (const head of section.querySelectorAll("th")) head.removeAttribute("aria-sort");
      button.closest("th").setAttribute("aria-sort", rising ? "ascending" : "descending");
      arrange();
    });
  }
  search.addEventListener("input", arrange);
  more.addEventListener("click", () => { shown += STEP; draw(); });
  section.querySelector(".tools").hidden = false;
  arrange();
})();
// Says under each timeline which utterance the pointer is at.
for (const article of document.querySelectorAll("article")) {
  const drawn = article.querySelector(".timeline");
  const said = [...article.querySelectorAll(".transcript li")];
  if (!drawn || !said.length) continue;
  const hint = document.createElement("p");
  hint.className = "quiet hint";
  drawn.closest(".plot").after(hint);
  const places = said.map((one) => Number(one.dataset.place));
  drawn.addEventListener("pointermove", (event) => {
    const box = drawn.getBoundingClientRect();
    const place = (100 * (event.clientX - box.left)) / box.width;
    let near = 0;
    while (near + 1 < places.length && places[near + 1] <= place) near += 1;
    hint.textContent = said[near].textContent;
  });
  drawn.addEventListener("pointerleave", () => { hint.textContent = ""; });
}
