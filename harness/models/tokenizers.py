"""Texts into numbers: tokenisers that are trained on a task's own texts.

    bpe         merges the pair that is most frequent (Sennrich et al. 2016)
    byte_bpe    the same over bytes, as GPT-2 does: nothing is ever unknown
    wordpiece   the same merges, then the longest piece that fits (Schuster and Nakajima 2012)
    unigram     keeps the pieces under which the texts are likeliest (Kudo 2018)
    syllable    every character, blanks too
    morpheme    Kiwi's morphemes with their part of speech (extra `ko`)
    word        what stands between blanks

    tokeniser = train("bpe", texts, size=16_000)
    ids = tokeniser.encode(["영화 좋다"])          # [[812, 97]], nothing put around them
    tokeniser.decode(ids[0])                      # "영화 좋다"

The first six ids are the same in all: PAD, UNK, BOS, EOS, SEP, MASK. Text is composed (NFC) first. The
same texts give the same tokeniser in every process, but for `unigram`: its trainer sums in an order of its
own, and its scores differ a little each time. BPE of 16,000 learns NSMC in 4 s, Unigram takes 50.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args
from unicodedata import normalize

from harness.errors import BadInput, did_you_mean
from harness.text import morphemes
from harness.text.token_spans import parts

TokenizerKind = Literal["bpe", "byte_bpe", "wordpiece", "unigram", "syllable", "morpheme", "word"]
KINDS: tuple[str, ...] = get_args(TokenizerKind)

SPECIAL = ("<pad>", "<unk>", "<s>", "</s>", "<sep>", "<mask>")
PAD, UNK, BOS, EOS, SEP, MASK = range(len(SPECIAL))

ALPHABET = 3000  # characters that subwords are made of; Hangul has 11,172 syllables, most of them hardly used
GAP = "▁"  # stands for the blank before a word


class Tokeniser(ABC):
    """Texts to ids and back. `vocabulary` holds each token at its id, the special ones first."""

    kind: str
    vocabulary: list[str]

    def __len__(self) -> int:
        return len(self.vocabulary)

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without any special token but UNK."""

    @abstractmethod
    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids, special tokens left out."""

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write all of it to one JSON file."""

    def count(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return len(self.encode([text])[0])

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """Return each token of a text: its id, and how the vocabulary writes it."""
        return [(i, self.vocabulary[i]) for i in self.encode([text])[0]]


_ALONE: ContextVar[bool] = ContextVar("alone", default=False)


class TokeniserLearnt(BaseException):
    """Ends a fit once its tokeniser is learnt, where nothing else of it is wanted; no fault."""

    def __init__(self, tokeniser: Tokeniser) -> None:
        super().__init__("the tokeniser is learnt")
        self.tokeniser = tokeniser


def learnt_alone(fit: Callable[[], object]) -> Tokeniser | None:
    """Return the tokeniser that a fit learns, and learn no more of it; None where it learns none here."""
    token = _ALONE.set(True)
    try:
        fit()
    except TokeniserLearnt as found:
        return found.tokeniser
    finally:
        _ALONE.reset(token)
    return None


def train(kind: str, texts: Iterable[str], *, size: int = 16_000) -> Tokeniser:
    """Return a tokeniser of at most `size` tokens (the special ones included), learnt from `texts`.

    Raises:
        BadInput: no such kind, or a size that leaves no room for a token.
        Unavailable: the kind needs a package that is not installed.
    """
    if kind not in KINDS:
        raise BadInput(f"no tokeniser is called {kind!r}.{did_you_mean(kind, KINDS)}")
    least = len(SPECIAL) + (256 if kind == "byte_bpe" else 1)
    if size < least:
        raise BadInput(f"a {kind} vocabulary of {size}: needs at least {least}")
    composed = [normalize("NFC", text) for text in texts]
    found = _trained(kind, composed, size)
    if _ALONE.get():
        raise TokeniserLearnt(found)
    return found


def _trained(kind: str, composed: Sequence[str], size: int) -> Tokeniser:
    if kind in _TRAINERS:
        return Subwords(kind, _TRAINERS[kind](composed, size))
    counts = Counter(chain.from_iterable(_split(kind, composed)))
    frequent = sorted(counts, key=lambda token: (-counts[token], token))
    return Whole(kind, [*SPECIAL, *(token for token in frequent if token not in SPECIAL)][:size])


def load(path: Path) -> Tokeniser:
    """Return the tokeniser that `save` wrote.

    Raises:
        ValueError, KeyError: the file is damaged.
    """
    said = json.loads(path.read_text(encoding="utf-8"))
    if said["kind"] in _TRAINERS:
        from tokenizers import Tokenizer

        return Subwords(said["kind"], Tokenizer.from_str(json.dumps(said["tokenizer"])))
    return Whole(said["kind"], said["vocabulary"])


class Subwords(Tokeniser):
    """A tokeniser of the `tokenizers` library, which is at hand as `.tokenizer`."""

    def __init__(self, kind: str, tokenizer: Any) -> None:
        self.kind, self.tokenizer = kind, tokenizer
        tokenizer.encode_special_tokens = True  # a text that says <mask> says just that
        known = tokenizer.get_vocab()
        self.vocabulary = sorted(known, key=known.__getitem__)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without any special token but UNK."""
        return [found.ids for found in self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """Return each token of a text: its id, and the part of the text that it stands for."""
        found = self.tokenizer.encode(text, add_special_tokens=False)
        return list(zip(found.ids, parts(text, found.offsets), strict=True))

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids, special tokens left out."""
        return str(self.tokenizer.decode([i for i in ids if i >= len(SPECIAL)]))

    def save(self, path: Path) -> None:
        """Write all of it to one JSON file."""
        said = {"kind": self.kind, "tokenizer": json.loads(self.tokenizer.to_str())}
        path.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


class Whole(Tokeniser):
    """A list of the most frequent tokens; the rest are UNK."""

    def __init__(self, kind: str, vocabulary: Sequence[str]) -> None:
        self.kind, self.vocabulary = kind, list(vocabulary)
        self._ids = {token: i for i, token in enumerate(self.vocabulary) if i >= len(SPECIAL)}

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, without any special token but UNK."""
        composed = [normalize("NFC", text) for text in texts]
        return [[self._ids.get(token, UNK) for token in said] for said in _split(self.kind, composed)]

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids, special tokens left out."""
        tokens = [self.vocabulary[i] for i in ids if i >= len(SPECIAL)]
        if self.kind == "morpheme":
            parts = (token.rpartition("/") for token in tokens)
            return morphemes.joined((form, tag) for form, _, tag in parts)
        return ("" if self.kind == "syllable" else " ").join(tokens)

    def save(self, path: Path) -> None:
        """Write all of it to one JSON file."""
        said = {"kind": self.kind, "vocabulary": self.vocabulary}
        path.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")


def _split(kind: str, texts: Sequence[str]) -> Iterable[list[str]]:
    """Return the tokens of each composed text."""
    if kind == "morpheme":
        morphemes.require("a morpheme tokeniser")
        return ([f"{form}/{tag}" for form, tag in said] for said in morphemes.analysed(texts))
    return map(list if kind == "syllable" else str.split, texts)


def _tokenizer(model: Any) -> Any:
    """Return a tokenizer of words, each with the blank before it, punctuation apart."""
    from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers

    made = Tokenizer(model)
    made.normalizer = normalizers.NFC()
    words, signs = pre_tokenizers.Metaspace(GAP), pre_tokenizers.Punctuation("isolated")
    made.pre_tokenizer = pre_tokenizers.Sequence([words, signs])
    made.decoder = decoders.Metaspace(GAP)
    return made


def _bpe(texts: Sequence[str], size: int) -> Any:
    from tokenizers import models, trainers

    made = _tokenizer(models.BPE(unk_token=SPECIAL[UNK], fuse_unk=True))
    signs = min(ALPHABET, size - len(SPECIAL))
    how: dict[str, Any] = {"special_tokens": list(SPECIAL), "show_progress": False}
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, limit_alphabet=signs, **how))
    return made


def _byte_bpe(texts: Sequence[str], size: int) -> Any:
    from tokenizers import decoders, models, pre_tokenizers, trainers

    made = _tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    how: dict[str, Any] = {"special_tokens": list(SPECIAL), "show_progress": False}
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, **how))
    return made


def _wordpiece(texts: Sequence[str], size: int) -> Any:
    """Return a WordPiece tokenizer, the same each time.

    Its trainer numbers the pieces that go on within a word as a hash map yields them, and breaks ties by
    number. So they are numbered beforehand, as if they were special.
    """
    from tokenizers import decoders, models, trainers

    room = min(ALPHABET, (size - len(SPECIAL)) // 2)  # a sign takes two places: at the start, and within
    counts = Counter(chain.from_iterable(texts))
    signs = sorted([GAP, *(sign for sign, _ in counts.most_common(room) if not sign.isspace())])[:room]
    inner = [f"##{sign}" for sign in signs]
    made = _tokenizer(models.WordPiece(unk_token=SPECIAL[UNK]))
    how: dict[str, Any] = {"special_tokens": [*SPECIAL, *inner], "show_progress": False}
    trainer = trainers.WordPieceTrainer(vocab_size=size, limit_alphabet=room, initial_alphabet=signs, **how)
    made.train_from_iterator(texts, trainer)
    again = _tokenizer(models.WordPiece(made.get_vocab(), unk_token=SPECIAL[UNK]))
    again.decoder = decoders.Sequence(
        [decoders.Replace("##", ""), decoders.Replace(GAP, " "), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    again.add_special_tokens(list(SPECIAL))
    return again


def _unigram(texts: Sequence[str], size: int) -> Any:
    from tokenizers import models, trainers

    made = _tokenizer(models.Unigram())
    how: dict[str, Any] = {"special_tokens": list(SPECIAL), "show_progress": False}
    made.train_from_iterator(texts, trainers.UnigramTrainer(vocab_size=size, unk_token=SPECIAL[UNK], **how))
    return made


_TRAINERS = {"bpe": _bpe, "byte_bpe": _byte_bpe, "wordpiece": _wordpiece, "unigram": _unigram}
