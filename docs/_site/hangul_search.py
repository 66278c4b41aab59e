"""Search in Korean: every pair of neighbouring syllables is a word of the index, so that 토큰 finds 토큰화를.

Sphinx compares whole words; a Korean word carries its particles and endings with it. The same cut is made in
the browser, of what is typed.
"""

import re

from sphinx.search import SearchLanguage, languages

WORD = re.compile(r"[가-힣]+|[^\W_가-힣]+")


def pieces(text: str) -> list[str]:
    """Return the index's words of a text: pairs of syllables, a lone syllable, other words whole."""
    found = []
    for word in WORD.findall(text):
        hangul = "가" <= word[0] <= "힣"
        if hangul and len(word) > 1:
            found += [word[i : i + 2] for i in range(len(word) - 1)]
        else:
            found.append(word)
    return found


class Hangul(SearchLanguage):
    """Korean by pairs of syllables, anything else by words."""

    lang = "ko"
    language_name = "Korean"
    js_stemmer_code = "var Stemmer = function () { this.stemWord = (w) => w; };"
    js_splitter_code = """
    function splitQuery(query) {
      const found = [];
      for (const word of query.match(/[가-힣]+|[^\\s\\p{P}가-힣]+/gu) || []) {
        if (/^[가-힣]{2,}$/.test(word))
          for (let i = 0; i + 1 < word.length; i++) found.push(word.slice(i, i + 2));
        else found.push(word);
      }
      return found;
    }
    """

    def split(self, text: str) -> list[str]:
        """Return the words that are indexed of a text."""
        return pieces(text)

    def stem(self, word: str) -> str:
        """Return a word as the index writes it."""
        return word.lower()

    def word_filter(self, word: str) -> bool:
        """Return whether a word is indexed: all are."""
        return True


languages["ko"] = Hangul
