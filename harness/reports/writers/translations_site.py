"""The words of a site's pages, pictures and scripts in Korean; a part of the one table in `words`."""

from __future__ import annotations

SITE: dict[str, str] = {
    # Every page
    "Skip to the content": "본문으로 건너뛰기",
    "Site": "사이트",
    "Tasks": "과제",
    "Runs": "실행",
    "Compare": "비교",
    "Made by `harness report`. Nothing on these pages is loaded from anywhere else.": (
        "`harness report`로 만든 보고서입니다. 이 폴더 밖에서 불러오는 것은 없습니다."
    ),
    "Licences": "라이선스",
    "{low} to {high}": "{low}~{high}",
    "{system} on {task}": "{task}의 {system}",
    # The front page's first lines
    "{first} and {last}": "{first}, {last}",
    "mean win rate over {n} tasks": "과제 {n}개의 평균 승률",
    "share of other systems that a figure is above, over {n} tasks": (
        "과제 {n}개에서 앞선 상대 시스템의 비율을 평균한 값"
    ),
    "{system} leads on {what}: {value}.": "{what}에서 {system:이/가} 가장 앞섭니다: {value}.",
    "{system} leads on {what}: {value} ({reach}).": (
        "{what}에서 {system:이/가} 가장 앞섭니다: {value}({reach})."
    ),
    "No other of the {n} can be the best, at 95 %.": (
        "시스템 {n}개 가운데 다른 것이 1위일 가능성은 95 % 수준에서 배제됩니다."
    ),
    "{n} others may be as good: the paired test does not tell them apart.": (
        "다른 {n}개도 그만큼 좋을 수 있습니다. 짝지은 검정으로는 우열이 갈리지 않습니다."
    ),
    "{names} may be as good: the paired test does not tell them apart.": (
        "{names}도 그만큼 좋을 수 있습니다. 짝지은 검정으로는 우열이 갈리지 않습니다."
    ),
    "{amount} {currency} per 1,000 examples": "예제 1,000개당 {amount} {currency}",
    "{n} ms an example": "예제당 {n} ms",
    "It costs {amount}.": "비용은 {amount}입니다.",
    "It costs {amount}; {system}, {other}.": "비용은 {amount}, {system:은/는} {other}입니다.",
    "It takes {amount}.": "시간은 {amount}입니다.",
    "It takes {amount}; {system}, {other}.": "시간은 {amount}, {system:은/는} {other}입니다.",
    "What it costs was not measured.": "비용은 기록되지 않았습니다.",
    "newest run {day}": "최근 실행 {day}",
    "Interval: 95 %. A rank counts the systems that are proven better, over all pairs; equal ranks (=) "
    "prove nothing equal.": (
        "구간은 95 % 신뢰 구간입니다. 순위는 더 낫다고 입증된 시스템의 수를 모든 쌍에 걸쳐 센 것이며, "
        "같은 순위(=)라고 해서 같음이 입증된 것은 아닙니다."
    ),
    "Tasks by systems": "과제별 시스템 비교",
    "The darker a cell, the better within its column.": "열 안에서 좋을수록 칸이 진합니다.",
    # A system
    "Its tasks": "과제별 결과",
    "{rank} of {n}": "{n}개 중 {rank}위",
    "={rank} of {n}": "{n}개 중 공동 {rank}위",
    "rank {rank} of {n} systems": "시스템 {n}개 중 {rank}위",
    "not ranked": "순위 없음",
    "All its runs": "이 시스템의 모든 실행",
    "best": "최고",
    "best: {system}": "최고: {system}",
    "Figures by task": "과제별 수치",
    "Hollow: the best system of the task.": "빈 표식은 그 과제의 최고 시스템입니다.",
    # The leaderboard
    "1 system": "시스템 1개",
    "{n} systems": "시스템 {n}개",
    "1 task": "과제 1개",
    "{n} tasks": "과제 {n}개",
    "Ranked by {column}.": "순위 기준: {column}.",
    "Search": "검색",
    "system, model, task …": "시스템, 모델, 과제 …",
    "Size": "크기",
    "Kind": "종류",
    "Licence": "라이선스",
    "Provider": "제공자",
    "Language": "언어",
    "Tag": "태그",
    "official providers only": "공식 제공자만",
    "Columns": "열",
    "Shown columns": "보이는 열",
    "Reset": "초기화",
    "unknown": "알 수 없음",
    "official": "공식",
    "provider": "제공자",
    "parameters": "매개변수 수",
    "owner of the model's repository": "모델 저장소의 소유자",
    "examples learnt from": "학습한 예제 수",
    "examples evaluated": "평가한 예제 수",
    "cost/1k": "비용/1천",
    "energy J": "에너지 J",
    "seconds of learning, all tasks together": "학습 시간(초), 모든 과제의 합",
    "wall time of answering over the examples answered, of the slowest task": (
        "답하는 데 걸린 실제 시간을 답한 예제 수로 나눈 값, 가장 느린 과제의 것"
    ),
    "95th percentile of the time to a reply, of the slowest task": (
        "답까지 걸린 시간의 95번째 백분위수, 가장 느린 과제의 것"
    ),
    "per 1,000 examples, of the dearest task": "예제 1,000개당, 가장 비싼 과제의 것",
    "g CO₂": "CO₂ g",
    "grams of CO₂, all tasks together": "CO₂ 그램, 모든 과제의 합",
    "joules, all tasks together": "줄(J), 모든 과제의 합",
    "higher is better": "높을수록 좋음",
    "lower is better": "낮을수록 좋음",
    "rank in this column": "이 열에서의 순위",
    "No run here has an answer to show.": "답이 있는 실행이 없습니다.",
    "Trade-offs": "상충 관계",
    "What a better figure costs": "더 좋은 수치의 대가",
    "Of {column}; the page of each task has the same of its own:": (
        "{column} 기준; 과제마다 자기 페이지에 같은 그림이 있음:"
    ),
    "no answers": "답 없음",
    "Search runs": "실행 검색",
    "status": "상태",
    "main metric": "주 지표",
    "complete": "완료",
    "Published figures, not ranked with ours": "발표된 수치(순위 없음)",
    "published": "발표",
    "{n:,} of {whole:,} systems": "시스템 {whole:,}개 중 {n:,}개",
    # DataTables' own
    "No data available in table": "표에 자료가 없습니다",
    "No matching records found": "맞는 것이 없습니다",
    ": Activate to sort": ": 누르면 정렬",
    ": Activate to invert sorting": ": 누르면 역순으로 정렬",
    ": Activate to remove sorting": ": 누르면 정렬 해제",
    # A task
    "figure, 95 % interval": "수치, 95 % 구간",
    "compare": "비교",
    "with {system}": "{system:와/과}",
    "All runs of this task": "이 과제의 모든 실행",
    # A run
    "No answers.": "답이 없습니다.",
    "On this page": "이 페이지에서",
    "Examples": "예제",
    "Pictures": "그림",
    "Everything the run says": "실행의 모든 기록",
    "The examples need JavaScript; it comes from this folder alone.": (
        "예제를 보려면 JavaScript가 필요합니다. 이 폴더에 있는 것만 씁니다."
    ),
    "Go to id": "id로 이동",
    "Compare example by example with another system": "다른 시스템과 예제별로 비교",
    "Repeat it": "다시 실행하기",
    "run.json as it is": "run.json 원문",
    # Examples
    "Show": "보기",
    "Search in text": "본문 검색",
    "찾기 / find": "찾기",
    "Previous": "이전",
    "Next": "다음",
    "page": "쪽",
    "of {n:,}": "/ {n:,}",
    "right": "정답",
    "wrong": "오답",
    "answered": "응답",
    "said": "예측",
    "{n:,} of {whole:,} examples": "예제 {whole:,}개 중 {n:,}개",
    "{n:,} examples": "예제 {n:,}개",
    "searched {place:,} of {whole:,}, found {n:,}": "{whole:,}개 중 {place:,}개 검색, {n:,}개 찾음",
    "no example is called {id}": "id가 {id}인 예제가 없습니다",
    "Nothing to show.": "보일 것이 없습니다.",
    "Link to this example": "이 예제의 주소",
    "Show all {n:,} characters": "{n:,}자 모두 보기",
    "the picture asked about": "물어본 그림",
    "(picture)": "(그림)",
    "no answer": "답 없음",
    "prompt": "프롬프트",
    "context": "지문",
    "image": "그림",
    "share": "확률",
    "cosine": "코사인",
    "option": "선택지",
    "options": "선택지",
    "finish": "종료",
    "outcome": "실행 결과",
    "outcomes": "실행 결과",
    "passed": "통과",
    "raised": "예외",
    "timeout": "시간 초과",
    "memory": "메모리 초과",
    "output": "출력 초과",
    "syntax": "문법 오류",
    "error": "오류",
    "printed": "출력",
    "Execution": "실행 환경",
    "{n} tokens in": "입력 토큰 {n}개",
    "{n} tokens out": "출력 토큰 {n}개",
    "{n} attempts": "시도 {n}회",
    "from the cache": "캐시에서",
    "prompt cut to fit": "프롬프트 잘림",
    "answer": "답",
    "reply": "응답문",
    "(left out)": "(생략)",
    "The first {n:,} of {whole:,} examples are here.": (
        "여기에는 예제 {whole:,}개 중 처음 {n:,}개만 있습니다."
    ),
    "Of each run, the first {n:,} examples are here.": "여기에는 실행마다 처음 예제 {n:,}개만 있습니다.",
    "Inputs, right texts, prompts and replies are left out here.": (
        "여기서는 입력, 정답 글, 프롬프트, 응답문을 뺐습니다."
    ),
    # Two runs
    "Two runs compared": "두 실행 비교",
    "Two runs, example by example": "두 실행을 예제별로",
    "The same examples in both runs, and where they part. `harness compare A B` tells the interval and the "
    "test of the difference.": (
        "두 실행이 같은 예제에서 갈리는 곳. 차이의 구간과 검정은 `harness compare A B`가 알려 줍니다."
    ),
    "Comparing needs JavaScript; it comes from this folder alone.": (
        "비교하려면 JavaScript가 필요합니다. 이 폴더에 있는 것만 씁니다."
    ),
    "Swap": "바꾸기",
    "only A right": "A만 정답",
    "only B right": "B만 정답",
    "both right": "둘 다 정답",
    "neither": "둘 다 오답",
    "A better on {lost:,}, B better on {won:,}, alike on {right:,} of {n:,} examples, by {metric}.": (
        "{metric} 기준, 예제 {n:,}개 중 A가 나은 것 {lost:,}개, B가 나은 것 {won:,}개, 같은 것 {right:,}개."
    ),
    "On {n:,} examples of both: A right on {a} %, B on {b} %; they part on {parted:,}.": (
        "둘에 공통인 예제 {n:,}개: A 정답 {a} %, B 정답 {b} %; {parted:,}개에서 갈림."
    ),
    "{n:,} failed in one of them and are left out.": "한쪽에서 실패한 {n:,}개는 제외.",
    "There is no second run on the same examples.": "같은 예제의 다른 실행이 없습니다.",
    "No run here kept its examples.": "예제를 남긴 실행이 없습니다.",
    # Conversations and verdicts
    "Replies side by side, with verdicts": "답을 나란히 놓고 판정과 함께 보기",
    "The replies that were judged, and the board": "판정된 답과 순위표",
    "{task}: replies and verdicts": "{task}: 답과 판정",
    "Conversations and verdicts": "대화와 판정",
    "Replies and verdicts": "답과 판정",
    "Board of {rubric}": "{rubric} 순위표",
    "Judge": "심판",
    "Verdict": "판정",
    "Hide the names and the verdicts": "이름과 판정 가리기",
    "{n:,} of {whole:,} conversations": "{whole:,}건 중 {n:,}건",
    "B better": "B가 나음",
    "even": "비김",
    "depends on the order": "순서에 따라 다름",
    "unjudged": "판정 없음",
    "much": "훨씬",
    "no words": "남긴 말 없음",
    "{letter} shown first": "{letter}를 먼저 보임",
    "Told beforehand": "미리 일러둔 말",
    "Asked": "질문",
    "Reference": "참고 답",
    "Show who it was": "누구였는지 보기",
    # Pictures of a task
    "Systems": "시스템",
    "systems": "시스템",
    "The main metric with its 95 % interval.": "주 지표와 95 % 구간.",
    "run here": "여기서 실행",
    "{metric} against cost": "{metric}–비용",
    "{metric} against time": "{metric}–시간",
    "{metric} against latency": "{metric}–지연 시간",
    "{currency} per 1,000 examples": "예제 1,000개당 {currency}",
    "ms an example, at the speed of the whole run": "예제당 ms, 실행 전체의 속도",
    "ms to a reply, 95th percentile": "답까지 ms, 95번째 백분위수",
    "Pareto front": "파레토 전선",
    "On the dashed line nothing is both better and cheaper; bars are 95 % intervals.": (
        "파선 위의 것보다 더 좋으면서 더 싼 것은 없음; 막대는 95 % 구간."
    ),
    "On the dashed line nothing is both better and faster; bars are 95 % intervals.": (
        "파선 위의 것보다 더 좋으면서 더 빠른 것은 없음; 막대는 95 % 구간."
    ),
    "Template sensitivity": "템플릿 민감도",
    "The same examples, worded otherwise: a flat line is a system that does not mind.": (
        "같은 예제를 다른 말로 물음: 선이 평평하면 말투를 타지 않는 시스템."
    ),
    "Passages shown": "보여 준 지문",
    "The same questions: with no passage (0), with the first k found, with their own.": (
        "같은 질문: 지문 없이(0), 찾은 지문 k개와 함께, 질문의 지문과 함께."
    ),
    "passages": "지문 수",
    "own passage": "질문의 지문",
    "Decoding: {key}": "디코딩: {key}",
    "All other settings are the same along a line.": "한 선 위에서 다른 설정은 모두 같음.",
    "Learning curves": "학습 곡선",
    "Shots": "예시 수",
    "Shots by size": "모델 크기와 예시 수",
    "Each example keeps its first shots as more come: a point adds to the one before.": (
        "예시가 늘어도 앞의 예시는 그대로이고 새것만 더해짐."
    ),
    "Each mark is a model; what more shots buy a larger one.": (
        "점 하나가 모델 하나; 큰 모델이 예시에서 더 얻는지 보임."
    ),
    "{k} shots": "예시 {k}개",
    "Each point is a fit of its own.": "점마다 따로 학습함.",
    "{n} examples": "예제 {n}개",
    # Pictures of a run
    "Confusion": "혼동 행렬",
    "A row is what was right, a cell's shade its share of the row.": "행은 정답, 칸의 농도는 행에서의 비율.",
    "Calibration": "보정",
    "The closer to the dotted line, the more its probabilities mean what they say; under it the system "
    "is too sure.": "점선에 가까울수록 확률이 실제 정답률과 일치하고, 점선 아래는 지나친 확신입니다.",
    "Hollow: published elsewhere, not ranked with ours.": (
        "빈 표식은 다른 곳에서 발표한 수치로, 순위에 넣지 않습니다."
    ),
    "On the front: {names}.": "전선 위의 시스템: {names}.",
    "as it should be": "이상적",
    "this run": "이 실행",
    "probability of the option taken": "고른 선택지의 확률",
    "share that is right": "정답의 비율",
    "said {x}, right {y}": "확률 {x}, 정답률 {y}",
    "By {name}": "{name}별",
    "{metric} of each pair: the darker, the better.": "짝마다의 {metric}. 짙을수록 좋습니다.",
    "The main metric of each group, with 95 % intervals.": "묶음마다 주 지표와 95 % 구간.",
    "Pictures against texts": "그림과 글",
    "Cosines of pictures (down) and texts (across); ✓ the right text. The first {n} examples.": (
        "그림(세로)과 글(가로)의 코사인; ✓ 맞는 글. 처음 {n}개 예제."
    ),
    "rank {n}": "{n}위",
    "probability of the right text": "맞는 글의 확률",
    "Rank and probability of the right text": "맞는 글의 순위와 확률",
    "How probable the right text was among all, and its rank from 1.": (
        "맞는 글이 모든 글 가운데 얼마나 그럴듯했는지, 그리고 1부터 센 순위."
    ),
    "Lengths": "길이",
    "Tokens": "토큰",
    "characters": "글자",
    "tokens": "토큰",
    "input": "입력",
    "Median {n:,} {unit}; the last bar holds the longest hundredth.": (
        "중앙값 {n:,} {unit}; 마지막 막대는 가장 긴 100분의 1."
    ),
    "Latency": "지연",
    "seconds, end to end": "초, 처음부터 끝까지",
    "How long a reply took by the client's clock; of a batch, each example took the batch's time.": (
        "클라이언트의 시계로 잰 답까지의 시간; 묶어 물은 예제는 모두 그 묶음의 시간."
    ),
    # Perturbed inputs
    "Perturbed inputs": "변형한 입력",
    "{metric} as asked, by kind, on average and at worst: the darker, the better.": (
        "원래 입력, 종류별, 평균, 최저의 {metric}. 짙을수록 좋습니다."
    ),
    "unperturbed": "원래 입력",
    "worst case": "최저",
    # The page of a task's items
    "Its items: how hard they are, and keys that may be wrong": (
        "문항 살펴보기: 난이도와, 틀렸을 수 있는 정답"
    ),
    "Too many answers for a page of the items here: `harness items {task}` tells of them.": (
        "답이 너무 많아 문항 페이지를 만들지 않았습니다. `harness items {task}`로 볼 수 있습니다."
    ),
    "An id leads to the item in the run of {system}, the ablest here.": (
        "id를 누르면 가장 잘한 {system}의 실행에서 그 문항을 볼 수 있습니다."
    ),
    "The first {n:,} of {whole:,} are here.": "{whole:,}개 가운데 앞의 {n:,}개입니다.",
    "All items with their figures, and the few that predict the whole: `harness items {task}`.": (
        "모든 문항의 수치와 전체를 예측하는 몇 문항은 `harness items {task}`로 볼 수 있습니다."
    ),
    "A list to look at, no verdict: strong systems share their errors.": (
        "확인해 볼 목록이지 판정이 아닙니다. 강한 시스템끼리는 같은 실수도 합니다."
    ),
    "Who has what right": "문항마다 맞힌 시스템 수",
    "At the left what nobody solves, at the right what everybody does: it ranks nobody.": (
        "왼쪽 끝은 아무도 못 푼 문항, 오른쪽 끝은 모두 푼 문항으로, 순위를 가르는 데 도움이 되지 않습니다."
    ),
    "systems that have it right": "맞힌 시스템 수",
    "items": "문항 수",
    "How hard the items are": "문항 난이도",
    "The ability that has an item right half the time; systems' mean is 0, beyond 4 is in the end bars.": (
        "문항을 절반의 확률로 맞히는 능력으로, 시스템 평균이 0입니다. ±4를 넘으면 끝 막대에 넣었습니다."
    ),
    "difficulty": "난이도",
    "log-likelihood ratio": "로그 우도비",
    "share right": "맞힌 비율",
    "Their discrimination is below zero by more than chance.": (
        "변별도가 우연으로 보기 어려울 만큼 0보다 낮습니다."
    ),
    "Items that tell the strong from the weak best": "강한 시스템과 약한 시스템을 가장 잘 가르는 문항",
    "By the two-parameter logistic model.": "2모수 로지스틱 모형으로 구했습니다.",
    "Items that nobody has right": "아무도 맞히지 못한 문항",
    "Items that everybody has right": "모두 맞힌 문항",
    # Drift
    "drift": "표류",
    "the same weights": "같은 가중치",
    "the same model by name": "이름이 같은 모델",
    "twice by {a}": "{a:으로/로} 두 번",
    "by {a} and {b}": "{a:와/과} {b:으로/로}",
    "{n:,} of {whole:,} predictions differ": "예측 {whole:,}개 중 {n:,}개가 다름",
    "{n:,} texts": "응답문 {n:,}개가 다름",
    "{measured} by up to {far}, {mean} on average": "{measured} 최대 {far}, 평균 {mean} 차이",
    "{n:,} prompts were not sent alike": "다르게 보낸 프롬프트 {n:,}개",
    "log-probabilities": "로그 확률",
    "log-likelihoods": "로그 우도",
    "cosines": "코사인",
    "values": "값",
    # What run.json says: headings, keys and units
    "Metrics": "지표",
    "Latency, seconds": "지연(초)",
    "Answers": "답",
    "Task": "과제",
    "Data": "데이터",
    "System": "시스템",
    "Decoding": "디코딩",
    "Cost": "비용",
    "Fit": "학습",
    "Run": "실행",
    "Environment": "환경",
    "Other": "기타",
    "Sessions": "세션",
    "unit": "단위",
    "higher": "높은 쪽",
    "lower": "낮은 쪽",
    "mean": "평균",
    "end to end": "처음부터 끝까지",
    "to the first token": "첫 토큰까지",
    "per output token": "출력 토큰당",
    "in the queue": "대기",
    "started": "시작",
    "finished": "끝",
    "seconds": "초",
    "requests": "요청",
    "yes": "예",
    "no": "아니요",
    "{n:.3g} billion": "{n:.3g}B",
    "{n:.3g} million": "{n:.3g}M",
    "tokens/s": "토큰/초",
    "unanswered because": "무응답 이유",
    "failed because": "실패 이유",
    "cached": "캐시",
    "truncated": "잘림",
    "name": "이름",
    "ask": "묻는 방식",
    "shots": "예시",
    "from": "출처 분할",
    "draw": "뽑는 법",
    "limit": "제한",
    "repeat": "반복",
    "tags": "태그",
    "choose by": "고르는 방식",
    "seed": "시드",
    "revision": "리비전",
    "rows": "행",
    "leaked": "학습 자료와 겹침",
    "dropped from train": "학습에서 뺀 예제",
    "adapter": "어댑터",
    "model": "모델",
    "identity": "신원",
    "concurrency": "동시 요청",
    "given": "준 설정",
    "settings": "설정",
    "sent": "보냄",
    "currency": "통화",
    "total": "합계",
    "paid": "지불",
    "per 1k examples": "예제 1,000개당",
    "price source": "가격 출처",
    "price date": "가격 날짜",
    "usage": "사용량",
    "prompt tokens": "프롬프트 토큰",
    "cached tokens": "캐시된 토큰",
    "completion tokens": "출력 토큰",
    "reasoning tokens": "추론 토큰",
    "throughput": "처리율",
    "examples per s": "초당 예제",
    "cpu ms per example": "예제당 CPU 밀리초",
    "cpu seconds": "CPU 초",
    "output tokens per s": "초당 출력 토큰",
    "joules": "줄",
    "co2 g": "CO₂ g",
    "method": "방법",
    "device": "장치",
    "reused": "재사용",
    "command": "명령",
    "fingerprint": "식별 지문",
    "schema version": "스키마 버전",
    "platform": "플랫폼",
    "packages": "패키지",
    "hardware": "하드웨어",
    "cores": "코어",
    "memory gib": "메모리",
}
