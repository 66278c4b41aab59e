"""Encoders with a head are asked what the head was made for: against the model's own logits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import scipy.stats

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness import run  # noqa: E402
from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.errors import BadInput  # noqa: E402
from harness.schema import Example, Option, Parts, Profile, Request, Response  # noqa: E402
from tests.support.running import records_of  # noqa: E402
from tests.support.tiny_models import query, tiny_tokenizer  # noqa: E402

OPTIONS = (Option("0", "부정"), Option("1", "긍정"))
PLACES = 256  # tokens that the model reads which rates
TYPES = (Option("PS", "사람"), Option("LC", "장소"))


def made(folder: Path, name: str, **keys: Any) -> Path:
    """Write a random BERT with a head to `folder`."""
    tokenizer = tiny_tokenizer(bos=True)
    tokenizer.add_special_tokens({"mask_token": "<mask>"})
    torch.manual_seed(0)
    config = transformers.BertConfig(
        **{"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2},
        **{"num_attention_heads": 4, "initializer_range": 0.4, "pad_token_id": 2},
        **{"max_position_embeddings": 64, **keys},
    )
    getattr(transformers, name)(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def loaded(folder: Path, ask: Any, **settings: Any) -> HuggingFace:
    return HuggingFace(Profile("tiny", "huggingface", model=str(folder), ask=ask, settings=settings))


def only(adapter: HuggingFace, request: Request) -> Response:
    (response,) = adapter.answer([request])
    assert response.error is None, response.error
    return response


def unread() -> Parts:
    raise AssertionError("a head reads no prompt")


def by_hand(folder: Path, kind: str, *texts: str) -> Any:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = getattr(transformers, kind).from_pretrained(folder).eval()
    given = tokenizer(*texts, return_tensors="pt", return_token_type_ids=True, return_offsets_mapping=True)
    offsets = given.pop("offset_mapping")[0].tolist()
    with torch.no_grad():
        return model(**given), offsets


def test_a_classifier_compares_its_classes(tmp_path):
    folder = made(tmp_path, "BertForSequenceClassification", id2label={0: "긍정", 1: "부정"})
    request = Request(Example("1", {"input": "배우가 좋았다"}), unread, ask="choose", options=OPTIONS)
    output, _ = by_hand(folder, "AutoModelForSequenceClassification", "배우가 좋았다")
    logp = output.logits[0].log_softmax(-1).tolist()
    scores = only(loaded(folder, "choose"), request).option_scores
    assert scores == pytest.approx([logp[1], logp[0]], abs=1e-5)
    assert request.sent()["fields"] == {"input": "배우가 좋았다"}


def test_two_fields_are_a_pair_of_texts(tmp_path):
    folder = made(tmp_path, "BertForSequenceClassification", id2label={0: "부정", 1: "긍정"})
    fields = {"premise": "배우가 좋았다", "hypothesis": "지루하다"}
    output, _ = by_hand(folder, "AutoModelForSequenceClassification", *fields.values())
    request = Request(Example("1", fields), unread, ask="choose", options=OPTIONS)
    expected = output.logits[0].log_softmax(-1).tolist()
    assert only(loaded(folder, "choose"), request).option_scores == pytest.approx(expected, abs=1e-5)


def test_classes_without_a_name_need_one(tmp_path):
    folder = made(tmp_path, "BertForSequenceClassification")
    request = Request(Example("1", {"input": "좋았다"}), unread, ask="choose", options=OPTIONS)
    with pytest.raises(BadInput, match=r"classes LABEL_0, LABEL_1.*labels="):
        list(loaded(folder, "choose").answer([request]))
    named = loaded(folder, "choose", labels=["LABEL_0=1", "LABEL_1=0"])
    output, _ = by_hand(folder, "AutoModelForSequenceClassification", "좋았다")
    expected = output.logits[0].log_softmax(-1).tolist()[::-1]
    assert only(named, request).option_scores == pytest.approx(expected, abs=1e-5)


@pytest.fixture(scope="module")
def rater(tmp_path_factory) -> Path:
    """A random BERT whose head says one number, as models of sentence similarity have."""
    folder = tmp_path_factory.mktemp("models")
    keys = {"num_labels": 1, "problem_type": "regression", "max_position_embeddings": PLACES}
    return made(folder, "BertForSequenceClassification", **keys)


def test_a_head_of_one_number_rates_a_pair(rater, tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    (done,) = run(
        "korsts_rate", "huggingface", sample=True, settings={"model": str(rater)}, runs_dir=tmp_path
    )
    records = records_of(done.directory)
    asked = [record["request"]["fields"] for record in records]
    numbers = [
        float(by_hand(rater, "AutoModelForSequenceClassification", f["sentence1"], f["sentence2"])[0].logits)
        for f in asked
    ]
    assert len(set(numbers)) == len(records) > 1
    assert [record["prediction"] for record in records] == pytest.approx(numbers, abs=1e-5)
    targets = [record["target"] for record in records]
    expected = scipy.stats.pearsonr(numbers, list(map(float, targets))).statistic
    assert done.document.metrics["pearson"].value == pytest.approx(expected, abs=1e-5)


def test_a_rating_beside_longer_ones_is_the_same(rater):
    texts = ["좋았다", "배우가 정말 좋았다 최고의 영화", "지루하다 " * 10]
    pairs = [Example(str(n), {"sentence1": "나는", "sentence2": text}) for n, text in enumerate(texts)]
    requests = [Request(example, unread, ask="rate") for example in pairs]
    together = {r.key: r.value for r in loaded(rater, "rate", batch_size=3).answer(requests)}
    for request in requests:
        assert only(loaded(rater, "rate"), request).value == pytest.approx(together[request.key], abs=1e-5)


def test_a_head_of_several_classes_rates_nothing(tmp_path):
    folder = made(tmp_path, "BertForSequenceClassification", num_labels=3)
    with pytest.warns(RuntimeWarning, match="LABEL_0, LABEL_1, LABEL_2: a rating needs a head of one number"):
        run("korsts_rate", "huggingface", sample=True, settings={"model": str(folder)}, runs_dir=tmp_path)


def test_a_head_of_one_number_chooses_nothing(rater, tmp_path):
    with pytest.warns(RuntimeWarning, match="has the classes LABEL_0, and none is '부정'"):
        run("nsmc_zeroshot", "huggingface", sample=True, settings={"model": str(rater)}, runs_dir=tmp_path)


def test_a_pair_that_is_cut_by_one_token_says_so(rater):
    adapter, word = loaded(rater, "rate"), "다"
    at_most = PLACES - 1  # of the pair: it begins with <s>
    whole, cut = (Example("1", {"a": word, "b": word * n}) for n in (at_most - 1, at_most))
    assert adapter.count_tokens(word * 7) == 7
    assert not only(adapter, Request(whole, unread, ask="rate")).truncated
    assert only(adapter, Request(cut, unread, ask="rate")).truncated


def test_a_tagger_finds_spans_in_characters(tmp_path):
    names = {0: "O", 1: "B-PS", 2: "I-PS", 3: "B-LC", 4: "I-LC"}
    folder = made(tmp_path, "BertForTokenClassification", id2label=names)
    text = "배우가 좋았다 솔직히 친구와 봤는데 최고의 영화"
    request = Request(Example("1", {"context": text}), unread, ask="tag", options=TYPES)
    output, offsets = by_hand(folder, "AutoModelForTokenClassification", text)
    tags = [names[n] for n in output.logits[0].argmax(-1).tolist()]
    spans = only(loaded(folder, "tag"), request).spans
    covered = {at for start, end, _ in spans for at in range(start, end)}
    tagged = {at for (a, b), tag in zip(offsets, tags, strict=True) if tag != "O" for at in range(a, b)}
    assert spans
    assert covered | {at for at in tagged if text[at] == " "} == tagged
    assert sum(tag.startswith("B-") for (a, b), tag in zip(offsets, tags, strict=True) if a < b) <= len(spans)


LENGTHS = ("좋았다", "배우가 좋았다 솔직히 친구와 봤는데 최고의 영화", "배우가", "솔직히 정말 좋았다 " * 3)


@pytest.mark.parametrize(
    ("ask", "kind", "given"),
    [
        ("tag", "BertForTokenClassification", {"id2label": {0: "O", 1: "B-PS", 2: "I-PS", 3: "B-LC"}}),
        ("extract", "BertForQuestionAnswering", {}),
        ("choose", "BertForSequenceClassification", {"id2label": {0: "부정", 1: "긍정"}}),
        ("choose", "BertForMaskedLM", {}),
    ],
)
def test_texts_of_unequal_lengths_in_one_batch_are_answered_as_alone(tmp_path, ask, kind, given):
    folder = made(tmp_path, kind, **given)
    options = TYPES if ask == "tag" else OPTIONS if ask == "choose" else ()
    keys: dict[str, Any] = {"ask": ask, "options": options}

    def requests() -> list[Request]:
        fields = [{"context": text, "question": "누구?"} for text in LENGTHS]
        if ask == "choose":
            fields = [{"input": text} for text in LENGTHS]
        parts = [Parts(query(text)) for text in LENGTHS]
        return [Request(Example(str(n), one), lambda n=n: parts[n], **keys) for n, one in enumerate(fields)]

    def said(response: Response) -> Any:
        assert response.error is None, response.error
        scores = response.option_scores
        return response.spans, response.text, scores and [round(score, 4) for score in scores]

    adapter = loaded(folder, ask)
    together = {one.key: said(one) for one in adapter.answer(requests())}
    assert together == {one.key: said(only(adapter, one)) for one in requests()}


def test_an_answer_is_the_likeliest_span_of_the_context(tmp_path):
    folder = made(tmp_path, "BertForQuestionAnswering")
    fields = {"question": "영화는?", "context": "배우가 좋았다 솔직히 최고의 영화"}
    output, offsets = by_hand(folder, "AutoModelForQuestionAnswering", *fields.values())
    begins = len(transformers.AutoTokenizer.from_pretrained(folder)(fields["question"])["input_ids"])
    spans = [
        (float(output.start_logits[0, a] + output.end_logits[0, b]), offsets[a][0], offsets[b][1])
        for a in range(begins + 0, len(offsets))
        for b in range(a, len(offsets))
        if offsets[a][1] and offsets[b][1]
    ]
    _, start, end = max(spans)
    request = Request(Example("1", fields), unread, ask="extract")
    assert only(loaded(folder, "extract"), request).text == fields["context"][start:end].strip()


def test_a_long_context_is_read_in_windows(tmp_path):
    folder = made(tmp_path, "BertForQuestionAnswering")
    request = Request(
        Example("1", {"question": "?", "context": "배우가 좋았다 " * 60}), unread, ask="extract"
    )
    response = only(loaded(folder, "extract"), request)
    assert response.text in request.example.fields["context"]
    assert response.usage.prompt_tokens > 128
    assert not response.truncated


def test_a_masked_model_puts_each_option_after_the_prompt(tmp_path):
    folder = made(tmp_path, "BertForMaskedLM")
    options = (*OPTIONS, Option("2", "정말 좋았다"))
    request = Request(Example("1", {}), lambda: Parts(query("좋았다")), ask="choose", options=options)
    scores = only(loaded(folder, "choose"), request).option_scores
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for option, score in zip(options, scores, strict=True):
        wanted = tokenizer(" " + option.text, add_special_tokens=False)["input_ids"]
        output, _ = by_hand(folder, "AutoModelForMaskedLM", query("좋았다") + " " + "<mask>" * len(wanted))
        logp = output.logits[0, -len(wanted) :].log_softmax(-1)
        assert score == pytest.approx(
            sum(float(row[w]) for row, w in zip(logp, wanted, strict=True)), abs=1e-4
        )


def test_a_head_of_one_number_ranks_responses_by_what_it_says_of_each(rater, tmp_path):
    (done,) = run("hh_rlhf", "huggingface", sample=True, settings={"model": str(rater)}, runs_dir=tmp_path)
    records = records_of(done.directory)
    assert len(records) > 3
    for record in records[:4]:
        asked = record["request"]
        rewards = [
            by_hand(rater, "AutoModelForSequenceClassification", asked["prompt"], response)[0].logits.item()
            for response in asked["options"]
        ]
        assert record["response"]["option_scores"] == pytest.approx(rewards, abs=1e-5)
        assert record["prediction"] == str(max(range(2), key=rewards.__getitem__))


def test_a_head_of_several_classes_ranks_nothing(tmp_path):
    folder = made(tmp_path, "BertForSequenceClassification", num_labels=2)
    with pytest.warns(RuntimeWarning, match="LABEL_0, LABEL_1: a ranking needs a head of one number"):
        run("hh_rlhf", "huggingface", sample=True, settings={"model": str(folder)}, runs_dir=tmp_path)
