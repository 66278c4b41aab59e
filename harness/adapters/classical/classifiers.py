"""Classical text classifiers, fitted on the train split in seconds and answering from the bare text.

They choose among the options by label: what an option is called in the prompt makes no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.adapters.base import Adapter
from harness.adapters.classical.ngram_cosine import TfidfCosine, ngram_settings
from harness.adapters.fitted_classifier import Classical, Classifier
from harness.schema import Profile

if TYPE_CHECKING:
    from harness.models.ngrams import NgramWeight


def tfidf(profile: Profile) -> Adapter:
    """Return what answers from tf-idf: a retriever, for `embed` the weights alone, else a classifier."""
    if profile.ask == "retrieve":
        from harness.adapters.classical.bm25 import TfidfRetriever

        return TfidfRetriever(profile)
    return TfidfCosine(profile) if profile.ask == "embed" else Tfidf(profile)


class Tfidf(Classical):
    """N-grams, tf-idf and a calibrated linear classifier.

    Settings: `analyser` (char, word, morpheme), `stop_words` (of morphemes: true leaves them out),
    `ngram_min`, `ngram_max`, `min_df` (texts an n-gram must be in), `c` (inverse
    strength of regularisation).
    """

    def build(self, settings: Mapping[str, Any], seed: int) -> Classifier:
        """Return a model that knows nothing yet."""
        from harness.models.tfidf import TfidfClassifier

        return TfidfClassifier(
            **ngram_settings(settings),
            min_df=settings.get("min_df", 1),
            c=settings.get("c", 8.0),
            seed=seed,
        )

    def read(self, path: Path) -> Classifier:
        """Return the model that was saved at `path`."""
        from harness.models.tfidf import TfidfClassifier

        return TfidfClassifier.load(path)

    def ngram_weights(self, text: str) -> list[NgramWeight]:
        """Return the n-grams of `text` with their weights, the largest first."""
        from harness.models.tfidf import TfidfClassifier

        assert isinstance(self.model, TfidfClassifier)
        return self.model.rows.weights(text)


class Fasttext(Classical):
    """A vector for each n-gram, and a linear classifier of their weighted sum.

    Settings: `analyser` (char, word, morpheme), `stop_words` (of morphemes: true leaves them out),
    `ngram_min`, `ngram_max`, `min_df` (texts an n-gram must be in), `dim` (of a vector), `epochs`,
    `learning_rate`.
    """

    def build(self, settings: Mapping[str, Any], seed: int) -> Classifier:
        """Return a model that knows nothing yet."""
        from harness.models.fasttext import FasttextClassifier

        own = {
            name: settings[name] for name in ("min_df", "dim", "epochs", "learning_rate") if name in settings
        }
        return FasttextClassifier(**ngram_settings(settings), **own, seed=seed)

    def read(self, path: Path) -> Classifier:
        """Return the model that was saved at `path`."""
        from harness.models.fasttext import FasttextClassifier

        return FasttextClassifier.load(path)


class NaiveBayesAdapter(Classical):
    """Bag of words and multinomial naive Bayes.

    Settings: `alpha`, added to every count; `analyser` (word, morpheme), `stop_words` (of morphemes: true
    leaves them out).
    """

    def build(self, settings: Mapping[str, Any], seed: int) -> Classifier:
        """Return a model that knows nothing yet."""
        from harness.models.analysers import Analyser
        from harness.models.naive_bayes import NaiveBayes

        stop_words = settings.get("stop_words", False)
        analyser = Analyser(settings.get("analyser", "word"), stop_words=stop_words)
        return NaiveBayes(alpha=settings.get("alpha", 1.0), analyser=analyser)

    def read(self, path: Path) -> Classifier:
        """Return the model that was saved at `path`."""
        from harness.models.naive_bayes import NaiveBayes

        return NaiveBayes.load(path)
