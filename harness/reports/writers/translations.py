"""The reports' own words in English and Korean; names and figures are the same in both.

    with language("ko"):
        translated("{n:,} failed", n=3)      # 실패 3

English is the key. What programs read (JSON, CSV, the names of metrics and tasks) is never translated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.reports.writers.translations_judging import JUDGING
from harness.reports.writers.translations_site import SITE
from harness.text.language import current, language
from harness.text.particles import Word

__all__ = ["KOREAN", "current", "language", "listed", "named", "translated"]

KOREAN: dict[str, str] = {
    # Audit
    "{task}: {n:,} examples of {split}, {train:,} to learn from": (
        "{task}: {split} 예제 {n:,}개, 학습용 {train:,}개"
    ),
    "{n:,} ({share:.1%}) stand nearly word for word in {where}": (
        "{where}에 거의 그대로 있는 예제 {n:,}개({share:.1%})"
    ),
    "labels: {counted}": "레이블: {counted}",
    "sees only": "보는 것",
    "nothing: the commonest label": "아무것도 보지 않음: 가장 흔한 레이블",
    "the length": "길이",
    # A reader's error
    "as read": "읽은 그대로",
    "corrected for the reader (estimate)": "답 추출 오류를 보정한 값(추정)",
    "reader: {right:,} of {read:,} read rightly, {found:,} of {stated:,} found": (
        "답 추출: 읽은 {read:,}개 가운데 {right:,}개가 옳고, 답이 있는 {stated:,}개 가운데 {found:,}개를 찾음"
    ),
    "a misreading of a wrong answer is right with probability {luck:.2g}": (
        "오답을 잘못 읽어 정답이 될 확률: {luck:.2g}"
    ),
    "assumed: it errs as often on right as on wrong answers, and the labelled are like these": (
        "가정: 정답이든 오답이든 똑같이 자주 잘못 읽고, 사람이 읽어 둔 답이 이 답들과 다르지 않음"
    ),
    # How far runs are
    "no runs here": "여기에는 실행이 없음",
    "state": "상태",
    "left": "남은 시간",
    "rate": "속도",
    "spent": "쓴 돈",
    "running": "실행 중",
    "silent": "응답 없음",
    "killed": "강제로 끝남",
    "waiting": "워커를 기다림",
    "{n} workers": "워커 {n}개",
    "{task} · {system}: nobody works on it; harness work {directory} does": (
        "{task} · {system}: 돌리는 프로세스가 없음. harness work {directory}로 이어서 함"
    ),
    "complete": "완료",
    "{task} · {system}: no answer for {time} ({by})": "{task} · {system}: {time}째 답이 없음({by})",
    "{task} · {system}: harness run --resume {directory} goes on": (
        "{task} · {system}: harness run --resume {directory}로 이어 감"
    ),
    # Items
    "Items of {task}": "{task}의 문항",
    "{task}: {n:,} items, {systems} systems": "{task}: 문항 {n:,}개, 시스템 {systems}개",
    "everybody has {n:,} right: they tell nobody from anybody": "모두 맞힌 문항 {n:,}개: 변별하지 못함",
    "nobody has {n:,} right": "아무도 맞히지 못한 문항 {n:,}개",
    "Keys that may be wrong: what systems agree on instead": "정답 표시가 의심스러운 문항",
    "Items that the weak have right and the strong do not": "약한 시스템은 맞히고 강한 시스템은 틀리는 문항",
    "item": "문항",
    "key": "정답 표시",
    "instead": "대신 고른 답",
    "chose it": "고른 시스템",
    "chose the key": "정답을 고른 시스템",
    "evidence": "증거(nat)",
    "right": "정답률",
    "discrimination": "변별도",
    "--format json has all {n}": "{n}개 전부는 --format json에 있음",
    "{n} items tell most: {ids}": "변별에 가장 도움이 되는 문항 {n}개: {ids}",
    "a system left out is foretold from {n} items to {error:.1f} points on average, {worst:.1f} at worst": (
        "따로 빼 둔 시스템의 점수를 문항 {n}개로 평균 {error:.1f}점, 최대 {worst:.1f}점 오차로 예측함"
    ),
    # Lengths of a dataset's texts
    "length of": "길이",
    "characters": "글자",
    "words": "어절",
    "mean": "평균",
    "sd": "표준편차",
    "longest": "가장 긴 것",
    # An explanation
    "setting": "설정",
    "worth": "효과",
    "then": "그때의 수치",
    "calls": "호출",
    "A asked again": "A를 다시 물음",
    "what remains": "남은 차이",
    "B − A: {difference} {interval}, on {n:,} examples": "B − A: {difference} {interval}, 예제 {n:,}개",
    "Each row has one more of B's settings; the worths and what remains sum up to B − A.": (
        "행마다 B의 설정을 하나씩 더함; 효과와 남은 차이를 모두 더하면 B − A."
    ),
    "{n:,} calls": "호출 {n:,}번",
    "what remains: {apart:,} of {n:,} replies are judged otherwise": (
        "남은 차이: 답 {n:,}개 중 {apart:,}개의 채점이 다름"
    ),
    "what remains: log-probabilities part by {gap:.2g} nats at most": (
        "남은 차이: 로그 확률은 많아야 {gap:.2g} nat 다름"
    ),
    "{n:,} prompts were cut to the model's window, each harness in its way": (
        "프롬프트 {n:,}개는 모델의 문맥 길이에 맞추어 잘림(하네스마다 자르는 방법이 다름)"
    ),
    "the published row says nothing of: {settings}": "발표된 수치에 적혀 있지 않은 설정: {settings}",
    "prefix": "머리글",
    "delimiter": "구분자",
    "chat": "대화 형식",
    "decoding": "디코딩",
    "precision": "정밀도",
    "extraction": "추출",
    "normalisation": "정규화",
    "data version": "데이터 버전",
    "logged prompts": "기록된 프롬프트",
    # A race
    "what became of it": "결과",
    "lost to {system} after {n:,}": "예제 {n:,}개 만에 {system}보다 못함이 입증됨",
    "won": "우승",
    "still in the race": "탈락하지 않음",
    "{system} is the best of {k} on the whole of {task}: proven after {n:,} of {size:,} examples "
    "(wrong with a chance of at most {alpha:g})": (
        "{task} 전체에서 시스템 {k}개 가운데 {system:이/가} 가장 좋음: 예제 {size:,}개 중 {n:,}개 만에 입증됨"
        "(틀릴 확률은 {alpha:g} 이하)"
    ),
    "{left}: equal on the whole of {task}": "{left}: {task} 전체에서 같음",
    "{left}: nobody is better by {margin:g} on the whole of {task} "
    "(wrong with a chance of at most {alpha:g})": (
        "{left}: {task} 전체에서 {margin:g} 이상 나은 시스템이 없음(틀릴 확률은 {alpha:g} 이하)"
    ),
    "undecided after {n:,} of {size:,} examples": "예제 {size:,}개 중 {n:,}개를 물어도 가려지지 않음",
    "lead on the whole, at any look: {low:+.3f} to {high:+.3f}": (
        "전체에서의 차이(언제 보아도 성립하는 구간): {low:+.3f} ~ {high:+.3f}"
    ),
    "{n:,} of {whole:,} calls ({share:.0%})": "호출 {whole:,}번 중 {n:,}번({share:.0%})",
    "{spent:.4f} {currency} spent, about {saved:.4f} saved": (
        "{spent:.4f} {currency:을/를} 쓰고 약 {saved:.4f} {currency:을/를} 아낌"
    ),
    # The leaderboard
    "Leaderboard": "순위표",
    "rank": "순위",
    "system": "시스템",
    "kind": "종류",
    "size": "매개변수",
    "licence": "라이선스",
    "trained on": "학습 예제",
    "n": "예제 수",
    "fit s": "학습 초",
    "steps": "단계",
    "fit on": "학습 장치",
    "fit CPU s": "학습 CPU 초",
    "examples/s": "예제/초",
    "CPU ms/example": "CPU 밀리초/예제",
    "ttft p95 s": "첫 토큰 p95 초",
    "goodput": "유효 처리율",
    "goodput: the share of requests with {bounds}": "유효 처리율: {bounds}인 요청의 비율",
    "price unknown": "가격 모름",
    "cost of {n:,} unknown": "{n:,}건 비용 모름",
    "{n:,} requests unaccounted, {most}": "{n:,}건 정산 안 됨, {most}",
    "{column}: of its examples {n:,} in the train split of {names} too (--dedupe-train)": (
        "{column}: 예제 {n:,}개가 {names}의 학습 자료에도 있음(--dedupe-train)"
    ),
    "{column}: examples that are in the train split too (--dedupe-train): {each}": (
        "{column}: 학습 자료에도 있는 예제 수(--dedupe-train): {each}"
    ),
    "p95 s": "p95 초",
    "J/example": "J/예제",
    "g CO₂/1k": "CO₂ g/1천 개",
    "ms/example": "ms/예제",
    "speed-up": "속도 배수",
    "task and metric": "과제와 지표",
    "ms/example, speed-up over {baseline}": "ms/예제, {baseline} 대비 속도 배수",
    "task": "과제",
    "metric": "지표",
    "value": "값",
    "template": "템플릿",
    "split": "분할",
    "source": "출처",
    "undefined": "정의 안 됨",
    "split {name}": "{name} 분할",
    "sample": "견본",
    "limit {limit}": "제한 {limit}",
    "data {sha256}": "데이터 {sha256}",
    "{n:,} failed": "실패 {n:,}",
    "{task}, {system}: {metric} {change}; fallen, for instance: {ids}": (
        "{task}, {system}: {metric} {change}; 나빠진 예제: {ids}"
    ),
    "no better than a guess after {n:,} steps": "{n:,}단계 학습 뒤에도 찍기 수준",
    "{n:,} cached": "캐시 {n:,}",
    "{n:,} answers lost": "답 {n:,}개 유실",
    "{found:,} of {expected:,} files": "파일 {expected:,}개 중 {found:,}개",
    "not the authors' files: {n:,}": "원저자의 것이 아닌 파일 {n:,}개",
    "What perturbed inputs cost: {name}": "변형한 입력의 손실: {name}",
    "perturbed": "입력",
    "worst perturbed": "변형한 입력의 최저",
    "drop": "차이",
    "same prediction": "같은 예측",
    "no figure is defined": "정의된 값 없음",
    "worst case {value} ({kind}); mean over {n} kinds {mean}; paired with the plain run": (
        "최악 {value} ({kind}); {n}가지의 평균 {mean}; 원래 입력의 실행과 짝지어 비교"
    ),
    "imported from {by}: {figures}": "{by}에서 가져옴: {figures}",
    "answered by {model}": "{model:이/가} 답함",
    "{n:,} truncated": "잘림 {n:,}",
    "published, not ranked": "발표된 수치(순위 없음)",
    "published, not ranked: {group}": "발표된 수치(순위 없음): {group}",
    "No runs with answers.": "답이 있는 실행이 없습니다.",
    "No answers: {names}.": "답 없음: {names}.",
    "{system} on {task} ({state})": "{task}의 {system} ({state})",
    "{n:,} requests failed": "요청 {n:,}건 실패",
    "95 % intervals": "95 % 구간",
    "rank r: at least r - 1 systems are proven better, at 5 % over all pairs; no higher figure has a "
    "worse rank; equal ranks prove nothing equal": (
        "순위: 3이면 적어도 2개 시스템이 더 나음이 입증된 것(모든 쌍을 합쳐 5 %); "
        "수치가 높은데 순위가 낮은 일은 없음; 같은 순위가 같음을 입증하지는 않음"
    ),
    "may be the best: {names}": "최고일 수 있는 시스템: {names}",
    "may be the best: {n} systems": "최고일 수 있는 시스템: {n}개",
    "mean win rate": "평균 승률",
    "{column} (ranks)": "{column} (순위 기준)",
    "ranked by the mean win rate, the share of other systems that a figure is above, over {n} tasks: "
    "{names}; systems that lack one have no rank": (
        "순위 기준: 과제 {n}개({names})의 평균 승률(수치가 그보다 낮은 다른 시스템의 비율); "
        "하나라도 없는 시스템은 순위 없음"
    ),
    "nobody is ranked: no task was run by more than half of the systems; --sort TASK ranks by one": (
        "순위 없음: 절반이 넘는 시스템이 실행한 과제가 없음; --sort TASK로 한 과제의 순위를 볼 수 있음"
    ),
    "ranked by {column}": "순위 기준: {column}",
    "(sample): the project's own small sample, not the dataset": (
        "(견본): 데이터셋이 아니라 이 프로젝트의 작은 견본"
    ),
    "p95 s and cost are of the worst task": "p95 초와 비용은 가장 나쁜 과제의 것",
    "J/example: {method}": "J/예제: {method}",
    "ms/example: wall time of answering, prompts and scores included, loading and fitting not, "
    "over the examples answered; speed-up: how many times less than {baseline} takes": (
        "ms/예제: 답하는 데 걸린 실제 시간(프롬프트와 채점 포함, 적재와 학습 제외)을 답한 예제 수로 나눈 값; "
        "속도 배수: {baseline}보다 몇 배 빠른가"
    ),
    "those of a system are geometric means over its tasks": "시스템의 값은 과제들의 기하 평균",
    "{n} of {whole} subtasks": "하위 과제 {whole}개 중 {n}개",
    "no subtask that counts": "세는 하위 과제가 없음",
    "{n} of {whole} tasks": "과제 {whole}개 중 {n}개",
    "other hardware": "다른 하드웨어",
    "{column} by {group}": "{column}, {group}별",
    "mean of the groups": "묶음별 평균",
    "all": "전체",
    # Groups of tasks
    "score": "점수",
    "members": "구성 과제",
    "{group}: a mean of the members' figures, which 'harness show {group}' spells out; "
    "95 % intervals, put together from the members' own as of independent samples.": (
        "{group}: 구성 과제 수치의 평균('harness show {group}'에 자세히 나옵니다); "
        "95 % 구간은 구성 과제의 구간을 독립 표본으로 보고 합친 것."
    ),
    "not run": "실행 안 함",
    "without {names}": "{names} 제외",
    "{n} of {whole}": "{whole}개 중 {n}개",
    "other data than {system}": "{system:와/과} 다른 데이터",
    "version {ran} was run, and this is {here}": "실행은 버전 {ran}, 여기는 {here}",
    "split {name} was run": "{name} 분할로 실행",
    "no {metric}; rescore it": "{metric} 없음; 다시 채점하세요",
    "{metric} is undefined": "{metric:이/가} 정의되지 않음",
    # compare
    "Comparison": "비교",
    "{system} on {task}, {place}": "{task}의 {system}, {place}",
    "{n:,} examples that both answered, paired by id": "둘 다 답한 예제 {n:,}개, id로 짝지음",
    "{n:,} examples in {units:,} clusters that both answered, paired by id": (
        "둘 다 답한 예제 {n:,}개(묶음 {units:,}개), id로 짝지음"
    ),
    "A and B are the same run": "A와 B는 같은 실행",
    "{n:,} that only {one} answered are left out, {other} has none to pair with them": (
        "{one}만 답한 {n:,}개는 제외, {other}에 짝이 없음"
    ),
    "two tasks on the same data: {a} and {b}": "같은 데이터의 두 과제: {a}, {b}",
    "two versions of the task: {a} and {b}": "과제의 두 버전: {a}, {b}",
    "the project's own small sample, not the dataset": "데이터셋이 아니라 이 프로젝트의 작은 견본",
    "on other hardware: times say little of the systems": "다른 하드웨어: 시간으로 시스템을 견줄 수 없음",
    "{metric} is not compared: {problem}": "{metric:은/는} 비교하지 않음: {problem}",
    "judged by {a} and by {b}; `harness rescore` judges both alike": (
        "채점 기준이 {a:와/과} {b:으로/로} 다름; `harness rescore`가 같은 기준으로 채점"
    ),
    "the tasks that the runs kept do not have it": "실행에 남은 과제 정의에 없는 지표",
    "judged by {a}, and this harness has {b}; `harness rescore` judges again": (
        "채점 기준은 {a}, 지금은 {b}; `harness rescore`가 다시 채점"
    ),
    "95 % interval": "95 % 구간",
    "better": "나은 쪽",
    "tie": "무승부",
    "effect": "효과 크기",
    "95 % intervals of the paired difference; better: the interval does not hold 0, and p is 0.05 or less": (
        "대응 차이의 95 % 구간; 나음: 구간이 0을 포함하지 않고 p가 0.05 이하"
    ),
    "p, two-sided: {tests}": "p, 양측: {tests}",
    "{n:,} swaps": "교환 {n:,}회",
    "effect: {names}": "효과 크기: {names}",
    "↓ lower is better": "↓ 낮을수록 좋음",
    "No metric here judges single examples, so no flips are told.": "예제 하나하나를 판정하는 지표가 없음.",
    "By {metric}": "{metric} 기준",
    "A right, B wrong": "A 맞음, B 틀림",
    "B right, A wrong": "B 맞음, A 틀림",
    "A better": "A가 나음",
    "B better": "B가 나음",
    "A right and B wrong {a:,}; B right and A wrong {b:,}; both right {right:,}; both wrong {wrong:,}.": (
        "A만 맞음 {a:,}; B만 맞음 {b:,}; 둘 다 맞음 {right:,}; 둘 다 틀림 {wrong:,}."
    ),
    "A better {a:,}; B better {b:,}; the same {same:,}.": "A가 나음 {a:,}; B가 나음 {b:,}; 같음 {same:,}.",
    "asked": "요청",
    "target": "정답",
    "(unanswered)": "(무응답)",
    "what differs": "다른 설정",
    "No setting differs.": "다른 설정이 없습니다.",
    "cost and time": "비용과 시간",
    "cost per 1,000 examples": "예제 1,000개당 비용",
    "time per example": "예제당 시간",
    "CPU time per example": "예제당 CPU 시간",
    "answer in the passages shown": "보인 지문에 답이 있음",
    "sentences attributed to a passage shown": "보인 지문에서 나온 문장",
    "own passage among those shown": "보인 지문에 제 지문이 있음",
    "finding passages": "지문 찾기",
    "fit, CPU": "학습 CPU",
    "latency p50": "지연 p50",
    "latency p95": "지연 p95",
    "time to first token p50": "첫 토큰까지 p50",
    "time to first token p95": "첫 토큰까지 p95",
    "time per output token p50": "출력 토큰당 p50",
    "time per output token p95": "출력 토큰당 p95",
    "output tokens per second": "초당 출력 토큰",
    "prompt tokens per example": "예제당 프롬프트 토큰",
    "completion tokens per example": "예제당 출력 토큰",
    "reasoning tokens per example": "예제당 추론 토큰",
    "fit": "학습",
    "examples": "예제",
    "energy": "에너지",
    "s": "초",
    "Cohen's h": "코언의 h",
    "Cohen's dz": "코언의 dz",
    "McNemar exact": "맥니머 정확 검정",
    "paired permutation": "대응 순열 검정",
    # gate
    "Gate": "게이트",
    "verdict": "판정",
    "what": "항목",
    "baseline": "기준",
    "tonight": "오늘",
    "change": "변화",
    "detectable": "검출 가능",
    "why": "이유",
    "1 run": "실행 1개",
    "{n} runs": "실행 {n}개",
    "1 test": "검정 1개",
    "{n} tests": "검정 {n}개",
    "{runs}: {verdicts}; alpha {alpha:g}, by Holm over {tests}; margin {margins}.": (
        "{runs}: {verdicts}; 유의수준 {alpha:g}({tests}, 홀름 보정); 허용 폭 {margins}."
    ),
    "a regression: the one-sided paired test says that it fell by more than the margin": (
        "회귀: 허용 폭보다 크게 하락했음이 단측 대응 검정으로 확인됨"
    ),
    "pass: any fall beyond the margin is one that chance makes in 5 % of nights or more": (
        "통과: 허용 폭을 넘는 하락이 있더라도 우연만으로 밤의 5 % 이상에서 생길 만한 것"
    ),
    "change with its 95 % interval": "변화와 그 95 % 구간",
    "p after Holm, of a fall beyond the margin": "p는 허용 폭을 넘는 하락에 대한 것, 홀름 보정 후",
    "detectable: the fall that would have been found with 80 % power, if one so large is possible": (
        "검출 가능: 검정력 80 %로 찾을 수 있는 하락(그만한 하락이 가능할 때)"
    ),
    "where the data name clusters, whole clusters were swapped": (
        "데이터에 묶음이 있으면 묶음을 통째로 맞바꿈"
    ),
    "on these questions: too few clusters to prove anything about others, so that single "
    "questions were swapped; of other articles it says nothing": (
        "이 예제들에 한한 판정: 다른 글까지 입증하기에는 묶음이 너무 적어 예제를 하나씩 맞바꿈; "
        "다른 글에 대해서는 말하지 않음"
    ),
    "on these questions: {units:,} clusters are too few for others": (
        "이 예제들에 한한 판정: 묶음 {units:,}개로는 다른 글에 대해 말할 수 없음"
    ),
    "{n:,} clusters": "묶음 {n:,}개",
    "needs {n:,} questions, and has {units:,}: the repeats of one say the same": (
        "예제 {n:,}개가 필요하나 {units:,}개뿐: 같은 예제를 되풀이해도 답이 같음"
    ),
    "needs {n:,} examples, and has {units:,}": "예제 {n:,}개가 필요하나 {units:,}개뿐",
    "Not in the baseline, so not judged: {names}. `harness gate --update` takes them in.": (
        "기준에 없어 판정하지 않음: {names}. `harness gate --update`로 넣을 수 있습니다."
    ),
    "proven after {asked:,} of {size:,} examples": "예제 {size:,}개 가운데 {asked:,}개 만에 입증됨",
    "after {asked:,} of {size:,} examples no fall is left that all would find": (
        "예제 {size:,}개 가운데 {asked:,}개 만에, 전부 물어도 찾을 만한 하락이 남지 않음"
    ),
    "Sequential: {asked:,} of {size:,} examples were asked. Proofs on the way share half of alpha among "
    "the runs, and their intervals hold at every look; the other half is of runs that came to their end.": (
        "순차 판정: 예제 {size:,}개 가운데 {asked:,}개를 물었습니다. "
        "도중의 입증은 유의수준의 절반을 실행 수로 나누어 쓰고 구간은 언제 보아도 성립합니다. "
        "나머지 절반은 끝까지 간 실행의 몫입니다."
    ),
    "{spent} {currency} spent, about {saved} saved at the same price each.": (
        "{spent} {currency:을/를} 썼고, 같은 단가로 약 {saved} {currency:을/를} 아꼈습니다."
    ),
    "no larger a fall than chance makes": "우연으로 생길 만한 하락",
    "inconclusive: a fall beyond the margin that may be chance, at p <= 0.05 after Holm, or of too few "
    "units to prove any; more examples or a margin decide": (
        "판단 보류: 허용 폭을 넘지만 우연일 수 있는 하락(홀름 보정 후 p <= 0.05)이거나, 입증하기에 단위가 "
        "너무 적음; 예제를 늘리거나 허용 폭을 정하면 판단 가능"
    ),
    "not finished: killed, or still running": "끝나지 않음: 중단되었거나 실행 중",
    "partial: stopped by a limit": "일부만 실행: 한도에서 멈춤",
    "{n:,} of {whole:,} requests failed": "요청 {whole:,}건 중 {n:,}건 실패",
    "nothing was answered": "답이 하나도 없음",
    "cannot be compared: {error}": "비교할 수 없음: {error}",
    "the sample": "견본",
    "no sample": "견본 아님",
    "no limit": "제한 없음",
    "no run tonight": "오늘 실행이 없음",
    "no run tonight with {about}, as the baseline has it": "기준과 같은 {about} 실행이 오늘 없음",
    "the baseline's run: {why}": "기준 실행: {why}",
    "version": "버전",
    "signature": "서명",
    "not comparable: {now}, and the baseline's is {before}": "비교할 수 없음: 오늘은 {now}, 기준은 {before}",
    "a fall that is no chance, but within the margin": "우연은 아니지만 허용 폭 안의 하락",
    "it fell, and says too little of single examples to be tested": (
        "하락했으나 예제별 점수가 없어 검정할 수 없음"
    ),
    "needs n ≥ {n:,}": "예제 {n:,}개 이상 필요",
    "too small a fall to be told from chance": "우연과 구별하기에 너무 작은 하락",
    "{n:,} of {whole:,} unanswered": "{whole:,}개 중 {n:,}개 무응답",
    "{why}, on other hardware": "{why}, 다른 하드웨어",
    "not measured": "측정 안 함",
    "not measured tonight": "오늘 측정하지 않음",
    "not measured in the baseline": "기준에서 측정하지 않음",
    "from nothing": "0에서 증가",
    "{increase}, allowed {allowed:+.0%}": "{increase}, 허용 {allowed:+.0%}",
    # Words of fixed sets: statuses, verdicts, limits, kinds of systems
    "partial": "일부만",
    "failed": "실패",
    "pass": "통과",
    "inconclusive": "판단 보류",
    "infrastructure": "인프라 문제",
    "regression": "회귀",
    "cost": "비용",
    "p95": "p95",
    "failures": "실패",
    "unanswered": "무응답",
    "run": "실행",
    "classical": "고전 모델",
    "scratch": "직접 학습",
    "base": "사전 학습",
    "instruct": "지시 튜닝",
    "fine-tuned": "미세 조정",
    "official {reader} {value}": "공식 {reader} {value}",
    "merged": "병합",
    "recorded": "기록된 응답",
    "api": "API",
    "{n:,} unanswered": "무응답 {n:,}",
    "{n:,} of {whole:,} replies ended before an answer: give room with `-d max_tokens=512`, or score the "
    "options with `--ask choose`.": (
        "응답 {whole:,}개 중 {n:,}개가 답에 이르기 전에 끝났습니다. `-d max_tokens=512`로 길이를 늘리거나 "
        "`--ask choose`로 선택지를 채점하세요."
    ),
    "No answer could be read from {n:,} of {whole:,} replies: read some, then try `--ask choose`, or a "
    "backend with `chat: true` if this is a chat model.": (
        "응답 {whole:,}개 중 {n:,}개에서 답을 읽지 못했습니다. 몇 개를 읽어 보고 `--ask choose`를 쓰거나, "
        "대화 모델이면 `chat: true`인 백엔드를 쓰세요."
    ),
    "length": "길이 제한",
    "settings": "설정",
    "settings (-m NAME=VALUE)": "설정 (-m 이름=값)",
    "settings that change no answer": "답을 바꾸지 않는 설정",
    "no answer found": "답을 찾지 못함",
    "filtered": "걸러짐",
    **JUDGING,
    **SITE,
}


def translated(english: str, **values: Any) -> str:
    """Return the words in the language in use, the values in their places."""
    if current() != "ko":
        return english.format(**values) if values else english
    words = {name: Word(value) if isinstance(value, str) else value for name, value in values.items()}
    return KOREAN[english].format(**words) if values else KOREAN[english]


def listed(names: Sequence[str]) -> str:
    """Return `A`, `A and B`, or `A, B and C`."""
    if len(names) < 2:
        return "".join(names)
    return translated("{first} and {last}", first=", ".join(names[:-1]), last=names[-1])


def named(word: str) -> str:
    """Return a word of a fixed set (a status, a verdict, a kind of system); a stranger's own as it is."""
    return KOREAN.get(word, word) if current() == "ko" else word
