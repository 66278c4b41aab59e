"""Attention, recurrent cells and losses as written here, against PyTorch's own: values and gradients."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from harness.models.attention import MultiHeadAttention, attention, causal  # noqa: E402
from harness.models.losses import cross_entropy, negative_sampling  # noqa: E402
from harness.models.lstm import GruCell, LstmCell, Recurrent, reversed_within  # noqa: E402

LENGTHS = torch.tensor([7, 3, 5, 1])
B, T, E, H = 4, 7, 6, 5


@pytest.fixture(autouse=True)
def double():
    """Compute in 64 bits, so that what is equal on paper is equal to nine places."""
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def agree(ours, theirs) -> None:
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


def slopes(value, *inputs):
    """Return the gradients of a value by the inputs, weighed so that no place is like another."""
    weights = torch.linspace(-1, 1, value.numel()).view_as(value)
    return torch.autograd.grad((value * weights).sum(), inputs, retain_graph=True)


# attention


@pytest.mark.parametrize("mask", [None, "causal", "padding"])
def test_attention_is_torchs(mask):
    q, k, v = (torch.randn(2, 3, T, 4, requires_grad=True) for _ in range(3))
    allowed = {
        None: None,
        "causal": causal(T)[:, None],
        "padding": (torch.arange(T) < torch.tensor([5, 7])[:, None])[:, None, None, :],
    }[mask]
    ours, theirs = attention(q, k, v, allowed), F.scaled_dot_product_attention(q, k, v, allowed)
    agree(ours, theirs)
    for own, other in zip(slopes(ours, q, k, v), slopes(theirs, q, k, v), strict=True):
        agree(own, other)


def test_many_heads_are_torchs():
    ours, theirs = MultiHeadAttention(8, 2), nn.MultiheadAttention(8, 2, batch_first=True)
    with torch.no_grad():
        parts = [ours.query, ours.key, ours.value]
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.weight.copy_(ours.out.weight)
        theirs.out_proj.bias.copy_(ours.out.bias)
    x, memory = torch.randn(3, T, 8, requires_grad=True), torch.randn(3, 4, 8, requires_grad=True)
    absent = torch.tensor([[0, 0, 0, 1], [0, 0, 0, 0], [0, 1, 1, 1]]).bool()
    said = ours(x, memory, mask=~absent[:, None, :])
    expected, _ = theirs(x, memory, memory, key_padding_mask=absent)
    agree(said, expected)
    for own, other in zip(slopes(said, x, memory), slopes(expected, x, memory), strict=True):
        agree(own, other)
    own = torch.cat(slopes(said, ours.query.weight, ours.key.weight, ours.value.weight))
    agree(own, slopes(expected, theirs.in_proj_weight)[0])


def test_what_comes_later_changes_nothing_that_stands_before():
    layer, x = MultiHeadAttention(8, 2), torch.randn(1, T, 8)
    other = x.clone()
    other[:, 4:] = torch.randn(1, 3, 8)
    agree(layer(x, mask=causal(T))[:, :4], layer(other, mask=causal(T))[:, :4])


# recurrent cells


def copied(own, other: nn.RNNBase, reverse: str = "") -> None:
    """Give torch's network our weights."""
    weights = {
        "weight_ih_l0": own.of_token.weight,
        "weight_hh_l0": own.of_state.weight,
        "bias_ih_l0": own.of_token.bias,
        "bias_hh_l0": torch.zeros(own.of_token.bias.shape)
        if own.of_state.bias is None
        else own.of_state.bias,
    }
    with torch.no_grad():
        for name, value in weights.items():
            getattr(other, name + reverse).copy_(value)


@pytest.mark.parametrize(("cell", "theirs"), [(LstmCell, nn.LSTM), (GruCell, nn.GRU)])
def test_a_recurrent_network_over_packed_texts_is_torchs(cell, theirs):
    ours = Recurrent(cell(E, H))
    other = theirs(E, H, batch_first=True)
    copied(ours.cell, other)
    x = torch.randn(B, T, E, requires_grad=True)
    packed = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(other(packed)[0], batch_first=True)
    said = ours(x, LENGTHS)
    agree(said, expected)
    cell_ = ours.cell
    own = slopes(said, x, cell_.of_token.weight, cell_.of_token.bias, cell_.of_state.weight)
    them = slopes(expected, x, other.weight_ih_l0, other.bias_ih_l0, other.weight_hh_l0)
    for one, another in zip(own, them, strict=True):
        agree(one, another)


def test_there_and_back_is_torchs_bidirectional_network():
    there, back = Recurrent(LstmCell(E, H)), Recurrent(LstmCell(E, H))
    other = nn.LSTM(E, H, batch_first=True, bidirectional=True)
    copied(there.cell, other)
    copied(back.cell, other, "_reverse")
    x = torch.randn(B, T, E)
    turned = reversed_within(back(reversed_within(x, LENGTHS), LENGTHS), LENGTHS)
    packed = nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
    expected, _ = nn.utils.rnn.pad_packed_sequence(other(packed)[0], batch_first=True)
    agree(torch.cat([there(x, LENGTHS), turned], dim=-1), expected)


def test_a_text_without_tokens_says_nothing():
    said = Recurrent(LstmCell(E, H))(torch.randn(2, 3, E), torch.tensor([3, 0]))
    assert not said[1].any()


# losses


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_torchs(smoothing):
    logits = torch.randn(6, 9, requires_grad=True)
    targets = torch.randint(9, (6,))
    ours = cross_entropy(logits, targets, smoothing)
    theirs = F.cross_entropy(logits, targets, reduction="none", label_smoothing=smoothing)
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6, check_dtype=False)  # ours is in 32 bits
    agree(ours.sum(), cross_entropy(logits, targets, smoothing).sum())
    for own, other in zip(slopes(ours, logits), slopes(theirs, logits), strict=True):
        torch.testing.assert_close(own, other, rtol=1e-5, atol=1e-6)


def test_negative_sampling_is_binary_cross_entropy_of_neighbours_and_noise():
    right, wrong = torch.randn(5, requires_grad=True), torch.randn(5, 4, requires_grad=True)
    ours = negative_sampling(right, wrong, drawn=4)
    judge = F.binary_cross_entropy_with_logits
    theirs = judge(right, torch.ones(5), reduction="none") + judge(
        wrong, torch.zeros(5, 4), reduction="none"
    ).sum(dim=1)
    agree(ours, theirs)
    for own, other in zip(slopes(ours, right, wrong), slopes(theirs, right, wrong), strict=True):
        agree(own, other)
    agree(negative_sampling(right, wrong, drawn=8) - F.softplus(-right), 2 * (ours - F.softplus(-right)))
