"""Headers of the tables that commands print on a terminal. What programs read keeps the English ones."""

HEADERS = {
    # harness list, harness data list
    "name": "이름",
    "ask": "묻는 방식",
    "asks": "묻는 방식",
    "language": "언어",
    "description": "설명",
    "adapter": "어댑터",
    "kind": "종류",
    "settings": "설정",
    "task": "과제",
    "backend": "백엔드",
    "status": "상태",
    "metric": "지표",
    "value": "값",
    "n": "예제 수",
    "sample": "견본",
    "path": "위치",
    "data": "데이터",
    "files": "파일",
    "size": "크기",
    "from": "출처",
    "licence": "라이선스",
    # harness score
    "95 % interval": "95 % 구간",
    "unit": "단위",
    "signature": "서명",
    # harness cache
    "model": "모델",
    "answers": "응답",
    "oldest": "가장 오래된 것",
    "newest": "가장 새것",
    # harness tokenizers, harness try --weights
    "tokenizer of": "토크나이저",
    "tokens": "토큰",
    "tokens/character": "토큰/글자",
    "tokens/word": "토큰/어절",
    "Korean/English": "한국어/영어",
    "n-gram": "n-그램",
    "times": "횟수",
    "weight": "가중치",
    # harness judge
    "judge": "심판",
    "system": "시스템",
    "score": "점수",
    "verdicts": "판정",
}
