"""The network: one encoder, one pass, a head for the words and a head for the targets."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from newsroom.labels import POLARITIES, TAGS
from newsroom.weights import Shape, Start
from newsroom.windows import Batch

EPSILON = 1e-12
DROPOUT = 0.1
EXITED = torch.nn.functional.one_hot(torch.tensor(TAGS.index("O")), len(TAGS)) * 10.0
"""The tag scores of a word that has exited, ``[tags]``."""


class Dropout(nn.Module):
    """Dropout with one mask for all windows of a batch: drawing random numbers is a tenth of a step otherwise."""

    share = DROPOUT

    def forward(self, states: Tensor) -> Tensor:
        if not self.training or not self.share:
            return states
        mask = torch.empty(states.shape[-2:], dtype=states.dtype).bernoulli_(1 - self.share).div_(1 - self.share)
        return states * mask


class Layer(nn.Module):
    """A transformer layer with the norms after the sums, as in BERT."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.head = shape.heads, shape.head
        attending = shape.heads * shape.head
        self.qkv = nn.Linear(shape.hidden, 3 * attending)
        self.attended = nn.Linear(attending, shape.hidden)
        self.attended_norm = nn.LayerNorm(shape.hidden, EPSILON)
        self.inner = nn.Linear(shape.hidden, shape.inner)
        self.outer = nn.Linear(shape.inner, shape.hidden)
        self.outer_norm = nn.LayerNorm(shape.hidden, EPSILON)
        self.dropout = Dropout()

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Returns the next states ``[batch, length, hidden]``; ``mask`` ``[batch, 1, 1, length]`` is added to scores."""
        batch, length, _ = states.shape
        query, key, value = self.qkv(states).view(batch, length, 3, self.heads, self.head).permute(2, 0, 3, 1, 4).unbind(0)
        # Spelled out: on processors the fused kernel's backward pass takes twice the time.
        weights = torch.softmax(query @ key.transpose(-1, -2) * self.head**-0.5 + mask, -1, dtype=query.dtype)
        mixed = weights @ value
        mixed = self.attended(mixed.transpose(1, 2).reshape(batch, length, self.heads * self.head))
        states = self.attended_norm(states + self.dropout(mixed))
        grown = self.outer(functional.gelu(self.inner(states)))
        return self.outer_norm(states + self.dropout(grown))


def _closed(mask: Tensor) -> Tensor:
    """What is added to attention scores, ``[batch, 1, 1, length]``, so that only rows where ``mask`` is true are seen."""
    bias = torch.zeros(mask.shape, dtype=torch.float32).masked_fill(~mask, -1e4)[:, None, None, :]
    return bias.to(torch.bfloat16) if torch.is_autocast_enabled("cpu") else bias


class Network(nn.Module):
    """Pieces in; states, tag scores of words and polarity scores of targets out."""

    def __init__(self, shape: Shape, dropout: float = DROPOUT) -> None:
        super().__init__()
        self.shape = shape
        self.pieces = nn.Embedding(shape.pieces, shape.hidden)
        self.positions = nn.Embedding(shape.positions, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, EPSILON)
        self.dropout = Dropout()
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.tags = nn.Linear(shape.hidden, len(TAGS))
        self.target = nn.Linear(shape.hidden, shape.hidden)
        self.polarity = nn.Linear(shape.hidden, len(POLARITIES))
        if shape.exits_after:
            depths = [shape.pooled_after, *shape.exits_after, shape.unseen_after]
            repeated = len({*shape.exits_after}) < len(shape.exits_after)
            if repeated or depths != sorted(depths) or depths[0] < 1 or depths[-1] >= shape.layers:
                raise ValueError(f"words are pooled, exit and are no longer seen before the last layer, not so: {shape}")
            self.exit = nn.Linear(shape.hidden, len(shape.exits_after))
            # All stay until it has learnt who may go.
            nn.init.zeros_(self.exit.weight)
            nn.init.constant_(self.exit.bias, 4.0)
        for module in self.modules():
            if isinstance(module, Dropout):
                module.share = dropout

    def layer_states(self, batch: Batch) -> tuple[list[Tensor], Tensor | None]:
        """Returns the states that each layer gives out for ``batch``, and what speaks for each word to stay.

        States are ``[windows, length, hidden]``; in a network that pools, ``[windows, width, hidden]`` after
        ``pooled_after`` layers.  Where words may exit, ``[windows, width, exits]`` speaks for them at each exit: a word
        for which it is not above nothing keeps its state from there on; the others look at it until ``unseen_after``
        layers have passed.
        """
        pieces, rows = torch.from_numpy(batch.pieces), torch.from_numpy(batch.rows)
        states = self.dropout(self.norm(self.pieces(pieces) + self.positions(torch.arange(pieces.shape[1]))))
        bias = _closed(torch.from_numpy(batch.mask))
        row_mask = torch.from_numpy(batch.row_mask)
        found = []
        stay: list[Tensor] = []
        for index, layer in enumerate(self.layers):
            if index and index == self.shape.pooled_after:
                states = states.gather(1, rows[:, :, None].expand(-1, -1, states.shape[2]))
                bias = _closed(row_mask)
                # The marks at both ends never exit.
                marks = torch.zeros_like(row_mask)
                marks[:, 0] = True
                marks[torch.arange(len(marks)), row_mask.sum(1) - 1] = True
                staying = torch.ones_like(row_mask)
            if index in self.shape.exits_after:
                stay.append(functional.linear(states, self.exit.weight[len(stay)], self.exit.bias[len(stay)]).float())
                staying = staying & (marks | (stay[-1] > 0))
            if stay and index == self.shape.unseen_after:
                bias = _closed(row_mask & staying)
            after = layer(states, bias)
            if stay:
                last, states = states, torch.where(staying[:, :, None], after, states)
                if self.training and len(stay) < len(self.shape.exits_after):
                    # A step has no slope: what would change if more of the layer came through stands in for it
                    # (Bengio et al. 2013, Estimating or Propagating Gradients Through Stochastic Neurons).
                    through = torch.sigmoid(stay[-1])[:, :, None]
                    states = states + (through - through.detach()) * (after - last).detach()
            else:
                states = after
            found.append(states)
        return found, torch.stack(stay, -1) if stay else None

    def tag_scores(self, states: Tensor) -> Tensor:
        """Returns the tag scores of words from the states of their first pieces."""
        return self.tags(self.dropout(states))

    def polarity_scores(self, means: Tensor) -> Tensor:
        """Returns the polarity scores of targets from the means of their rows' states."""
        return self.polarity(self.dropout(torch.tanh(self.target(means))))

    def heads(self, states: Tensor, stay: Tensor | None, batch: Batch) -> tuple[Tensor, Tensor]:
        """Returns the tag scores of all words and the polarity scores of all targets from the last states."""
        rows = states.flatten(0, 1)
        own = torch.from_numpy(batch.target_of)
        sums = torch.zeros(len(batch.polarities), rows.shape[1])
        sums = sums.index_add(0, own, rows[torch.from_numpy(batch.target_rows)].float())
        means = sums / torch.bincount(own, minlength=len(sums)).clamp(min=1)[:, None]
        words = torch.from_numpy(batch.words)
        tags = self.tag_scores(rows[words])
        if stay is not None:
            staying = (stay > 0).all(-1).flatten()[words, None]
            tags = torch.where(staying, tags, EXITED.to(tags.dtype))
        return tags, self.polarity_scores(means)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Returns the tag scores of all words and the polarity scores of all targets of ``batch``."""
        found, stay = self.layer_states(batch)
        return self.heads(found[-1], stay, batch)


def start(source: Start) -> Network:
    """Returns a network that begins at the published encoder, its heads at random."""
    network = Network(source.shape)
    tensors, hidden = source.tensors, source.shape.hidden

    def fill(parameter: Tensor, *names: str) -> None:
        values = np.concatenate([tensors[name].reshape(-1) for name in names])
        parameter.copy_(torch.from_numpy(values).view(parameter.shape))

    with torch.no_grad():
        fill(network.pieces.weight, "emb.word")
        fill(network.positions.weight, "emb.pos")
        # All text is of token type 0, so its row is added once and for all.
        network.positions.weight += torch.from_numpy(tensors["emb.type"].reshape(-1, hidden)[0])
        fill(network.norm.weight, "emb.ln.w")
        fill(network.norm.bias, "emb.ln.b")
        for index, layer in enumerate(network.layers):
            name = f"l{index}."
            fill(layer.qkv.weight, name + "q.w", name + "k.w", name + "v.w")
            fill(layer.qkv.bias, name + "q.b", name + "k.b", name + "v.b")
            for linear, short in ((layer.attended, "ao"), (layer.inner, "fi"), (layer.outer, "fo")):
                fill(linear.weight, f"{name}{short}.w")
                fill(linear.bias, f"{name}{short}.b")
            for norm, short in ((layer.attended_norm, "aln"), (layer.outer_norm, "oln")):
                fill(norm.weight, f"{name}{short}.w")
                fill(norm.bias, f"{name}{short}.b")
    return network


def save(network: Network, path: Path) -> None:
    """Writes the network, complete or not at all."""
    partial = path.with_suffix(".partial")
    save_file(network.state_dict(), partial, {name: json.dumps(size) for name, size in asdict(network.shape).items()})
    partial.replace(path)


def load(path: Path, dropout: float = DROPOUT) -> Network:
    """Reads a network that ``save`` wrote."""
    with safe_open(path, "pt") as file:
        sizes = {name: json.loads(size) for name, size in file.metadata().items()}
        network = Network(Shape(**sizes | {"exits_after": tuple(sizes["exits_after"])}), dropout)
        network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})
    return network.eval()
