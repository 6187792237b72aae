"""Write torch.txt, the reference results that the tests compare with. README.md has format and use.

Inputs are decimals with two places, read as float32. PyTorch computes in float64 from those
float32 values, so that its own rounding stays out of the comparison. The conventions of PyTorch
are turned into ours here, nowhere else:

    projections   (out, in), packed q, k, v          ->  wq, wk, wv, wo, each (in, out)
    bool masks    true = hidden (MultiheadAttention) ->  1 = may attend
    layer masks   (batch * heads, queries, keys)     ->  (batch, heads, queries, keys), or
                                                         (heads, queries, keys) if all batches agree
    added bias    (1, 1, d_model)                    ->  (d_model)
"""

import math
import random
import sys

import torch
import torch.nn.functional as F

INF = float("inf")


def decimals(rng, *shape, spread=1.0):
    """Normal numbers with two decimals: short in the file, exact as float32 in both readers."""
    flat = [round(rng.gauss(0, spread), 2) for _ in range(math.prod(shape))]
    return torch.tensor(flat, dtype=torch.float32).reshape(shape).double()


def booleans(rng, *shape, true=0.6):
    flat = [rng.random() < true for _ in range(math.prod(shape))]
    return torch.tensor(flat, dtype=torch.bool).reshape(shape)


class Writer:
    """One `case` block per call of begin: int, float and bool lines as README.md describes them."""

    def __init__(self, file):
        self.file = file

    def begin(self, operation, name):
        print(f"case {operation} {name}", file=self.file)

    def int(self, **values):
        for name, value in values.items():
            print(f"int {name} {int(value)}", file=self.file)

    def given(self, **tensors):
        """Inputs: as few digits as read back to the same float32."""
        self._tensors(tensors, lambda x: f"{x:.7g}")

    def expect(self, **tensors):
        """Results: nine significant digits."""
        self._tensors(tensors, lambda x: f"{x:.9g}")

    def _tensors(self, tensors, text):
        for name, tensor in tensors.items():
            if tensor is None:
                continue
            kind = "bool" if tensor.dtype == torch.bool else "float"
            print(kind, name, *tensor.shape, file=self.file)
            words = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN", "-nan": "NaN", "-0": "0"}
            numbers = (text(float(x)) for x in tensor.detach().flatten())
            print(*(words.get(number, number) for number in numbers), file=self.file)


# name: what differs from the defaults of `multihead` below.
LAYERS = {
    "self, one head": dict(heads=1),
    "self": dict(),
    "self, four heads": dict(heads=4, bias=False),
    "self, unbatched": dict(batch=0),
    "self, one token": dict(batch=0, q_len=1),
    "self, one number per head": dict(heads=8),
    "self, causal": dict(mask="causal"),
    "self, causal, padded, averaged": dict(mask="causal", padding=True, average=True),
    "self, averaged": dict(average=True, heads=4),
    "self, unbatched, averaged": dict(batch=0, average=True),
    "self, padded": dict(padding=True),
    "self, unbatched, padded, added bias": dict(batch=0, padding=True, bias_kv=True),
    "self, added bias": dict(bias_kv=True),
    "self, added zeros": dict(zero=True),
    "self, added bias and zeros": dict(bias_kv=True, zero=True, average=True),
    "self, bool mask, added bias and zeros": dict(mask="bool 2", bias_kv=True, zero=True),
    "self, causal, added zeros": dict(mask="causal", zero=True, batch=0),
    "cross": dict(kv_len=7),
    "cross, no bias": dict(kv_len=3, bias=False),
    "cross, unbatched": dict(batch=0, kv_len=6, average=True),
    "cross, one key": dict(kv_len=1, q_len=3),
    "cross, other key width": dict(kv_len=5, kdim=5),
    "cross, other value width": dict(kv_len=5, vdim=3, bias=False),
    "cross, other widths": dict(kv_len=6, kdim=5, vdim=7, padding=True),
    "cross, other widths, everything": dict(
        kv_len=6, kdim=5, vdim=7, padding=True, bias_kv=True, zero=True, mask="float 2"
    ),
    "cross, bool mask": dict(kv_len=7, mask="bool 2"),
    "cross, bool mask of each head": dict(kv_len=5, mask="bool 3", heads=4),
    "cross, bool mask of each head, unbatched": dict(batch=0, kv_len=5, mask="bool 3"),
    "cross, bool mask of each batch and head": dict(kv_len=5, mask="bool 4", padding=True),
    "cross, float mask": dict(kv_len=7, mask="float 2"),
    "cross, float mask of each head": dict(kv_len=5, mask="float 3", average=True),
    "cross, float mask of each head, unbatched": dict(batch=0, kv_len=5, mask="float 3", zero=True),
    "cross, float mask of each batch and head": dict(kv_len=5, mask="float 4", padding=True),
    "cross, float mask with minus infinity": dict(kv_len=5, mask="float inf", bias_kv=True),
    "cross, three batches of twelve": dict(batch=3, d_model=12, heads=3, q_len=5, kv_len=4),
    "cross, large scores": dict(kv_len=6, spread=12.0),
}


def multihead(out, name, seed, *, batch=2, q_len=4, kv_len=0, d_model=8, heads=2, bias=True,
              kdim=None, vdim=None, bias_kv=False, zero=False, padding=False, mask=None,
              average=False, spread=1.0):
    """batch 0: unbatched; kv_len 0: self-attention. One call of torch.nn.MultiheadAttention."""
    rng = random.Random(seed)
    lead = (batch,) if batch else ()
    layer = torch.nn.MultiheadAttention(
        d_model, heads, bias=bias, kdim=kdim, vdim=vdim, add_bias_kv=bias_kv, add_zero_attn=zero,
        batch_first=True).double()  # in training mode without dropout: never the fused path
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(decimals(rng, *parameter.shape, spread=0.5))
    query = decimals(rng, *lead, q_len, d_model, spread=spread)
    key = decimals(rng, *lead, kv_len, kdim or d_model, spread=spread) if kv_len else query
    value = decimals(rng, *lead, kv_len, vdim or d_model) if kv_len else query
    keys = key.shape[-2]

    may_attend = booleans(rng, *lead, keys) if padding else None
    if padding:
        may_attend[..., 0] = True
    ours, theirs = None, None
    kind, _, form = (mask or "").partition(" ")
    shape = (batch or 1, heads, q_len, keys)
    if kind == "causal":
        theirs = torch.ones(q_len, keys, dtype=torch.bool).triu(1)
    elif kind:
        ours = {"2": shape[2:], "3": shape[1:], "4": shape, "inf": shape[2:]}[form]
        ours = booleans(rng, *ours) if kind == "bool" else decimals(rng, *ours)
        if kind == "bool":
            ours[..., 0] = True  # no row without a key: NaN there, 0 here
        if form == "inf":
            ours[0, 1] = ours[1, 2] = ours[-1, -1] = -INF
        theirs = ~ours if kind == "bool" else ours
        if form in ("3", "4"):
            theirs = theirs.expand(shape).reshape(-1, q_len, keys)

    output, weights = layer(
        query, key, value, attn_mask=theirs, average_attn_weights=average,
        key_padding_mask=None if may_attend is None else ~may_attend)
    assert output.isfinite().all() and weights.isfinite().all(), name

    wq, wk, wv = (layer.in_proj_weight.chunk(3) if layer.in_proj_weight is not None else
                  (layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight))
    bq, bk, bv = layer.in_proj_bias.chunk(3) if bias else (None, None, None)
    out.begin("multihead", name)
    out.int(heads=heads, causal=kind == "causal", add_zero_attn=zero, average_weights=average)
    out.given(query=query, key=key, value=value, wq=wq.T, wk=wk.T, wv=wv.T,
              wo=layer.out_proj.weight.T, bq=bq, bk=bk, bv=bv, bo=layer.out_proj.bias,
              bias_k=layer.bias_k.flatten() if bias_kv else None,
              bias_v=layer.bias_v.flatten() if bias_kv else None, mask=ours, key_mask=may_attend)
    out.expect(output=output, weights=weights)


# name: what differs from the defaults of `attention` below.
ATTENTIONS = {
    "plain": dict(),
    "causal": dict(causal=True),
    "causal, more keys": dict(causal=True, q_len=3, kv_len=6),
    "causal, more queries": dict(causal=True, q_len=6, kv_len=3),
    "bool mask": dict(mask="bool"),
    "float mask": dict(mask="float"),
    "bool mask of each head": dict(mask="bool", mask_lead=(3,)),
    "float mask of each batch": dict(mask="float", mask_lead=(2, 1)),
    "other value width": dict(v_dim=7),
    "scale": dict(scale=-0.25),
    "softcap": dict(softcap=1.5, spread=2.0),
    "softcap, float mask": dict(softcap=0.75, mask="float"),
    "grouped heads": dict(heads=6, kv_heads=2, causal=True),
    "one key head": dict(heads=4, kv_heads=1, mask="float"),
    "past": dict(past=3, causal=True),
    "long": dict(batch=1, heads=1, kv_heads=1, q_len=2, kv_len=60, dim=4, v_dim=2),
}


def attention(out, name, seed, *, batch=2, heads=3, kv_heads=None, q_len=4, kv_len=5, dim=4,
              v_dim=None, causal=False, mask=None, mask_lead=(), scale=None, softcap=0.0, past=0,
              spread=1.0):
    """softmax(softcap(scale * q k') + mask) v, checked against PyTorch's own function where 1.13
    has it: without scale, softcap and float mask. `kv_len` keys are new, `past` older."""
    rng = random.Random(seed)
    kv_heads = kv_heads or heads
    q = decimals(rng, batch, heads, q_len, dim, spread=spread)
    k = decimals(rng, batch, kv_heads, past + kv_len, dim, spread=spread)
    v = decimals(rng, batch, kv_heads, past + kv_len, v_dim or dim)
    ours = None
    if mask == "bool":
        ours = booleans(rng, *mask_lead, q_len, past + kv_len)
        ours[..., 0] = True
    elif mask == "float":
        ours = decimals(rng, *mask_lead, q_len, past + kv_len)

    each = heads // kv_heads
    k_all, v_all = k.repeat_interleave(each, 1), v.repeat_interleave(each, 1)
    scores = q @ k_all.transpose(-2, -1)
    logits = scores * (1 / math.sqrt(dim) if scale is None else scale)
    if softcap:
        logits = softcap * torch.tanh(logits / softcap)
    if causal:
        seen = torch.ones(q_len, past + kv_len, dtype=torch.bool).tril(past)
        logits = logits.masked_fill(~seen, -INF)
    if mask == "bool":
        logits = logits.masked_fill(~ours, -INF)
    elif mask == "float":
        logits = logits + ours
    weights = torch.softmax(logits, -1)
    output = weights @ v_all
    assert output.isfinite().all(), name
    if scale is None and not softcap and mask != "float" and not past:
        own = F._scaled_dot_product_attention(
            q, k_all, v_all, ours, need_attn_weights=True, is_causal=causal)
        assert torch.allclose(own[0], output, 1e-13, 1e-13), name
        assert torch.allclose(own[1], weights, 1e-13, 1e-13), name

    out.begin("attention", name)
    out.int(causal=causal)
    out.given(q=q, k=k[:, :, past:], v=v[:, :, past:], mask=ours,
              past_k=k[:, :, :past] if past else None, past_v=v[:, :, :past] if past else None,
              scale=torch.tensor([scale]) if scale is not None else None,
              softcap=torch.tensor([softcap]) if softcap else None)
    out.expect(output=output, scores=scores, masked=logits, weights=weights)


def softmax(out, name, x):
    out.begin("softmax", name)
    out.given(x=x)
    out.expect(output=torch.softmax(x.float().double(), -1))


def linear(out, name, seed, x_shape, features, bias):
    rng = random.Random(seed)
    x = decimals(rng, *x_shape)
    w = decimals(rng, features, x_shape[-1])
    b = decimals(rng, features) if bias else None
    out.begin("linear", name)
    out.given(x=x, w=w.T, b=b)
    out.expect(output=F.linear(x, w, b))


def main(path):
    with open(path, "w", encoding="utf-8") as file:
        print("# Written by make_vectors.py; see README.md.", file=file)
        out = Writer(file)
        for seed, (name, options) in enumerate(LAYERS.items()):
            multihead(out, name, 100 + seed, **options)
        for seed, (name, options) in enumerate(ATTENTIONS.items()):
            attention(out, name, 200 + seed, **options)
        softmax(out, "plain", decimals(random.Random(300), 3, 2, 5, spread=3.0))
        softmax(out, "one number", decimals(random.Random(301), 4, 1))
        softmax(out, "equal numbers", torch.full((1, 7), 2.5).double())
        softmax(out, "far apart", torch.tensor([[1e4, -1e4, 9999.5], [-1e4, -1e4, -9990]]).double())
        softmax(out, "Infinity and NaN", torch.tensor(
            [[0, -INF, 1, -INF], [0, INF, 1, 2], [0, math.nan, 1, 2], [-INF] * 4]).double())
        linear(out, "plain", 400, (2, 3, 5), 4, True)
        linear(out, "no bias", 401, (3, 6), 7, False)
        linear(out, "a vector", 402, (9,), 3, True)


main(sys.argv[1] if len(sys.argv) > 1 else "torch.txt")
