"""Answers made elsewhere, from a file: which row is about which example, and what is made of it."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest

TASK = """\
version: 1
description: Capitals, for a test
data: {format: jsonl, files: {test: capitals.jsonl, train: capitals.jsonl}}
fields: {id: id, input: question, choices: choices, target: right}
meta: {region: region}
options_from: choices
target_format: letter
option_marks: letter
ask: choose
templates: {q: {query: "{{ input }}\\n{{ options }}\\n정답:"}}
metrics: [accuracy, unanswered]
"""
CITIES = ["서울", "파리", "로마", "도쿄"]
RIGHT = "ABCD"


def questions(count=4):
    return [
        {
            "id": f"q{n}",
            "question": f"{n}번 수도는?",
            "choices": CITIES,
            "right": RIGHT[n % 4],
            "region": n % 2,
        }
        for n in range(count)
    ]


@pytest.fixture
def project(shell, monkeypatch):
    """Return the shell in a project with a task of four questions and a function that writes JSONL."""
    shell.write("tasks/capitals.yaml", TASK)
    shell.write("data/capitals.jsonl", jsonl(questions()))
    return shell


def jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def run(shell, *arguments, file="replies.jsonl", name="them", task="capitals"):
    words = ("-t", task, "-b", "recorded", "-m", f"file={file}", "--data-dir", "data", "--name", name)
    return shell("run", *words, *arguments, "--json")


def only(said):
    (found,) = said.json["runs"]
    return found


REPLIES = [
    {"id": "q0", "reply": "정답은 A입니다."},
    {"id": "q1", "reply": "B"},
    {"id": "q2", "reply": "A"},
    {"id": "q3", "reply": "D"},
]


class TestMatching:
    def test_a_row_is_about_the_example_whose_id_it_has_in_whatever_order(self, project):
        project.write("replies.jsonl", jsonl(REPLIES[::-1]))
        found = only(run(project))
        assert found["metrics"]["accuracy"]["value"] == 0.75
        assert (found["status"], found["label"]) == ("complete", "them")

    def test_an_example_without_a_row_failed_and_is_not_wrong(self, project):
        project.write("replies.jsonl", jsonl(REPLIES[:2]))
        said = run(project)
        found = only(said)
        assert said.code == 4
        assert found["status"] == "partial"
        assert found["metrics"]["accuracy"] | {"signature": ""} != {}
        assert (found["metrics"]["accuracy"]["value"], found["metrics"]["accuracy"]["n"]) == (1.0, 2)
        assert found["failed_because"] == {"missing": 2}
        assert "2 examples have no row" in said.err
        assert "2 of 4 examples have no answer in the file" in said.err

    def test_what_is_missing_may_be_allowed(self, project):
        project.write("replies.jsonl", jsonl(REPLIES[:2]))
        assert run(project).code == 4
        said = run(project, "--max-failures", "2")
        assert (said.code, only(said)["status"]) == (0, "complete")

    def test_a_partial_run_goes_on_in_its_directory_under_its_name(self, project):
        project.write("replies.jsonl", jsonl(REPLIES[:2]))
        place = only(run(project))["directory"]
        options = ("--data-dir", "data", "--max-failures", "2", "--json")
        said = project("run", "--resume", place, *options)
        assert said.code == 2  # a folder may be a stranger's: the file that it reads is said again
        assert "repeat it: -m file=replies.jsonl" in said.err
        said = project("run", "--resume", place, "-m", "file=replies.jsonl", *options)
        assert said.code == 0
        assert (only(said)["directory"], only(said)["label"]) == (place, "them")

    def test_rows_that_differ_are_no_answer(self, project):
        project.write("replies.jsonl", jsonl([*REPLIES, {"id": "q0", "reply": "B"}]))
        said = run(project, "--max-failures", "1")
        assert only(said)["failed_because"] == {"ambiguous": 1}
        assert "1 match rows that differ" in said.err

    def test_rows_that_say_the_same_leave_nothing_to_guess(self, project):
        project.write("replies.jsonl", jsonl([*REPLIES, REPLIES[0]]))
        assert only(run(project))["counts"]["failed"] == 0

    def test_two_examples_with_one_key_share_no_row(self, project):
        rows = [{"area": "0", "reply": "A"}, {"area": "1", "reply": "B"}]
        project.write("replies.jsonl", jsonl(rows))
        said = run(project, "-m", "id=area", "-m", "example=region", "--max-failures", "4")
        assert only(said)["failed_because"] == {"ambiguous": 4}

    def test_several_columns_tell_apart_what_one_does_not(self, project):
        rows = [{"area": n % 2, "key": RIGHT[n], "reply": RIGHT[n]} for n in range(4)]
        project.write("replies.jsonl", jsonl(rows))
        found = only(run(project, "-m", "id=[area, key]", "-m", "example=[region, answer]"))
        assert found["metrics"]["accuracy"]["value"] == 1.0

    def test_both_sides_may_be_templates(self, project):
        rows = [{"asked": f"Q: {n}번 수도는?\nA:", "reply": RIGHT[n]} for n in range(4)]
        project.write("replies.jsonl", jsonl(rows))
        column = "id={{ asked[3:].split('\\n')[0] }}"
        found = only(run(project, "-m", column, "-m", "example={{ input }}"))
        assert found["metrics"]["accuracy"]["value"] == 1.0

    def test_a_row_may_go_by_its_number(self, project):
        project.write("replies.jsonl", jsonl([{"reply": letter} for letter in RIGHT]))
        found = only(run(project, "-m", "id=row", "-m", "example={{ id[1:] }}"))
        assert found["metrics"]["accuracy"]["value"] == 1.0

    def test_a_limit_leaves_rows_over_and_says_so(self, project):
        project.write("replies.jsonl", jsonl(REPLIES))
        said = run(project, "--limit", "2")
        assert only(said)["counts"]["failed"] == 0
        assert "2 of 4 rows are of no example asked" in said.err

    def test_hangul_in_pieces_is_the_same_id(self, project):
        project.write("data/capitals.jsonl", jsonl([{**questions(1)[0], "id": "\u1112\u1161\u11ab"}]))
        project.write("replies.jsonl", jsonl([{"id": "한", "reply": "A"}]))
        assert only(run(project))["counts"]["failed"] == 0


class TestFiles:
    @pytest.mark.parametrize("packed", [False, True])
    @pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv"])
    def test_texts_plain_or_packed(self, project, kind, packed):
        text = jsonl(REPLIES) if kind == "jsonl" else table(REPLIES, "," if kind == "csv" else "\t")
        name = f"replies.{kind}" + (".gz" if packed else "")
        content = gzip.compress(text.encode()) if packed else text.encode()
        (project.home / name).write_bytes(content)
        assert only(run(project, file=name))["metrics"]["accuracy"]["value"] == 0.75

    def test_parquet(self, project):
        pyarrow = pytest.importorskip("pyarrow")
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(REPLIES), project.home / "replies.parquet")
        assert only(run(project, file="replies.parquet"))["metrics"]["accuracy"]["value"] == 0.75

    def test_packing_or_moving_a_file_makes_no_other_run(self, project):
        project.write("replies.jsonl", jsonl(REPLIES))
        first = only(run(project))
        (project.home / "there").mkdir()
        (project.home / "there/others.jsonl.gz").write_bytes(gzip.compress(jsonl(REPLIES).encode()))
        assert only(run(project, file="there/others.jsonl.gz"))["id"] == first["id"]

    def test_other_content_is_another_run(self, project):
        project.write("replies.jsonl", jsonl(REPLIES))
        first = only(run(project))
        project.write("replies.jsonl", jsonl([*REPLIES[:3], {"id": "q3", "reply": "A"}]))
        assert only(run(project))["id"] != first["id"]

    def test_of_a_path_reports_say_its_end_alone(self, project):
        project.write("replies.jsonl", jsonl(REPLIES))
        said = project(
            *("run", "-t", "capitals", "-b", "recorded", "--data-dir", "data", "--json"),
            *("-m", f"file={project.home / 'replies.jsonl'}"),
        )
        found = only(said)
        assert found["label"] == f"recorded [file={project.home.name}/replies.jsonl]"
        assert found["backend"]["settings"]["file"] == f"{project.home.name}/replies.jsonl"

    def test_a_profile_names_a_file_that_lies_beside_it(self, project):
        project.write("backends/theirs.yaml", "adapter: recorded\nsettings: {file: theirs/replies.jsonl}\n")
        project.write("backends/theirs/replies.jsonl", jsonl(REPLIES))
        said = project("run", "-t", "capitals", "-b", "theirs", "--data-dir", "data", "--json")
        assert only(said)["label"] == "theirs"

    @pytest.mark.parametrize("path", ["/etc/passwd.csv", "../replies.jsonl"])
    def test_a_profile_names_no_file_elsewhere(self, project, path):
        project.write("backends/theirs.yaml", f"adapter: recorded\nsettings:\n  file: {path}\n")
        project.write("replies.jsonl", jsonl(REPLIES))
        said = project("run", "-t", "capitals", "-b", "theirs", "--data-dir", "data")
        assert said.code == 2
        assert "theirs.yaml:3: 'file' should lie beside this profile" in said.complaint


def table(rows, delimiter):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


SENTIMENT = """\
version: 1
description: Sentiment, for a test
data: {format: jsonl, files: {test: reviews.jsonl}}
fields: {id: id, input: text, target: label}
options: {0: 부정, 1: 긍정}
ask: choose
templates: {q: {query: "{{ input }}"}}
metrics: [accuracy, ece]
"""


def sentiment(shell, rows):
    shell.write("tasks/reviews.yaml", SENTIMENT)
    reviews = [{"id": n, "text": f"영화 {n}", "label": n % 2} for n in range(2)]
    shell.write("data/reviews.jsonl", jsonl(reviews))
    shell.write("replies.jsonl", jsonl(rows))


class TestAnswers:
    @pytest.mark.parametrize("labels", [["부정", "긍정"], [0, 1], ["0", "1"]])
    def test_a_label_is_the_datas_or_the_options_text(self, shell, labels):
        sentiment(shell, [{"id": n, "said": label} for n, label in enumerate(labels)])
        found = only(run(shell, "-m", "label=said", task="reviews"))
        assert found["metrics"]["accuracy"]["value"] == 1.0
        assert found["metrics"]["ece"]["value"] is None  # nobody recorded a probability

    def test_a_label_that_is_no_option_is_unanswered(self, shell):
        sentiment(shell, [{"id": 0, "said": "중립"}, {"id": 1, "said": "긍정"}])
        found = only(run(shell, "-m", "label=said", task="reviews"))
        assert found["counts"]["unanswered"] == 1

    @pytest.mark.parametrize(
        ("scores", "kind"),
        [
            ([-0.1, -2.4], "logprobs"),
            ({"부정": 0.9, "긍정": 0.1}, "probabilities"),
            ("[0.9, 0]", "probabilities"),
        ],
    )
    def test_scores_are_compared(self, shell, scores, kind):
        sentiment(shell, [{"id": n, "p": scores} for n in range(2)])
        found = only(run(shell, "-m", "scores=p", "-m", f"scores_as={kind}", task="reviews"))
        assert found["metrics"]["accuracy"]["value"] == 0.5
        assert found["choose_by"] == "logprobs"

    def test_scores_of_other_options_are_an_error_with_its_line(self, shell):
        sentiment(shell, [{"id": 0, "p": [1, 2]}, {"id": 1, "p": [1, 2, 3]}])
        said = run(shell, "-m", "scores=p", task="reviews")
        assert said.code == 2
        assert "replies.jsonl:2: 3 scores, and the example has 2 options" in said.err

    def test_a_failed_call_is_no_answer_and_a_filtered_one_is_unanswered(self, project):
        rows = [
            *REPLIES[:2],
            {"id": "q2", "reply": "Error 429: slow down"},
            {"id": "q3", "reply": "[FILTER]"},
        ]
        project.write("replies.jsonl", jsonl(rows))
        settings = ("-m", "failed=['Error 4*']", "-m", "filtered='[FILTER]'", "--max-failures", "1")
        found = only(run(project, *settings))
        assert found["failed_because"] == {"recorded": 1}
        assert found["unanswered_because"] == {"filtered": 1}
        assert (found["metrics"]["accuracy"]["n"], found["counts"]["answered"]) == (3, 2)

    def test_a_reply_may_be_cut_at_the_tasks_stops(self, project):
        project.write("tasks/capitals.yaml", TASK + 'decoding: {stop: ["\\n\\nQ:"]}\n')
        rows = [{"id": f"q{n}", "reply": f"{RIGHT[n]}\n\nQ: 다음\n정답: A"} for n in range(4)]
        project.write("replies.jsonl", jsonl(rows))
        assert only(run(project, "-m", "at_stops=true"))["metrics"]["accuracy"]["value"] == 1.0

    def test_runs_of_an_example_are_its_repeats(self, project):
        rows = [
            {"id": f"q{n}", "run": r, "reply": RIGHT[(n + (r == 10)) % 4]} for n in range(4) for r in (2, 10)
        ]
        project.write("replies.jsonl", jsonl(rows))
        first = run(project, "-m", "repeat=run")
        assert only(first)["metrics"]["accuracy"]["value"] == 1.0
        assert "2 runs of an example are recorded (--repeat 2)" in first.err
        both = only(run(project, "-m", "repeat=run", "--repeat", "2"))
        assert (both["metrics"]["accuracy"]["value"], both["metrics"]["accuracy"]["n"]) == (0.5, 8)


class TestWhatItTook:
    def test_tokens_seconds_and_price_are_the_files(self, project):
        extra = {"in": 10, "out": 2, "s": 1.5, "usd": 0.001}
        project.write("replies.jsonl", jsonl([row | extra for row in REPLIES]))
        columns = ("prompt_tokens=in", "completion_tokens=out", "seconds=s", "price=usd")
        found = only(run(project, *(word for column in columns for word in ("-m", column))))
        assert found["usage"] == {"prompt_tokens": 40, "completion_tokens": 8}
        assert found["latency_s"]["e2e"]["p50"] == 1.5
        assert (found["cost"]["total"], found["cost"]["paid"]) == (0.004, 0.0)
        assert found["cost"]["per_1k_examples"] == pytest.approx(1.0)

    def test_what_was_not_recorded_is_not_known(self, project):
        project.write("replies.jsonl", jsonl(REPLIES))
        found = only(run(project))
        assert set(found["throughput"].values()) == {None}
        assert (found["usage"], found["latency_s"], found["cost"]) == (None, None, None)
        assert found["decoding"]["sent"] == {}
        assert found["choose_by"] is None
        board = project("leaderboard").out
        assert "examples/s" not in board

    @pytest.mark.parametrize("option", [("-d", "temperature=1"), ("--shots", "2")])
    def test_how_it_was_asked_cannot_be_chosen(self, project, option):
        project.write("replies.jsonl", jsonl(REPLIES))
        said = run(project, *option)
        assert said.code == 2
        assert "was asked elsewhere" in said.complaint

    def test_it_needs_no_train_split_to_draw_shots_from(self, project):
        project.write("tasks/capitals.yaml", TASK.replace(", train: capitals.jsonl", "") + "shots: {k: 5}\n")
        text = (project.home / "tasks/capitals.yaml").read_text(encoding="utf-8")
        project.write("tasks/capitals.yaml", text.replace("{test:", "{train: nowhere.jsonl, test:"))
        project.write("replies.jsonl", jsonl(REPLIES))
        assert run(project).code == 0


class TestMistakes:
    @pytest.mark.parametrize(
        ("settings", "complaint"),
        [
            ([], "recorded names no file: add -m file=PATH"),
            (["file=none.csv"], "-m file=none.csv: no such file"),
            (
                ["file=replies.jsonl", "reply=repl"],
                "no column 'repl', which the setting 'reply' reads. Did you",
            ),
            (["file=replies.jsonl", "id=[id, reply]"], "2 columns in 'id' and 1 fields in 'example'"),
            (["file=replies.jsonl", "number=reply"], "replies.jsonl:1: 'number' should be a number, not"),
            (["file=replies.jsonl", "example=idd"], "the examples have no field 'idd'. Did you mean 'id'"),
            (["file=replies.txt"], "should end in .jsonl, .csv, .tsv or .parquet"),
            (["file=twice.csv"], "twice.csv:1: the header has the column 'id' twice"),
            (["file=empty.jsonl"], "holds no rows"),
        ],
    )
    def test_is_said_in_one_line(self, project, settings, complaint):
        project.write("replies.jsonl", jsonl(REPLIES))
        project.write("replies.txt", "A\n")
        project.write("twice.csv", "id,id\n1,2\n")
        project.write("empty.jsonl", "\n")
        words = [word for setting in settings for word in ("-m", setting)]
        said = project("run", "-t", "capitals", "-b", "recorded", "--data-dir", "data", "-q", *words)
        assert said.code in (2, 3)
        assert complaint in said.complaint


class TestName:
    def test_a_complete_run_can_be_called_otherwise(self, project):
        project.write("replies.jsonl", jsonl(REPLIES))
        first, second = only(run(project, name="one")), only(run(project, name="two"))
        assert first["id"] == second["id"]
        assert "| two " in project("leaderboard").out

    def test_it_names_one_row(self, project):
        said = project("run", "-t", "capitals", "-b", "random,dummy", "--data-dir", "data", "--name", "x")
        assert said.code == 2
        assert "--name x is of one row, and these are 2" in said.complaint

    @pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101])
    def test_it_can_be_read(self, project, name):
        said = project(*["run", "-t", "capitals", "-b", "random", "--data-dir", "data", "--name"], name)
        assert said.code == 2
        assert "signs that can be seen" in said.complaint

    def test_any_system_has_one(self, project):
        said = project(*["run", "-t", "capitals", "-b", "random", "--data-dir", "data", "--name"], "찍기")
        assert "| 찍기 " in said.out


class TestTheWholeRoad:
    def test_two_recorded_systems_compare_gate_rescore_and_fill_a_site(self, project):
        project.write("replies.jsonl", jsonl(REPLIES))
        project.write("worse.jsonl", jsonl([{**row, "reply": "C"} for row in REPLIES]))
        first, second = only(run(project)), only(run(project, file="worse.jsonl"))
        places = [found["directory"] for found in (first, second)]
        assert "them" in project("compare", *places).out
        assert project("rescore", places[0]).code == 0
        assert project("gate", "--baseline", places[0], places[1]).code == 0  # four examples decide nothing
        assert project("report", "--out", "site", "--no-texts").code == 0
