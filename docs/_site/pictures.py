"""`python docs/_site/pictures.py`: the course's pictures, a rung of the ladder in each, as SVG.

The figures are benchmarks/ladder.md's: NSMC's 33,334 test reviews, CPU seconds of the whole command.
"""

from __future__ import annotations

import math
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "static" / "ladder"

# name: accuracy, low, high, CPU seconds
RUNGS = {
    "majority": (0.4958, 0.4904, 0.5011, 2),
    "nb": (0.8295, 0.8255, 0.8335, 11),
    "tfidf": (0.8758, 0.8722, 0.8793, 13),
    "word2vec": (0.8266, 0.8225, 0.8307, 389),
    "cnn_text": (0.8586, 0.8549, 0.8623, 285),
    "lstm": (0.8664, 0.8627, 0.8701, 525),
    "transformer": (0.8570, 0.8532, 0.8607, 666),
    "transformer_pretrained": (0.8632, 0.8595, 0.8668, 1872),
    "gpt": (0.8412, 0.8372, 0.8451, 1079),
}
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 300, 60, 20, 150, 44
LOW, HIGH, FIRST, LAST = 0.82, 0.88, 8, 3000


def x(seconds: float) -> float:
    """Return where so many seconds lie, on a logarithmic axis."""
    share = math.log(seconds / FIRST) / math.log(LAST / FIRST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def y(accuracy: float) -> float:
    return HEIGHT - BOTTOM - (accuracy - LOW) / (HIGH - LOW) * (HEIGHT - TOP - BOTTOM)


def text(at: tuple[float, float], said: str, **keys: object) -> str:
    given = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in keys.items())
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}"{given}>{said}</text>'


def axes() -> list[str]:
    parts = []
    for accuracy in (0.82, 0.84, 0.86, 0.88):
        parts.append(f'<path d="M{LEFT} {y(accuracy):.1f}H{WIDTH - RIGHT}" stroke="#8884"/>')
        parts.append(text((LEFT - 8, y(accuracy) + 4), f"{accuracy:.2f}", text_anchor="end"))
    for seconds in (10, 100, 1000):
        parts.append(text((x(seconds), HEIGHT - BOTTOM + 18), f"{seconds:,} s", text_anchor="middle"))
    parts.append(text((x(160), HEIGHT - 6), "CPU", text_anchor="middle"))
    return parts


def rung(name: str, lit: bool) -> str:
    accuracy, low, high, seconds = RUNGS[name]
    colour, size = ("#0969da", 6) if lit else ("#8889", 4)
    bar = f'<path d="M{x(seconds):.1f} {y(low):.1f}V{y(high):.1f}" stroke="{colour}" stroke-width="2"/>'
    dot = f'<circle cx="{x(seconds):.1f}" cy="{y(accuracy):.1f}" r="{size}" fill="{colour}"/>'
    weight = "bold" if lit else "normal"
    label = text(
        (x(seconds) + 10, y(accuracy) + 4), name, font_weight=weight, fill="#0969da" if lit else "#777"
    )
    return bar + dot + label


def picture(*lit: str) -> str:
    """Return the ladder with some of its rungs lit."""
    rungs = [rung(name, name in lit) for name in RUNGS if RUNGS[name][0] > LOW]
    style = "<style>text{font:12px system-ui,sans-serif}text:not([fill]){fill:#777}</style>"
    said = "; ".join(f"{name} {RUNGS[name][0]:.4f}, {RUNGS[name][3]:,} s" for name in lit)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    return f"{head}<title>{said}</title>{style}{''.join([*axes(), *rungs])}</svg>\n"


LESSONS = {
    "01": ("nb",),
    "02": ("tfidf",),
    "03": ("word2vec",),
    "04": ("lstm",),
    "05": ("transformer",),
    "06": ("transformer_pretrained",),
    "07": ("gpt",),
    "08": tuple(RUNGS),
}

if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for number, lit in LESSONS.items():
        (FOLDER / f"{number}.svg").write_text(picture(*lit), encoding="utf-8")
