"""Of adapters, models and what they cost."""

SENTENCES = {
    # replies held to a form
    "{0}: choose_by: structured needs {1}: pip install '{2}[{3}]'": "{0}: choose_by: structured에는 {1:이/가} 필요합니다: pip install '{2}[{3}]'",
    "{0}: choose_by: structured needs llguidance: pip install '{1}[constrained]'": "{0}: choose_by: structured에는 llguidance가 필요합니다: pip install '{1}[constrained]'",
    "{0}: llguidance cannot read the tokenizer of {1}: {2}": "{0}: llguidance가 {1}의 토크나이저를 읽지 못합니다: {2}",
    "{0}: llguidance holds no reply to this json_schema: {1}": "{0}: llguidance가 이 json_schema에 응답을 맞출 수 없습니다: {1}",
    "{0} cannot embed a {1}: {2}": "{0:이/가} {1:을/를} 임베딩하지 못합니다: {2}",
    "{0} pools by {1}, which is not known here: -m pooling=mean, cls or last": "{0}의 풀링 {1:은/는} 여기서 모르는 방식입니다: -m pooling=mean, cls, last",
    "{0}: its modules.json has {1}, which is not applied here: -m pooling=mean, cls or last goes on without": (
        "{0}: modules.json의 {1:은/는} 여기서 쓰지 않습니다: 빼고 쓰려면 -m pooling=mean, cls, last"
    ),
    "{0}: 'weights' should be {1} numbers of 0 or more, one for each retriever": (
        "{0}: 'weights'에는 검색기마다 하나씩, 0 이상의 수 {1}개를 씁니다"
    ),
    "{0} is not JSON: {1}": "{0:은/는} JSON이 아닙니다: {1}",
    "{0} takes no passages": "{0:은/는} 문서를 받지 않습니다",
    "{0}: 'retrievers' should name two backends or more": "{0}: 'retrievers'에는 백엔드를 둘 이상 씁니다",
    "{0} cannot embed a passage: {1}": "{0:이/가} 문서 하나를 임베딩하지 못했습니다: {1}",
    "{0}: {1} finds no passages that could be put in order": "{0}: {1:은/는} 재정렬할 문서를 찾지 못하는 백엔드입니다",
    "{0}: 'depth' should be 1 or more": "{0}: 'depth'는 1 이상이어야 합니다",
    "{0} is no cross-encoder: it has no head of one number": "{0:은/는} 교차 인코더가 아닙니다. 수 하나를 내는 헤드가 없습니다",
    "{0}: {1} finds no passages that could be fused": "{0}: {1:은/는} 합칠 문서를 찾지 못하는 백엔드입니다",
    "k1: should be 0 or more, not {0}": "k1: 0 이상이어야 합니다({0} 아님)",
    "b: should be from 0 to 1, not {0}": "b: 0과 1 사이여야 합니다({0} 아님)",
    "the analyser 'mecab' needs mecab-ko: pip install '{0}[ko]'": "분석기 'mecab'에는 mecab-ko가 필요합니다: pip install '{0}[ko]'",
    "'ranking' names a passage twice": "'ranking'에 같은 문서가 두 번 있습니다",
    "'ranking' should be a list of ids, of [id, score], or a mapping of these": (
        "'ranking'은 id의 목록이거나, [id, 점수]의 목록이거나, 이를 짝지은 것이어야 합니다"
    ),
    "{0} has no passages to look through": "{0}에 찾아볼 문서가 없습니다",
    # harness/adapters/baseline.py
    "example {0} has no options to choose from": "예제 {0}에 고를 선택지가 없습니다",
    "a rating is drawn from the task's 'range', and this task has none": "평점은 과제의 'range' 안에서 뽑는데, 이 과제에는 'range'가 없습니다",
    "{0}: {1} has no examples to learn from": "{0}: {1}에 학습할 예제가 없습니다",
    "{0}: no two answers of {1} are the same, so none is frequent": "{0}: {1}의 답이 모두 달라 가장 잦은 답이 없습니다",
    "{0} must be fitted before it answers": "{0:은/는} 답하기 전에 학습해야 합니다",
    "example {0}: the target {1} is no number": "예제 {0}: 정답 {1:이/가} 숫자가 아닙니다",
    # harness/adapters/classical/ngram_lm.py
    "{0}: the fit in {1} is damaged: {2}": "{0}: {1}에 있는 학습 결과가 손상되었습니다: {2}",
    # harness/adapters/clip/adapter.py
    "models of pictures and texts look for a field {0}, which the task has not": "그림과 글을 견주는 모델은 {0} 필드를 찾는데, 과제에 없습니다",
    # harness/adapters/clip/image_classifier.py
    "an image classifier looks for a field {0}, which the task has not": "그림 분류 모델은 {0} 필드를 찾는데, 과제에 없습니다",
    # harness/adapters/clip/towers.py
    "backend {0}: open_clip needs `model`, such as ViT-B-32": "백엔드 {0}: open_clip에는 ViT-B-32 같은 `model`이 필요합니다",
    "open_clip would download its weights; with --offline pretrained is a file": "open_clip이 가중치를 내려받으려 합니다. --offline에서는 pretrained에 파일을 주세요",
    "{0} is a {1}, which compares no pictures with texts": "{0:은/는} 그림과 글을 견주지 못하는 {1}입니다",
    "library: open_clip needs it installed ({0}): pip install open_clip_torch": "library: open_clip을 쓰려면 설치하세요({0}): pip install open_clip_torch",
    "{0} cannot be loaded: {1}": "{0:을/를} 불러올 수 없습니다: {1}",
    # harness/adapters/fields.py
    "example {0} has no single target to learn from": "예제 {0}에 학습할 정답이 하나로 정해져 있지 않습니다",
    "example {0}: the task has no option {1}.{2}": "예제 {0}: 과제에 선택지 {1:이/가} 없습니다.{2}",
    "example {0} has no field {1}.{2}": "예제 {0}에 필드 {1:이/가} 없습니다.{2}",
    # harness/adapters/fitted_classifier.py
    "{0} needs a task with fixed options; {1} has none": "{0}에는 선택지가 정해진 과제가 필요한데, {1}에는 없습니다",
    "{0} needs a task with fixed options; {1} has its own": "{0}에는 선택지가 정해진 과제가 필요한데, {1:은/는} 예제마다 선택지가 다릅니다",
    # harness/adapters/hf/adapter.py
    "{0} is an encoder-decoder, which reads a text whole: it has no likelihood": "{0:은/는} 글을 통째로 읽는 인코더-디코더라서 가능도가 없습니다",
    # harness/adapters/hf/class_options.py
    "labels: {0} should be CLASS=OPTION": "labels: {0:은/는} CLASS=OPTION 꼴이어야 합니다",
    "{0} has the classes {1}, and none is {2}; say which is which: -m 'labels=[CLASS=OPTION, …]'": "{0}의 부류는 {1}인데 {2:은/는} 없습니다. 무엇이 무엇인지 적어 주세요: -m 'labels=[CLASS=OPTION, …]'",
    # harness/adapters/hf/embedding.py
    "{0} is a {1}, which has no encoder of texts": "{0:은/는} 글의 인코더가 없는 {1}입니다",
    # harness/adapters/hf/finetune.py
    "lora needs peft: pip install '{0}[lora]'": "lora를 쓰려면 peft가 필요합니다: pip install '{0}[lora]'",
    "{0} {1}: must be above 0": "{0} {1}: 0보다 커야 합니다",
    "a classifier needs at least one example to learn from": "분류기는 학습할 예제가 하나 이상 있어야 합니다",
    # harness/adapters/hf/finetune_heads.py
    "{0}: the fit in {1} is damaged: no model": "{0}: {1}에 있는 학습 결과가 손상되었습니다: 모델이 없습니다",
    # harness/adapters/hf/heads.py
    "{0} has the classes {1}: a rating needs a head of one number, or a model that writes": "{0}의 부류는 {1}입니다. 평점에는 숫자 하나를 내는 출력층이나 글을 쓰는 모델이 필요합니다",
    "{0} has the classes {1}: a ranking needs a head of one number": "{0}의 부류는 {1}입니다. 순위에는 숫자 하나를 내는 출력층이 필요합니다",
    # harness/adapters/hf/loading.py
    "{0} has no chat template: set `chat: false` in backend {1}, or -m chat=false": "{0}에 대화 템플릿이 없습니다. 백엔드 {1}에 `chat: false`를 적거나 -m chat=false를 쓰세요",
    "warning: {0}: the chat template does not read {1}": "경고: {0}: 대화 템플릿이 {1:을/를} 읽지 않습니다",
    "{0} lacks {1} of the weights of {2}, which would be random: {3}": "{0}에 {2}의 가중치 중 {1}개가 없어 무작위로 채워질 뻔했습니다: {3}",
    "{0} is a {1}, which fills in masks and predicts no next word; it can only 'embed', and 'choose' by filling them in": "{0:은/는} 빈칸을 채우는 {1}입니다. 다음 말을 예측하지 않으며 'embed'와, 빈칸을 채우는 'choose'만 할 수 있습니다",
    "a local model needs torch and transformers ({0}): pip install '{1}[hf]'": "로컬 모델에는 torch와 transformers가 필요합니다({0}): pip install '{1}[hf]'",
    "{0}: the tokenizer has a chat template that is not used; -m chat=true uses it": "{0}: 토크나이저에 대화 템플릿이 있지만 쓰지 않습니다. -m chat=true를 주면 씁니다",
    "the setting {0} needs {1} ({2}): pip install '{3}[{4}]'": "설정 {0}에는 {1:이/가} 필요합니다({2}): pip install '{3}[{4}]'",
    # harness/adapters/lm/chat_template.py
    "the chat template of {0} ends with {1}: options compared there by log-probability would stand inside a thought; {2}": "{0}의 대화 템플릿이 {1:으로/로} 끝납니다. 거기서 로그 확률로 견주면 선택지가 생각 속에 놓입니다. {2}",
    "chat_template_kwargs: {0} cannot be given to a chat template": "chat_template_kwargs: {0:은/는} 대화 템플릿에 줄 수 없습니다",
    # harness/adapters/lm/generation.py
    "beams and a temperature above 0 ask for the likeliest text and for a draw; give one": "beams는 가장 그럴듯한 글을, 0보다 큰 temperature는 표집을 뜻합니다. 하나만 주세요",
    # harness/adapters/lm/model_files.py
    "{0}@{1} is neither a directory here nor a model of the hub in reach: {2}": "{0}@{1:은/는} 여기 있는 폴더도, 닿을 수 있는 허브의 모델도 아닙니다: {2}",
    "backend {0}: the {1} adapter needs `model`, a directory or a hub id": "백엔드 {0}: {1} 어댑터에는 폴더나 허브 id인 `model`이 필요합니다",
    "no model file {0}": "모델 파일 {0:이/가} 없습니다",
    "a GGUF file needs the package gguf ({0}): pip install '{1}[hf,gguf]'": "GGUF 파일에는 gguf 패키지가 필요합니다({0}): pip install '{1}[hf,gguf]'",
    "no model directory {0}": "모델 폴더 {0:이/가} 없습니다",
    "{0} is no model directory: it has no config.json": "{0:은/는} 모델 폴더가 아닙니다. config.json이 없습니다",
    "lora: {0} is no LoRA adapter's directory: it has no adapter_config.json": "lora: {0:은/는} LoRA 어댑터 폴더가 아닙니다. adapter_config.json이 없습니다",
    "{0} is incomplete: {1} names {2}, which is not there": "{0:이/가} 온전하지 않습니다. {1}에 적힌 {2:이/가} 없습니다",
    "a model of the hub needs huggingface_hub: pip install '{0}[hf]'": "허브의 모델에는 huggingface_hub가 필요합니다: pip install '{0}[hf]'",
    "{0} names no shards: {1}": "{0}에 나뉜 파일의 이름이 없습니다: {1}",
    "{0} runs code from its repository; pass --trust-remote-code to allow it{1}": "{0:은/는} 저장소의 코드를 실행합니다. 허용하려면 --trust-remote-code를 쓰세요{1}",
    "{0} holds a pickle, which would run code: it is not loaded. Ask for its weights as .safetensors": "{0:은/는} 코드를 실행할 수 있는 pickle이라 불러오지 않습니다. .safetensors 가중치를 구하세요",
    # harness/adapters/lm/tokenizer.py
    "{0}: the chat template has no system role; the system text goes before the first user turn (system_as: user)": "{0}: 대화 템플릿에 system 역할이 없어, 시스템 글을 첫 사용자 차례 앞에 둡니다(system_as: user)",
    # harness/adapters/networks/base.py
    "heads {0}: should divide the width, {1}": "heads {0}: 너비 {1}의 약수여야 합니다",
    "{0} {1}: should be from 0 to below 1": "{0} {1}: 0 이상 1 미만이어야 합니다",
    "{0} {1}: must be at least 1": "{0} {1}: 1 이상이어야 합니다",
    # harness/adapters/networks/classifiers.py
    "{0} must be fitted before it can count tokens": "{0:은/는} 토큰을 세기 전에 학습해야 합니다",
    "{0} learns its vectors in pre-training: pretraining_epochs must be above 0": "{0:은/는} 사전 학습에서 벡터를 배웁니다. pretraining_epochs가 0보다 커야 합니다",
    "next_sentence is part of the pre-training: pretraining_epochs must be above 0": "next_sentence는 사전 학습의 일부입니다. pretraining_epochs가 0보다 커야 합니다",
    "widths {0}: should be numbers of tokens, such as [2,3,4]": "widths {0}: [2,3,4] 같은 토큰 수여야 합니다",
    "heads {0}: should divide dim {1}": "heads {0}: dim {1}의 약수여야 합니다",
    "{0} must be fitted before it knows what is near": "{0:은/는} 가까운 낱말을 알기 전에 학습해야 합니다",
    "dropout {0}: should be from 0 to below 1": "dropout {0}: 0 이상 1 미만이어야 합니다",
    # harness/adapters/networks/gpt.py
    "an export needs transformers: pip install '{0}[hf]'": "내보내려면 transformers가 필요합니다: pip install '{0}[hf]'",
    # harness/adapters/networks/reward.py
    "{0}: {1} has no pairs of responses to learn from": "{0}: {1}에 학습할 응답 쌍이 없습니다",
    # harness/adapters/networks/span_reader.py
    "{0}: no answer of {1} stands in its passage": "{0}: {1}의 답 가운데 지문에 그대로 있는 것이 없습니다",
    # harness/adapters/recorded/adapter.py
    "{0}: {1} columns in 'id' and {2} fields in 'example'; each column is compared with the field in its place": "{0}: 'id'에는 열이 {1}개, 'example'에는 필드가 {2}개입니다. 열은 같은 자리의 필드와 견줍니다",
    # harness/adapters/recorded/cells.py
    "should be a whole number from 0, not {0}": "0 이상의 정수여야 합니다({0} 아님)",
    "should be a number from 0, not {0}": "0 이상의 수여야 합니다({0} 아님)",
    "should be a number, not {0}": "숫자여야 합니다({0} 아님)",
    "should be JSON: {0}": "JSON이어야 합니다: {0}",
    # harness/adapters/recorded/recording.py
    "'scores' has none for the option {0}": "'scores'에 선택지 {0}의 점수가 없습니다",
    "'scores' should be a list of numbers, not {0}": "'scores'는 숫자 목록이어야 합니다({0} 아님)",
    "{0} scores, and the example has {1} options": "점수는 {0}개인데 예제의 선택지는 {1}개입니다",
    "{0} is no probability; 'scores_as: logprobs' reads logarithms": "{0:은/는} 확률이 아닙니다. 로그라면 'scores_as: logprobs'를 쓰세요",
    "'spans' should be a list of [start, end, type]": "'spans'는 [시작, 끝, 종류]의 목록이어야 합니다",
    # harness/adapters/recorded/table.py
    "holds no rows": "행이 없습니다",
    "-m {0}: should be names of columns, not {1}": "-m {0}: 열 이름이어야 합니다({1} 아님)",
    "-m example: the examples have no field {0}.{1}": "-m example: 예제에 필드 {0:이/가} 없습니다.{1}",
    # harness/adapters/remote/base.py
    "{0}: the server {1}": "{0}: 서버가 {1}",
    "{0}: none of its {1} servers is left: {2}": "{0}: 서버 {1}대를 모두 쓸 수 없습니다: {2}",
    "{0}: {1} is left out and tried again: {2}": "{0}: {1:을/를} 잠시 빼 두었다가 다시 물어봅니다: {2}",
    "{0}: {1} answers again": "{0}: {1:이/가} 다시 응답합니다",
    # harness/adapters/remote/gemini.py
    "{0}: Gemini tells no log-probabilities; say choose_by: structured": "{0}: Gemini는 로그 확률을 알려 주지 않습니다. choose_by: structured를 쓰세요",
    # harness/adapters/remote/openai.py
    "{0}: log-probabilities need `api: completions`, on a server that echoes them; otherwise `choose_by: structured` or `choose_by: extract`": "{0}: 로그 확률에는 프롬프트를 되돌려 주는 서버에서 `api: completions`가 필요합니다. 아니면 `choose_by: structured`나 `choose_by: extract`를 쓰세요",
    "{0}: chat_template_kwargs are for a chat template: api: chat": "{0}: chat_template_kwargs는 대화 템플릿에 주는 것입니다: api: chat",
    "warning: {0} samples as it likes: temperature 0 was asked and is not sent": "경고: {0:은/는} 제 나름대로 표집합니다. 요청한 temperature 0은 보내지 않습니다",
    "{0} samples as it likes, and cannot honour {1}": "{0:은/는} 제 나름대로 표집하므로 {1:을/를} 지킬 수 없습니다",
    # harness/adapters/remote/openai_apis.py
    "this API cannot honour {0} in decoding": "이 API는 디코딩의 {0:을/를} 지킬 수 없습니다",
    # harness/adapters/remote/openai_logprobs.py
    "the server tells no log-probabilities of a prompt; ask with choose_by: structured or extract": "서버가 프롬프트의 로그 확률을 알려 주지 않습니다. choose_by: structured나 extract로 물어보세요",
    # harness/adapters/remote/proxies.py
    "the proxy of the environment is a {0} one, and only http and https are spoken; set {1}_PROXY, or NO_PROXY={2}": "환경 변수의 프록시가 {0} 프록시인데, http와 https 프록시만 쓸 수 있습니다. {1}_PROXY를 정하거나 NO_PROXY에 {2:을/를} 넣으세요",
    # harness/adapters/vllm/engine.py
    "{0} is a GGUF file: -b huggingface reads it, vllm does not": "{0:은/는} GGUF 파일입니다. -b huggingface는 읽고 vllm은 읽지 않습니다",
    "the vllm adapter needs vllm ({0}): pip install '{1}[vllm]'": "vllm 어댑터에는 vllm이 필요합니다({0}): pip install '{1}[vllm]'",
    # harness/adapters/vllm/jobs.py
    "vllm cannot decode so: {0}": "vllm은 그렇게 디코딩할 수 없습니다: {0}",
    # harness/backends/backend.py
    "-m {0}: should be {1}, not {2}": "-m {0}: {1}여야 합니다({2} 아님)",
    "{0}: -m {1}={2}: no such file": "{0}: -m {1}={2}: 그런 파일이 없습니다",
    "{0} ({1}) cannot honour {2} in decoding; what it can (`decoding` of its AdapterEntry): {3}": "{0}({1}): 디코딩의 {2:을/를} 지킬 수 없습니다. 지킬 수 있는 것(AdapterEntry의 `decoding`): {3}",
    # harness/backends/endpoints.py
    "{0}, which no shipped profile names; to allow it: {1} {2}": "{0}: 프로젝트에 딸린 프로필에 없는 주소입니다. 허용하려면 {1} {2}",
    "uses {0}, which no profile {1} here does; if that is meant, repeat it: {2}": "여기 있는 {1} 프로필 중 {0:을/를} 쓰는 것이 없습니다. 그럴 생각이라면 한 번 더 적으세요: {2}",
    "{0}, without encryption and over the internet: use https": "{0}: 암호화 없이 인터넷을 거칩니다. https를 쓰세요",
    "{0}, without encryption: use https, or for a server in your own network {1} {2}": "{0}: 암호화되지 않습니다. https를 쓰거나, 자기 네트워크의 서버라면 {1} {2}",
    "{0} is not called as keys of services are, such as MY_API_KEY; if it is one, say -m api_key_env={1}": "{0:은/는} MY_API_KEY 같은 서비스 키의 이름이 아닙니다. 키가 맞다면 -m api_key_env={1:을/를} 쓰세요",
    "{0}; no shipped profile names that address. Allow it from now on? [y/N]": "{0}: 프로젝트에 딸린 프로필에 없는 주소입니다. 앞으로 허용할까요? [y/N]",
    "{0}: not allowed": "{0}: 허용되지 않았습니다",
    "-m {0}: a run goes on as it began; {1} is repeated": "-m {0}: 실행은 시작한 대로 이어집니다. {1:을/를} 그대로 씁니다",
    # harness/costs/max_cost.py
    "--max-cost holds what is billed by the token, and {0} is billed by the hour; --limit bounds its time": "--max-cost는 토큰으로 셈하는 비용을 막는데, {0:은/는} 시간으로 셈합니다. 시간은 --limit으로 제한하세요",
    "--max-cost holds no bound on what {0} takes for embedding a corpus: leave it out": "--max-cost는 {0:이/가} 문서를 임베딩하는 비용을 막지 못합니다. 빼고 실행하세요",
    "--max-cost needs a bound on what {0} may write, or one reply could cost any sum: add -d max_tokens=N": "--max-cost를 쓰려면 {0:이/가} 쓸 수 있는 길이에 한도가 있어야 합니다. 없으면 응답 하나의 비용도 알 수 없습니다. -d max_tokens=N을 더하세요",
    "--max-cost: nobody knows what {0} costs; say it in a profile of your own, as price: {usd_per_mtok: {input: …, output: …}}": "--max-cost: {0}의 가격을 모릅니다. 자기 프로필에 적으세요: price: {{usd_per_mtok: {{input: …, output: …}}}}",
    # harness/costs/money.py
    "--max-cost {0}: should be an amount such as 5USD or 7000KRW": "--max-cost {0}: 5USD나 7000KRW 같은 금액이어야 합니다",
    "--usd-krw {0}: should be won a dollar and the day, such as 1390@2026-11-01": "--usd-krw {0}: 1390@2026-11-01처럼 1달러의 원화와 날짜여야 합니다",
    "--max-cost is in {0} and the price in {1}; {2}": "--max-cost는 {0}, 가격은 {1}입니다. {2}",
    # harness/models/analysers.py
    "no analyser is called {0}.{1}": "이름이 {0}인 분석기가 없습니다.{1}",
    "stop_words: the analyser {0} does not know them, but 'morpheme' does": "stop_words: 분석기 {0:은/는} 알지 못하고 'morpheme'은 압니다",
    # harness/models/kneser_ney.py
    "order {0}: must be at least 1": "order {0}: 1 이상이어야 합니다",
    "a language model needs at least one text to learn from": "언어 모델은 학습할 글이 하나 이상 있어야 합니다",
    # harness/models/naive_bayes.py
    "alpha {0}: must be above 0": "alpha {0}: 0보다 커야 합니다",
    # harness/models/networks.py
    "max_tokens {0}: must be at least 1": "max_tokens {0}: 1 이상이어야 합니다",
    "a network needs at least one example to learn from": "신경망은 학습할 예제가 하나 이상 있어야 합니다",
    # harness/models/ngrams.py
    "n-grams of {0} to {1}: needs 1 ≤ shortest ≤ longest": "{0}~{1}의 n-그램: 1 ≤ 가장 짧은 것 ≤ 가장 긴 것이어야 합니다",
    "min_df {0}: must be at least 1": "min_df {0}: 1 이상이어야 합니다",
    # harness/models/tfidf.py
    "c {0}: must be above 0": "c {0}: 0보다 커야 합니다",
    # harness/models/tokenizers.py
    "no tokeniser is called {0}.{1}": "이름이 {0}인 토크나이저가 없습니다.{1}",
    "a {0} vocabulary of {1}: needs at least {2}": "크기 {1}인 {0} 어휘: {2} 이상이어야 합니다",
    # harness/models/training.py
    "there is nothing to learn from": "학습할 것이 없습니다",
    "the loss or its gradient is no number at step {0} of {1}, with a learning rate of {2}; set a lower one: -m learning_rate={3}; {4}": "{1}의 {0}단계에서 손실이나 기울기가 숫자가 아닙니다(학습률 {2}). 더 낮추세요: -m learning_rate={3}. {4}",
    "held_out {0}: should be from 0 to below 1": "held_out {0}: 0 이상 1 미만이어야 합니다",
    # harness/text/morphemes.py
    "{0} needs kiwipiepy: pip install '{1}[ko]'": "{0}에는 kiwipiepy가 필요합니다: pip install '{1}[ko]'",
}
