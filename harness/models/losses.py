"""What networks minimise, in nats, one loss a row."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - as everybody calls it


def cross_entropy(logits: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return (N,), −Σ_v q_v log softmax(logits)_v of logits (N, V) and targets (N,).

    q is 1 − ε at the target and ε / V is spread over all V, with ε the `smoothing` (Szegedy et al. 2016).
    """
    z = logits.float()  # a sum of V exponentials is too much for 16 bits
    norm = z.logsumexp(dim=-1)  # (N,)
    surprise = norm - z.gather(-1, targets[:, None]).squeeze(-1)
    return surprise if not smoothing else (1 - smoothing) * surprise + smoothing * (norm - z.mean(dim=-1))


def negative_sampling(right: Tensor, wrong: Tensor, drawn: int) -> Tensor:
    """Return (…), −log σ(right) − Σ_k log σ(−wrong_k) of the scores right (…) and wrong (…, K).

    The sum stands for `drawn` words of noise: of the K there are, drawn / K each (Mikolov et al. 2013).
    """
    noise = F.softplus(wrong).mean(dim=-1)  # −log σ(−x) = log(1 + eˣ)
    return F.softplus(-right) + drawn * noise
