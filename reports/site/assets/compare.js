// Two runs side by side: the examples of both, and those that only one of them has right.
"use strict";

(() => {
  const { element, language } = examples;
  const runs = JSON.parse(document.getElementById("runs").textContent);
  const choose = document.getElementById("choose");
  const form = document.getElementById("viewer");
  const outcome = document.getElementById("outcome");
  const output = document.getElementById("found");
  const search = new Search(output);
  const byName = new Map(runs.map((run) => [run.name, run]));
  const [first, second] = [choose.elements.a, choose.elements.b];
  let sides = null; // the two indices, pairs of places, and kinds of pairs

  const titled = (run) => examples.visible(`${run.system} · ${run.task}`.slice(0, 120));
  function fill(select, list, chosen) {
    select.replaceChildren(...list.map((run) => element("option", { value: run.name }, titled(run))));
    if (list.some((run) => run.name === chosen)) select.value = chosen;
  }
  const rivals = (run) => runs.filter((one) => one.examples === run.examples && one !== run);

  /** Return [place in a, place in b] of the examples of both. */
  async function paired(a, b) {
    if (a.ids === b.ids) return Array.from(a.states, (_, number) => [number, number]);
    const [here, there] = await Promise.all([store.load(a.ids), store.load(b.ids)]);
    const key = (side, place) => `${side.repeats?.[place] ?? 0} ${side.ids[place]}`;
    const places = new Map(there.ids.map((_, place) => [key(there, place), place]));
    return here.ids.map((_, place) => [place, places.get(key(here, place))]).filter(([, place]) => place !== undefined);
  }

  /** Return which of two examples is better: by right and wrong, else by the metric's figure. */
  function kinds(a, b, figuresA, figuresB, pairs) {
    const sign = a.up ? 1 : -1;
    return pairs.map(([i, j]) => {
      if (a.states[i] === "f" || b.states[j] === "f") return "failed";
      if (figuresA && figuresB) {
        const gain = sign * ((figuresB[j] ?? 0) - (figuresA[i] ?? 0));
        return gain > 0 ? "won" : gain < 0 ? "lost" : "right";
      }
      const [one, other] = [a.states[i] === "r", b.states[j] === "r"];
      return one === other ? (one ? "right" : "wrong") : other ? "won" : "lost";
    });
  }

  async function draw(number) {
    const { a, b, pairs } = sides;
    const [i, j] = pairs[number];
    const [asked, ours, theirs, { ids, repeats }] = await Promise.all([
      store.row(a.questions, i), store.row(a.answers, i), store.row(b.answers, j), store.load(a.ids),
    ]);
    const other = await store.row(b.questions, j);
    const told = (said, question, index) => examples.excerpt(said.error ? said.error.kind : examples.worded(said.prediction, question[0], index.labels));
    const summary = element(
      "summary", {},
      examples.badge(a.states[i]), examples.badge(b.states[j]),
      examples.named(ids[i], repeats?.[i]),
      element("span", { class: "input", dir: "auto" }, examples.excerpt(examples.head(asked[0].fields ? asked[0] : other[0], asked[0].fields ? a.opening : b.opening))),
      element("span", { class: "said", dir: "auto" }, `A ${told(ours, asked, a)} · B ${told(theirs, other, b)}`),
    );
    const made = element("details", { class: "example", "data-row": number, "data-id": ids[i] }, summary);
    made.addEventListener("toggle", () => {
      if (!made.open || made.children.length > 1) return;
      const side = (letter, name, question, answer, index, same) => {
        const run = byName.get(name);
        const link = element("a", { href: `runs/${run.name}.html#${new URLSearchParams({ id: ids[i] })}`, lang: language }, `${letter}: ${titled(run)}`);
        return element("div", { class: "side" }, element("h3", {}, link), ...(same ? [] : examples.asked(question[0])), examples.reply(question, answer, index.labels));
      };
      const same = JSON.stringify(asked[0]) === JSON.stringify(other[0]);
      made.append(element(
        "div", { class: "body" },
        ...(same ? examples.asked(asked[0]) : []),
        examples.target(asked, a.labels),
        element("div", { class: "sides" }, side("A", first.value, asked, ours, a, same), side("B", second.value, other, theirs, b, same)),
      ));
    });
    return made;
  }

  const pager = new Pager(draw, (page) => {
    const data = new FormData(form);
    examples.remember({ a: first.value, b: second.value, state: data.get("state"), text: data.get("text"), page: page ? page + 1 : "" });
  });

  async function filter(page = 0) {
    if (!sides) return;
    const data = new FormData(form);
    const rows = sides.pairs.map((_, number) => number).filter((number) => sides.kinds[number] === data.get("state"));
    const { a, b, pairs } = sides;
    const found = await search.among(rows, examples.folded((data.get("text") ?? "").trim()), async (number) => {
      const [i, j] = pairs[number];
      return Promise.all([store.row(a.questions, i), store.row(a.answers, i), store.row(b.answers, j)]);
    });
    if (found === null) return;
    await pager.show(found, page);
    output.textContent = translated("{n:,} examples", { n: found.length });
  }

  function tell(count) {
    const { a, b, pairs } = sides;
    const n = pairs.length - count("failed");
    const [lost, won, right] = ["lost", "won", "right"].map(count);
    const percent = (hits) => ((hits / n) * 100).toFixed(2);
    const words = a.figures && b.figures
      ? [translated("A better on {lost:,}, B better on {won:,}, alike on {right:,} of {n:,} examples, by {metric}.", { lost, won, right, n, metric: a.metric })]
      : [translated("On {n:,} examples of both: A right on {a} %, B on {b} %; they part on {parted:,}.", { n, a: percent(lost + right), b: percent(won + right), parted: lost + won })];
    const left = pairs.length - n;
    if (left) words.push(translated("{n:,} failed in one of them and are left out.", { n: left }));
    outcome.textContent = words.join(" ");
  }

  async function compare(page = 0) {
    const [runA, runB] = [byName.get(first.value), byName.get(second.value)];
    form.hidden = document.querySelector(".pager").hidden = !runA || !runB;
    if (!runA || !runB) {
      outcome.textContent = translated("There is no second run on the same examples.");
      document.getElementById("list").replaceChildren();
      return;
    }
    const [a, b] = await Promise.all([store.index(runA.index), store.index(runB.index)]);
    const pairs = await paired(a, b);
    const comparable = a.metric === b.metric && a.figures && b.figures;
    const figures = comparable ? await Promise.all([store.load(a.figures), store.load(b.figures)]) : [null, null];
    sides = { a, b, pairs, kinds: kinds(a, b, ...figures, pairs) };
    const count = (kind) => sides.kinds.filter((one) => one === kind).length;
    for (const place of document.querySelectorAll("[data-count]")) place.textContent = count(place.dataset.count).toLocaleString("en");
    tell(count);
    await filter(page);
  }

  async function follow() {
    const asked = examples.address();
    const a = byName.get(asked.get("a")) ?? runs.find((run) => rivals(run).length) ?? runs[0];
    if (!a) {
      outcome.textContent = translated("No run here kept its examples.");
      return;
    }
    fill(first, runs, a.name);
    fill(second, rivals(a), asked.get("b"));
    const state = form.querySelector(`input[name=state][value="${CSS.escape(asked.get("state") ?? "")}"]`);
    if (state) state.checked = true;
    form.elements.text.value = asked.get("text") ?? "";
    await compare((parseInt(asked.get("page"), 10) || 1) - 1);
  }

  let timer = 0;
  for (const each of [choose, form]) each.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(filter, event.target.name === "text" ? 250 : 0);
  });
  first.addEventListener("change", () => {
    fill(second, rivals(byName.get(first.value)), second.value);
    compare();
  });
  second.addEventListener("change", () => compare());
  document.getElementById("swap").addEventListener("click", () => {
    const [a, b] = [second.value, first.value];
    if (!a) return;
    first.value = a;
    fill(second, rivals(byName.get(a)), b);
    compare();
  });
  window.addEventListener("hashchange", follow);
  follow();
})();
