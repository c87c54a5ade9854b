"""Cuts a trained network down to a smaller one that starts from the weights of the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from newsroom import windows
from newsroom.network import Layer, Network
from newsroom.windows import Window


@torch.inference_mode()
def importance(teacher: Network, seen: Sequence[Window]) -> list[tuple[Tensor, Tensor]]:
    """Returns for each layer how much its heads ``[heads]`` and its neurons ``[inner]`` add to the states.

    That is the mean magnitude of what they give out over ``seen``, times the norm of the weights that read it.
    """
    sums: dict[tuple[int, str], Tensor] = {}
    rows = 0

    def watch(key: tuple[int, str]) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            total = inputs[0][0, : len(window.pieces)].abs().sum(0)
            sums[key] = sums[key] + total if key in sums else total

        return note

    hooks = [
        getattr(layer, short).register_forward_pre_hook(watch((index, short)))
        for index, layer in enumerate(teacher.layers)
        for short in ("attended", "outer")
    ]
    for window in seen:
        teacher.layer_states(windows.collate([window]))
        rows += len(window.pieces)
    for hook in hooks:
        hook.remove()
    found = []
    for index, layer in enumerate(teacher.layers):
        heads = (sums[index, "attended"] / rows).view(layer.heads, layer.head).mean(1)
        blocks = layer.attended.weight.view(-1, layer.heads, layer.head).transpose(0, 1).flatten(1).norm(dim=1)
        found.append((heads * blocks, sums[index, "outer"] / rows * layer.outer.weight.norm(dim=0)))
    return found


def _copy_layer(source: Layer, worth: tuple[Tensor, Tensor], goal: Layer) -> None:
    heads = worth[0].topk(goal.heads).indices.sort().values
    neurons = worth[1].topk(goal.inner.out_features).indices.sort().values
    columns = (heads[:, None] * source.head + torch.arange(source.head)).flatten()
    rows = torch.cat([part * source.heads * source.head + columns for part in range(3)])
    goal.qkv.weight.copy_(source.qkv.weight[rows])
    goal.qkv.bias.copy_(source.qkv.bias[rows])
    goal.attended.weight.copy_(source.attended.weight[:, columns])
    goal.attended.bias.copy_(source.attended.bias)
    goal.inner.weight.copy_(source.inner.weight[neurons])
    goal.inner.bias.copy_(source.inner.bias[neurons])
    goal.outer.weight.copy_(source.outer.weight[:, neurons])
    goal.outer.bias.copy_(source.outer.bias)
    goal.attended_norm.load_state_dict(source.attended_norm.state_dict())
    goal.outer_norm.load_state_dict(source.outer_norm.state_dict())


@torch.no_grad()
def cut_down(
    teacher: Network,
    layers: Sequence[int],
    heads: int,
    inner: int,
    pooled_after: int,
    exits_after: tuple[int, ...],
    unseen_after: int,
    seen: Sequence[Window],
) -> Network:
    """Returns a network of the teacher's ``layers``, their ``heads`` and ``inner`` neurons that matter most over ``seen``.

    Its piece vectors are the teacher's; where they are not trained, both networks can share one table.
    """
    shape = replace(
        teacher.shape,
        layers=len(layers),
        heads=heads,
        inner=inner,
        positions=windows.MOST_PIECES,
        pooled_after=pooled_after,
        exits_after=exits_after,
        unseen_after=unseen_after,
    )
    student = Network(shape, dropout=0.0)
    worth = importance(teacher, seen)
    for index, layer in zip(layers, student.layers, strict=True):
        _copy_layer(teacher.layers[index], worth[index], layer)
    student.pieces.load_state_dict(teacher.pieces.state_dict())
    student.positions.weight.copy_(teacher.positions.weight[: shape.positions])
    for name in ("norm", "tags", "target", "polarity"):
        getattr(student, name).load_state_dict(getattr(teacher, name).state_dict())
    return student


@torch.no_grad()
def with_exits(model: Network, exits_after: tuple[int, ...], unseen_after: int) -> Network:
    """Returns ``model`` whose words may exit after these layers, and are unseen after so many.

    Which words may, it has to learn, unless it has learnt it of the same layer.
    """
    found = Network(replace(model.shape, exits_after=exits_after, unseen_after=unseen_after), dropout=0.0)
    known = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("exit.")}
    found.load_state_dict(found.state_dict() | known)
    for old, layer in enumerate(model.shape.exits_after):
        if layer in exits_after:
            place = exits_after.index(layer)
            found.exit.weight[place] = model.exit.weight[old]
            found.exit.bias[place] = model.exit.bias[old]
    return found
