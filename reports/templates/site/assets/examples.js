// One example as a page shows it. Whatever a run holds becomes text nodes here, never markup.
"use strict";

const examples = (() => {
  const STATES = { r: "right", w: "wrong", a: "answered", u: "unanswered", f: "failed" }; // as the styles know them
  const language = document.documentElement.lang; // of our own words, among those of a data set
  const EXCERPT = 160;
  const LONG = 4000; // characters shown at once; a button shows the rest
  const TALL = 400, LINES = 14; // a text that may be taller than its box: characters, lines

  // Escapes, overrides of the writing direction and signs without a width are written out, as in a terminal.
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\uffff\u{e0000}-\u{e0fff}\ud800-\udfff]/gu;
  const written = (sign) => {
    const code = sign.codePointAt(0);
    if (code < 256) return `\\x${code.toString(16).padStart(2, "0")}`;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  };
  const visible = (text) => String(text).replace(HIDDEN, written);

  /** Return an element; children that are no elements become text. */
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  const excerpt = (text) => {
    const line = visible(text.slice(0, 4 * EXCERPT).replace(/\s+/gu, " ").trim());
    return line.length > EXCERPT ? `${line.slice(0, EXCERPT - 1)}…` : line;
  };

  /** Return text with its lines, the rest of a long one behind a button. */
  function block(text) {
    const tall = text.length > TALL || text.split("\n").length > LINES;  // it scrolls, by keys too
    const pre = element("pre", { dir: "auto", ...(tall && { tabindex: "0" }) }, visible(text.slice(0, LONG)));
    if (text.length <= LONG) return pre;
    const more = element("button", { type: "button" }, translated("Show all {n:,} characters", { n: text.length }));
    more.addEventListener("click", () => {
      pre.textContent = visible(text);
      more.remove();
    });
    return element("div", {}, pre, more);
  }

  const isPicture = (value) => typeof value === "string" && /^data:image\/(png|jpeg|gif|webp);base64,/.test(value);
  const shown = (value) =>
    isPicture(value) ? element("img", { src: value, alt: translated("the picture asked about") }) : block(plain(value));

  /** Return the question alone: the bare input, or what follows the shots; else the end of the prompt. */
  function head(request, opening = "") {
    if (request.fields) {
      return Object.values(request.fields).map((value) => (isPicture(value) ? translated("(picture)") : plain(value))).join(" · ");
    }
    const last = request.messages?.findLast((message) => message.role === "user") ?? request.messages?.at(-1);
    const prompt = last ? plain(last.content) : request.prompt ?? "";
    const start = opening.trim() ? prompt.lastIndexOf(opening) : -1;
    if (start >= 0) return prompt.slice(start);
    return prompt.length > EXCERPT ? `…${prompt.slice(1 - EXCERPT)}` : prompt;
  }

  /** Return where among an example's options a label stands, -1 if nowhere. */
  function placed(label, labels) {
    return labels.size ? [...labels.keys()].indexOf(label) : /^\d+$/.test(label) ? Number(label) : -1;
  }

  /** Return a label in words: the task's, or those of an example's own option. */
  function worded(label, request, labels) {
    if (label === null || label === undefined) return translated("no answer");
    if (typeof label !== "string") return plain(label);
    const own = (request.choices ?? request.options)?.[placed(label, labels)];
    const word = labels.get(label);
    if (word === undefined || (own !== undefined && own !== word)) return own ?? label;
    return word === label ? label : `${word} (${label})`;
  }

  function part(title, ...content) {
    return element("div", { class: "part" }, element("h4", { lang: language }, title), ...content);
  }

  function asked(request) {
    const parts = Object.entries(request.fields ?? {}).map(([name, value]) => part(visible(name), shown(value)));
    if (request.prompt !== undefined) parts.push(part(translated("prompt"), block(request.prompt)));
    for (const message of request.messages ?? []) parts.push(part(visible(message.role), shown(message.content)));
    if (request.context !== undefined) parts.push(part(translated("context"), shown(request.context)));
    if (request.image !== undefined) parts.push(part(translated("image"), shown(request.image)));
    return parts;
  }

  /** Return a table of the options: share of probability, score, cosine; the right one and the one said. */
  function options(question, answer, labels) {
    const [request, target] = question;
    const own = request.choices ?? request.options ?? [];
    if (!own.length) return null;
    const scores = answer.scores;
    const highest = scores ? Math.max(...scores) : 0;
    const raised = scores?.map((score) => Math.exp(score - highest));
    const total = raised?.reduce((sum, one) => sum + one, 0);
    const rows = own.map((option, number) => {
      const marks = [number === placed(target, labels) ? translated("right") : null, number === placed(answer.prediction, labels) ? translated("said") : null];
      const share = raised ? raised[number] / total : null;
      const bar = share === null ? null : element("meter", { value: share, min: 0, max: 1, "aria-label": translated("share") });
      return element(
        "tr", {},
        element("th", { scope: "row", dir: "auto" }, excerpt(plain(option))),
        element("td", { lang: language }, marks.filter(Boolean).join(", ")),
        element("td", { class: "number" }, share === null ? "" : share.toFixed(3)),
        element("td", {}, bar),
        element("td", { class: "number" }, answer.similarities ? answer.similarities[number].toFixed(3) : ""),
      );
    });
    const cosine = answer.similarities ? translated("cosine") : "";
    const titles = [translated("option"), "", scores ? translated("share") : "", "", cosine].map((text) => element("th", { scope: "col" }, text));
    const heads = scores || cosine ? element("thead", { lang: language }, element("tr", {}, ...titles)) : null;
    return part(translated("options"), element("table", {}, heads, element("tbody", {}, ...rows)));
  }

  function measured(answer) {
    const seconds = answer.seconds;
    const facts = [
      ...Object.entries(answer.metrics ?? {}).map(([name, value]) => `${name} ${value === null ? translated("undefined") : Number(value.toFixed(4))}`),
      answer.value === undefined ? null : `${translated("value")} ${answer.value.toPrecision(5)}`,
      answer.execution ? `${translated("outcome")}: ${translated(answer.execution.outcome)}` : null,
      answer.finish ? `${translated("finish")}: ${answer.finish}` : null,
      seconds === undefined ? null : seconds < 1 ? `${(1000 * seconds).toPrecision(3)} ms` : `${seconds.toPrecision(3)} ${translated("s")}`,
      answer.prompt_tokens === undefined ? null : translated("{n} tokens in", { n: answer.prompt_tokens }),
      answer.completion_tokens === undefined ? null : translated("{n} tokens out", { n: answer.completion_tokens }),
      answer.attempts ? translated("{n} attempts", { n: answer.attempts }) : null,
      answer.cached ? translated("from the cache") : null,
      answer.truncated ? translated("prompt cut to fit") : null,
    ];
    return element("p", { class: "measured", lang: language }, visible(facts.filter(Boolean).join(" · ")));
  }

  /** Return what a system replied to a question. */
  function reply(question, answer, labels) {
    const [request] = question;
    const parts = [part(translated("answer"), element("p", { dir: "auto" }, excerpt(worded(answer.prediction, request, labels))))];
    if (answer.text !== undefined) parts.push(part(translated("reply"), block(answer.text)));
    if (answer.execution?.error) parts.push(part(translated("error"), block(answer.execution.error)));
    if (answer.execution?.output) parts.push(part(translated("printed"), block(answer.execution.output)));
    if (answer.error) parts.push(part(translated("failed"), block(`${answer.error.kind}: ${answer.error.message}`)));
    return element("div", { class: "reply" }, ...parts, options(question, answer, labels), measured(answer));
  }

  const target = (question, labels) => {
    const [request, right] = question;
    const all = Array.isArray(right) ? right.map(plain).join(" | ") : worded(right, request, labels);
    return part(translated("right"), block(plain(all)));
  };

  const badge = (state) => element("span", { class: `state ${STATES[state]}`, lang: language }, translated(STATES[state]));
  const named = (id, repeat) => element("code", { class: "id" }, excerpt(id), repeat ? ` (${repeat})` : "");

  /** Yield every text of a value, keys left out. */
  function* texts(value) {
    if (typeof value === "string") yield value;
    else if (value && typeof value === "object") for (const one of Object.values(value)) yield* texts(one);
  }
  const folded = (text) => text.normalize("NFC").toLowerCase();
  const holds = (wanted, ...values) => values.some((value) => [...texts(value)].some((text) => folded(text).includes(wanted)));

  /** Return what a wide page's address says behind #, as a map. */
  const address = () => new URLSearchParams(location.hash.slice(1));
  function remember(values) {
    const kept = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined));
    history.replaceState(null, "", `#${kept}`);
  }

  return { address, asked, badge, block, element, excerpt, folded, head, holds, language, named, plain, remember, reply, target, visible, worded };
})();

// A list of examples, a page of them at a time: what both the viewer of a run and the comparison show.
class Pager {
  static SIZE = 50;

  /** `draw(number)` promises the element of an example, `changed` hears of every new page. */
  constructor(draw, changed) {
    this.draw = draw;
    this.changed = changed;
    this.rows = [];
    this.page = 0;
    this.turn = 0;
    this.list = document.getElementById("list");
    for (const button of document.querySelectorAll("[data-go]")) {
      button.addEventListener("click", () => this.go(this.page + Number(button.dataset.go)));
    }
    this.box = document.querySelector("input[name=page]");
    this.box.addEventListener("change", () => this.go((parseInt(this.box.value, 10) || 1) - 1));
  }

  get pages() {
    return Math.max(1, Math.ceil(this.rows.length / Pager.SIZE));
  }

  show(rows, page = 0) {
    this.rows = rows;
    return this.go(page);
  }

  async go(page) {
    this.page = Math.min(Math.max(0, page), this.pages - 1);
    const turn = ++this.turn;
    this.list.setAttribute("aria-busy", "true");
    const here = this.rows.slice(this.page * Pager.SIZE, (this.page + 1) * Pager.SIZE);
    const drawn = await Promise.all(here.map((number) => this.draw(number)));
    if (turn !== this.turn) return; // the reader has gone on
    const none = examples.element("p", { class: "note", lang: examples.language }, translated("Nothing to show."));
    this.list.replaceChildren(...(drawn.length ? drawn : [none]));
    this.list.setAttribute("aria-busy", "false");
    this.box.value = this.page + 1;
    document.getElementById("pages").textContent = translated("of {n:,}", { n: this.pages });
    for (const button of document.querySelectorAll("[data-go]")) {
      const to = this.page + Number(button.dataset.go);
      button.disabled = to < 0 || to >= this.pages;
    }
    this.changed(this.page);
  }
}

// Goes through rows and keeps those that hold a text; a new search ends the one before.
class Search {
  constructor(output) {
    this.output = output;
    this.turn = 0;
  }

  /** Return the rows whose `texts(number)` hold `wanted`; null if a later search took over. */
  async among(rows, wanted, texts) {
    const turn = ++this.turn;
    if (!wanted) return rows;
    const found = [];
    for (let place = 0; place < rows.length; place++) {
      if (place % 500 === 0) {
        this.output.textContent = translated("searched {place:,} of {whole:,}, found {n:,}", { place, whole: rows.length, n: found.length });
        await new Promise((resolve) => setTimeout(resolve));
        if (turn !== this.turn) return null;
      }
      if (examples.holds(wanted, ...(await texts(rows[place])))) found.push(rows[place]);
    }
    return turn === this.turn ? found : null;
  }
}
