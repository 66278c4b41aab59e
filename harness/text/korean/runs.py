"""Of runs and reports."""

SENTENCES = {
    "--baseline {0}: {1}; `harness gate --update {2}` makes one": "--baseline {0}: {1}. `harness gate --update {2}`로 만들 수 있습니다",
    # harness/reports/named_runs.py
    "{0} and {1} both ran {2}; name the task too: {3}": "{0:와/과} {1} 모두 {2:을/를} 실행했습니다. 과제도 적으세요: {3}",
    "{0} is neither a run directory nor a system with a run in {1}.{2}": "{0:은/는} 실행 폴더도, {1}에 실행이 있는 시스템도 아닙니다.{2}",
    "{0} has {1} runs; name one: {2}": "{0}의 실행이 {1}개입니다. 하나를 고르세요: {2}",
    # harness/evaluation/adapter_lifecycle.py
    "warning: {0} did not close: {1}: {2}": "경고: {0:이/가} 닫히지 않았습니다: {1}: {2}",
    # harness/evaluation/ask_texts.py
    "try takes one task, one backend, one template, one --shots and one decoding": "try는 과제, 백엔드, 템플릿, --shots, 디코딩을 하나씩만 받습니다",
    "{0}: fitting, once": "{0}: 학습 중(한 번만)",
    "--nearest: {0} has no vectors of words; word2vec has": "--nearest: {0}에는 낱말 벡터가 없습니다. word2vec에는 있습니다",
    # harness/evaluation/batch_invariance.py
    "--numerics takes one backend with one value a setting: add -b BACKEND": "--numerics는 설정마다 값이 하나인 백엔드 하나를 받습니다. -b BACKEND를 더하세요",
    "--numerics compares likelihoods in batches, and {0} has none": "--numerics는 묶음마다 가능도를 견주는데, {0}에는 가능도가 없습니다",
    # harness/evaluation/energy.py
    "--energy needs codecarbon: pip install '{0}[energy]'": "--energy에는 codecarbon이 필요합니다: pip install '{0}[energy]'",
    # harness/evaluation/estimate.py
    "{0} answered none of the {1} requests of the pilot{2}": "{0:이/가} 시험 요청 {1}건에 하나도 답하지 않았습니다{2}",
    # harness/evaluation/export_model.py
    "is not empty; name a new folder": "비어 있지 않습니다. 새 폴더 이름을 주세요",
    "{0} ({1}) learns nothing that others load; gpt does": "{0}({1})에는 다른 곳에서 불러올 학습 결과가 없습니다. gpt에는 있습니다",
    "cannot be written: {0}": "쓸 수 없습니다: {0}",
    # harness/evaluation/grid.py
    "--name {0}: should be 1 to {1} signs that can be seen": "--name {0}: 눈에 보이는 1~{1}자여야 합니다",
    "--name {0} is of one row, and these are {1}; name each by itself": "--name {0:은/는} 한 줄의 이름인데 여기에는 {1}개입니다. 하나씩 이름을 주세요",
    "--perturb: {0} was asked elsewhere, and how cannot be chosen here": "--perturb: {0:은/는} 다른 곳에서 물은 것이라 여기서 물음을 바꿀 수 없습니다",
    "--context and --perturb exclude each other": "--context와 --perturb는 함께 쓸 수 없습니다",
    "--context: {0} was asked elsewhere, and how cannot be chosen here": "--context: {0:은/는} 다른 곳에서 물은 것이라 여기서 지문을 고를 수 없습니다",
    "-m {0}: {1} is none of the backends here.{2}": "-m {0}: {1:은/는} 여기 있는 백엔드가 아닙니다.{2}",
    "{0}: {1} was asked elsewhere, and how cannot be chosen here": "{0}: {1:은/는} 다른 곳에서 물은 것이라 여기서 묻는 법을 고를 수 없습니다",
    # harness/evaluation/rag.py
    "--context {0}: closed, gold, retrieved, or a retriever and k, bm25@3.{1}": "--context {0}: closed, gold, retrieved 또는 bm25@3처럼 검색기와 개수를 적습니다.{1}",
    "--context {0}: k should be 1 to {1}, the passages of one prompt": "--context {0}: 한 프롬프트에 넣을 지문은 1~{1}개여야 합니다",
    "--context {0}: {1} finds no passages": "--context {0}: {1:은/는} 지문을 찾지 못하는 백엔드입니다",
    "--context: {0} asks no question about a passage, a field {1}": "--context: {0:은/는} 지문(필드 {1})을 두고 묻는 과제가 아닙니다",
    "--context: {0} has no field 'question', which a retriever would read": "--context: {0}에는 검색기가 읽을 'question' 필드가 없습니다",
    "--context: the split {0} of {1} holds no passages": "--context: {1}의 분할 {0}에 지문이 없습니다",
    "{0} found nothing for {1} of {2} questions": "{0:이/가} 질문 {2}개 가운데 {1}개에 아무 지문도 찾지 못했습니다",
    # harness/evaluation/interrupts.py
    "stopping after what is in flight; Ctrl-C again stops at once": "진행 중인 요청이 끝나면 멈춥니다. Ctrl-C를 한 번 더 누르면 바로 멈춥니다",
    # harness/evaluation/plan.py
    "lacks {0}; the command that made it goes on": "{0:이/가} 없습니다. 이 실행을 만든 명령으로 이어서 할 수 있습니다",
    # harness/evaluation/race.py
    "a race is about one task, and one template of it": "race는 과제 하나와 그 템플릿 하나로 합니다",
    "a race needs two systems: -b A,B": "race에는 시스템이 둘 이상 필요합니다: -b A,B",
    "a race asks every example once": "race는 예제마다 한 번만 묻습니다",
    "{0} is judged by {1}, which is no mean of figures from 0 to 1 an example; a race or a sequential gate needs one, such as accuracy or exact_match": "{0:은/는} {1:으로/로} 채점되는데, 예제마다 0에서 1 사이인 수치의 평균이 아닙니다. accuracy나 exact_match 같은 지표가 필요합니다",
    "{0} of {1} examples, {2} of {3} systems left": "예제 {1}개 중 {0}개, 시스템 {3}개 중 {2}개 남음",
    "{0}; harness run goes on": "{0}. harness run으로 이어서 할 수 있습니다",
    # harness/evaluation/run_directory.py
    "a link on the way leads out of --runs-dir {0}": "경로에 있는 링크가 --runs-dir {0} 밖으로 이어집니다",
    "the data, the model or the task is not what this run began with; its answers cannot go on": "데이터, 모델, 과제 중 무엇인가가 이 실행을 시작할 때와 다릅니다. 그 답을 이어서 쓸 수 없습니다",
    "lacks 'fingerprint'": "'fingerprint'가 없습니다",
    "warning: {0}; it is written again, and the run goes on from its journal": "경고: {0}. 다시 쓰고, 실행은 기록에서 이어집니다",
    "a run is a folder, and a file is in its way": "실행은 폴더인데 그 자리에 파일이 있습니다",
    # harness/evaluation/runner.py
    "{0}: indexing {1} passages": "{0}: 문서 {1}개를 색인하는 중",
    "warning: {0}: nobody knows what {1} requests that were sent earlier cost: {2} (cost.unaccounted)": "경고: {0}: 앞서 보낸 요청 {1}건의 비용을 알 수 없습니다: {2} (cost.unaccounted)",
    "{0} answered {1}, which was not asked or is answered": "{0:이/가} 묻지 않았거나 이미 답한 {1}에 답했습니다",
    "{0} ended after {1} of {2} requests": "{0:이/가} 요청 {2}건 중 {1}건에서 끝났습니다",
    "warning: {0}: {1} was {2} when this run began, now {3}": "경고: {0}: 실행을 시작할 때 {1:은/는} {2}, 지금은 {3}입니다",
    # harness/evaluation/tiktoken_counter.py
    "--tiktoken {0}: unknown; there are {1}": "--tiktoken {0}: 없는 인코딩입니다. 쓸 수 있는 것: {1}",
    "the vocabulary of {0} is not here: --tiktoken {1} without --offline downloads it, or put {2} at {3} (TIKTOKEN_CACHE_DIR names the folder)": "{0}의 어휘 파일이 여기 없습니다. --offline 없이 --tiktoken {1:을/를} 주면 내려받습니다. 직접 두려면 {2:을/를} {3:으로/로} 저장하세요(폴더는 TIKTOKEN_CACHE_DIR로 정합니다)",
    "the vocabulary of {0} cannot be read: {1}": "{0}의 어휘 파일을 읽을 수 없습니다: {1}",
    "downloading the vocabulary of {0} from {1}": "{1}에서 {0}의 어휘 파일을 내려받는 중",
    "counts of OpenAI's tokens need tiktoken: pip install '{0}[tiktoken]'": "OpenAI의 토큰을 세려면 tiktoken이 필요합니다: pip install '{0}[tiktoken]'",
    # harness/evaluation/token_counter.py
    "{0} ({1}) has no tokenizer": "{0}({1})에는 토크나이저가 없습니다",
    "{0} learns its tokenizer from a task; name one in place of the text": "{0:은/는} 과제에서 토크나이저를 배웁니다. 글 대신 과제 이름을 주세요",
    # harness/evaluation/wrappers/answer_store.py
    "warning: the answers kept so far cannot be read ({0}); set aside as {1}": "경고: 지금까지 보관한 답을 읽을 수 없어({0}) {1:으로/로} 옮겨 두었습니다",
    "warning: answers are not kept: {0}: {1}": "경고: 답을 보관하지 않습니다: {0}: {1}",
    # harness/evaluation/wrappers/budget.py
    "--max-cost {0}: {1}, and the next request may cost {2}; the same command with a higher limit goes on": "--max-cost {0}: 지금까지 {1}, 다음 요청의 비용은 최대 {2}입니다. 한도를 올린 같은 명령으로 이어서 할 수 있습니다",
    # harness/records/atomic.py
    "{0}; a run has plain files of its own: remove it": "{0}. 실행 폴더에는 자기 파일만 있어야 합니다. 지우세요",
    "cannot write ({0}); what was answered is kept, the same command goes on": "쓸 수 없습니다({0}). 답한 것은 보관되었고, 같은 명령으로 이어집니다",
    "its folder is gone, removed or moved while it was written; the same command goes on where the folder is put back, and starts anew without it": "쓰는 동안 폴더가 지워졌거나 옮겨졌습니다. 폴더를 되돌려 놓으면 같은 명령으로 이어지고, 없으면 새로 시작합니다",
    # harness/records/journal.py
    "{0}: {1}; the line is left out": "{0}: {1}. 그 줄은 제외했습니다",
    # harness/records/lock.py
    "held by {0}, which is writing this run": "{0:이/가} 잡고 있습니다. 이 실행을 쓰는 중입니다",
    # harness/records/run_file.py
    "not the run.json of a run": "실행의 run.json이 아닙니다",
    "written by a later harness; update this one": "더 새로운 harness가 쓴 것입니다. 이쪽을 업데이트하세요",
    "not a run directory: it has no run.json": "실행 폴더가 아닙니다. run.json이 없습니다",
    "not as the harness writes it: {0}": "harness가 쓴 모양이 아닙니다: {0}",
    "no such directory: {0}; `harness list runs` shows where runs are": "그런 폴더가 없습니다: {0}. `harness list runs`로 실행이 어디 있는지 볼 수 있습니다",
    # harness/reports/comparison/compare.py
    "only {0} is of the shipped sample; run both with --sample or without": "{0}만 딸린 견본의 실행입니다. 둘 다 --sample로, 또는 둘 다 없이 실행하세요",
    "other splits, {0} and {1}: no example is in both; see --split": "분할이 다릅니다({0:와/과} {1}). 둘 다에 있는 예제가 없습니다. --split을 보세요",
    "other data: {0}; run both on the same files": "데이터가 다릅니다: {0}. 같은 파일로 둘 다 실행하세요",
    "no metric in common: {0} and {1}; `harness rescore RUN --task TASK` judges one as the other": "공통된 지표가 없습니다: {0:와/과} {1}. `harness rescore RUN --task TASK`로 한쪽을 다른 쪽처럼 채점할 수 있습니다",
    "no example was answered in both {0} and {1}": "{0:와/과} {1} 모두 답한 예제가 없습니다",
    "no answers to compare": "비교할 답이 없습니다",
    "--metric {0}: not a metric of both runs.{1}": "--metric {0}: 두 실행에 모두 있는 지표가 아닙니다.{1}",
    # harness/reports/comparison/pairs.py
    "no run in {0}; `harness list runs` shows where runs are": "{0}에 실행이 없습니다. `harness list runs`로 실행이 있는 곳을 볼 수 있습니다",
    "{0} holds {1} runs; name one of them, such as {2}": "{0}에 실행이 {1}개 있습니다. {2}처럼 하나를 고르세요",
    # harness/reports/frames.py
    "a frame needs pandas: pip install pandas": "frame에는 pandas가 필요합니다: pip install pandas",
    # harness/reports/gate/baselines.py
    "not a baseline; `harness gate --update` makes one": "기준 파일이 아닙니다. `harness gate --update`가 만듭니다",
    "not as the harness writes it: {0}: {1}": "harness가 쓴 모양이 아닙니다: {0}: {1}",
    "{0}: damaged ({1}); make it again": "{0}: 손상되었습니다({1}). 다시 만드세요",
    # harness/reports/gate/changes.py
    "{0} examples in common, of {1} and {2}": "공통 예제 {0}개({1}개와 {2}개 중)",
    "the statistics of an example are others than the baseline's": "예제별 통계가 기준의 것과 다릅니다",
    # harness/reports/gate/gate.py
    "the baseline holds no runs": "기준에 실행이 없습니다",
    "the baseline holds none of these runs; `harness gate --update` takes them in": "기준에 이 실행들이 하나도 없습니다. `harness gate --update`로 넣을 수 있습니다",
    # harness/reports/gate/watching.py, harness/evaluation/sequential_gate.py
    "the baseline's run is no single figure an example; gate it without --sequential": "기준의 실행은 예제마다 수치가 하나가 아닙니다. --sequential 없이 판정하세요",
    "a sequential gate asks each example once, and no conversations": "--sequential은 예제마다 한 번만 묻고, 대화는 다루지 않습니다",
    "{0}: {1} of {2} examples": "{0}: 예제 {2}개 가운데 {1}개",
    "a gate was decided after {0} examples; harness run goes on": "예제 {0}개 만에 판정이 났습니다. harness run으로 이어서 할 수 있습니다",
    # harness/reports/gate/measurements.py
    "{0}: its task has no metric {1}": "{0}: 과제에 지표 {1:이/가} 없습니다",
    # harness/reports/items/analysis.py
    "{0}: {1} is no mean of figures from 0 to 1 an example": "{0}: {1:은/는} 예제마다 0에서 1 사이인 수치의 평균이 아닙니다",
    "no run of {0} with an answer; `harness list runs` shows what there is": "답이 있는 {0}의 실행이 없습니다. `harness list runs`로 있는 것을 볼 수 있습니다",
    "{0} runs of {1} are of another version, split, limit or data, and left out": "{1}의 실행 {0}개는 버전, 분할, 제한, 데이터가 달라 제외했습니다",
    "{0}: {1} systems; what an item tells takes at least {2}": "{0}: 시스템이 {1}개입니다. 문항을 따지려면 {2}개 이상이어야 합니다",
    # harness/reports/leaderboard/board.py
    "--sort {0}: no such task or metric.{1}": "--sort {0}: 그런 과제나 지표가 없습니다.{1}",
    "--group {0}: no run's task has this tag.{1}": "--group {0}: 이 태그가 붙은 과제의 실행이 없습니다.{1}",
    "--group {0}: no run is of one of its tasks": "--group {0}: 그 과제의 실행이 없습니다",
    "no published figures: {0}": "발표된 수치가 없습니다: {0}",
    # harness/reports/leaderboard/breakdowns.py
    "--by {0}: no run is broken down by it.{1}": "--by {0}: 그렇게 나뉜 실행이 없습니다.{1}",
    # harness/reports/leaderboard/group_scores.py
    "no score of {0}: {1}": "{0}의 점수가 없습니다: {1}",
    # harness/reports/leaderboard/ranks.py
    "nothing is ranked: {0}": "순위를 매기지 못했습니다: {0}",
    "not ranked: {0} says nothing of single examples": "순위 없음: {0:은/는} 예제 하나하나를 말하지 않습니다",
    "its columns differ in length{0}": "열의 길이가 서로 다릅니다{0}",
    "not there{0}": "없습니다{0}",
    "not a run's statistics ({0}){1}": "실행의 통계가 아닙니다({0}){1}",
    "not ranked: {0}": "순위 없음: {0}",
    # harness/reports/leaderboard/robustness.py
    "{0} on {1}: no plain run beside it": "{1}의 {0}: 짝이 될 원래 입력의 실행이 없습니다",
    # harness/reports/leaderboard/speed.py
    "--baseline {0}: {1} systems are of this backend: {2}": "--baseline {0}: 이 백엔드의 시스템이 {1}개입니다: {2}",
    "--baseline {0}: no system here is called so.{1}": "--baseline {0}: 그런 이름의 시스템이 없습니다.{1}",
    "no speed-up on {0}: no run of {1} over the same examples tells its time": "{0}의 속도 배수 없음: 같은 예제에 대한 {1}의 실행에 시간이 없습니다",
    # harness/reports/option_matrix.py
    "a matrix is of {0} or {1}, not {2}": "표는 {0}이나 {1:을/를} 보입니다({2} 아님)",
    "a matrix needs a task with the same options for all": "표에는 모든 예제에 선택지가 같은 과제가 필요합니다",
    "this run kept no {0}": "이 실행에는 {0:이/가} 남아 있지 않습니다",
    # harness/reports/prompt_preview.py
    "-m: show takes one value of each setting": "-m: show는 설정마다 값 하나만 받습니다",
    "show takes one backend, one template, one --ask and one --shots": "show는 백엔드, 템플릿, --ask, --shots를 하나씩만 받습니다",
    # harness/reports/reader_error.py
    "--reader-error {0}: should be RIGHT/READ,FOUND/STATED of labelled replies, 186/189,188/190": "--reader-error {0}: 사람이 읽어 둔 답에서 센 수를 옳음/읽음,찾음/답이 있음 순서로 186/189,188/190처럼 적으세요",
    "--reader-error {0}: {1}": "--reader-error {0}: {1}",
    "--reader-error is about {0}; this run has none": "--reader-error는 {0} 지표에 씁니다. 이 실행에는 없습니다",
    "{0} has no interval here, so none can be widened": "{0:은/는} 여기에 구간이 없어 넓힐 수 없습니다",
    "no reader stood between replies and answers: options were scored": "글에서 답을 읽지 않고 보기의 점수를 매긴 실행입니다",
    "this reader errs so often that its scores say nothing of the answers": "답 추출의 오류가 너무 잦아 점수로 답을 알 수 없습니다",
    # harness/stats/reader_error.py
    "no sample of replies has {0} of {1} read rightly and {2} of {3} found": "같은 답들에서 읽은 {1}개 가운데 {0}개가 옳고 답이 있는 {3}개 가운데 {2}개를 찾을 수는 없습니다",
    # harness/reports/run.py
    "{0} has no {1}": "{0}에 {1:이/가} 없습니다",
    # harness/reports/site/atomic_folder.py
    "--out {0}: name a folder": "--out {0}: 폴더 이름을 주세요",
    "--out {0}: this is a file; name a folder": "--out {0}: 파일입니다. 폴더 이름을 주세요",
    "--out {0}: this folder holds something else than a report; name another one": "--out {0}: 보고서가 아닌 것이 든 폴더입니다. 다른 폴더를 주세요",
    "--out {0}: {1} there is no report's, and would be overwritten; move it": "--out {0}: 그곳의 {1:은/는} 보고서의 것이 아닌데 덮어쓰게 됩니다. 옮기세요",
    # harness/reports/pictures/png.py, harness/reports/site/picture_files.py
    "pictures as PNG need resvg: pip install '{0}[report]'": "그림을 PNG로 쓰려면 resvg가 필요합니다: pip install '{0}[report]'",
    "no font of this machine is known here, so that pictures have no letters; install one, such as fonts-nanum": "이 컴퓨터에서 쓸 수 있는 글꼴을 찾지 못해 그림에 글자가 없습니다. fonts-nanum 같은 글꼴을 설치하세요",
    "no font of this machine has Hangul, which pictures lack then; install one, such as fonts-nanum": "이 컴퓨터에 한글 글꼴이 없어 그림에서 한글이 빠집니다. fonts-nanum 같은 글꼴을 설치하세요",
    "--format {0} is of the pictures: name their folder by --pictures DIR": "--format {0:은/는} 그림의 형식입니다. --pictures DIR로 그림을 둘 폴더를 주세요",
    # harness/reports/site/vendored.py
    "{0} {1} is not laid out as this harness knows it; update one of the two": "{0} {1}의 짜임이 이 harness가 아는 것과 다릅니다. 둘 중 하나를 업데이트하세요",
    "the site needs {0}, which carries the scripts of its pages: pip install '{1}[report]'": "사이트에는 쪽의 스크립트가 든 {0:이/가} 필요합니다: pip install '{1}[report]'",
    # harness/reports/site/writing.py
    "{0}: not as the harness writes it, left out: {1}, the first {2}": "{0}: harness가 쓴 모양이 아니라 제외했습니다: {1}개, 처음은 {2}",
    "{0}: not as the harness writes it, left out: {1}: {2}": "{0}: harness가 쓴 모양이 아니라 제외했습니다: {1}: {2}",
    # harness/reports/writers/translations.py
    "{0} {1}: reports speak {2}": "{0} {1}: 보고서의 말은 {2} 중 하나입니다",
    "nothing is under way here; `harness status --all` shows what there is": "여기서 돌고 있는 실행이 없습니다. `harness status --all`로 있는 것을 보세요",
    "{0}: it says nothing; what hangs hears nothing ({1})": "{0}: 아무 소식이 없습니다. 멈춰 버린 프로세스는 듣지 못합니다({1})",
    "{0}: stops after what is in flight": "{0}: 보낸 것의 답만 받고 멈춥니다",
    "paused; harness run --resume {0} goes on": "잠시 멈췄습니다. harness run --resume {0:으로/로} 이어 갑니다",
    "the grid names tasks and backends; leave out -t and -b": "과제와 백엔드는 grid 파일에 적혀 있습니다. -t와 -b를 빼세요",
    "no such grid file: {0}.{1}": "그런 grid 파일이 없습니다: {0}.{1}",
    # harness/evaluation/workers, harness/cli/work.py
    "a run has one value of each setting: give -m one value each": "실행 하나에는 설정마다 값이 하나입니다. -m에 값을 하나씩만 주세요",
    "{0}: nothing is left for this worker; another sums up": "{0}: 이 워커가 할 것은 더 없습니다. 집계는 다른 워커가 합니다",
    "worker {0} is at it; `harness work {1}` joins, `harness pause` stops it": "워커 {0:이/가} 돌리고 있습니다. `harness work {1}`로 함께하거나 `harness pause`로 멈추세요",
    "{0} is conversations, which workers do not share; leave out --replicas": "{0:은/는} 대화라서 여러 워커가 나누어 할 수 없습니다. --replicas를 빼세요",
    "--energy measures one process; leave out --replicas": "--energy는 한 프로세스의 에너지만 잽니다. --replicas를 빼세요",
    "--replicas needs a system that forks; start `harness work RUN` several times instead": "--replicas는 fork가 있는 운영 체제에서만 됩니다. 대신 `harness work RUN`을 여러 번 실행하세요",
    "{0} workers died one after the other, the last {1}": "워커 {0}개가 잇달아 죽었습니다. 마지막: {1}",
    "{0}: a worker died ({1}); another takes its place": "{0}: 워커 하나가 죽어({1}) 다른 워커가 대신합니다",
    "not a purse": "harness가 쓴 예산 파일이 아닙니다",
    "not a table of ranges; remove its folder": "harness가 쓴 구간 표가 아닙니다. 그 폴더를 지우세요",
    "divides {0} examples, and this run has {1}; remove its folder": "예제 {0}개를 나눈 표인데 이 실행의 예제는 {1}개입니다. 그 폴더를 지우세요",
}
