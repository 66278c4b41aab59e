// Chunks of data beside the page. From file:// nothing can be fetched, but a script can be added to the
// page: each chunk calls harnessData with its name and its content, deflated and in base64.
"use strict";

const store = (() => {
  const MOST = 160; // chunks that are kept; more of them would only fill the memory
  const waiting = new Map();
  const kept = new Map();

  async function inflated(packed) {
    const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).json();
  }

  window.harnessData = (name, packed) => waiting.get(name)?.resolve(inflated(packed));

  function request(name) {
    return new Promise((resolve, reject) => {
      waiting.set(name, { resolve });
      const script = document.createElement("script");
      script.src = `${document.body.dataset.root}data/${name}.js`;
      script.onload = () => script.remove();
      script.onerror = () => reject(new Error(`data/${name}.js is not there`));
      document.head.append(script);
    }).finally(() => waiting.delete(name));
  }

  /** Return a promise of a chunk's content. */
  function load(name) {
    const found = kept.get(name) ?? request(name);
    kept.delete(name); // the one used last stands last
    kept.set(name, found);
    if (kept.size > MOST) kept.delete(kept.keys().next().value);
    return found;
  }

  /** Return a promise of one row of `pages`: {starts, names}, rows counted from 0. */
  async function row(pages, number) {
    let low = 0;
    let high = pages.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pages.starts[middle] <= number) low = middle;
      else high = middle - 1;
    }
    return (await load(pages.names[low]))[number - pages.starts[low]];
  }

  /** Return a promise of a run's index, its labels as a map in the task's order. */
  async function index(name) {
    const found = await load(name);
    return { ...found, labels: new Map(found.labels) };
  }

  return { index, load, row };
})();
