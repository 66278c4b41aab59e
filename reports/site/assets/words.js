// What the scripts say, in the language of the site. English is the key, as on the pages.
"use strict";

const translated = (() => {
  const words = {};
  const shown = (value, how) => (how === ":," ? value.toLocaleString("en") : String(value));
  /** Return the words in the language of the site, the values in their places: {n}, or {n:,} for 1,234. */
  return (english, values = {}) => (words[english] ?? english).replace(/\{(\w+)(:,)?\}/g, (_, name, how) => shown(values[name], how));
})();
