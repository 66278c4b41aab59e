"""Of what explains a difference, and of other harnesses' sides of it."""

SENTENCES = {
    "{0} was made by another harness and cannot be asked again; name our run first": "{0:은/는} 다른 하네스가 만든 것이라 다시 물을 수 없습니다. 이 하네스의 실행을 먼저 적으세요",
    "{0}: no metric in common with {1}: {2}": "{0}: {1:와/과} 공통된 지표가 없습니다: {2}",
    "{0} is neither a run nor a published row of {1}.{2}": "{0:은/는} 실행도, {1}의 발표된 수치도 아닙니다.{2}",
    "no metric in common: {0}; `harness rescore RUN --task TASK` judges as another": "공통된 지표가 없습니다: {0}. `harness rescore RUN --task TASK`로 다른 과제처럼 채점할 수 있습니다",
    "{0}: no {1} was published, but {2}": "{0}: 발표된 것은 {1:이/가} 아니라 {2}입니다",
    "{0}: {1} rows were published; name one: {2}": "{0}: 발표된 수치가 {1}개입니다. 하나를 고르세요: {2}",
    "has no {0}: nothing to pair": "{0:이/가} 없어 짝지을 것이 없습니다",
    "{0}: none of the examples is in the data that is here": "{0}: 여기 있는 데이터에 그 예제가 하나도 없습니다",
    "{0}: no example of it has {1}": "{0}: {1:이/가} 있는 예제가 없습니다",
    "{0}: the data here is {1}, and the run was asked about {2}; --data-dir names the folder that has it": "{0}: 여기 있는 데이터는 {1}인데 실행은 {2:으로/로} 했습니다. --data-dir로 그것이 있는 폴더를 알려 주세요",
    "{0} cannot be had alone ({1}); it goes with what comes next": "{0:은/는} 따로 바꿀 수 없어({1}) 다음 것과 함께 바꿉니다",
    "a part, asked to explain a difference": "차이를 설명하려고 일부만 물음",
    "{0}: its model {1} is taken for ours, {2}": "{0}: 그쪽 모델 {1:을/를} 여기의 {2:으로/로} 봅니다",
    "{0} is of {1} and not of {2}; `harness import … --task {3}` pairs it with the same examples": "{0:은/는} {2:이/가} 아니라 {1}의 것입니다. `harness import … --task {3}`로 같은 예제와 짝지을 수 있습니다",
    "their template is none that can be rendered here; it is in the logged prompts": "그쪽 템플릿은 여기서 만들 수 없습니다. 기록된 프롬프트에 들어 있습니다",
    "their {0} shots are of no split of the data here; they are in the logged prompts": "상대의 예시 {0}개는 여기 데이터의 분할에 없습니다. 기록된 프롬프트에 들어 있습니다",
    "{0}: the log has no prompt of example {1}": "{0}: 기록에 예제 {1}의 프롬프트가 없습니다",
    "{0} cannot judge {1}: {2}": "{0:이/가} {1:을/를} 채점할 수 없습니다: {2}",
}
