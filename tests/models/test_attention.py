"""Attention against torch's own: the same outputs and the same gradients from the same weights."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from harness.models.attention import MultiHeadAttention, sinusoids  # noqa: E402

B, T, S, D, H = 3, 5, 7, 16, 4


@pytest.fixture
def pair():
    """Our attention and torch's, of the same weights."""
    torch.manual_seed(0)
    ours, theirs = MultiHeadAttention(D, H), torch.nn.MultiheadAttention(D, H, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([p.weight for p in (ours.query, ours.key, ours.value)]))
        theirs.in_proj_bias.copy_(torch.cat([p.bias for p in (ours.query, ours.key, ours.value)]))
        theirs.out_proj.weight.copy_(ours.out.weight)
        theirs.out_proj.bias.copy_(ours.out.bias)
    return ours, theirs


def gradients(out, x, y):
    return torch.autograd.grad(out.square().sum(), (x, y), allow_unused=True)


def test_it_sees_what_torchs_sees_with_the_same_gradients(pair):
    ours, theirs = pair
    x, y = (torch.randn(B, n, D, requires_grad=True) for n in (T, S))
    mask = torch.rand(B, S) < 0.7
    mask[:, 0] = True
    one = ours(x, y, mask[:, None])
    other = theirs(x, y, y, key_padding_mask=~mask, need_weights=False)[0]
    torch.testing.assert_close(one, other)
    for mine, reference in zip(gradients(one, x, y), gradients(other, x, y), strict=True):
        torch.testing.assert_close(mine, reference)


def test_its_weights_get_torchs_gradients(pair):
    ours, theirs = pair
    x = torch.randn(B, T, D)
    ours(x).square().sum().backward()
    theirs(x, x, x, need_weights=False)[0].square().sum().backward()
    mine = torch.cat([layer.weight.grad for layer in (ours.query, ours.key, ours.value)])
    torch.testing.assert_close(mine, theirs.in_proj_weight.grad)
    torch.testing.assert_close(ours.out.weight.grad, theirs.out_proj.weight.grad)


def test_causal_attention_is_torchs_under_a_triangle(pair):
    ours, theirs = pair
    x = torch.randn(B, T, D)
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    expected = theirs(x, x, x, attn_mask=later, need_weights=False)[0]
    torch.testing.assert_close(ours.after(x)[0], expected)


def test_a_token_at_a_time_sees_what_all_at_once_see(pair):
    ours, _ = pair
    x = torch.randn(B, T, D)
    whole, past, steps = ours.after(x)[0], None, []
    for t in range(T):
        seen, past = ours.after(x[:, t : t + 1], past)
        steps.append(seen)
    torch.testing.assert_close(torch.cat(steps, 1), whole)


def test_the_encodings_are_the_papers():
    table = sinusoids(50, 8)
    for position in (0, 1, 49):
        for i in range(4):
            angle = torch.tensor(position / 10000 ** (2 * i / 8))
            torch.testing.assert_close(table[position, 2 * i], angle.sin())
            torch.testing.assert_close(table[position, 2 * i + 1], angle.cos())
