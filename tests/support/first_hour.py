"""What people type wrong in their first hour: the command, its exit code, and what tells them the next step.

Each has what is said in English and in Korean; of both only what matters: the thing, and what to type.
"""

from __future__ import annotations

from typing import NamedTuple


class Mistake(NamedTuple):
    """A command line, and words that have to be in what is said, in either language."""

    typed: str
    english: str
    korean: str
    code: int = 2


BROKEN = "ask: choose\nmetrcs: [accuracy]\n"
FILES = {
    "tasks/typo.yaml": "extends: nsmc_fewshot\nmetrcs: [accuracy]\n",
    "tasks/torn.yaml": "ask: [\n",
    "tasks/tabbed.yaml": "ask: choose\n\tmetrics: [accuracy]\n",
    "backends/wrong.yaml": "adapter: tfidff\n",
    "preds.jsonl": '{"prediction": "a"}\n',
    "a.txt": "one\n",
    "b.txt": "one\ntwo\n",
    "file": "",
    "sweep.yaml": "version: 1\nruns:\n- {task: nsmc_fewshot, backend: nb, limt: 5}\n",
    "empty/keep": "",
    "ratings.csv": "id,score,rater\n1,2,a\n",
    "votes.csv": "question,first,second\n1,a,b\n",
}

MISTAKES = [
    Mistake(
        "run nsmc_fewshot tfidf",
        "Type harness run -t nsmc_fewshot -b tfidf",
        "이렇게 쓰세요: harness run -t nsmc_fewshot -b tfidf",
    ),
    Mistake(
        "run -t nsmc_fewshot",
        "-b BACKEND is missing; `harness list backends`",
        "-b BACKEND가 없습니다. `harness list backends`",
    ),
    Mistake(
        "run -b tfidf", "-t TASK is missing; `harness list tasks`", "-t TASK가 없습니다. `harness list tasks`"
    ),
    Mistake("run -t nsmc -b tfidf --sample", "Did you mean 'nsmc_", "말한 것입니까?"),
    Mistake("run -t nsmc_fewshot -b tfid --sample", "Did you mean 'tfidf'?", "'tfidf'를 말한 것입니까?"),
    Mistake(
        "run -t nsmc_fewshot -b claude",
        "Type -b openrouter -m model=anthropic/NAME",
        "이렇게 쓰세요: -b openrouter -m model=anthropic/NAME",
    ),
    Mistake(
        "run -t nsmc_fewshot -b ollama",
        "Type -b local_server -m base_url=",
        "이렇게 쓰세요: -b local_server -m base_url=",
    ),
    Mistake(
        "run -t nsmc_fewshot -b chatgpt", "Type -b gpt -m model=NAME", "이렇게 쓰세요: -b gpt -m model=NAME"
    ),
    Mistake(
        "run -t nsmc_fewshot -b acme/small-2b",
        "Type -b huggingface -m model=acme/small-2b",
        "이렇게 쓰세요: -b huggingface -m model=acme/small-2b",
    ),
    Mistake(
        "run -t nsmc_fewshot -b tfidf --shots 100000 --sample",
        "0 to 1,000; a prompt holds a few dozen",
        "0에서 1,000까지입니다",
    ),
    Mistake(
        "run -t nsmc_fewshot -b tfidf --shots many --sample",
        "should be counts, such as 5",
        "5나 0,1,3,10 같은 개수여야 합니다",
    ),
    Mistake(
        "run -t nsmc_fewshot -b tfidf --limit lots --sample",
        "should be a count such as 100",
        "100 같은 개수나 0.1 같은 비율",
    ),
    Mistake("run -t nsmc_fewshot -b tfidf --limit 0 --sample", "--limit", "--limit"),
    Mistake("run -t nsmc_fewshot -b tfidf --template nothing --sample", "has no template", "템플릿"),
    Mistake("run -t nsmc_fewshot -b tfidf --split nowhere --sample", "has no split", "분할"),
    Mistake(
        "run -t nsmc_fewshot -b tfidf --ask choos --sample",
        "Did you mean 'choose'?",
        "'choose'를 말한 것입니까?",
    ),
    Mistake("run -t nsmc_fewshot -b tfidf -m ngram=2 --sample", "ngram", "ngram"),
    Mistake("run -t nsmc_fewshot -b tfidf -m nothing --sample", "should be key=value", "키=값이어야 합니다"),
    Mistake("run -t nsmc_fewshot -b tfidf -d temprature=0 --sample", "temperature", "temperature"),
    Mistake(
        "run -t nsmc_fewshot -b tfidf --max-cost free --sample",
        "such as 5USD or 7000KRW",
        "5USD나 7000KRW 같은 금액",
    ),
    Mistake("run -t nsmc_fewshot -b tfidf --data-dir nowhere", "no such folder", "그런 폴더가 없습니다"),
    Mistake("run -t nsmc_fewshot -b tfidf --sample --runs-dir file", "is a file", "파일입니다"),
    Mistake("run -t nsmc_fewshot -b tfidf --sampel", "Possible options: --name, --sample", "--sample"),
    Mistake("run -t typo -b tfidf --sample", "Did you mean 'metrics'?", "'metrics'를 말한 것입니까?"),
    Mistake("run -t torn -b tfidf", "tasks/torn.yaml:", "tasks/torn.yaml:"),
    Mistake("run -t tabbed -b tfidf", "YAML is indented with spaces", "YAML은 빈칸으로 들여 씁니다"),
    Mistake("run -t nsmc_fewshot -b wrong --sample", "Did you mean 'tfidf'?", "'tfidf'를 말한 것입니까?"),
    Mistake("rum", "Did you mean 'run', 'resume'?", "명령"),
    Mistake("list taks", "Did you mean 'tasks'?", "'tasks'를 말한 것입니까?"),
    Mistake("list metrics --tag korean", "leave out --tag", "--tag를 빼세요"),
    Mistake("show nsmc_fewshto", "Did you mean 'nsmc_fewshot'?", "'nsmc_fewshot'를 말한 것입니까?"),
    Mistake("leaderboard", "`harness run` makes them", "`harness run`이 만들고"),
    Mistake("leaderboard --format pdf", "no such format", "그런 형식이 없습니다"),
    Mistake("compare tfidf nb", "neither a run directory nor a system", "실행 폴더도"),
    Mistake("report --out site", "`harness run` makes them", "`harness run`이 만들고"),
    Mistake("gate", "--baseline FILE|DIR", "--baseline FILE|DIR"),
    Mistake(
        "gate --baseline base.json",
        "`harness gate --update base.json` makes one",
        "`harness gate --update base.json`로",
    ),
    Mistake("score preds.jsonl", "--metric NAME is missing", "--metric NAME이 없습니다"),
    Mistake("score preds.jsonl --metric acuracy", "Did you mean 'accuracy'?", "'accuracy'를 말한 것입니까?"),
    Mistake("score a.txt b.txt --metric accuracy", "line by line", "줄끼리"),
    Mistake("data get", "`harness data list`", "`harness data list`"),
    Mistake("try -t nsmc_fewshot -b tfidf --sample", "give a TEXT", "TEXT를 주거나"),
    Mistake("check nowhere.yaml", "no such file: nowhere.yaml", "그런 파일이 없습니다: nowhere.yaml"),
    Mistake("list tasks --lang fr", "--lang fr", "--lang fr"),
    # of judging, racing, explaining, working
    Mistake(
        "judge runs", "Type harness judge RUN… --by BACKEND", "이렇게 쓰세요: harness judge RUN… --by BACKEND"
    ),
    Mistake("judge nowhere --by gpt -m model=x", "`harness list runs`", "`harness list runs`"),
    Mistake("vote one", "Type harness vote RUN_A RUN_B", "이렇게 쓰세요: harness vote RUN_A RUN_B"),
    Mistake("vote one two", "neither a run directory nor a system", "실행 폴더도"),
    Mistake("arena", "Type harness arena VOTES…", "이렇게 쓰세요: harness arena VOTES…"),
    Mistake("arena votes.csv", "votes.csv:", "votes.csv:"),
    Mistake("arena votes.csv --rule elo", "one of bradley_terry", "bradley_terry"),
    Mistake("agree ratings.csv", "agreement needs two raters", "평가자 둘이 필요합니다"),
    Mistake("race -t nsmc_fewshot -b tfidf --sample", "-b A,B", "-b A,B"),
    Mistake("race -t nsmc_fewshot -b tfidf,nb --sample --margin 3", "such as 0.01", "0.01처럼"),
    Mistake("race -t mt_bench -b tfidf,nb", "has only test", "'train' 분할로 학습"),
    Mistake(
        "explain one",
        "Type harness explain RUN_A RUN_B|ROW",
        "이렇게 쓰세요: harness explain RUN_A RUN_B|ROW",
    ),
    Mistake("explain one two", "neither a run directory nor a system", "실행 폴더도"),
    Mistake("items nsmc_fewshot empty", "no run of nsmc_fewshot", "`harness list runs`"),
    Mistake("items", "Type harness items TASK", "이렇게 쓰세요: harness items TASK"),
    Mistake("work", "Type harness work RUN", "이렇게 쓰세요: harness work RUN"),
    Mistake("work empty", "not a run directory", "실행 폴더가 아닙니다"),
    Mistake("status nowhere", "`harness list runs`", "`harness list runs`"),
    Mistake("pause nowhere", "`harness list runs`", "`harness list runs`"),
    Mistake(
        "run --replicas 2 -t mt_bench -b dummy --sample",
        "leave out --replicas",
        "--replicas를 빼세요",
    ),
    # of retrieval, contexts, gates that watch, grids in a file, pictures
    Mistake(
        "run -t nsmc_fewshot -b bm25 --sample",
        "cannot 'choose'; adapters that can: dummy",
        "할 수 있는 어댑터: dummy",
    ),
    Mistake("run -t nsmc_fewshot -b nb --sample --context gold", "--context", "--context"),
    Mistake("run -t korquad_v2 -b dummy --sample --context golden", "--context", "--context"),
    Mistake("gate --sequential", "-t TASK and -b BACKEND", "-t 과제, -b 시스템"),
    Mistake("gate -t nsmc_fewshot -b nb --baseline empty", "of --sequential", "--sequential의 것"),
    Mistake("run night", "no such grid file: night.", "그런 grid 파일이 없습니다: night."),
    Mistake("run sweep.yaml", "Did you mean 'limit'?", "'limit'를 말한 것입니까?"),
    Mistake("run sweep.yaml -t nsmc_fewshot", "leave out -t and -b", "-t와 -b를 빼세요"),
    Mistake(
        "report --out site --pictures drawn --format jpg", "Did you mean 'png'?", "'png'를 말한 것입니까?"
    ),
    Mistake("report --out site --format png", "--pictures DIR", "--pictures DIR"),
    Mistake("import nowhere", "no such file or folder: nowhere", "그런 파일이나 폴더가 없습니다: nowhere"),
    Mistake(
        "convert tasks/typo.yaml",
        "Type harness convert lm_eval TASK.yaml",
        "harness convert lm_eval TASK.yaml",
    ),
    Mistake("try 글 -t nsmc_fewshot -b tfidf --sample --weights many", "integer", "정수여야 합니다"),
]
