"""Both models that read a sentence and write another: against torch's modules, and twenty by heart."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from harness.models.decoding import OpenText, write  # noqa: E402
from harness.models.seq2seq import PAD, Seq2Seq, padded  # noqa: E402
from harness.models.transformer_seq2seq import EncoderLayer, TransformerSeq2Seq  # noqa: E402
from harness.schema import Decoding  # noqa: E402

START, END, V = 1, 2, 40

both = pytest.mark.parametrize("kind", [Seq2Seq, TransformerSeq2Seq])


def close(found, expected):
    torch.testing.assert_close(torch.as_tensor(found), expected)


def made(kind, **settings):
    torch.manual_seed(0)
    return kind(V, d=48, dropout=0.0, **settings)


def pairs(count=20):
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(2, 8, (count, 2), generator=draw).tolist()
    return [[torch.randint(3, V, (n,), generator=draw).tolist() for n in both] for both in lengths]


def teacher_forced(texts):
    return padded([[START, *target, END] for _, target in texts])


@both
def test_it_learns_twenty_pairs_by_heart(kind):
    model, texts = made(kind), pairs()
    source, target = padded([source for source, _ in texts]), teacher_forced(texts)
    adam = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(100):
        adam.zero_grad()
        model.loss(source, target).backward()
        adam.step()
    model.eval()
    with torch.inference_mode():
        going, logits = model.begin([source for source, _ in texts], START)
        rows = [OpenText(0, 12) for _ in texts]
        replies = write(going, logits, rows, Decoding(), END, lambda ids: False)
    assert [reply.ids for reply in replies] == [target for _, target in texts]


@both
def test_a_token_at_a_time_is_predicted_as_all_at_once(kind):
    model, texts = made(kind).eval(), pairs(4)
    target = torch.randint(3, V, (4, 6))
    target[:, 0] = START
    whole = model(padded([source for source, _ in texts]), target)
    going, first = model.begin([source for source, _ in texts], START)
    close(first, whole[:, 0])
    for t in range(1, 6):
        close(going.step(target[:, t].tolist()), whole[:, t])


@both
def test_padding_changes_nothing(kind):
    model, texts = made(kind).eval(), pairs(6)
    together = model(padded([source for source, _ in texts]), torch.full((6, 1), START))
    for row, (source, _) in enumerate(texts):
        alone = model(torch.tensor([source]), torch.tensor([[START]]))
        torch.testing.assert_close(alone[0], together[row])


@both
def test_the_loss_is_torchs_mean_over_real_tokens(kind):
    model, texts = made(kind).eval(), pairs(5)
    source, target = padded([source for source, _ in texts]), teacher_forced(texts)
    logp = model(source, target[:, :-1]).log_softmax(-1)
    told = [-logp[b, t, target[b, t + 1]] for b, t in (target[:, 1:] != PAD).nonzero().tolist()]
    torch.testing.assert_close(model.loss(source, target), torch.stack(told).mean())


@both
def test_smoothing_gives_every_token_a_share(kind):
    model = made(kind, smoothing=0.1)
    source, target = torch.tensor([[3, 4]]), torch.tensor([[START, 5]])
    logp = model(source, target[:, :-1])[0, 0].log_softmax(-1)
    expected = -(0.9 * logp[5] + 0.1 * logp.mean())
    torch.testing.assert_close(model.loss(source, target), expected)


def test_tokens_are_dropped_whole_while_it_learns_and_never_after():
    model, ids = made(Seq2Seq, words=0.5), torch.arange(3, V)
    learning, after = model.train().embedded(ids), model.eval().embedded(ids)
    gone = (learning == 0).all(1)
    assert 5 < gone.sum() < len(ids) - 5
    close(learning[~gone], 2 * after[~gone])
    assert not (after == 0).all(1).any()


def test_a_step_looks_as_torchs_attention_does_at_states_and_words_alike():
    model = made(Seq2Seq).eval()
    memory, state = model.read(padded([[3, 4, 5], [6, 7]]))
    after = model.advance(model.embedded(torch.tensor([8, 9])), memory, state)

    def attended(values):
        query, keys = model.look(after.h)[:, None], memory.states
        told = torch.nn.functional.scaled_dot_product_attention(
            query, keys, values, memory.mask[:, None], scale=1.0
        )
        return told[:, 0]

    seen = model.combine(torch.cat([attended(memory.states), after.h], 1)).tanh()
    word = attended(model.embedded(padded([[3, 4, 5], [6, 7]]))).tanh()
    torch.testing.assert_close(after.seen, seen)
    torch.testing.assert_close(after.lexical, word + model.translate(word).tanh())
    torch.testing.assert_close(after.said, after.seen + after.lexical)


def test_an_encoder_layer_is_torchs_of_the_same_weights():
    torch.manual_seed(0)
    ours = EncoderLayer(16, 4, 0.0)
    theirs = torch.nn.TransformerEncoderLayer(
        16, 4, 64, 0.0, activation=lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
        batch_first=True, norm_first=True,
    )  # fmt: skip
    ours_attention = ours.attention
    parts = (ours_attention.query, ours_attention.key, ours_attention.value)
    state = theirs.state_dict()
    state["self_attn.in_proj_weight"] = torch.cat([part.weight for part in parts])
    state["self_attn.in_proj_bias"] = torch.cat([part.bias for part in parts])
    for name, layer in (
        ("self_attn.out_proj", ours_attention.out),
        ("linear1", ours.feed_forward.inner),
        ("linear2", ours.feed_forward.out),
        ("norm1", ours.norm1),
        ("norm2", ours.norm2),
    ):
        state[f"{name}.weight"], state[f"{name}.bias"] = layer.weight, layer.bias
    theirs.load_state_dict(state)
    x, mask = torch.randn(2, 5, 16), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    one, other = ours(x, mask), theirs(x, src_key_padding_mask=~mask)
    torch.testing.assert_close(one[mask], other[mask])
    mine = torch.autograd.grad(one[mask].square().sum(), ours.feed_forward.inner.weight)[0]
    reference = torch.autograd.grad(other[mask].square().sum(), theirs.linear1.weight)[0]
    torch.testing.assert_close(mine, reference)
