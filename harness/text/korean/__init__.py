"""What the harness says to people, in Korean: errors, notes, progress and help, by their English sentences.

The English is the key, with its values numbered as they stand in it: `"{0} has no column {1}"`. A Korean
sentence may take them in another order, and with the particle that fits: `"{0}에 열 {1:이/가} 없습니다"`.
"""

from __future__ import annotations

from harness.text.korean import (
    backends,
    commands,
    data,
    definitions,
    differences,
    execution_and_votes,
    help_texts,
    judging,
    phrases,
    runs,
)

SENTENCES: dict[str, str] = {
    **backends.SENTENCES,
    **commands.SENTENCES,
    **data.SENTENCES,
    **definitions.SENTENCES,
    **differences.SENTENCES,
    **execution_and_votes.SENTENCES,
    **judging.SENTENCES,
    **runs.SENTENCES,
    **phrases.PHRASES,
    **phrases.USAGE,
}
WORDS = phrases.WORDS
HELP = help_texts.HELP
