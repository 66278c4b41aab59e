"""Passages by the terms that they share with a query: BM25, and the cosine of tf-idf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.adapters.classical.ngram_cosine import ngram_settings
from harness.adapters.retriever import Retriever
from harness.schema import Profile, Scored

if TYPE_CHECKING:
    from harness.models.bm25 import Bm25Weights


class Bm25(Retriever):
    """Answers `retrieve` with BM25.

    Settings: `analyser` (word, bigram, morpheme, mecab), `k1`, from where on a term that is repeated tells
    little more, and `b`, how much a passage's length is put right (0 to 1).
    """

    def __init__(self, profile: Profile) -> None:
        """Remember the settings.

        Raises:
            BadInput: there is no such analyser.
            Unavailable: the analyser needs a package that is not installed.
        """
        from harness.models.index_terms import analyser

        super().__init__(profile)
        settings = profile.settings
        self.terms = analyser(settings.get("analyser", "bigram"))
        self.k1, self.b = float(settings.get("k1", 1.5)), float(settings.get("b", 0.75))
        self.model: Bm25Weights | None = None

    def learn(self, texts: Sequence[str]) -> None:
        """Weigh the terms of the passages.

        Raises:
            BadInput: k1 or b is out of range.
        """
        from harness.models.bm25 import Bm25Weights

        self.model = Bm25Weights(self.terms(texts), k1=self.k1, b=self.b)

    def search(self, queries: Sequence[str], k: int) -> Iterator[list[Scored]]:
        """Yield the best `k` passages of each query; those that share no term with it are not found."""
        from harness.models.ranked import searched

        ids = self.ids
        assert self.model is not None
        return searched(self.model.rows(self.terms(queries)), self.model.weights, ids, k)


class TfidfRetriever(Retriever):
    """Answers `retrieve` with the cosine of n-grams weighed by tf-idf: how telling one is, the passages say.

    Settings: `analyser` (char, word, morpheme), `stop_words` (of morphemes: true leaves them out),
    `ngram_min`, `ngram_max`, `min_df` (passages an n-gram must be in).
    """

    def __init__(self, profile: Profile) -> None:
        """Remember the settings.

        Raises:
            BadInput: a setting is out of range.
            Unavailable: the analyser needs a package that is not installed.
        """
        from harness.models.ngrams import NgramRows

        super().__init__(profile)
        settings = profile.settings
        self.rows = NgramRows(**ngram_settings(settings), min_df=settings.get("min_df", 1))

    def learn(self, texts: Sequence[str]) -> None:
        """Count in how many passages each n-gram is, and weigh them."""
        from scipy import sparse

        from harness.models.ngrams import pieces

        counts = [self.rows.count(piece) for piece in pieces(texts)]
        self.rows.know(counts)
        self.passages = sparse.vstack([self.rows.weigh(part) for part in counts]).T.tocsr()

    def search(self, queries: Sequence[str], k: int) -> Iterator[list[Scored]]:
        """Yield the best `k` passages of each query by cosine; those that share no n-gram are not found."""
        from harness.models.ranked import searched

        ids = self.ids
        return searched(self.rows.rows(queries), self.passages, ids, k)
