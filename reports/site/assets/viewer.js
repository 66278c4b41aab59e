// The examples of one run: filtered by state, searched, a page at a time, each with an address of its own.
"use strict";

(async () => {
  const { element } = examples;
  const section = document.getElementById("examples");
  const form = document.getElementById("viewer");
  const index = await store.index(section.dataset.index);
  const output = document.getElementById("found");
  const search = new Search(output);
  const opened = new Set();

  const question = (number) => store.row(index.questions, number);
  const answer = (number) => store.row(index.answers, number);
  const ids = () => store.load(index.ids);

  async function draw(number) {
    const [asked, said, { ids: names, repeats }] = await Promise.all([question(number), answer(number), ids()]);
    const [request, target] = asked;
    const right = index.states[number] === "w" || index.states[number] === "u" ? element("span", { class: "verdict r" }, ` → ${examples.excerpt(examples.worded(target, request, index.labels))}`) : null;
    const label = said.error ? said.error.kind : examples.excerpt(examples.worded(said.prediction, request, index.labels));
    const reply = said.error || !said.text ? "" : examples.excerpt(said.text);
    const told = [reply && reply !== label ? `${reply} ⇒ ` : "", element("span", { class: `verdict ${index.states[number]}` }, label)];
    const summary = element(
      "summary", {},
      examples.badge(index.states[number]),
      examples.named(names[number], repeats?.[number]),
      element("span", { class: "input", dir: "auto" }, examples.excerpt(examples.head(request, index.opening))),
      element("span", { class: "said", dir: "auto" }, ...told, right),
    );
    const made = element("details", { class: "example", "data-row": number, "data-id": names[number] }, summary);
    const fill = () => {
      if (made.open && made.children.length === 1) {
        const link = element("a", { href: `#${new URLSearchParams({ id: names[number] })}`, lang: examples.language, class: "link" }, translated("Link to this example"));
        made.append(element("div", { class: "body" }, ...examples.asked(request), examples.target(asked, index.labels), examples.reply(asked, said, index.labels), link));
      }
    };
    made.addEventListener("toggle", fill);
    if (opened.has(number)) {
      made.open = true;
      fill();
    }
    return made;
  }

  const values = () => {
    const data = new FormData(form);
    return { state: data.get("state") ?? "", text: data.get("text") ?? "" };
  };
  let named = "";
  const pager = new Pager(draw, (page) => {
    const { state, text } = values();
    if (ready) examples.remember(named ? { id: named } : { state, text, page: page ? page + 1 : "" });
    named = "";
  });
  let ready = false;

  async function filter(page = 0) {
    const { state, text } = values();
    const all = Array.from(index.states, (_, number) => number);
    const rows = state ? all.filter((number) => index.states[number] === state) : all;
    const wanted = examples.folded(text.trim());
    const found = await search.among(rows, wanted, async (number) => [await question(number), await answer(number), (await ids()).ids[number]]);
    if (found === null) return;
    await pager.show(found, page);
    output.textContent = translated("{n:,} of {whole:,} examples", { n: found.length, whole: all.length });
  }

  async function jump(id) {
    const wanted = id.normalize("NFC");
    const number = (await ids()).ids.findIndex((name) => name.normalize("NFC") === wanted);
    if (number < 0) {
      await filter();
      output.textContent = translated("no example is called {id}", { id: examples.excerpt(id) });
      return;
    }
    form.elements.text.value = "";
    form.querySelector("input[name=state][value='']").checked = true;
    opened.add(number);
    named = id;
    await filter(Math.floor(number / Pager.SIZE));
    const row = document.querySelector(`[data-row="${number}"]`);
    row.scrollIntoView({ block: "center" });
    row.querySelector("summary").focus();
  }

  let timer = 0;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => {
    if (event.target.name === "id") return;
    clearTimeout(timer);
    timer = setTimeout(filter, event.target.name === "text" ? 250 : 0);
  });
  form.elements.id.addEventListener("change", (event) => event.target.value && jump(event.target.value.trim()));

  async function follow() {
    const asked = examples.address();
    if (asked.get("id")) return jump(asked.get("id"));
    const state = form.querySelector(`input[name=state][value="${CSS.escape(asked.get("state") ?? "")}"]`);
    if (state && !state.disabled) state.checked = true;
    form.elements.text.value = asked.get("text") ?? "";
    return filter((parseInt(asked.get("page"), 10) || 1) - 1);
  }
  window.addEventListener("hashchange", follow);
  await follow();
  ready = true;
})();
