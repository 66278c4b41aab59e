// Conversations as people read them: one system or two side by side, what judges said beside each reply.
"use strict";

(() => {
  Pager.SIZE = 10;
  const { element, language, visible } = examples;
  const { runs, judgings } = JSON.parse(document.getElementById("talk-data").textContent);
  const form = document.getElementById("choose");
  const output = document.getElementById("found");
  const search = new Search(output);
  const byName = new Map(runs.map((run) => [run.name, run]));
  const own = (tag, attributes, ...children) => element(tag, { lang: language, ...attributes }, ...children);
  const short = (name) => visible(name.length > 60 ? `${name.slice(0, 59)}…` : name);
  let talks = []; // {id, repeat, turns: [{id, a, b}]}: places among the examples of A and of B
  let sides = null; // {a, b, judges}: the runs with their indices, and what each judging says by key
  let kinds = []; // of each talk, the verdicts of the chosen judge on its turns
  const revealed = new Set();

  /** Return a run with its index and names. */
  async function side(run) {
    const index = await store.index(run.index);
    const { ids, repeats } = await store.load(index.ids);
    return { ...run, index, ids, repeats, of: index.conversations ? await store.load(index.conversations) : ids };
  }

  /** Return a judging with its verdicts by what was judged, as its examples are called. */
  async function judged(judging) {
    const index = await store.index(judging.index);
    const { ids } = await store.load(index.ids);
    const said = await Promise.all(ids.map((_, place) => store.row(index.answers, place)));
    const each = ids.map((id, place) => [id, { said: said[place].prediction ?? null, text: said[place].text ?? said[place].error?.message ?? "" }]);
    return { ...judging, verdicts: judging.checklist ? checked(each) : new Map(each) };
  }

  /** Return a verdict a reply of those on the criteria that end their names: the share that is met, and which. */
  function checked(each) {
    const found = new Map();
    for (const [id, verdict] of each) {
      const cut = id.lastIndexOf("|");
      const [reply, criterion] = [id.slice(0, cut), id.slice(cut + 1)];
      if (!found.has(reply)) found.set(reply, []);
      found.get(reply).push([criterion, verdict]);
    }
    return new Map([...found].map(([reply, all]) => {
      const known = all.map(([, one]) => one.said).filter((one) => one !== null);
      const share = known.length < all.length ? null : known.reduce((sum, one) => sum + Number(one), 0) / all.length;
      const text = all.map(([criterion, one]) => `${criterion}: ${one.said ?? translated("unjudged")}\n${one.text}`).join("\n\n");
      return [reply, { said: share === null ? null : String(Math.round(100 * share) / 100), text }];
    }));
  }

  const key = (one, place) => `${one.ids[place]}|${one.repeats?.[place] ?? 0}`;

  /** Return the conversations of A, in order, with the places of their turns in A and in B. */
  function unfolded(a, b) {
    const there = b ? new Map(b.ids.map((_, place) => [key(b, place), place])) : null;
    const found = new Map();
    a.ids.forEach((id, place) => {
      const other = there?.get(key(a, place));
      if (there && other === undefined) return;
      const repeat = a.repeats?.[place] ?? 0;
      const name = `${a.of[place]}|${repeat}`;
      if (!found.has(name)) found.set(name, { id: a.of[place], repeat, turns: [] });
      found.get(name).turns.push({ id: key(a, place), a: place, b: other });
    });
    return [...found.values()];
  }

  const SHARES = { "A>>B": 1, "A>B": 1, "A=B": 0.5, "B>A": 0, "B>>A": 0 };
  /** Return the share of the win that `first` has; null of what cannot be read. */
  const share = (verdict) => (verdict && verdict.said !== null ? (SHARES[verdict.said] ?? null) : null);

  /** Return what a judging of pairs says of A against B on a turn: both orders, A's share in each. */
  function met(judging, turn) {
    const [a, b] = [sides.a.system, sides.b.system];
    const [straight, swapped] = [judging.verdicts.get(`${a}|${b}|${turn.id}`), judging.verdicts.get(`${b}|${a}|${turn.id}`)];
    const back = share(swapped);
    return [[straight, share(straight), true], [swapped, back === null ? null : 1 - back, false]].filter(([verdict]) => verdict);
  }
  const scored = (judging, one, turn) => judging.verdicts.get(`${one.system}|${turn.id}`);

  /** Return the kind of a verdict on a turn, by which talks are filtered. */
  function kind(judging, turn) {
    if (judging.pairs) {
      if (!sides.b) return null;
      const found = met(judging, turn);
      if (!found.length) return null;
      const shares = found.map(([, one]) => one).filter((one) => one !== null);
      if (!shares.length) return "unjudged";
      if (shares.includes(1) && shares.includes(0)) return "parted";
      const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
      return mean > 0.5 ? "a" : mean < 0.5 ? "b" : "even";
    }
    const [mine, other] = [scored(judging, sides.a, turn), sides.b ? scored(judging, sides.b, turn) : null];
    if (!mine && !other) return null;
    if (mine?.said === null || other?.said === null || !mine || (sides.b && !other)) return "unjudged";
    if (!sides.b) return `=${mine.said}`;
    const lead = Number(mine.said) - Number(other.said);
    return lead > 0 ? "a" : lead < 0 ? "b" : "even";
  }
  const WORDS = { a: "A better", b: "B better", even: "even", parted: "depends on the order", unjudged: "unjudged" };
  const worded = (one) => (one.startsWith("=") ? one.slice(1) : translated(WORDS[one]));

  /** Return what was asked in a turn: the last message, or what follows the turn before in a prompt. */
  function asked(request, before) {
    if (request.messages) return examples.plain((request.messages.findLast((one) => one.role === "user") ?? request.messages.at(-1))?.content ?? "");
    if (request.prompt === undefined) return examples.head(request);
    const start = before && request.prompt.startsWith(before) ? before.length : 0;
    return request.prompt.slice(start).trim();
  }
  const system = (request) => request.messages?.find((one) => one.role === "system")?.content;

  function chip(who, verdict, word) {
    const words = own("summary", {}, element("strong", {}, word), ` ${short(who)}`);
    const told = verdict.text ? examples.block(verdict.text) : own("p", {}, translated("no words"));
    return element("details", { class: `said-by${verdict.said === null ? " unjudged" : ""}` }, words, told);
  }

  /** Return a reply with the scores that it was given. */
  function bubble(letter, one, turn, place, answer, shown) {
    const reply = answer.error ? own("p", { class: "note" }, `${translated("failed")}: ${visible(answer.error.kind)}`) : answer.text === undefined || answer.text === null ? own("p", { class: "note" }, translated("no answer")) : examples.block(answer.text);
    const link = own("a", { href: `../runs/${one.name}.html#${new URLSearchParams({ id: one.ids[place] })}` }, short(one.system));
    const name = shown ? (sides.b ? own("span", {}, `${letter} · `, link) : link) : own("span", {}, letter);
    const scores = shown ? sides.judges.filter((judging) => !judging.pairs).map((judging) => [judging, scored(judging, one, turn)]).filter(([, found]) => found) : [];
    const chips = scores.map(([judging, found]) => chip(`${judging.judge} · ${judging.rubric}`, found, found.said ?? translated("unjudged")));
    return element("div", { class: "bubble reply-bubble" }, element("p", { class: "who" }, name), reply, ...chips);
  }

  /** Return what judges of pairs said of a turn: who is better, as the page calls them, in each order. */
  function between(turn, flipped) {
    const [first, second] = flipped ? ["B", "A"] : ["A", "B"];
    return sides.judges.filter((judging) => judging.pairs).flatMap((judging) => met(judging, turn).map(([verdict, one, straight]) => {
      const place = translated("{letter} shown first", { letter: straight === flipped ? "B" : "A" });
      const word = one === null ? translated("unjudged") : one === 0.5 ? translated("even") : translated(`${one > 0.5 ? first : second} better`);
      const strong = verdict.said?.includes(">>") ? ` (${translated("much")})` : "";
      return chip(`${judging.judge} · ${judging.rubric} · ${place}`, verdict, word + strong);
    }));
  }

  /** Return whether a conversation stands the other way round, so that the place tells nothing. */
  function flipped(id) {
    let hash = 7;
    for (const sign of id) hash = (hash * 31 + sign.codePointAt(0)) >>> 0;
    return ((hash ^ (hash >>> 7) ^ (hash >>> 13)) & 1) === 1;
  }

  async function draw(number) {
    const talk = talks[number];
    const blind = form.elements.blind.checked && sides.b;
    const shown = !blind || revealed.has(number);
    const flip = Boolean(blind) && flipped(`${talk.id}|${talk.repeat}`);
    const ordered = sides.b ? (flip ? [sides.b, sides.a] : [sides.a, sides.b]) : [sides.a];
    const made = element("article", { class: "talk", "data-talk": talk.id });
    made.append(element("h3", {}, examples.named(talk.id, talk.repeat)));
    let before = "";
    for (const turn of talk.turns) {
      const places = ordered.map((one) => (one === sides.a ? turn.a : turn.b));
      const questions = await Promise.all(ordered.map((one, at) => store.row(one.index.questions, places[at])));
      const answers = await Promise.all(ordered.map((one, at) => store.row(one.index.answers, places[at])));
      const [request, right] = questions[ordered.indexOf(sides.a)];
      if (turn === talk.turns[0] && system(request)) made.append(element("details", { class: "fold" }, own("summary", {}, translated("Told beforehand")), examples.block(examples.plain(system(request)))));
      made.append(element("div", { class: "bubble asked-bubble" }, own("p", { class: "who" }, translated("Asked")), examples.block(asked(request, before))));
      before = request.prompt ?? "";
      const letters = sides.b ? ["A", "B"] : [""];
      made.append(element("div", { class: ordered.length > 1 ? "sides" : "alone" }, ...ordered.map((one, at) => bubble(letters[at], one, turn, places[at], answers[at], shown))));
      if (sides.b && shown) made.append(...[between(turn, flip)].filter((chips) => chips.length).map((chips) => element("div", { class: "between" }, ...chips)));
      if (typeof right === "string" && right && shown) made.append(element("details", { class: "fold" }, own("summary", {}, translated("Reference")), examples.block(right)));
    }
    if (!shown) {
      const button = own("button", { type: "button" }, translated("Show who it was"));
      button.addEventListener("click", async () => {
        revealed.add(number);
        made.replaceWith(await draw(number));
      });
      made.append(button);
    }
    return made;
  }

  let ready = false;
  const values = () => Object.fromEntries(new FormData(form));
  const pager = new Pager(draw, (page) => {
    if (ready) examples.remember({ ...values(), page: page ? page + 1 : "" });
  });

  async function filter(page = 0) {
    const { verdict = "", text = "" } = values();
    const rows = talks.map((_, number) => number).filter((number) => !verdict || kinds[number].includes(verdict));
    const both = [sides.a, sides.b].filter(Boolean);
    const found = await search.among(rows, examples.folded(text.trim()), (number) => Promise.all([
      talks[number].id,
      ...talks[number].turns.flatMap((turn) => both.flatMap((one) => [store.row(one.index.questions, one === sides.a ? turn.a : turn.b), store.row(one.index.answers, one === sides.a ? turn.a : turn.b)])),
    ]));
    if (found === null) return;
    await pager.show(found, page);
    output.textContent = translated("{n:,} of {whole:,} conversations", { n: found.length, whole: talks.length });
  }

  function fill(select, list, chosen) {
    select.replaceChildren(...list.map(([value, word]) => element("option", { value }, word)));
    select.value = list.some(([value]) => value === chosen) ? chosen : list[0]?.[0] ?? "";
  }

  /** Offer the verdicts of the chosen judge, with how many conversations have one. */
  function offer(chosen) {
    const { verdict, judge } = form.elements;
    const judging = sides.judges[Number(judge.value)];
    kinds = talks.map((talk) => (judging ? talk.turns.map((turn) => kind(judging, turn)).filter(Boolean) : []));
    const counts = new Map();
    for (const own of kinds) for (const one of new Set(own)) counts.set(one, (counts.get(one) ?? 0) + 1);
    const order = [...counts.keys()].sort((one, other) => (one.startsWith("=") && other.startsWith("=") ? Number(other.slice(1)) - Number(one.slice(1)) : Object.keys(WORDS).indexOf(one) - Object.keys(WORDS).indexOf(other)));
    fill(verdict, [["", translated("all")], ...order.map((one) => [one, `${worded(one)} (${counts.get(one).toLocaleString("en")})`])], chosen);
  }

  async function choose(wanted, page = 0) {
    const { a, b, judge, verdict, blind } = form.elements;
    const others = runs.filter((run) => run.name !== a.value);
    fill(b, [["", "–"], ...others.map((run) => [run.name, short(run.system)])], wanted.b ?? b.value);
    const [one, other] = await Promise.all([side(byName.get(a.value)), b.value ? side(byName.get(b.value)) : null]);
    const judges = sides?.judges ?? (await Promise.all(judgings.map(judged)));
    sides = { a: one, b: other, judges };
    talks = unfolded(one, other);
    revealed.clear();
    const able = judges.map((judging, number) => [String(number), judging]).filter(([, judging]) => other || !judging.pairs);
    const first = other ? able.find(([, judging]) => judging.pairs) : null;
    fill(judge, able.map(([number, judging]) => [number, short(`${judging.judge} · ${judging.rubric}`)]), wanted.judge ?? (judge.value || first?.[0]));
    for (const select of [judge, verdict]) select.disabled = !able.length || (blind.checked && Boolean(other));
    blind.disabled = !other;
    offer(blind.checked && other ? "" : wanted.verdict ?? verdict.value);
    await filter(page);
  }

  async function follow() {
    const asked = Object.fromEntries(examples.address());
    fill(form.elements.a, runs.map((run) => [run.name, short(run.system)]), asked.a);
    form.elements.text.value = asked.text ?? "";
    form.elements.blind.checked = asked.blind === "1";
    const second = judgings.some((one) => one.pairs) ? runs.find((run) => run.name !== form.elements.a.value)?.name : "";
    await choose({ b: asked.b ?? second ?? "", judge: asked.judge, verdict: asked.verdict ?? "" }, (parseInt(asked.page, 10) || 1) - 1);
  }

  let timer = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    const name = event.target.name;
    clearTimeout(timer);
    if (name === "text") timer = setTimeout(filter, 250);
    else if (name === "verdict") filter();
    else if (name === "judge") {
      offer("");
      filter();
    } else choose(name === "blind" ? {} : { verdict: "" });
  });
  window.addEventListener("hashchange", follow);
  follow().then(() => { ready = true; });
})();
