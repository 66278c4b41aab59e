"""Of metrics, extraction and statistics."""

SENTENCES = {
    "--jury needs two judges or more (--by A,B)": "--jury에는 심판이 둘 이상 있어야 합니다(--by A,B)",
    "{0}: the jurors agree: Krippendorff's alpha {1}": "{0}: 심판들의 일치도, 크리펜도르프 알파 {1}",
    "--control is of rubrics that judge replies as wholes, not of checklists": "--control은 점검표가 아니라 답을 통째로 보는 심판 기준에만 씁니다",
    "--jury {0}: it should be one of {1}.{2}": "--jury {0}: {1} 중 하나여야 합니다.{2}",
    "{0}: no criteria: neither a list as its target nor 'criteria' in the rubric": "{0}: 항목이 없습니다. 정답이 목록이거나 심판 기준에 'criteria'가 있어야 합니다",
    "judged_score: 'off_language' should be one of {0}, not {1}": "judged_score: 'off_language'는 {0} 중 하나여야 합니다({1} 아님)",
    # harness/judging/calls.py
    "--control swaps words; {0} judges calls": "--control은 낱말을 뒤섞습니다. {0:은/는} 호출을 심판합니다",
    "{0} has no {1}, the rule that judges calls before a judge does; add it to the task's metrics, and `harness rescore`": "{0}에 {1:이/가} 없습니다. 심판보다 먼저 호출을 채점하는 규칙이니, 과제의 지표에 더하고 `harness rescore`를 쓰세요",
    "--own {0}: it should be JUDGE=SYSTEM": "--own {0}: 심판=시스템 꼴이어야 합니다",
    "--own {0}={1}: no {2} {3}.{4}": "--own {0}={1}: {w2} {3:이/가} 없습니다.{4}",
    'the target should be JSON: {"functions": …, "category": …, "answers": …}': '정답은 JSON이어야 합니다: {{"functions": …, "category": …, "answers": …}}',
    # harness/extraction/steps.py
    "{0} has {1} groups, not {2}": "{0}의 그룹은 {1}개입니다({2} 아님)",
    "{0} is not a regular expression: {1}": "{0:은/는} 정규 표현식이 아닙니다: {1}",
    "warning: {0} in {1} s; that reply has no answer": "경고: {0}: {1}초 안에 끝나지 않아 그 응답은 무응답입니다",
    "{0} in {1} replies: it backtracks; mend it": "{0}: 응답 {1}개에서 되짚기가 끝나지 않았습니다. 정규 표현식을 고치세요",
    # harness/metrics/aggregates.py
    "a figure needs at least one example": "수치에는 예제가 하나 이상 있어야 합니다",
    # harness/metrics/calibration.py
    "'bins' should be at least 1, not {0}": "'bins'는 1 이상이어야 합니다({0} 아님)",
    # harness/metrics/classification.py
    "micro_f1: without: {0} is not a label.{1}": "micro_f1: without: {0:은/는} 레이블이 아닙니다.{1}",
    "'positive' should say which of {0} labels it is of; macro_f1 is of all": "'positive'에 레이블 {0}개 중 어느 것인지 적어야 합니다. macro_f1은 모두를 봅니다",
    "'positive': {0} is not a label.{1}": "'positive': {0:은/는} 레이블이 아닙니다.{1}",
    "{0}: the target {1} is not a label.{2}": "{0}: 정답 {1:은/는} 레이블이 아닙니다.{2}",
    "{0} needs labels that all examples share; accuracy works without": "{0}에는 모든 예제에 공통인 레이블이 필요합니다. accuracy는 없어도 됩니다",
    "{0}: a label is listed twice: {1}": "{0}: 같은 레이블이 두 번 있습니다: {1}",
    # harness/metrics/correlation.py
    "{0}: the target {1} should be a finite number": "{0}: 정답 {1:은/는} 유한한 숫자여야 합니다",
    "{0}: the {1} {2} is not a number": "{0}: {w1} {2:은/는} 숫자가 아닙니다",
    # harness/metrics/entity_f1.py
    "entity_f1: the {0} should be a list of [start, end, type], not {1}": "entity_f1: {w0:은/는} [시작, 끝, 종류]의 목록이어야 합니다({1} 아님)",
    "entity_f1: no such average.{0}": "entity_f1: 그런 평균이 없습니다.{0}",
    "entity_f1: the macro average needs the types as labels; micro works without": "entity_f1: macro 평균에는 종류가 레이블로 있어야 합니다. micro는 없어도 됩니다",
    "entity_f1: the target's type {0} is not listed.{1}": "entity_f1: 정답의 종류 {0:이/가} 목록에 없습니다.{1}",
    "named_numbers: the target holds no number": "named_numbers: 정답에 숫자가 없습니다",
    # harness/metrics/exact_match.py
    "numeric_match: the target {0} is no number": "numeric_match: 정답 {0:이/가} 숫자가 아닙니다",
    # harness/metrics/hf_evaluate.py
    "{0} has a figure of all examples only, none that weighs them": "{0:은/는} 모든 예제의 수치만 있고 가중할 수 있는 예제별 수치가 없습니다",
    "{0} needs evaluate: pip install '{1}[hub]'": "{0}에는 evaluate가 필요합니다: pip install '{1}[hub]'",
    "no metric's script at {0}": "{0}에 지표의 스크립트가 없습니다",
    "{0} runs code from {1}: --trust-remote-code allows it": "{0:은/는} {1}의 코드를 실행합니다. --trust-remote-code로 허용할 수 있습니다",
    "{0} is the hub's, and {1} would be run in its place; name it evaluate:./{2}, or work in another folder": "{0:은/는} 허브의 것인데 {1:이/가} 대신 실행될 참입니다. evaluate:./{2}(이)라고 쓰거나 다른 폴더에서 작업하세요",
    "an argument of a metric is written name=value, not {0}": "지표의 인수는 이름=값으로 씁니다({0} 아님)",
    "{0} cannot be read: {1}": "{0:을/를} 읽을 수 없습니다: {1}",
    "the value in {0} is not YAML": "{0}의 값이 YAML이 아닙니다",
    "{0} takes one reference an example, not {1}": "{0:은/는} 예제마다 참조 하나를 받습니다({1}개 아님)",
    "{0} takes numbers; the target {1} is none": "{0:은/는} 숫자를 받는데 정답 {1:은/는} 숫자가 아닙니다",
    "{0} takes {1}; a prediction and references, each one value, would fit": "{0:은/는} {1:을/를} 받습니다. 예측과 참조가 값 하나씩이어야 맞습니다",
    "{0} returns {1}; set 'key' to one": "{0:은/는} {1:을/를} 돌려줍니다. 'key'로 하나를 고르세요",
    "{0} returns no number called {1}.{2}": "{0:은/는} 이름이 {1}인 숫자를 돌려주지 않습니다.{2}",
    "{0}: neither a script here nor to be had from the hub; a folder works offline: evaluate:./NAME with NAME.py in it": "{0}: 여기에 스크립트도 없고 허브에서도 얻을 수 없습니다. 폴더면 오프라인에서도 됩니다: NAME.py가 든 evaluate:./NAME",
    "{0} cannot be loaded: {1}: {2}": "{0:을/를} 불러올 수 없습니다: {1}: {2}",
    # harness/metrics/imported.py
    "another harness gave these scores; `harness import … --task TASK` judges its replies here": "다른 하네스가 매긴 점수입니다. `harness import … --task TASK`가 그 응답을 여기서 채점합니다",
    # harness/metrics/instruction_following.py
    "no instruction is called {0}.{1}": "이름이 {0}인 지시가 없습니다.{1}",
    "instructions should be JSON with ids and kwargs, as many of each: {0}": "지시는 id와 kwargs가 같은 수로 든 JSON이어야 합니다: {0}",
    "the instruction {0} says what cannot be checked: {1}": "지시 {0:은/는} 검사할 수 없는 것을 말합니다: {1}",
    # harness/metrics/instructions/language.py
    "instructions about a language need langdetect, which is not installed: pip install '{0}[ifeval]'": "언어에 관한 지시에는 langdetect가 필요한데 설치되어 있지 않습니다: pip install '{0}[ifeval]'",
    # harness/metrics/korean_script.py
    "{0}: 'most' should be a share from 0 to below 1, not {1}": "{0}: 'most'는 0 이상 1 미만의 비율이어야 합니다({1} 아님)",
    # harness/metrics/likelihood.py
    "{0} needs a target: the text whose likelihood it is": "{0}에는 가능도를 잴 글인 정답이 필요합니다",
    # harness/metrics/math_equal.py
    "math_equal needs math-verify, which is not installed: pip install '{0}[math]'": "math_equal에는 math-verify가 필요한데 설치되어 있지 않습니다: pip install '{0}[math]'",
    # harness/metrics/option_scores.py
    "{0}: the target {1} is not the number (from 0) of an option": "{0}: 정답 {1:은/는} 선택지의 번호(0부터)가 아닙니다",
    "{0}: the target {1} is beyond the {2} options that have scores": "{0}: 정답 {1:은/는} 점수가 있는 선택지 {2}개를 벗어납니다",
    # harness/metrics/retrieval.py
    "{0}@{1}: what follows the sign should be a whole number of at least 1, as {2}@10": "{0}@{1}: @ 뒤에는 {2}@10처럼 1 이상의 정수를 씁니다",
    # harness/metrics/ranking.py
    "'k' should be at least 1, not {0}": "'k'는 1 이상이어야 합니다({0} 아님)",
    "'k': the best {0} of {1} labels hold the right one anyway": "'k': 레이블 {1}개에서 가장 나은 {0}개에는 어차피 정답이 듭니다",
    # harness/metrics/references.py
    "no normalisation is called {0}.{1}": "이름이 {0}인 정규화가 없습니다.{1}",
    "{0} needs a target: a text or a list of at least one reference": "{0}에는 정답이 필요합니다. 글이거나 하나 이상의 참조 목록이어야 합니다",
    # harness/metrics/social_bias.py
    "{0}: the target should be three places: right, biased, unknown; not {1}": "{0}: 정답은 정답, 편향, 알 수 없음의 세 자리여야 합니다({1} 아님)",
    # harness/metrics/summarisation.py
    "no measure is called {0}; one of {1}": "이름이 {0}인 척도가 없습니다. {1} 중 하나여야 합니다",
    # harness/metrics/thresholds.py
    "threshold_f1: threshold: {0} should be a finite number": "threshold_f1: threshold: {0:은/는} 유한한 숫자여야 합니다",
    "threshold_f1: the target {0} should be a finite number": "threshold_f1: 정답 {0:은/는} 유한한 숫자여야 합니다",
    "threshold_f1: the {0} {1} is not a number": "threshold_f1: {w0} {1:은/는} 숫자가 아닙니다",
    # harness/metrics/tokenizers.py
    "no tokenizer is called {0}.{1}": "이름이 {0}인 토크나이저가 없습니다.{1}",
    "the tokenizer 'ko-mecab' needs mecab-ko: pip install '{0}[ko]'": "토크나이저 'ko-mecab'에는 mecab-ko가 필요합니다: pip install '{0}[ko]'",
    # harness/metrics/translation.py
    "beta and the orders of chrF cannot be below 0, and one order must be above it": "chrF의 beta와 차수는 0 이상이어야 하고, 차수 하나는 0보다 커야 합니다",
    "no smoothing is called {0}; one of {1}": "이름이 {0}인 평활이 없습니다. {1} 중 하나여야 합니다",
    "smooth_value is a number from 0 for the smoothings floor and add-k": "smooth_value는 floor와 add-k 평활에 쓰는 0 이상의 숫자입니다",
    # harness/metrics/truthfulness.py
    "truthful_mass: the target {0} is not the places of options": "truthful_mass: 정답 {0:은/는} 선택지의 자리들이 아닙니다",
    "truthful: the target should be JSON with lists called true and false": "truthful: 정답은 true와 false 목록이 든 JSON이어야 합니다",
    # harness/scoring/answer_files.py
    "{0} should be text or a number, not {1}": "{0:은/는} 글이나 숫자여야 합니다({1} 아님)",
    "{0} should be a number, not {1}": "{0:은/는} 숫자여야 합니다({1} 아님)",
    "{0} should be a count, not {1}": "{0:은/는} 개수여야 합니다({1} 아님)",
    "holds no answers": "답이 없습니다",
    "no 'cluster' here, though other lines have one": "다른 줄에는 있는 'cluster'가 여기에는 없습니다",
    "'option_scores' should be a list of numbers, not {0}": "'option_scores'는 숫자 목록이어야 합니다({0} 아님)",
    "JSONL holds predictions and targets; give it alone": "JSONL에는 예측과 정답이 함께 있습니다. 그것만 주세요",
    "{0}; predictions and references go line by line": "{0}. 예측과 참조는 줄끼리 맞아야 합니다",
    # harness/scoring/external_answers.py
    "every request failed: nothing was answered": "모든 요청이 실패했습니다. 답이 하나도 없습니다",
    "no 'target' here, which {0} needs.{1}": "{0}에 필요한 'target'이 여기에 없습니다.{1}",
    "'target' is null, and {0} needs one": "'target'이 null인데 {0}에는 필요합니다",
    "{0} takes no such list as this {1}: {2}": "{0:은/는} 이 {1} 같은 목록을 받지 않습니다: {2}",
    # harness/scoring/rescore.py
    "{0} has other options than this run": "{0}의 선택지가 이 실행과 다릅니다",
    "the run has no samples.jsonl to score": "실행에 채점할 samples.jsonl이 없습니다",
    "note: {0}: its {1} changed after its figures were made, and judges now": "알림: {0}: 수치를 낸 뒤에 {1:이/가} 바뀌어 이제 그것으로 채점합니다",
    "{0}: {1}: {2}; the line is left out": "{0}: {1}: {2}. 그 줄은 제외했습니다",
    # harness/scoring/service_levels.py
    "--slo {0}: no such time.{1}": "--slo {0}: 그런 시간이 없습니다.{1}",
    "--slo {0}={1}: should be seconds above 0, such as {2}=0.5": "--slo {0}={1}: {2}=0.5처럼 0보다 큰 초여야 합니다",
    # harness/stats/bootstrap.py
    "statistics and clusters of the same examples differ in length: {0}": "같은 예제의 통계와 묶음의 길이가 다릅니다: {0}",
    "no interval of level {0} from {1} draws": "추출 {1}번으로는 {0} 수준의 구간이 없습니다",
    # harness/stats/intervals.py
    "no proportion: {0} successes in {1} trials": "비율이 아닙니다: {1}번 중 {0}번",
    # harness/stats/significance.py
    "no counts of discordant examples: {0} and {1}": "엇갈린 예제의 개수가 아닙니다: {0:와/과} {1}",
    "agreement needs two raters: files of ratings, or runs of harness judge": "일치도에는 평가자 둘이 필요합니다. 평점 파일이나 harness judge의 실행을 주세요",
    "no two raters have rated the same replies: the ids differ": "같은 응답을 평가한 평가자 둘이 없습니다. id가 서로 다릅니다",
    "{0} is neither a number nor a verdict (A>B, A=B, B>A)": "{0:은/는} 숫자도 판정(A>B, A=B, B>A)도 아닙니다",
    "{0} rates {1} twice": "{0:이/가} {1:을/를} 두 번 평가했습니다",
    "a rating has an id, and a score or a verdict": "평점에는 id와, score나 verdict가 있어야 합니다",
    'calls should be JSON: [{"name": …, "arguments": …}]': '호출은 [{{"name": …, "arguments": …}}] 꼴의 JSON이어야 합니다',
}
