// Votes between two replies, one question at a time; they stay in the browser and are saved as CSV.
"use strict";

(() => {
  const ballot = JSON.parse(document.getElementById("ballot").textContent);
  const { texts, words } = ballot;
  const find = (selector) => document.querySelector(selector);
  const place = `harness-vote-${ballot.digest}`;
  const voter = find("#voter");
  const KEYS = { KeyA: "A>B", KeyB: "B>A", KeyT: "A=B", KeyS: "skip", KeyZ: "back" };
  let votes = {}; // verdicts by the number of the question
  let at = 0;

  const filled = (text, ...values) => text.replace(/\$(\d)/g, (_, number) => values[number - 1]);

  /** Keep the votes in the browser, and say whether it does. */
  function keep() {
    let kept = true;
    try {
      localStorage.setItem(place, JSON.stringify({ votes, voter: voter.value }));
    } catch {
      kept = false;
    }
    find("#kept").textContent = kept ? words.kept : words.lost;
  }

  function remembered() {
    try {
      const known = JSON.parse(localStorage.getItem(place));
      if (known) {
        votes = known.votes;
        voter.value = known.voter;
      }
    } catch {
      // nothing was kept, or nothing may be
    }
  }

  /** Return the next question without a vote, from a number on; their count where there is none. */
  function open(from) {
    let next = from;
    while (next < texts.length && votes[next]) next += 1;
    return next;
  }

  function show() {
    const count = Object.keys(votes).length;
    const over = at >= texts.length;
    for (const part of document.querySelectorAll("#asked, .sides, [data-say]:not([data-say=back])")) part.hidden = over;
    find("[data-say=back]").disabled = at === 0;
    find("#save").disabled = count === 0;
    find("#count").textContent = over ? filled(words.done, count, texts.length) : filled(words.count, at + 1, texts.length, count);
    if (over) return;
    const [asked, ...sides] = texts[at];
    find("#asked").textContent = asked;
    find("#asked").hidden = !asked;
    ["A", "B"].forEach((name, side) => {
      const article = find(`[data-side=${name}]`);
      article.querySelector("details").hidden = !sides[2 * side];
      article.querySelector("details pre").textContent = sides[2 * side];
      article.querySelector(".reply").textContent = sides[2 * side + 1];
    });
    window.scrollTo(0, 0);
  }

  function say(word) {
    if (word === "back") {
      at = Math.max(0, at - 1);
      delete votes[at];
    } else if (at < texts.length) {
      if (word !== "skip") votes[at] = word;
      at = open(at + 1);
    }
    keep();
    show();
  }

  const cell = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  function save() {
    const bytes = Uint8Array.from(atob(ballot.sealed), (sign) => sign.charCodeAt(0));
    const rows = JSON.parse(new TextDecoder().decode(bytes));
    const lines = Object.entries(votes).map(([number, verdict]) => `${rows[number][0]},${verdict},${cell(voter.value)},${rows[number][1]}\n`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([ballot.head, ...lines], { type: "text/csv" }));
    link.download = ballot.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  find("#say").addEventListener("click", (event) => {
    const button = event.target.closest("[data-say]");
    if (button) say(button.dataset.say);
  });
  find("#save").addEventListener("click", save);
  voter.addEventListener("input", keep);
  document.addEventListener("keydown", (event) => {
    const busy = event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target === voter;
    const word = KEYS[event.code];
    if (!busy && word && (at < texts.length || word === "back")) say(word);
  });
  remembered();
  at = open(0);
  keep();
  show();
})();
