"""The Korean of arenas and judgements."""

from __future__ import annotations

JUDGING: dict[str, str] = {
    "judged are the replies of {a} (A) and of {b} (B)": "판정한 응답: A는 {a}, B는 {b}",
    "Question {number:,} of {count:,}": "{count:,}문항 가운데 {number:,}번째",
    "what was said before": "앞에서 주고받은 말",
    "a or b is better, t tie, s skip, q quit": "a나 b가 나음, t 무승부, s 건너뜀, q 그만",
    "Which reply is better?": "어느 응답이 더 나은가요?",
    "Votes need JavaScript, which this page may run.": "투표하려면 이 페이지에서 자바스크립트를 켜야 합니다.",
    "A is better": "A가 나음",
    "B is better": "B가 나음",
    "Tie": "무승부",
    "Skip": "건너뜀",
    "Back": "되돌리기",
    "Your name": "이름",
    "Save the votes": "투표 저장",
    "Question $1 of $2; votes: $3": "$2문항 가운데 $1번째, 투표 $3개",
    "That was the last question; votes: $1 of $2. Save them.": (
        "마지막 문항까지 왔습니다. $2문항 가운데 투표 $1개, 저장하세요."
    ),
    "Votes stay in this browser until they are saved.": "투표는 저장할 때까지 이 브라우저에 남습니다.",
    "This browser keeps nothing: save the votes before you leave.": (
        "이 브라우저에는 남지 않으니 닫기 전에 저장하세요."
    ),
    "Agreement": "일치도",
    "{raters} raters, {items:,} replies, {questions:,} questions": (
        "평가자 {raters}명, 응답 {items:,}개, 문항 {questions:,}개"
    ),
    "Krippendorff's alpha: {value}": "크리펜도르프 알파: {value}",
    "rater": "평가자",
    "beside": "견준 평가자",
    "replies": "응답",
    "the same": "같은 비율",
    "gives more by": "더 주는 점수",
    "What judges lean to, whatever the replies are worth": "응답의 질과 상관없이 심판이 끌리는 것",
    "rubric": "채점 기준",
    "shown first": "먼저 보인 응답",
    "same both ways": "순서를 바꿔도 같음",
    "longer": "더 긴 응답",
    "its own": "자기 응답",
    "repeats itself": "다시 물어도 같음",
    "over swapped words": "낱말을 뒤섞은 응답보다",
    "of pairs: by how many points of 100 the reply shown first, the longer one, the unswapped one wins "
    "oftener than the other; of its own, how much more of the win it gets than other judges give": (
        "짝 비교: 먼저 보인 응답, 더 긴 응답, 뒤섞지 않은 응답이 상대보다 100에서 몇 점 더 자주 이기는지. "
        "자기 응답은 다른 심판이 준 것보다 승리를 얼마나 더 받는지"
    ),
    "of scores: points for twice the length, for its own beyond other judges, over swapped words": (
        "점수: 길이가 두 배일 때, 자기 응답에 다른 심판보다, 낱말을 뒤섞은 응답보다 더 주는 점수"
    ),
    "under {n} questions no interval is printed": "문항이 {n}개 미만이면 구간을 쓰지 않습니다",
    "{judge} cannot tell a reply from the same reply with its words swapped: {lead}": (
        "{judge}: 응답과, 그 낱말 순서를 뒤섞은 것을 가려내지 못합니다({lead})"
    ),
    "What people would say of everything that a judge rated": "심판이 매긴 것 전체에 사람이 매겼을 평균",
    "needs {n} labels of people and {k} disagreements": "사람의 평점 {n}개와 어긋난 평점 {k}개가 있어야 함",
    "judge": "심판",
    "mean": "평균",
    "labels of people": "사람의 평점",
    "judged": "심판의 평점",
    "Arena": "아레나",
    "How often the row is expected to beat the column, of 100": (
        "행이 열을 이길 것으로 기대되는 횟수(100번 중)"
    ),
    "expected wins over {baseline}, of 100": "{baseline:을/를} 이길 것으로 기대되는 횟수(100번 중)",
    "Intervals of 95 % by question.": "문항 단위 95 % 구간.",
    "Strengths": "실력",
    "{verdicts:,} verdicts on {questions:,} questions, {systems} systems": (
        "판정 {verdicts:,}건, 문항 {questions:,}개, 시스템 {systems}개"
    ),
    "{n:,} without a verdict, left out": "판정이 없어 뺀 것 {n:,}건",
    "{n:,} left out: a reply's style is not known": "응답의 문체를 알 수 없어 뺀 것 {n:,}건",
    "shown first, one of two equals wins {points} of 100 more": (
        "실력이 같을 때 먼저 보인 응답이 100번 중 {points}번 더 이김"
    ),
    "what standing first is worth cannot be told: nobody stood in both places": (
        "먼저 보이는 이득은 알 수 없음: 앞뒤 자리에 모두 선 시스템이 없음"
    ),
    "a standard deviation more of {name}: {points} Elo": "{name:이/가} 표준편차만큼 더할 때: Elo {points}점",
    "characters": "글자 수",
    "headers": "제목",
    "lists": "목록",
    "bold": "굵은 글씨",
    "no strengths: these never beat those before them, or never met them: {groups}": (
        "실력을 정할 수 없음: 뒤쪽은 앞쪽을 이긴 적이 없거나 만난 적이 없음: {groups}"
    ),
    "no strengths: the likelihood has no maximum": "실력을 정할 수 없음: 가능도에 최댓값이 없음",
    "no intervals: fewer than {n} questions": "구간 없음: 문항이 {n}개보다 적음",
    "in {n:,} of {draws:,} draws there are no strengths": (
        "{draws:,}번 다시 뽑은 가운데 {n:,}번은 실력을 정할 수 없음"
    ),
    ": no intervals": ": 구간 없음",
    "wins over {baseline}": "{baseline} 상대 승률",
    "share won": "이긴 비율",
    "verdicts": "판정",
    "at equal length": "길이가 같을 때",
    "at equal length: needs the replies, and {files} in --data-dir": (
        "길이가 같을 때의 승률에는 응답문과, --data-dir에 {files:이/가} 있어야 함"
    ),
}
