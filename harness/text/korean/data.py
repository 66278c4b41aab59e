"""Of data, tasks and prompts."""

SENTENCES = {
    # harness/datasets/addresses.py
    "{0}: no address in url.{1} is that of {2}": "{0}: url.{1}에 {2}의 주소가 없습니다",
    "should be a sha256, two blanks and a path": "sha256, 빈칸 둘, 경로의 차례여야 합니다",
    # harness/datasets/columns.py
    "the path tells no {0}: {1} is not in it": "경로에서 {0:을/를} 알 수 없습니다. {1:이/가} 없습니다",
    "{0} of {1} finds no end in the path": "{1}의 {0:이/가} 경로에서 끝을 찾지 못합니다",
    # harness/datasets/downloads/archives.py
    "{0} is not a whole archive: {1}; remove it": "{0:은/는} 온전한 압축 파일이 아닙니다: {1}. 지우세요",
    "{0} cannot be unpacked: {1}; {2}": "{0:을/를} 풀 수 없습니다: {1}. {2}",
    "{0} in {1} is larger than {2} GiB": "{1} 안의 {0:이/가} {2} GiB보다 큽니다",
    "{0} holds no {1}": "{0}에 {1:이/가} 없습니다",
    # harness/datasets/downloads/hub.py
    "cannot download {0}: {1}; {2}": "{0:을/를} 내려받을 수 없습니다: {1}. {2}",
    "asking the hub for {0}": "허브에 {0:을/를} 묻는 중",
    "{0} is damaged; it is downloaded again": "{0:이/가} 손상되어 다시 내려받습니다",
    "{0} is not in {1} and --offline forbids asking for it; {2}": "{0:이/가} {1}에 없는데 --offline이라 물어볼 수 없습니다. {2}",
    "the hub's {0} has no file {1} at {2}, but {3}; a task of your own may name them under hub, or {4}": (
        "허브의 {0}에는 {2} 시점에 {1} 파일이 없고 {3:이/가} 있습니다. 직접 만든 과제의 hub에 적거나 {4}"
    ),
    "{0} is not in {1} and --offline forbids downloading it; {2}": "{0:이/가} {1}에 없는데 --offline이라 내려받을 수 없습니다. {2}",
    "{0} is damaged and --offline forbids downloading it again; {1}": "{0:이/가} 손상되었는데 --offline이라 다시 내려받을 수 없습니다. {1}",
    "cannot download {0}: what came does not fit its hash; {1}": "{0:을/를} 내려받을 수 없습니다. 받은 것이 해시와 맞지 않습니다. {1}",
    "data from a hub needs huggingface_hub: pip install '{0}[hub]'; or {1}": "허브의 데이터에는 huggingface_hub가 필요합니다: pip install '{0}[hub]'. 또는 {1}",
    # harness/datasets/downloads/mirror.py
    "{0}: give http(s)://HOST, or HOST=http(s)://OTHER,…; not {1}": "{0}: http(s)://HOST나 HOST=http(s)://OTHER,…로 주세요({1} 아님)",
    # harness/datasets/downloads/web.py
    "{0}: sha256 must be 64 hexadecimal digits, not {1}": "{0}: sha256은 16진수 64자리여야 합니다({1} 아님)",
    "{0} cannot be downloaded: give a whole http:// or https:// url": "{0:은/는} 내려받을 수 없습니다. http://나 https://로 시작하는 온전한 주소를 주세요",
    "{0} cannot be read: {1}; remove it": "{0:을/를} 읽을 수 없습니다: {1}. 지우세요",
    "{0}: {1}; attempt {2} of {3}": "{0}: {1}; {3}번 중 {2}번째 시도",
    # harness/datasets/examples.py
    "the split {0} holds no rows": "{0} 분할에 행이 없습니다",
    "the split {0} holds no passages": "{0} 분할에 문서가 없습니다",
    # harness/datasets/long_texts.py
    "a text of {0} characters is longer than all passages together, which have {1}": "지문을 모두 이어도 {1}자라서 {0}자인 글을 만들 수 없습니다",
    # harness/datasets/unanswerable.py
    "no other article has a passage without the answer to {0}": "{0}의 답이 들지 않은 다른 글의 지문이 없습니다",
    # harness/datasets/fetch.py
    "downloading {0} files from {1}": "{1}에서 파일 {0}개를 내려받는 중",
    "{0} has no column {1}, which the task joins on": "{0}에 과제가 잇는 데 쓰는 열 {1:이/가} 없습니다",
    "{0} cannot be written: {1}": "{0:을/를} 쓸 수 없습니다: {1}",
    # harness/datasets/formats/csv_tsv.py
    "the file is empty; a header was expected": "파일이 비어 있습니다. 머리글 줄이 있어야 합니다",
    # harness/datasets/formats/images.py
    "is no picture: neither PNG, JPEG, GIF, BMP, TIFF, PPM nor WebP": "그림이 아닙니다. PNG, JPEG, GIF, BMP, TIFF, PPM, WebP 중 하나여야 합니다",
    "drawing pictures needs pillow: pip install '{0}[clip]'": "그림을 그리려면 pillow가 필요합니다: pip install '{0}[clip]'",
    # harness/datasets/formats/json_parquet.py
    "a list of JSON objects was expected; 'records' may name it": "JSON 객체의 목록이어야 합니다. 'records'로 그 자리를 알려 줄 수 있습니다",
    "not {0} text": "{0} 글이 아닙니다",
    "not JSON: {0}": "JSON이 아닙니다: {0}",
    "no {0} here, which 'records' names": "'records'에 적힌 {0:이/가} 여기에 없습니다",
    # harness/datasets/formats/klue_ner.py
    "neither `## comment` nor a token, a tab and its tag": "`## 주석`도 아니고, 토큰과 탭과 표지도 아닙니다",
    # harness/datasets/formats/parallel.py
    "{0} line-aligned files need as many names in 'header'": "줄을 맞춘 파일 {0}개에는 'header'에도 그만큼의 이름이 있어야 합니다",
    "ends after {0} lines, before the others": "{0}줄에서 다른 파일보다 먼저 끝납니다",
    # harness/datasets/formats/worked.py
    "no line begins with 'Q:'": "'Q:'로 시작하는 줄이 없습니다",
    "record {0}: a question with {1} answers": "기록 {0}: 질문 하나에 답이 {1}개입니다",
    # harness/datasets/licences.py
    "{0}: do you agree to these terms? They are asked about once. [y/N]": "{0}: 이 이용 조건에 동의합니까? 한 번만 묻습니다. [y/N]",
    "{0}: its terms were not agreed to, so nothing was downloaded": "{0}: 이용 조건에 동의하지 않아 아무것도 내려받지 않았습니다",
    # harness/datasets/patterns.py
    "{0} stands for more than {1} names": "{0:이/가} 나타내는 이름이 {1}개보다 많습니다",
    "is a folder; the task reads a file": "폴더입니다. 과제는 파일을 읽습니다",
    # harness/datasets/sources.py
    "{0}: the hub repository {1} names no file for {2}": "{0}: 허브 저장소 {1}에 {2}의 파일이 적혀 있지 않습니다",
    "{0}: {1}; going on to the task's own source": "{0}: {1}. 과제의 원래 출처로 넘어갑니다",
    "the sample of {0} is not there": "{0}의 견본이 없습니다",
    "--data-dir {0}: no such folder": "--data-dir {0}: 그런 폴더가 없습니다",
    "{0} is no name below a folder": "{0:은/는} 폴더 아래의 이름이 아닙니다",
    "{0} leads to {1}, outside of the data folder and the task's own; --data-dir names another folder": "{0:이/가} 데이터 폴더와 과제 폴더 밖인 {1:으로/로} 이어집니다. --data-dir로 다른 폴더를 알려 주세요",
    "{0} names no file for {1}": "{0}에 {1}의 파일이 적혀 있지 않습니다",
    "the data of {0} comes with {1}, which is not installed: pip install {2}": "{0}의 데이터는 {1}에 들어 있는데 설치되어 있지 않습니다: pip install {2}",
    "the installed {0} holds no {1}, which {2} reads": "설치된 {0}에 {2:이/가} 읽는 {1:이/가} 없습니다",
    # harness/datasets/targets.py
    "the answer {0} is none of the {1} options": "답 {0:은/는} 선택지 {1}개에 없습니다",
    # harness/interchange/finding.py
    "no such file or folder: {0}": "그런 파일이나 폴더가 없습니다: {0}",
    "none of the formats that are read here: {0}": "여기서 읽는 형식이 아닙니다: {0}",
    "holds no run of another harness; read are {0}": "다른 하네스의 실행이 없습니다. 읽는 것은 {0}입니다",
    "left out: {0}": "제외: {0}",
    # harness/interchange/foreign.py
    "more than {0} files; name one run's folder": "파일이 {0}개보다 많습니다. 실행 하나의 폴더를 주세요",
    "a line of more than {0} bytes": "{0}바이트보다 긴 줄이 있습니다",
    # harness/interchange/helm.py
    "neither {0} nor {1} says anything": "{0}에도 {1}에도 내용이 없습니다",
    # harness/interchange/importing.py
    "{0}: figures without samples ({1}): nothing can be paired; lm_eval writes them with --log_samples; published figures are rows under `reference:`": "{0}: 예제별 기록이 없는 수치입니다({1}). 짝지을 수 없습니다. lm_eval은 --log_samples로 기록하고, 발표된 수치는 `reference:`에 적습니다",
    "{0}: no score of its samples is a number; name a task of ours: --task": "{0}: 예제의 점수 중 숫자가 없습니다. 이 하네스의 과제를 --task로 알려 주세요",
    "{0}: {1} of {2} samples have another right answer than here": "{0}: 예제 {2}개 중 {1}개의 정답이 여기와 다릅니다",
    # harness/interchange/inspect_log.py
    "unpacks to more than any log has; it is not read": "어떤 로그보다도 크게 풀립니다. 읽지 않습니다",
    "a member of more than {0} bytes": "{0}바이트보다 큰 구성 파일이 있습니다",
    "cannot be read as a zip: {0}": "zip으로 읽을 수 없습니다: {0}",
    "logs of Inspect are packed by zstd, which needs backports.zstd: {0}": "Inspect의 로그는 zstd로 묶여 있어 backports.zstd가 필요합니다: {0}",
    "no header.json: not an Inspect log, or one that was cut off": "header.json이 없습니다. Inspect의 로그가 아니거나 중간에 끊긴 것입니다",
    # harness/interchange/lm_eval.py
    "not a sample of lm_eval: no doc_id or resps": "lm_eval의 기록이 아닙니다. doc_id나 resps가 없습니다",
    # harness/interchange/lm_eval_yaml.py
    "not a task of lm-evaluation-harness: no mapping": "lm-evaluation-harness의 과제가 아닙니다. 키와 값의 묶음이 아닙니다",
    "files that include each other": "서로를 포함하는 파일입니다",
    "not UTF-8": "UTF-8이 아닙니다",
    "include: should be a file's name": "include: 파일 이름이어야 합니다",
    "include: {0} lies outside of {1}": "include: {0:은/는} {1} 밖에 있습니다",
    "include: {0} is not there": "include: {0:이/가} 없습니다",
    # harness/interchange/matching.py
    "sample {0} is no example of {1} {2}: its text stands in none; is it another split (--split), version or task?": "{0:은/는} {1} {2}의 예제가 아닙니다. 같은 글이 없습니다. 다른 분할(--split), 다른 버전, 다른 과제는 아닙니까?",
    # harness/perturbations/perturbed.py
    "--perturb {0}: no such kind.{1}": "--perturb {0}: 그런 종류가 없습니다.{1}",
    "--perturb {0}: the options of {1} are the same for all, in no order of theirs": "--perturb {0}: {1}의 선택지는 모든 예제에 같아 따로 차례가 없습니다",
    "--perturb {0}: {1} has one template, {2}": "--perturb {0}: {1}의 템플릿은 {2} 하나뿐입니다",
    "--perturb {0}: {1} has no field of text": "--perturb {0}: {1}에는 글인 필드가 없습니다",
    # harness/prompts/fewshot.py
    "{0} bounds its shots in tokens, and this backend has no tokenizer": "{0:은/는} 예시를 토큰 수로 제한하는데, 이 백엔드에는 토크나이저가 없습니다",
    "{0} asks for {1} shots, and only {2} rows of {3} qualify for example {4}; lower --shots": "{0}에는 예시가 {1}개 필요한데, 예제 {4}에 쓸 수 있는 {3} 행은 {2}개뿐입니다. --shots를 낮추세요",
    # harness/prompts/renderer.py
    "{0}: the options of example {1} are no list of texts": "{0}: 예제 {1}의 선택지가 글의 목록이 아닙니다",
    "{0}: example {1} has {2} options, more than {3} marks": "{0}: 예제 {1}의 선택지는 {2}개로, 표지 {3}개보다 많습니다",
    "{0}: the target of example {1} is {2}, not one of {3}": "{0}: 예제 {1}의 정답 {2:은/는} {3} 중 하나가 아닙니다",
    # harness/tables/__init__.py
    "more than {0} MiB; a document is read whole": "{0} MiB보다 큽니다. 문서는 통째로 읽습니다",
    "not a whole gzip file: {0}": "온전한 gzip 파일이 아닙니다: {0}",
    "a line of more than {0} MiB": "{0} MiB보다 긴 줄이 있습니다",
    "unpacks to more than {0} times its size": "크기의 {0}배보다 크게 풀립니다",
    "not {0} text{1}": "{0} 글이 아닙니다{1}",
    # harness/tables/encodings.py
    "note: {0} is not UTF-8; read as {1} (a task may say so: `encoding: {2}` under data)": "알림: {0:은/는} UTF-8이 아니라 {1:으로/로} 읽었습니다(과제의 data에 `encoding: {2}`라고 적을 수 있습니다)",
    # harness/tables/rows.py
    "should end in .jsonl, .csv, .tsv or .parquet, the texts also in .gz": "이름이 .jsonl, .csv, .tsv, .parquet로 끝나야 합니다(글은 .gz도 됩니다)",
    "the header has the column {0} twice": "머리글에 열 {0:이/가} 두 번 있습니다",
    "each line should be a JSON object": "줄마다 JSON 객체 하나여야 합니다",
    "Parquet needs pyarrow: pip install '{0}[parquet]'": "Parquet에는 pyarrow가 필요합니다: pip install '{0}[parquet]'",
    "not a whole Parquet file: {0}": "온전한 Parquet 파일이 아닙니다: {0}",
    "not CSV: {0}": "CSV가 아닙니다: {0}",
    # harness/tables/xlsx.py
    "Excel files need openpyxl: pip install '{0}[xlsx]'": "Excel 파일에는 openpyxl이 필요합니다: pip install '{0}[xlsx]'",
    "not an Excel workbook: {0}": "Excel 통합 문서가 아닙니다: {0}",
    # harness/tasks/checking.py
    "no such file: {0}": "그런 파일이 없습니다: {0}",
    # harness/tasks/task.py
    "--ask {0}: no such ask.{1}": "--ask {0}: 그런 물음이 없습니다.{1}",
    "{0} lies beside no task here, and is not read": "{0} 옆에는 과제가 없어 읽지 않습니다",
    "{0} has no template {1}.{2}": "{0}에 템플릿 {1:이/가} 없습니다.{2}",
    "--shots {0}: 0 to {1}; a prompt holds a few dozen at most": "--shots {0}: 0에서 {1}까지입니다. 프롬프트에는 많아야 수십 개가 들어갑니다",
    "{0} has no split {1}.{2}": "{0}에 분할 {1:이/가} 없습니다.{2}",
    "the group {0} holds itself": "묶음 {0:이/가} 자기 자신을 담고 있습니다",
}
