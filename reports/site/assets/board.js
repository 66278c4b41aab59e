// The leaderboard: DataTables sorts and searches; filters choose rows by system and columns by task.
"use strict";

(() => {
  // DataTables' own words, as far as they can be read or heard here.
  const language = {
    emptyTable: translated("No data available in table"),
    zeroRecords: translated("No matching records found"),
    aria: {
      orderable: translated(": Activate to sort"),
      orderableReverse: translated(": Activate to invert sorting"),
      orderableRemove: translated(": Activate to remove sorting"),
    },
  };
  const plain = { language, paging: false, info: false, layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null } };
  const list = document.getElementById("run-list");
  if (list) {
    const runs = new DataTable(list, { ...plain, order: [] });
    document.getElementById("search-runs").addEventListener("input", (event) => runs.search(event.target.value.normalize("NFC")).draw());
  }
  const table = document.getElementById("board");
  if (!table) return;

  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const heads = [...table.querySelectorAll("thead th")];
  const scores = heads.map((head, place) => ({ place, ...head.dataset })).filter((head) => head.score);
  // Figures are sorted as numbers, and a system without one stands last either way.
  const figure = (text) => (text === "" ? null : Number(text));
  const sorted = (sign) => (a, b) => (a === null) - (b === null) || sign * (a - b);
  Object.assign(DataTable.ext.type.order, { "figure-pre": figure, "figure-asc": sorted(1), "figure-desc": sorted(-1) });
  const columnDefs = [{ targets: "figure", type: "figure", orderSequence: ["desc", "asc"] }];
  const board = new DataTable(table, { ...plain, order: [[0, "asc"]], autoWidth: false, columnDefs });
  const boxes = [...form.querySelectorAll("[data-column]")];
  const chosen = (name) => form.querySelector(`[data-filter=${name}]`)?.value ?? "";

  /** Return whether a task's column is of the chosen language and tag. */
  function wanted(head) {
    const [language, tag] = [chosen("language"), chosen("tag")];
    return (!language || head.language === language) && (!tag || JSON.parse(head.tags).includes(tag));
  }

  board.search.fixed("facets", (_text, _data, number) => {
    const row = board.row(number).node();
    const official = form.querySelector("[data-filter=official]")?.checked;
    if (official && row.dataset.official !== "yes") return false;
    if (!["size", "kind", "licence", "provider"].every((name) => !chosen(name) || row.dataset[name] === chosen(name))) return false;
    const of = scores.filter(wanted);
    return of.length === scores.length || of.some((head) => board.cell(number, head.place).node().textContent.trim() !== "");
  });

  function apply() {
    const filtered = new Map(scores.map((head) => [head.place, wanted(head)]));
    for (const box of boxes) {
      const place = Number(box.dataset.column);
      board.column(place).visible(box.checked && (filtered.get(place) ?? true), false);
    }
    board.search(form.querySelector("#search").value.normalize("NFC")).draw();
    const rows = board.rows({ search: "applied" }).count();
    shown.textContent = translated("{n:,} of {whole:,} systems", { n: rows, whole: board.rows().count() });
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => {
    board.order([[0, "asc"]]);
    apply();
  }));
  document.addEventListener("keydown", (event) => {
    const menu = document.getElementById("columns");
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  apply();
})();
