"""`harness score`: answers made elsewhere, from the file to the figure."""

from __future__ import annotations

import gzip
import json
import random
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import f1_score

from harness import plugins
from tests.support.running import Project, said
from tests.support.shell import Said, Shell

CITIES = [
    {"prediction": "서울은", "target": ["서울"]},
    {"prediction": None, "target": "부산"},
    {"prediction": "대구", "target": ["대구시", "대구"]},
]


def jsonl(shell: Shell, rows: Iterable[Any], name: str = "answers.jsonl") -> Path:
    return shell.write(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def scored(shell: Shell, rows: Iterable[Any], *options: object) -> dict[str, Any]:
    """Return the metrics of the JSON document for a file of these rows."""
    return document(shell("score", jsonl(shell, rows), *options, "--json"))["metrics"]


def document(found: Said) -> dict[str, Any]:
    assert (found.code, found.err) == (0, "")
    return found.json


def lines(found: Said) -> dict[str, str]:
    """Return what the table says of each metric, with single blanks."""
    assert (found.code, found.err) == (0, "")
    table, _, _ = found.out.partition("\n\n")
    _, *rows = (line.split(maxsplit=1) for line in table.splitlines())
    return {name: " ".join(row.split()) for name, row in rows}


# What is printed


def test_a_file_of_answers_gets_value_interval_and_signature(shell):
    found = shell("score", jsonl(shell, CITIES), "--metric", "korquad_em,korquad_f1")
    assert lines(found) == {
        # Wilson's interval of 1 in 3; 서울은 for 서울 is 4/5, silence 0, 대구 1
        "korquad_em": "0.3333 [0.0615, 0.7923] 3 0-1 korquad_em|v:1|norm:korquad.v1|case:lower|n:3",
        "korquad_f1": "0.6000 [0.0448, 0.9796] 3 0-1 korquad_f1|v:1|tok:char|norm:korquad.v1|case:lower|n:3",
    }
    assert found.out.endswith("\n3 answers, 1 unanswered\n")


def test_json_is_one_document_with_the_same_figures(shell):
    path = jsonl(shell, CITIES)
    assert document(shell("score", path, "-M", "korquad_em", "--json")) == {
        "files": [str(path)],
        "counts": {"examples": 3, "answered": 2, "unanswered": 1, "failed": 0, "clusters": None},
        "metrics": {
            "korquad_em": {
                "value": pytest.approx(1 / 3),
                "ci_low": pytest.approx(0.0615, abs=5e-5),
                "ci_high": pytest.approx(0.7923, abs=5e-5),
                "stderr": pytest.approx((2 / 27) ** 0.5),
                "n": 3,
                "unit": "0-1",
                "higher_is_better": True,
                "signature": "korquad_em|v:1|norm:korquad.v1|case:lower|n:3",
            }
        },
    }


def test_metrics_stand_in_the_order_they_were_asked_for_each_once(shell):
    path = jsonl(shell, CITIES)
    found = lines(shell("score", path, "-M", "squad_f1", "-M", "exact_match, squad_em", "-M", "squad_f1"))
    assert list(found) == ["squad_f1", "exact_match", "squad_em"]


def test_a_figure_that_nobody_can_give_is_undefined(shell):
    path = jsonl(shell, [{"prediction": "1", "target": "2"}])
    assert lines(shell("score", path, "-M", "hangul_share"))["hangul_share"].startswith("undefined 1 0-1")
    assert (
        document(shell("score", path, "-M", "hangul_share", "--json"))["metrics"]["hangul_share"]["value"]
        is None
    )


def test_one_answer_has_a_value_and_no_interval(shell):
    found = lines(shell("score", jsonl(shell, [CITIES[2]]), "-M", "korquad_em"))
    assert found["korquad_em"].startswith("1.0000 1 0-1 ")


def test_less_is_better_where_it_is(shell):
    found = shell("score", jsonl(shell, CITIES), "-M", "unanswered")
    assert "0-1, lower is better" in found.out


# Texts that go line by line


SAID, WANTED = (
    ["the cat sat on the mat", "", "다 람쥐", "a\u0085b"],
    ["a cat sat on a mat", "x", "다람쥐", "a\u0085b"],
)


def test_line_aligned_texts_are_the_same_as_jsonl(shell):
    rows = [{"prediction": a, "target": b} for a, b in zip(SAID, WANTED, strict=True)]
    texts = [shell.write(f"{name}.txt", "\n".join(lines)) for name, lines in (("hyp", SAID), ("ref", WANTED))]
    found = document(shell("score", *texts, "-M", "squad_f1,korquad_f1,exact_match", "--json"))
    assert found["metrics"] == scored(shell, rows, "-M", "squad_f1,korquad_f1,exact_match")
    assert found["counts"]["unanswered"] == 0


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_neither_line_ends_nor_packing_change_a_figure(shell, end, packed, mark):
    content = (mark + (end or "\n").join(SAID) + end).encode()
    path = shell.home / ("hyp.txt.gz" if packed else "hyp.txt")
    path.write_bytes(gzip.compress(content) if packed else content)
    found = document(
        shell("score", path, shell.write("ref.txt", "\n".join(WANTED)), "-M", "squad_em,accuracy", "--json")
    )
    assert [one["value"] for one in found["metrics"].values()] == [1 / 2, 1 / 4]
    assert found["counts"]["examples"] == 4


def test_further_files_are_further_references(shell):
    files = [shell.write(name, text) for name, text in (("h", "a\nb\n"), ("r1", "a\nx\n"), ("r2", "y\nb\n"))]
    assert (
        document(shell("score", *files[:2], "-M", "exact_match", "--json"))["metrics"]["exact_match"]["value"]
        == 0.5
    )
    assert (
        document(shell("score", *files, "-M", "exact_match", "--json"))["metrics"]["exact_match"]["value"]
        == 1
    )


def test_bleu_over_texts_is_sacrebleus(shell):
    sacrebleu = pytest.importorskip("sacrebleu")
    draw = random.Random(2)
    words = ["the", "a", "cat", "dog", "sat", "ran", "on", "under", "mat", "bridge", ",", "."]
    wanted = [" ".join(draw.choices(words, k=12)) for _ in range(50)]
    spoken = [
        " ".join(w if draw.random() < 0.8 else draw.choice(words) for w in line.split()) for line in wanted
    ]
    files = [shell.write("hyp", "\n".join(spoken) + "\n"), shell.write("ref", "\n".join(wanted) + "\n")]
    found = document(shell("score", *files, "-M", "bleu,chrf", "--json"))["metrics"]
    assert found["bleu"]["value"] == pytest.approx(sacrebleu.corpus_bleu(spoken, [wanted]).score, abs=1e-9)
    assert found["chrf"]["value"] == pytest.approx(sacrebleu.corpus_chrf(spoken, [wanted]).score, abs=1e-9)
    assert found["bleu"]["unit"] == "0-100"


# Labels, scores, numbers, spans, likelihoods


LABELS = [("a", "a"), ("b", "a"), ("b", "b"), ("c", "c"), ("c", "a"), ("b", "b")]


def test_labels_are_those_that_occur(shell):
    rows = [{"prediction": a, "target": b} for a, b in LABELS]
    predicted, target = zip(*LABELS, strict=True)
    assert scored(shell, rows, "-M", "macro_f1")["macro_f1"]["value"] == pytest.approx(
        f1_score(target, predicted, average="macro")
    )


def test_labels_may_be_named(shell):
    rows = [{"prediction": a, "target": b} for a, b in LABELS]
    found = scored(shell, rows, "-M", "macro_f1", "--labels", "a,b,c,d")["macro_f1"]
    assert found["signature"] == "macro_f1|v:1|labels:4|n:6"
    lost = shell("score", jsonl(shell, rows), "-M", "macro_f1", "--labels", "a,b")
    assert (lost.code, lost.complaint) == (
        2,
        f"harness: {shell.home / 'answers.jsonl'}:4: macro_f1: the target 'c' is not a label. Known: a, b.",
    )


def test_json_numbers_and_words_are_the_labels_they_look_like(shell):
    rows = [
        {"prediction": p, "target": t}
        for p, t in [(1, "1"), (1.0, 1), (True, "true"), ("0", 0.0), (1.5, "1.5")]
    ]
    assert scored(shell, rows, "-M", "accuracy")["accuracy"]["value"] == 1


def test_option_scores_are_read_in_the_order_of_the_labels(shell):
    rows = [
        {"prediction": "no", "target": "no", "option_scores": [-9.0, -0.1]},
        {"prediction": "yes", "target": "no", "option_scores": [-0.1, -9.0]},
        {"prediction": None, "target": "no", "option_scores": None},
    ]
    assert scored(shell, rows, "-M", "mrr", "--labels", "yes,no")["mrr"]["value"] == pytest.approx(
        (1 + 1 / 2) / 3
    )
    rows = [{**row, "target": 1} for row in rows]  # without labels a target is the number of an option
    assert scored(shell, rows, "-M", "mrr")["mrr"]["value"] == pytest.approx((1 + 1 / 2) / 3)


def test_numbers_correlate_whether_json_or_text(shell):
    pairs = [(1.5, 1), (2.5, 3), (3, 2), (5, 5)]
    found = scored(shell, [{"prediction": a, "target": b} for a, b in pairs], "-M", "pearson")
    files = [
        shell.write(name, "\n".join(str(pair[i]) for pair in pairs)) for i, name in enumerate(("h", "r"))
    ]
    assert found == document(shell("score", *files, "-M", "pearson", "--json"))["metrics"]
    assert 0.5 < found["pearson"]["value"] < 1


def test_spans_are_lists(shell):
    rows = [
        {"prediction": [[0, 2, "PS"]], "target": [[0, 2, "PS"], [3, 5, "LC"]]},
        {"prediction": [], "target": []},
        {"prediction": None, "target": [[1, 2, "LC"]]},
    ]
    assert scored(shell, rows, "-M", "entity_f1")["entity_f1"]["value"] == pytest.approx(2 / 4)
    macro = scored(shell, rows, "-M", "entity_f1", "-m", "average=macro")["entity_f1"]
    assert macro["value"] == pytest.approx(1 / 2)  # PS 1, LC 0
    assert macro["signature"] == "entity_f1|v:1|average:macro|types:2|n:3"


def test_a_likelihood_needs_no_prediction(shell):
    rows = [{"target": "서울", "value": -4.0, "tokens": 2}, {"target": "부산 시", "value": -6.0, "tokens": 3}]
    found = scored(shell, rows, "-M", "perplexity,bits_per_byte")
    assert found["perplexity"]["value"] == pytest.approx(2.718281828459045**2)
    assert found["bits_per_byte"]["value"] == pytest.approx(10 / 16 / 0.6931471805599453)


def test_what_reads_the_reply_alone_needs_no_target(shell):
    rows = [
        {"prediction": "서울"},
        {"prediction": unicodedata.normalize("NFD", "도쿄 東京")},
        {"prediction": None},
    ]
    found = scored(shell, rows, "-M", "hangul_share,stray_hanja,unanswered")
    assert [round(one["value"], 4) for one in found.values()] == [0.75, 0.3333, 0.3333]


OTHER_KEYS = {
    "text": ["what was asked"],
    "tokens": ["서울", "은"],
    "response": "서울",
    "value": "x",
    "option_scores": 3,
}


def test_keys_that_no_metric_reads_are_anybodys(shell):
    rows = [{**row, **OTHER_KEYS} for row in CITIES]
    assert scored(shell, rows, "-M", "korquad_f1") == scored(shell, CITIES, "-M", "korquad_f1")


MATERIAL = {
    "tool_calls": [
        {"prediction": made, "target": '{"call": {"name": "f", "arguments": {"x": "a b"}}}'}
        for made in ('[{"name": "f", "arguments": {"x": "AB"}}]', "[]")
    ],
    "prediction": [{"prediction": p, "target": t} for p, t in zip("001101", "010101", strict=True)],
    "text": [{"prediction": text, "target": "서울"} for text in ("서울은", "Seoul", "東京", "とうきょう")],
    "scores": [
        {"target": t, "option_scores": s} for t, s in [("0", [-1, -2]), ("1", [-3, -1]), ("1", [-1, -1])]
    ],
    "choice": [{"prediction": p, "target": "0", "options": 4} for p in ("0", None)],
    "likelihood": [
        {"target": text, "value": -5.0, "tokens": 3} for text in ("서울은", "한국의 수도", "이다")
    ],
    "places": [
        {"prediction": p, "target": t}
        for p in "012"
        for t in (["0", "1", "2"], ["2", "1", "2"], ["1", "1", "2"])
    ],
    "instructions": [
        {"prediction": "no commas", "target": '{"ids": ["punctuation:no_comma"], "kwargs": [{}]}'}
    ],
    "truths": [
        {"prediction": "the sky is blue", "target": '{"true": ["the sky is blue"], "false": ["it is red"]}'}
    ],
    "json": [
        {"prediction": said, "target": '{"value": {"a": 1}, "schema": {"type": "object"}}'}
        for said in ('{"a": 1}', "none")
    ],
    "table": [{"prediction": said, "target": '[["a"], [1]]'} for said in ('[["a"], [1]]', "none")],
    "calls": [
        {
            "prediction": '[{"name": "f", "arguments": {}}]',
            "target": '{"functions": [{"name": "f"}], "category": "relevance", "answers": []}',
        }
    ],
    "none": [{"prediction": "", "target": [""]}, {"prediction": "서울", "target": ["서울"]}],
    "numbers": [{"prediction": "가람의 열쇠는 123456", "target": "123456, 234567"}],
    "score": [{"prediction": "7", "target": ""}],
    "verdict": [{"prediction": "A>B", "target": ""}],
    "tag": [
        {"prediction": [[0, 1, "PS"]], "target": [[0, 1, "PS"]]},
        {"prediction": [], "target": [[2, 3, "LC"]]},
    ],
}
OWN_SETTINGS = {"top_k_accuracy": "k=1", "threshold_f1": "threshold=0.5"}


EXECUTED = {name for name, entry in plugins.metrics().items() if entry.executed or entry.in_world}


@pytest.mark.parametrize("name", sorted(EXECUTED))
def test_what_judges_a_run_program_says_so(shell, name):
    said = shell("score", jsonl(shell, MATERIAL["json"]), "-M", name)
    assert said.code == 2
    assert ("judges what was done in a world" if "world" in name else "judges what is run") in said.complaint


@pytest.mark.parametrize(
    "name",
    sorted(name for name in plugins.metrics().keys() - EXECUTED if not {":", "@K"} & {*name, name[-2:]}),
)
def test_every_metric_that_is_listed_can_score_a_file(shell, name):
    settings = ("-m", OWN_SETTINGS[name]) if name in OWN_SETTINGS else ()
    tried = [
        shell("score", jsonl(shell, rows), "-M", name, *settings, "--json") for rows in MATERIAL.values()
    ]
    values = [document(found)["metrics"][name]["value"] for found in tried if found.code == 0]
    assert [value for value in values if value is not None]
    assert {found.code for found in tried} <= {0, 2}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("recall@2", 0.25),
        ("precision@2", 0.25),
        ("hit@2", 0.5),
        ("ndcg@3", (1 / 1.5849625 + 0) / (1 + 1 / 1.5849625) / 2),
    ],
)
def test_rankings_made_elsewhere_are_scored_at_any_cutoff(shell, name, value):
    rows = [{"prediction": ["c", "a"], "target": ["a", "b"]}, {"prediction": [], "target": ["a"]}]
    assert scored(shell, rows, "-M", name)[name]["value"] == pytest.approx(value)


def test_a_cutoff_that_is_none_says_what_one_looks_like(shell):
    said = shell("score", jsonl(shell, CITIES), "-M", "recall@ten")
    assert said.code == 2
    assert "as recall@10" in said.complaint


SAME = """\
import datasets
import evaluate

TEXT = datasets.Value("string")


class Same(evaluate.Metric):
    def _info(self):
        features = datasets.Features({"predictions": TEXT, "references": TEXT})
        return evaluate.MetricInfo(description="", citation="", features=features)

    def _compute(self, predictions, references):
        return {"same": sum(map(str.__eq__, predictions, references)) / len(references)}
"""


def test_a_metric_of_evaluate_stands_beside_ours_without_an_interval(shell):
    pytest.importorskip("evaluate")
    shell.write("same/same.py", SAME)
    files = [shell.write("hyp", "a\nb\nc\n"), shell.write("ref", "a\nb\nx\n")]
    found = document(shell("score", *files, "-M", "evaluate:./same,accuracy", "--json"))["metrics"]
    assert [one["value"] for one in found.values()] == [2 / 3, 2 / 3]
    assert [one["ci_low"] is None for one in found.values()] == [True, False]


# What belongs together


def clustered(key: str) -> list[dict[str, Any]]:
    """Return ten answers in each of twenty groups, all right or all wrong."""
    return [{"prediction": "a", "target": "ab"[g % 2], key: f"g{g}"} for g in range(20) for _ in range(10)]


def width(metric: dict[str, Any]) -> float:
    return metric["ci_high"] - metric["ci_low"]


@pytest.mark.parametrize("key", ["cluster", "id"])
def test_lines_of_one_cluster_or_id_are_drawn_together(shell, key):
    plain = [{"prediction": row["prediction"], "target": row["target"]} for row in clustered(key)]
    together = document(shell("score", jsonl(shell, clustered(key)), "-M", "accuracy", "--json"))
    apart = scored(shell, plain, "-M", "accuracy")["accuracy"]
    assert together["counts"]["clusters"] == 20
    assert together["metrics"]["accuracy"]["value"] == apart["value"]
    assert width(together["metrics"]["accuracy"]) > 2.5 * width(apart)  # sqrt(10), but for the expansion


def test_the_note_says_over_how_many_clusters(shell):
    found = shell("score", jsonl(shell, clustered("cluster")), "-M", "accuracy")
    assert found.out.endswith("\n200 answers, intervals over 20 clusters\n")


# A run's own journal


def test_a_runs_samples_have_the_runs_figures_and_failed_requests_enter_none(tmp_path):
    project = Project(tmp_path)
    project.reviews()
    project.write(
        "backends/shaky.yaml", "adapter: dummy\nsettings: {failure_rate: 0.2, unanswered_rate: 0.2}\n"
    )
    run = project.harness(
        "run", "-t", "reviews", "-b", "shaky", "--data-dir", "data", "--max-failures", "0.9"
    )
    assert run.returncode == 0, run.stderr
    known = said(project.only())
    assert known["counts"]["failed"] > 0
    found = project.harness(
        "score", project.only() / "samples.jsonl", "-M", "accuracy,macro_f1,unanswered", "--json"
    )
    assert json.loads(found.stdout)["metrics"] == known["metrics"]
    counts = json.loads(found.stdout)["counts"]
    assert {key: known["counts"][key] for key in ("examples", "answered", "unanswered", "failed")} == {
        key: counts[key] for key in ("examples", "answered", "unanswered", "failed")
    }


@pytest.mark.parametrize("asked", [5, None, "x", [1], [["a"]], {"options": 7}])
def test_a_journal_whose_requests_are_odd_is_scored_by_what_was_answered(shell, asked):
    row = {"prediction": "a", "target": "a", "request": asked, "response": {"text": "a", "error": None}}
    assert scored(shell, [row], "-M", "accuracy")["accuracy"]["value"] == 1


# Settings


def test_a_setting_is_the_metrics_that_it_names(shell):
    rows = [{"prediction": "AI는 좋다", "target": ""}]
    path = jsonl(shell, rows)
    found = lines(shell("score", path, "-M", "stray_latin,stray_hanja", "-m", "stray_latin.most=0.5"))
    assert found["stray_latin"].startswith("0.0000 ")
    assert found["stray_latin"].endswith("|most:0.5|n:1")
    assert lines(shell("score", path, "-M", "stray_latin"))["stray_latin"].startswith("1.0000 ")


def test_a_setting_that_is_text_stays_text(shell):
    rows = [
        {"prediction": "1", "target": "1"},
        {"prediction": "1", "target": "0"},
        {"prediction": "0", "target": "0"},
    ]
    assert scored(shell, rows, "-M", "f1", "-m", "positive=0")["f1"]["signature"] == "f1|v:1|positive:0|n:3"


# Mistakes

MISTAKES: dict[str, tuple[list[str], str]] = {
    "no metric": ([], "--metric NAME is missing; `harness list metrics` shows what there is"),
    "mistyped": (["-M", "korquad_f"], "no metric is called 'korquad_f'. Did you mean 'korquad_f1'?"),
    "not key=value": (["-M", "bleu", "-m", "tokenizer"], "-m tokenizer: should be METRIC.KEY=VALUE"),
    "no key": (["-M", "bleu", "-m", "bleu.=char"], "-m bleu.=char: should be METRIC.KEY=VALUE"),
    "whose": (
        ["-M", "bleu,chrf", "-m", "lowercase=true"],
        "-m lowercase=true: of which metric? Write bleu.lowercase=…",
    ),
    "another's": (
        ["-M", "bleu", "-m", "blue.x=1"],
        "-m blue.x=1: 'blue' is not asked for. Did you mean 'bleu'?",
    ),
    "twice": (
        ["-M", "stray_latin", "-m", "most=0", "-m", "stray_latin.most=1"],
        "-m stray_latin.most is given twice",
    ),
    "no setting": (
        ["-M", "squad_em", "-m", "case=lower"],
        "squad_em: 'case': no such setting. It takes none.",
    ),
    "kind": (["-M", "stray_latin", "-m", "most=much"], "stray_latin: 'most' should be a number, not 'much'"),
    "range": (
        ["-M", "stray_latin", "-m", "most=2"],
        "stray_latin: 'most' should be a share from 0 to below 1, not 2",
    ),
    "words": (
        ["-M", "entity_f1", "-m", "average=mean"],
        "entity_f1: 'average' should be one of micro, macro, not 'mean'",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_arguments_is_one_line(shell, mistake):
    options, complaint = MISTAKES[mistake]
    found = shell("score", jsonl(shell, CITIES), *options)
    assert (found.code, found.out, found.complaint) == (2, "", f"harness: {complaint}")


# (the metric, the file's last line after two good ones, what is said of that line)
GOOD = '{"prediction": "a", "target": "a"}\n'
BROKEN: dict[str, tuple[str, str, str]] = {
    "JSON": ("accuracy", "{", "not JSON: "),
    "object": ("accuracy", "[1]", "each line should be a JSON object"),
    "NaN": ("accuracy", '{"prediction": NaN, "target": "a"}', "not JSON: "),
    "no prediction": (
        "accuracy",
        '{"predicton": "a", "target": "a"}',
        "no 'prediction' here, the answer, or null, which accuracy reads. Did you mean 'predicton'?",
    ),
    "no reply": (
        "hangul_share",
        '{"target": "a"}',
        "no 'prediction' here, the reply, or null, which hangul_share reads.",
    ),
    "no target": ("accuracy", '{"prediction": "a"}', "no 'target' here, which accuracy needs."),
    "null target": (
        "squad_f1",
        '{"prediction": "a", "target": null}',
        "'target' is null, and squad_f1 needs one",
    ),
    "no reference": (
        "squad_f1",
        '{"prediction": "a", "target": []}',
        "squad_f1 needs a target: a text or a list of at least one",
    ),
    "object said": (
        "squad_f1",
        '{"prediction": {"text": "a"}, "target": "a"}',
        "'prediction' should be text or a number, not {'text'",
    ),
    "object wanted": (
        "squad_f1",
        '{"prediction": "a", "target": {"text": "a"}}',
        "'target' should be text or a number, not {'text'",
    ),
    "list said": (
        "squad_f1",
        '{"prediction": ["a"], "target": "a"}',
        "squad_f1 takes no such list as this 'prediction': ['a']",
    ),
    "spans wanted": (
        "squad_f1",
        '{"prediction": "a", "target": [[0, 1, "PS"]]}',
        "squad_f1 takes no such list as this 'target': [[0, 1",
    ),
    "two labels": (
        "balanced_accuracy",
        '{"prediction": "a", "target": ["a", "b"]}',
        "balanced_accuracy takes no such list as this 'target': ['a', 'b']",
    ),
    "no number": (
        "pearson",
        '{"prediction": "a", "target": "1"}',
        "pearson: the prediction 'a' is not a number",
    ),
    "half clustered": (
        "accuracy",
        '{"prediction": "a", "target": "a", "cluster": 1}',
        "no 'cluster' here, though other lines have one",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_in_the_file_is_one_line_with_its_place(shell, name):
    metric, line, complaint = BROKEN[name]
    good = GOOD.replace('"a"', '"1"') if metric == "pearson" else GOOD
    path = shell.write("answers.jsonl", good + "\n" + good + line + "\n")
    found = shell("score", path, "-M", metric)
    place = 1 if name == "half clustered" else 4
    assert (found.code, found.out) == (2, "")
    assert found.complaint.startswith(f"harness: {path}:{place}: {complaint}")


@pytest.mark.parametrize(
    ("metric", "row", "complaint"),
    [
        (
            "ece",
            {"prediction": "a"},
            "no 'option_scores' here, the log-probabilities of the options, which ece reads.",
        ),
        (
            "perplexity",
            {},
            "no 'value' here, the log-likelihood of the target in nats, which perplexity reads.",
        ),
        ("perplexity", {"value": "-3"}, "'value' should be a number, not '-3'"),
        ("perplexity", {"value": -3, "tokens": 1.5}, "'tokens' should be a count, not 1.5"),
        ("perplexity", {"value": True}, "'value' should be a number, not True"),
        ("ece", {"option_scores": "0.5"}, "'option_scores' should be a list of numbers, not '0.5'"),
        ("ece", {"option_scores": ["0.5"]}, "'option_scores' should be a number, not '0.5'"),
    ],
)
def test_a_metric_says_what_it_reads(shell, metric, row, complaint):
    path = jsonl(shell, [{**row, "target": "0"}])
    assert shell("score", path, "-M", metric).complaint == f"harness: {path}:1: {complaint}"


def test_spans_that_are_none_are_said_so(shell):
    path = jsonl(shell, [{"prediction": "PS", "target": []}])
    complaint = "entity_f1: the prediction should be a list of [start, end, type], not 'PS'"
    assert shell("score", path, "-M", "entity_f1").complaint == f"harness: {path}:1: {complaint}"


def test_texts_of_unequal_length_name_both_counts(shell):
    files = [shell.write("hyp.txt", "a\nb\nc\n"), shell.write("ref.txt", "a\nb")]
    complaint = f"lines: 2 here, 3 in {files[0]}; predictions and references go line by line"
    assert shell("score", *files, "-M", "squad_em").complaint == f"harness: {files[1]}: {complaint}"


@pytest.mark.parametrize(("name", "text"), [("answers.jsonl", ""), ("answers.jsonl", "\n\n")])
def test_a_file_without_answers_is_a_mistake(shell, name, text):
    path = shell.write(name, text)
    assert shell("score", path, "-M", "squad_em").complaint == f"harness: {path}: holds no answers"


def test_two_empty_texts_hold_no_answers(shell):
    files = [shell.write("hyp.txt", ""), shell.write("ref.txt", "")]
    assert shell("score", *files, "-M", "squad_em").complaint == f"harness: {files[0]}: holds no answers"


def test_a_lone_text_lacks_its_references(shell):
    path = shell.write("hyp.txt", "서울\n")
    complaint = shell("score", path, "-M", "squad_em").complaint
    assert complaint.endswith("a text of predictions needs a text of references beside it")


def test_jsonl_stands_alone(shell):
    files = [jsonl(shell, CITIES), jsonl(shell, CITIES, "b.jsonl")]
    assert shell("score", *files, "-M", "squad_em").complaint.endswith("give it alone")


def test_a_file_that_is_not_there_is_named(shell):
    assert shell("score", "nowhere.jsonl", "-M", "squad_em").complaint == (
        "harness: nowhere.jsonl: cannot be read: No such file or directory"
    )


def test_a_run_of_which_every_request_failed_has_nothing_to_score(shell):
    row = {
        "id": "1",
        "prediction": None,
        "target": "a",
        "response": {"text": None, "error": {"kind": "lost"}},
    }
    path = jsonl(shell, [row, row])
    assert shell("score", path, "-M", "accuracy").complaint == (
        f"harness: {path}:1: every request failed: nothing was answered"
    )
