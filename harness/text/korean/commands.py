"""Of commands, options and definitions."""

SENTENCES = {
    # harness/api.py
    "{0} is missing; `harness list {1}s` shows what there is": "{0:이/가} 없습니다. `harness list {1}s`로 있는 것을 볼 수 있습니다",
    # harness/cli/__init__.py
    "a fault of the harness itself: {0}: {1}; --debug shows where": "harness 자체의 결함입니다: {0}: {1}. --debug를 쓰면 어디인지 보입니다",
    "cannot write to standard output: {0}": "표준 출력에 쓸 수 없습니다: {0}",
    # harness/cli/cache.py
    "{0}: {1} answers, {2} MiB": "{0}: 답 {1}개, {2} MiB",
    "cache {0}: should be stats or clear.{1}": "cache {0}: stats나 clear여야 합니다.{1}",
    "--older-than is about clear; stats say how old the oldest is": "--older-than은 clear에 쓰는 것입니다. stats는 가장 오래된 답의 날짜를 보여 줍니다",
    "--older-than {0}: should be an age such as 30d, 12h or 10m": "--older-than {0}: 30d, 12h, 10m 같은 기간이어야 합니다",
    "--backend {0}: no answer of it is kept.{1}": "--backend {0}: 보관된 답이 없습니다.{1}",
    "removed {0} answers": "답 {0}개를 지웠습니다",
    # harness/cli/check.py
    "{0}   # first line of a {1}: # yaml-language-server: $schema={2}": "{0}   # {1}의 첫 줄: # yaml-language-server: $schema={2}",
    # harness/cli/convert.py
    "{0}: only tasks of lm_eval are read.{1}": "{0}: lm_eval의 과제만 읽습니다.{1}",
    "{0} is not converted: {1} of its lines cannot be carried over": "{0:은/는} 변환하지 않았습니다. 옮길 수 없는 줄이 {1}개 있습니다",
    "{0}: `harness check {1}`, then `harness show {2} -n 2`": "{0}: `harness check {1}`, 그다음 `harness show {2} -n 2`",
    "{0} is there already; name another with --out": "{0:은/는} 이미 있습니다. --out으로 다른 이름을 주세요",
    # harness/cli/data.py
    "data {0}: should be list or get.{1}": "data {0}: list나 get이어야 합니다.{1}",
    "data get: name a task or a group; `harness data list` shows them": "data get: 과제나 묶음의 이름을 주세요. `harness data list`로 볼 수 있습니다",
    # harness/cli/doctor.py
    "harness {0}, Python {1}, {2}": "harness {0}, Python {1}, {2}",
    "cores {0}, accelerator {1}": "코어 {0}개, 가속기 {1}",
    # harness/cli/estimate.py
    "--pilot {0}: fewer than {1} answers tell no interval": "--pilot {0}: 답이 {1}개보다 적으면 구간을 알 수 없습니다",
    "--tokenizer needs tokenizers: pip install tokenizers": "--tokenizer에는 tokenizers가 필요합니다: pip install tokenizers",
    # harness/cli/export.py
    "next:   harness run -t {0} -b huggingface -m model={1} --shots 0": "다음:   harness run -t {0} -b huggingface -m model={1} --shots 0",
    "export takes one task, one backend and one template": "export는 과제 하나, 백엔드 하나, 템플릿 하나를 받습니다",
    "a run names its task and its backend; leave out -t and -b, or the run": "실행 폴더에 과제와 백엔드가 들어 있습니다. -t와 -b를 빼거나 실행 폴더를 빼세요",
    # harness/cli/gate.py
    "-t and -b are of --sequential, which makes the runs; without it RUNS are judged": "-t와 -b는 실행까지 하는 --sequential의 것입니다. 없으면 주어진 실행을 판정합니다",
    "--sequential makes the runs: name a --baseline, -t TASK and -b BACKEND, and no RUNS": "--sequential은 실행까지 합니다. --baseline과 -t 과제, -b 시스템을 주고 실행 폴더는 주지 마세요",
    "written: {0} ({1} {2}, {3} bytes)": "저장: {0} ({1} {2}, {3}바이트)",
    "--baseline FILE|DIR to compare with, or --update FILE to make one: one of the two": "견줄 기준은 --baseline FILE|DIR, 기준을 만들려면 --update FILE. 둘 중 하나를 주세요",
    "no runs in {0}; --runs-dir names another place": "{0}에 실행이 없습니다. 다른 곳이면 --runs-dir로 알려 주세요",
    "no runs to make a baseline of": "기준으로 삼을 실행이 없습니다",
    "{0}, {1}: {2}; {3} is left as it was": "{0}, {1}: {2}. {3:은/는} 그대로 두었습니다",
    "{0}: of the baseline {1} and of tonight; name other RUNS": "{0}: 기준의 {1:이/가} 오늘의 실행이기도 합니다. 다른 실행 폴더를 주세요",
    "--margin {0}: no such task or main metric.{1}": "--margin {0}: 그런 과제나 주 지표가 없습니다.{1}",
    "{0}: no run, tonight or in the baseline, tells its {1}": "{0}: 오늘이든 기준이든 {1:이/가} 기록된 실행이 없습니다",
    "no step summary: {0}: {1}": "작업 요약을 쓰지 못했습니다: {0}: {1}",
    # harness/cli/import_.py
    "--only {0}: no such task in {1}": "--only {0}: {1}에 그런 과제가 없습니다",
    # harness/cli/init.py
    "fill in {0}:{1}: what to install": "{0}:{1}에 무엇을 설치할지 적으세요",
    # harness/cli/inputs.py
    "{0} is missing": "{0:이/가} 없습니다",
    "{0}: the task has the inputs {1}; give them as field=value each, or as one JSON object.{2}": "{0}: 과제의 입력은 {1}입니다. 필드=값으로 하나씩 주거나 JSON 객체 하나로 주세요.{2}",
    "{0} is given twice before {1} is": "{0:이/가} {1}보다 먼저 두 번 나왔습니다",
    "{0} is no JSON: {1}": "{0:은/는} JSON이 아닙니다: {1}",
    "the task has no input {0}.{1}": "과제에 입력 {0:이/가} 없습니다.{1}",
    # harness/cli/leaderboard.py
    "no runs in {0}; `harness run` makes them, --runs-dir names another place": "{0}에 실행이 없습니다. `harness run`이 만들고, 다른 곳이면 --runs-dir로 알려 주세요",
    "--by is a table to be read; {0} has every figure anyway": "--by는 읽기 위한 표입니다. {0}에는 모든 수치가 이미 들어 있습니다",
    "--by breaks figures down and tells no speed; leave out --baseline": "--by는 수치를 갈래로 나눌 뿐 속도는 보이지 않습니다. --baseline을 빼세요",
    # harness/cli/list_.py
    "list {0}: no such list.{1}": "list {0}: 그런 목록이 없습니다.{1}",
    "{0} have no tags; leave out --tag": "{w0}에는 태그가 없습니다. --tag를 빼세요",
    "--data is about tasks, not {0}": "--data는 과제에 쓰는 것입니다({w0} 아님)",
    # harness/cli/output.py
    "{0}: no such format.{1}": "{0}: 그런 형식이 없습니다.{1}",
    # harness/cli/planning.py
    "{0} is missing; `harness list {1}` shows what there is": "{0:이/가} 없습니다. `harness list {1}`로 있는 것을 볼 수 있습니다",
    # harness/cli/push.py
    "--to EXPORTER is missing; `harness list exporters` shows what there is": "--to EXPORTER가 없습니다. `harness list exporters`로 있는 것을 볼 수 있습니다",
    "-m: one value a setting; nothing is run here that could make a grid": "-m: 설정마다 값 하나만 주세요. 여기서는 격자로 실행하지 않습니다",
    "no runs in {0}": "{0}에 실행이 없습니다",
    # harness/cli/race.py
    "--margin {0}: a difference from 0 to 1, such as 0.01": "--margin {0}: 0.01처럼 0에서 1 사이의 차이여야 합니다",
    # harness/cli/report.py
    "written: {0} ({1}); open {2}": "저장: {0} ({1}). {2:을/를} 여세요",
    "no runs in {0}; `harness run` makes them": "{0}에 실행이 없습니다. `harness run`이 만듭니다",
    # harness/cli/run.py
    "warning: {0}: the first {1} examples are of {2} clusters, too few for a narrow interval; a share (--limit 0.05) is drawn from all": "경고: {0}: 처음 {1}예제는 {2}개 묶음뿐이라 구간이 좁아질 수 없습니다. 비율(--limit 0.05)로 주면 전체에서 뽑습니다",
    "--resume names the task and the backend; leave out -t and -b": "--resume에 과제와 백엔드가 들어 있습니다. -t와 -b를 빼세요",
    "--resume goes on with one run: give -m one value each": "--resume은 실행 하나를 이어서 합니다. -m마다 값 하나만 주세요",
    "--runs-dir {0}: {1} is a file": "--runs-dir {0}: {1:은/는} 파일입니다",
    "stopped before anything was asked": "아무것도 묻기 전에 멈췄습니다",
    # harness/cli/score.py
    "--metric NAME is missing; `harness list metrics` shows what there is": "--metric NAME이 없습니다. `harness list metrics`로 있는 것을 볼 수 있습니다",
    "-m {0}: should be METRIC.KEY=VALUE": "-m {0}: METRIC.KEY=VALUE여야 합니다",
    "-m {0}: of which metric? Write {1}.{2}=…": "-m {0}: 어느 지표의 설정입니까? {1}.{2}=…처럼 쓰세요",
    "-m {0}: {1} is not asked for.{2}": "-m {0}: {1:은/는} 요청한 지표가 아닙니다.{2}",
    "-m {0} is given twice": "-m {0:을/를} 두 번 주었습니다",
    # harness/cli/show.py
    "{0} is no task, backend, run directory, adapter, metric or step.{1}": "{0:은/는} 과제도, 백엔드도, 실행 폴더도, 어댑터도, 지표도, 추출 단계도 아닙니다.{1}",
    "{0} is a {1}; -n, -b, -m, --template, --ask and --shots are about a task": "{0:은/는} {w1}입니다. -n, -b, -m, --template, --ask, --shots는 과제에 쓰는 것입니다",
    "--format is about --matrix cosine or probability": "--format은 --matrix cosine이나 probability와 함께 씁니다",
    "--format should be md or csv, not {0}": "--format은 md나 csv여야 합니다({0} 아님)",
    "--reader-error and --matrix are two reports; ask for one": "--reader-error와 --matrix는 서로 다른 표입니다. 하나만 주세요",
    "{0} is a backend too: harness show {1}": "{0:은/는} 백엔드이기도 합니다: harness show {1}",
    "{0} holds {1} runs; name one, such as {2}": "{0}에 실행이 {1}개 있습니다. {2}처럼 하나를 고르세요",
    # harness/cli/tokenizers.py
    "-m: one value of each setting, please": "-m: 설정마다 값 하나만 주세요",
    "-b BACKEND is missing, or --tiktoken ENCODING; `harness list backends` shows what there is": "-b BACKEND도 --tiktoken ENCODING도 없습니다. 백엔드는 `harness list backends`로 볼 수 있습니다",
    # harness/cli/try_.py
    "give a TEXT, or lines on standard input": "TEXT를 주거나 표준 입력에 줄로 주세요",
    "one text a line; Ctrl-D ends": "한 줄에 글 하나. Ctrl-D로 끝냅니다",
    "{0} of {1} requests failed; the last: {2}: {3}": "요청 {1}건 중 {0}건이 실패했습니다. 마지막: {2}: {3}",
    # harness/config/documents.py
    "not YAML: {0}": "YAML이 아닙니다: {0}",
    "a definition is a mapping of keys to values": "정의는 키와 값의 묶음이어야 합니다",
    "an empty file defines nothing": "빈 파일은 아무것도 정의하지 않습니다",
    "not YAML: there is a character U+{0} here": "YAML이 아닙니다: 여기에 문자 U+{0:이/가} 있습니다",
    "YAML is indented with spaces; there is a tab here": "YAML은 빈칸으로 들여 씁니다. 여기에 탭이 있습니다",
    "a comment is no value; put it in quotes": "주석은 값이 아닙니다. 따옴표로 묶으세요",
    "{0}; no definition is so large": "{0}. 그렇게 큰 정의는 없습니다",
    "cannot be read: {0}": "읽을 수 없습니다: {0}",
    "not UTF-8 text": "UTF-8 글이 아닙니다",
    "not a YAML value; put it in quotes": "YAML 값이 아닙니다. 따옴표로 묶으세요",
    # harness/config/loader.py
    "no {0} is called {1}.{2}": "이름이 {1}인 {w0:이/가} 없습니다.{2}",
    "note: {0} stands in for the {1} {2} in {3}": "알림: {0:이/가} {3}에 있는 {w1} {2:을/를} 대신합니다",
    "no such {0} file: {1}": "그런 {w0} 파일이 없습니다: {1}",
    "'extends' should be a name, not {0}": "'extends'는 이름이어야 합니다({0} 아님)",
    "{0} extends itself": "{0:이/가} 자기 자신을 잇습니다(extends)",
    "two {0} are called {1}: {2}": "이름이 {1}인 {w0:이/가} 둘입니다: {2}",
    # harness/config/remembered.py
    "note: remembered in {0}: {1}": "알림: {0}에 기억해 두었습니다: {1}",
    "warning: {0} cannot be written ({1}); you will be asked again": "경고: {0:을/를} 쓸 수 없어({1}) 다음에 다시 묻습니다",
    # harness/config/renamed.py
    "{0} began under --max-cost {1}; say --max-cost again, as much as may still be spent": (
        "{0:은/는} --max-cost {1:으로/로} 시작했습니다. 앞으로 더 쓸 수 있는 만큼 --max-cost를 다시 적으세요"
    ),
    "{0} is under way ({1}); `harness pause` stops it gently": "{0:은/는} 지금 돌고 있습니다({1}). `harness pause`로 멈출 수 있습니다",
    "nothing is left to go on with here; `harness status --all` shows what there is": "여기에는 이어서 할 실행이 없습니다. 무엇이 있는지는 `harness status --all`로 볼 수 있습니다",
    "note: {0}: {1} is called {2} now; the old name still works": "알림: {0}: {1:은/는} 이제 {2}(이)라고 합니다. 옛 이름도 쓸 수 있습니다",
    # harness/config/templates.py
    "the template {0} fails: {1}": "템플릿 {0:이/가} 실패했습니다: {1}",
    # harness/options/values.py
    "{0} {1}: should be a count such as 100, or a share such as 0.1": "{0} {1}: 100 같은 개수나 0.1 같은 비율이어야 합니다",
    "--train-limit: should be counts, shares or all, such as 100,1000,all": "--train-limit: 100,1000,all처럼 개수, 비율, 또는 all이어야 합니다",
    "--shots {0}: should be counts, such as 5, or 0,1,3,10": "--shots {0}: 5나 0,1,3,10 같은 개수여야 합니다",
    "{0}: one value of each setting, please": "{0}: 설정마다 값 하나만 주세요",
    "--alpha {0}: the chance of a false alarm, such as 0.01": "--alpha {0}: 0.01처럼 잘못 울릴 확률이어야 합니다",
    "{0} {1}: should be {2}": "{0} {1}: {2}여야 합니다",
    "{0}={1}: should be a whole number from {2}": "{0}={1}: {2} 이상의 정수여야 합니다",
    "{0}={1}: a share should be above 0 and at most 1, a count a whole number": "{0}={1}: 비율은 0보다 크고 1 이하, 개수는 정수여야 합니다",
    "{0} {1}: should be key=value": "{0} {1}: 키=값이어야 합니다",
    "{0} {1} is given twice; write {2} {3}=a,b for a grid": "{0} {1:을/를} 두 번 주었습니다. 격자로 실행하려면 {2} {3}=a,b로 쓰세요",
    "--margin {0}: given twice": "--margin {0}: 두 번 주었습니다",
    # harness/paths.py
    "no shipped {0}: neither {1} nor {2} is there; install again": "딸린 {0} 폴더가 없습니다. {1}에도 {2}에도 없습니다. 다시 설치하세요",
    # harness/plugins.py
    "{0} implements no hook; is @hookimpl missing?": "{0:이/가} 구현한 훅이 없습니다. @hookimpl을 빠뜨렸습니까?",
    "two plugins are called {0}, of {1}; uninstall one": "이름이 {0}인 플러그인이 둘입니다({1}). 하나를 지우세요",
    "{0} is broken: {1}: {2}": "{0:이/가} 고장입니다: {1}: {2}",
    "{0} implements {1}, which is no hook.{2}": "{0:이/가} 훅이 아닌 {1:을/를} 구현합니다.{2}",
    "{0} is registered twice by {1}": "{1:이/가} {0:을/를} 두 번 등록합니다",
    "two plugins register {0}: {1} and {2}": "두 플러그인이 {0:을/를} 등록합니다: {1:와/과} {2}",
}
