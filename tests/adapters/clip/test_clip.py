"""The clip adapter against models small enough to compute everything by hand, and to teach in a test."""

from __future__ import annotations

import base64
import io
import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the clip adapter needs torch")
transformers = pytest.importorskip("transformers", reason="the clip adapter needs transformers")
pillow = pytest.importorskip("PIL.Image", reason="the clip adapter needs pillow")

from harness.adapters.base import Adapter, Capability  # noqa: E402
from harness.adapters.clip import adapter as clip  # noqa: E402
from harness.adapters.clip.adapter import Clip  # noqa: E402
from harness.errors import BadInput, Unavailable  # noqa: E402
from harness.prompts.renderer import Prompts  # noqa: E402
from harness.schema import Example, Option, Profile, Request  # noqa: E402
from tests.support.division import made_once, shared_model  # noqa: E402
from tests.support.shell import Shell  # noqa: E402
from tests.support.small_tasks import reviews, small_task  # noqa: E402
from tests.support.tiny_clips import CAPTIONS, DIGITS, taught_clip, tiny_clip, tiny_siglip  # noqa: E402
from tests.support.tiny_models import tiny_llama  # noqa: E402

OPTIONS = tuple(Option(str(digit), word) for digit, word in enumerate(DIGITS))
ALONE = tuple((word,) for word in DIGITS)
ENSEMBLE = tuple(tuple(caption.format(word) for caption in CAPTIONS) for word in DIGITS)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_clip)


@pytest.fixture(scope="module")
def siglip(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_siglip)


@pytest.fixture
def broken(tiny, tmp_path) -> Path:
    """A copy of the tiny model that a test may spoil."""
    return Path(shutil.copytree(tiny, tmp_path / "broken"))


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    return Shell(tmp_path, monkeypatch, capsys)


def loaded(folder: Path, **settings: Any) -> Clip:
    return Clip(Profile(name="tiny", adapter="clip", model=str(folder), settings=settings))


def picture(seed: int, side: int = 20) -> Any:
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return pillow.fromarray(noise)


def uri(image: Any) -> str:
    packed = io.BytesIO()
    image.save(packed, "PNG")
    return f"data:image/png;base64,{base64.b64encode(packed.getvalue()).decode()}"


def asked(
    image: str, name: str = "1", captions: tuple[tuple[str, ...], ...] = ALONE, **fields: str
) -> Request:
    example = Example(name, {"image": image, **fields})
    return Request(example, pytest.fail, captions=lambda: captions, ask="choose", options=OPTIONS)


def pair(name: str = "1", **fields: str) -> Request:
    return Request(Example(name, fields), pytest.fail, ask="embed")


def scores(adapter: Clip, *requests: Request) -> list[list[float]]:
    """Return the option scores of each request, which must all be answered."""
    found = {response.key: response.option_scores for response in adapter.answer(requests)}
    return [list(found[request.key]) for request in requests]


class Whole:
    """The same directory read and run by transformers alone, pictures and texts in one forward pass."""

    def __init__(self, folder: Path) -> None:
        self.model = transformers.AutoModel.from_pretrained(folder).eval()
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")

    def tokens(self, texts: Sequence[str], **how: Any) -> Any:
        return self.tokenizer(list(texts), return_tensors="pt", truncation=True, **how)

    def logits(self, images: Sequence[Any], texts: Sequence[str], **how: Any) -> Any:
        pixels = self.processor(images=list(images), return_tensors="pt")
        with torch.inference_mode():
            return self.model(**self.tokens(texts, **how), **pixels).logits_per_image

    def image(self, image: Any) -> np.ndarray:
        with torch.inference_mode():
            found = self.model.get_image_features(**self.processor(images=image, return_tensors="pt"))
        return unit(found.pooler_output[0])

    def text(self, text: str) -> np.ndarray:
        with torch.inference_mode():
            return unit(self.model.get_text_features(**self.tokens([text])).pooler_output[0])


def unit(vector: Any) -> np.ndarray:
    found = vector.double().numpy()
    return found / np.linalg.norm(found)


def test_it_is_an_adapter_with_weights_to_name_and_to_load(tiny):
    adapter = loaded(tiny)
    assert isinstance(adapter, Adapter)
    assert adapter.can(Capability.IDENTIFY)
    assert adapter.can(Capability.PREPARE)


class TestChoose:
    def test_scores_are_the_log_softmax_of_the_models_own_logits(self, tiny):
        images = [picture(seed) for seed in range(3)]
        logits = Whole(tiny).logits(images, DIGITS, padding=True)
        found = scores(loaded(tiny), *(asked(uri(image), str(n)) for n, image in enumerate(images)))
        np.testing.assert_allclose(found, logits.log_softmax(-1), atol=1e-5)

    def test_of_siglip_they_are_the_log_sigmoid(self, siglip):
        images = [picture(seed) for seed in range(3)]
        tokens = {"padding": "max_length", "return_attention_mask": False}
        logits = Whole(siglip).logits(images, DIGITS, **tokens)
        found = scores(loaded(siglip), *(asked(uri(image), str(n)) for n, image in enumerate(images)))
        np.testing.assert_allclose(found, torch.nn.functional.logsigmoid(logits), atol=1e-5)

    def test_an_ensemble_is_the_direction_of_the_mean_of_unit_vectors(self, tiny):
        whole, image = Whole(tiny), picture(0)
        means = [np.mean([whole.text(text) for text in texts], axis=0) for texts in ENSEMBLE]
        cosines = np.array([mean / np.linalg.norm(mean) @ whole.image(image) for mean in means])
        (response,) = loaded(tiny).answer([asked(uri(image), captions=ENSEMBLE)])
        np.testing.assert_allclose(response.similarities, cosines, atol=1e-5)
        logits = cosines * math.exp(whole.model.logit_scale.item())
        expected = logits - np.log(np.exp(logits).sum())
        np.testing.assert_allclose(response.option_scores, expected, atol=1e-4)

    def test_an_ensemble_of_one_text_said_twice_is_that_text(self, tiny):
        one, twice = scores(
            loaded(tiny),
            asked(uri(picture(0)), "1"),
            asked(uri(picture(0)), "2", tuple((word, word) for word in DIGITS)),
        )
        np.testing.assert_allclose(one, twice, atol=1e-9)

    @pytest.mark.parametrize("batch_size", [1, 2, 7])
    def test_the_batch_size_does_not_matter(self, tiny, batch_size):
        requests = [asked(uri(picture(seed)), str(seed)) for seed in range(7)]
        found = scores(loaded(tiny, batch_size=batch_size), *requests)
        np.testing.assert_allclose(found, scores(loaded(tiny), *requests), atol=1e-5)

    def test_the_order_does_not_matter(self, tiny):
        requests = [asked(uri(picture(seed)), str(seed)) for seed in range(5)]
        turned = scores(loaded(tiny, batch_size=2), *reversed(requests))
        found = scores(loaded(tiny, batch_size=2), *requests)
        np.testing.assert_allclose(found, turned[::-1], atol=1e-5)

    def test_captions_are_embedded_once_for_all_pictures(self, tiny, monkeypatch):
        adapter, texts = loaded(tiny, batch_size=2), []
        tower = adapter.towers.texts
        monkeypatch.setattr(adapter.towers, "texts", lambda some: texts.extend(some) or tower(some))
        scores(adapter, *(asked(uri(picture(seed)), str(seed), ENSEMBLE) for seed in range(9)))
        assert sorted(texts) == sorted(text for option in ENSEMBLE for text in option)

    def test_captions_that_say_nothing_of_the_example_are_rendered_once(self):
        prompts = Prompts(small_task(templates={"t": {"captions": ["{{ option }} 사진", "{{ option }}"]}}))
        first, second = (prompts.request(example).captions for example in reviews("가", "나"))
        assert first is second
        assert first == (("부정 사진", "부정"), ("긍정 사진", "긍정"))

    def test_captions_that_insert_a_field_are_rendered_for_each(self):
        prompts = Prompts(small_task(templates={"t": {"captions": "{{ input }}: {{ option }}"}}))
        assert [prompts.request(example).captions for example in reviews("가", "나")] == [
            (("가: 부정",), ("가: 긍정",)),
            (("나: 부정",), ("나: 긍정",)),
        ]

    def test_captions_of_their_own_are_each_examples_own(self, tiny, monkeypatch):
        monkeypatch.setattr(clip, "KEPT", 2)
        sets = [tuple((f"{word} {n}",) for word in DIGITS) for n in range(4)]
        image, adapter = uri(picture(0)), loaded(tiny)
        together = scores(adapter, *(asked(image, str(n), sets[n % 4]) for n in range(8)))
        assert len(adapter._options) == 2
        alone = [scores(loaded(tiny), asked(image, "1", one))[0] for one in sets]
        np.testing.assert_allclose(together, alone * 2, atol=1e-9)

    def test_a_caption_beyond_the_places_is_cut_and_said_to_be(self, tiny):
        short = asked(uri(picture(0)), "short")
        long = asked(uri(picture(0)), "long", (("one " * 40,), *ALONE[1:]))
        responses = loaded(tiny).answer([short, long])
        assert {r.key[0]: r.truncated for r in responses} == {"short": False, "long": True}

    def test_half_precision_is_near(self, tiny):
        request = asked(uri(picture(0)))
        (half,), (full,) = scores(loaded(tiny, dtype="bfloat16"), request), scores(loaded(tiny), request)
        np.testing.assert_allclose(half, full, atol=0.3)
        assert half != full

    def test_a_task_without_pictures_is_refused(self, tiny):
        request = Request(Example("1", {"input": "text"}), pytest.fail, ask="choose", options=OPTIONS)
        with pytest.raises(BadInput, match="look for a field 'image', which the task has not"):
            list(loaded(tiny).answer([request]))


class TestPictures:
    def test_a_file_and_the_same_picture_within_the_data_are_one(self, tiny, tmp_path):
        picture(0).save(tmp_path / "a.png")
        found = scores(loaded(tiny), asked(uri(picture(0)), "1"), asked(str(tmp_path / "a.png"), "2"))
        assert found[0] == found[1]

    @pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "CMYK", "LA"])
    def test_pictures_of_every_mode_are_read_as_rgb(self, tiny, tmp_path, mode):
        path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
        picture(0).convert(mode).save(path)
        expected = pillow.open(path).convert("RGB")
        found = scores(loaded(tiny), asked(str(path), "1"), asked(uri(expected), "2"))
        assert found[0] == found[1]

    @pytest.mark.parametrize("side", [1, 2, 333])
    def test_pictures_of_every_size_are_read(self, tiny, side):
        (found,) = scores(loaded(tiny), asked(uri(picture(0, side))))
        assert math.isclose(sum(map(math.exp, found)), 1, abs_tol=1e-9)

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("a.jpg", b"a cat sits here", "a.jpg: not a picture"),
            ("a.png", b"", "a.png: not a picture"),
            ("a.png", "half", "a.png: image file is truncated"),
            ("a.png", None, "a.png: cannot be read: No such file or directory"),
        ],
    )
    def test_a_file_that_is_no_picture_fails_alone_and_is_named(self, tiny, tmp_path, name, content, said):
        path = tmp_path / name
        if content == "half":
            picture(0, 200).save(path)
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        elif content is not None:
            path.write_bytes(content)
        good = asked(uri(picture(1)), "good")
        bad, well = sorted(loaded(tiny).answer([asked(str(path), "bad"), good]), key=lambda r: r.key)
        assert bad.error.kind == "picture"
        assert bad.error.message.startswith(f"{tmp_path}/{said}")
        assert well.error is None

    @pytest.mark.parametrize(
        ("image", "said"),
        [
            ("", "the example has no picture"),
            ("data:image/png;base64,!!!!", "data:image/png;base64: not base64: "),
            ("data:image/png;base64,AAAA", "data:image/png;base64: not a picture"),
            ("https://example.org/a.png", "https://example.org/a.png: an address; pictures are read from"),
        ],
    )
    def test_what_is_no_picture_at_all_is_named(self, tiny, image, said):
        (response,) = loaded(tiny).answer([asked(image)])
        assert response.error.message.startswith(said)

    def test_a_picture_without_any_is_an_example_without_one(self, tiny):
        request = Request(Example("1", {"image": None}), pytest.fail, ask="choose", options=OPTIONS)
        (response,) = loaded(tiny).answer([request])
        assert response.error.message == "the example has no picture"


class TestEmbed:
    def test_two_texts_are_compared_by_the_cosine_of_the_text_tower(self, tiny):
        whole = Whole(tiny)
        (response,) = loaded(tiny).answer([pair(sentence1="one two", sentence2="nine")])
        assert response.value == pytest.approx(whole.text("one two") @ whole.text("nine"), abs=1e-5)

    def test_a_picture_and_a_text_meet_in_one_space(self, tiny):
        whole, image = Whole(tiny), picture(3)
        (response,) = loaded(tiny).answer([pair(image=uri(image), text="seven")])
        assert response.value == pytest.approx(whole.image(image) @ whole.text("seven"), abs=1e-5)

    def test_a_text_is_itself(self, tiny):
        responses = loaded(tiny).answer(
            [pair(str(n), sentence1=t, sentence2=t) for n, t in enumerate(["", "하나", "x" * 500])]
        )
        assert [(r.value, r.truncated) for r in responses] == [
            (pytest.approx(1), False),
            (pytest.approx(1), False),
            (pytest.approx(1), True),
        ]

    def test_it_may_be_asked_among_choices(self, tiny):
        mixed = [asked(uri(picture(0)), "a"), pair("b", sentence1="x", sentence2="y"), None]
        responses = {r.key[0]: r for r in loaded(tiny).answer(mixed)}
        assert responses["a"].value is None
        assert responses["b"].option_scores is None

    def test_a_task_without_two_things_is_refused(self, tiny):
        with pytest.raises(BadInput, match="look for a field 'sentence2', which the task has not"):
            list(loaded(tiny).answer([pair(sentence1="one")]))


class TestLoading:
    def test_identity_changes_with_the_weights_and_loads_nothing(self, broken):
        before = loaded(broken).identity()
        weights = broken / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
        adapter = loaded(broken)
        assert adapter.identity() != before
        assert adapter._towers is None

    def test_a_model_without_two_towers_is_refused(self, broken, tmp_path):
        llama = tiny_llama(tmp_path / "llama")
        shutil.copy(broken / "preprocessor_config.json", llama)
        with pytest.raises(Unavailable, match="is a LlamaModel, which compares no pictures with texts"):
            loaded(llama).prepare()

    def test_a_directory_without_an_image_processor_is_refused_in_one_line(self, broken):
        (broken / "preprocessor_config.json").unlink()
        with pytest.raises(Unavailable, match="cannot be loaded: ") as caught:
            loaded(broken).prepare()
        assert len(str(caught.value).splitlines()) == 1

    def test_weights_that_would_be_random_are_refused(self, broken):
        from safetensors.torch import load_file, save_file

        weights = load_file(broken / "model.safetensors")
        del weights["visual_projection.weight"]
        save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(Unavailable, match="lacks 1 of the weights of a model of pictures and texts"):
            loaded(broken).prepare()

    def test_a_model_gone_wrong_answers_nobody(self, tiny):
        adapter = loaded(tiny)
        with torch.no_grad():
            adapter.towers._model.visual_projection.weight.fill_(math.nan)
        (response,) = adapter.answer([asked(uri(picture(0)))])
        assert response.error.kind == "nan"

    def test_what_fails_in_the_model_fails_only_what_it_is_about(self, tiny, monkeypatch):
        adapter = loaded(tiny)
        tower = adapter.towers.pictures

        def short_of_memory(prepared):
            if len(prepared) > 2:
                raise RuntimeError("out of memory")
            return tower(prepared)

        monkeypatch.setattr(adapter.towers, "pictures", short_of_memory)
        requests = [asked(uri(picture(seed)), str(seed)) for seed in range(7)]
        np.testing.assert_allclose(scores(adapter, *requests), scores(loaded(tiny), *requests), atol=1e-5)

    def test_without_open_clip_it_says_how_to_install_it(self):
        try:
            import open_clip  # noqa: F401
        except Exception:
            with pytest.raises(Unavailable, match="pip install open_clip_torch"):
                Clip(Profile("x", "clip", model="ViT-B-32", settings={"library": "open_clip"})).prepare()
        else:
            pytest.skip("open_clip is installed")

    def test_a_model_of_open_clip_is_read_as_open_clip_reads_it(self, tmp_path):
        try:
            import open_clip
        except Exception as error:  # a torchvision that does not fit torch is no ImportError
            pytest.skip(f"open_clip is not installed: {error}")
        folder = tmp_path / "configs"
        folder.mkdir()
        text = {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
        vision = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
        config = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}
        (folder / "tiny-test.json").write_text(json.dumps(config))
        open_clip.add_model_config(folder)
        torch.manual_seed(0)
        torch.save(open_clip.create_model("tiny-test").state_dict(), tmp_path / "tiny.pt")
        settings = {"library": "open_clip", "pretrained": str(tmp_path / "tiny.pt")}
        profile = Profile("x", "clip", model="tiny-test", settings=settings, offline=True)
        (found,) = scores(Clip(profile), asked(uri(picture(0))))

        model, prepare = open_clip.create_model_from_pretrained(
            "tiny-test", pretrained=settings["pretrained"]
        )
        model.eval()
        with torch.inference_mode():
            image = model.encode_image(prepare(picture(0))[None], normalize=True)
            texts = model.encode_text(open_clip.get_tokenizer("tiny-test")(list(DIGITS)), normalize=True)
            logits = model.logit_scale.exp() * image @ texts.T
        np.testing.assert_allclose([found], logits.log_softmax(-1), atol=1e-5)


HELD_OUT = """\
extends: digits
version: 1
description: the second half of scikit-learn's digits
data: {package: {}, files: {test: digits/heldout.csv}}
"""


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> tuple[Path, str]:
    """A CLIP that learnt the first half of scikit-learn's digits, and the second half as CSV."""
    known = pytest.importorskip("sklearn.datasets", reason="the digits come with scikit-learn").load_digits()
    half = len(known.target) // 2
    drawn = [pillow.fromarray(np.round(image * 255 / 16).astype(np.uint8)) for image in known.images]
    folder = made_once(
        tmp_path_factory,
        "clip-of-digits",
        lambda place: taught_clip(place, drawn[:half], known.target[:half]),
    )
    rows = np.column_stack([known.data, known.target])[half:].astype(int)
    return folder, "".join(",".join(map(str, row)) + "\n" for row in rows)


@pytest.fixture
def project(shell, taught) -> Shell:
    """A project with the held-out digits as a task of its own."""
    shell.write("tasks/heldout.yaml", HELD_OUT)
    shell.write("data/digits/heldout.csv", taught[1])
    return shell


class TestTheWholeRoad:
    @pytest.mark.slow
    def test_a_small_clip_names_digits_it_has_never_seen(self, project, taught):
        done = project(
            *("run", "-t", "heldout", "-b", "clip", "-m", f"model={taught[0]}"),
            *("--data-dir", "data", "--template", "ensemble", "--json"),
        )
        assert done.code == 0, done.err
        ((run,),) = [[json.loads(path.read_text()) for path in project.home.glob("runs/*/*/*/run.json")]]
        metrics = {name: metric["value"] for name, metric in run["metrics"].items()}
        assert run["counts"]["answered"] == 899
        assert run["choose_by"] == "logprobs"
        assert metrics["accuracy"] > 0.6
        assert metrics["mrr"] > metrics["accuracy"]
        assert metrics["target_probability"] > 0.4
        assert metrics["mean_rank"] < 2

    def test_each_picture_keeps_rank_and_probability_of_the_right_digit(self, project, taught):
        run = ("run", "-t", "heldout", "-b", "clip", "-m", f"model={taught[0]}", "--data-dir", "data")
        assert project(*run, "--limit", 5).code == 0
        (path,) = project.home.glob("runs/*/*/*/samples.jsonl")
        for record in map(json.loads, path.read_text().splitlines()):
            ordered = sorted(record["response"]["option_scores"], reverse=True)
            right = record["response"]["option_scores"][int(record["target"])]
            assert record["scores"]["mean_rank"][0] == 1 + ordered.index(right)
            assert record["scores"]["target_probability"][0] == pytest.approx(math.exp(right))

    def test_the_cosines_of_a_run_are_shown_as_a_matrix(self, project, taught):
        run = ("run", "-t", "heldout", "-b", "clip", "-m", f"model={taught[0]}", "--data-dir", "data")
        assert project(*run, "--limit", 3).code == 0
        (path,) = project.home.glob("runs/*/*/*/samples.jsonl")
        record = json.loads(path.read_text().splitlines()[0])
        shown = project("show", path.parent, "--matrix", "cosine")
        header, _, first, *_ = shown.out.splitlines()
        names, cells = ([cell.strip() for cell in line.split("|")[1:-1]] for line in (header, first))
        assert names == ["cosine", *map(str, range(10)), "rank"]
        right = int(record["target"])
        assert cells[0] == "test-0"
        assert cells[1 + right] == f"{record['response']['similarities'][right]:.3f} ✓"

    def test_a_text_in_place_of_a_picture_is_found_before_the_model_is_loaded(self, shell, tmp_path):
        for name in ("airplane", "cat"):
            picture(0).save(shell.write(f"data/cifar10/test/{name}/1.png", ""))
        shell.write("data/cifar10/test/cat/2.jpg", "<html>not found</html>")
        done = shell("run", "-t", "cifar10", "-b", "clip", "-m", "model=nowhere/at-all", "--data-dir", "data")
        assert done.code == 2
        assert done.complaint.startswith("harness: data/cifar10/test/cat/2.jpg: is no picture")

    def test_half_a_picture_is_a_failed_request_and_not_a_wrong_answer(self, shell, tiny):
        for name in ("airplane", "cat"):
            picture(0, 100).save(shell.write(f"data/cifar10/test/{name}/1.png", ""))
        half = shell.home / "data/cifar10/test/cat/1.png"
        half.write_bytes(half.read_bytes()[:500])
        done = shell(
            *("run", "-t", "cifar10", "-b", "clip", "-m", f"model={tiny}", "--data-dir", "data"),
            *("--max-failures", 1),
        )
        assert done.code == 0
        (run,) = [json.loads(path.read_text()) for path in shell.home.glob("runs/*/*/*/run.json")]
        assert (run["counts"]["failed"], run["metrics"]["accuracy"]["n"]) == (1, 1)

    def test_pictures_and_texts_are_rated_by_cosine(self, shell, tiny):
        shell.write(
            "tasks/pairs.yaml",
            "version: 1\ndescription: how well a text fits a picture\n"
            "data: {format: jsonl, files: {test: pairs.jsonl}}\n"
            "fields: {image: picture, text: caption, target: fit}\nask: embed\nmetrics: [spearman]\n",
        )
        rows = [{"picture": uri(picture(n)), "caption": DIGITS[n], "fit": n} for n in range(4)]
        shell.write("data/pairs.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        done = shell("run", "-t", "pairs", "-b", "clip", "-m", f"model={tiny}", "--data-dir", "data")
        assert done.code == 0, done.err
