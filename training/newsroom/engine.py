"""Runs the exported files: the arithmetic of ``src/model/``, spelled out slowly.

A product takes its rows one by one.  A row ``x`` is multiplied by the smoothing, channel by channel, and divided by
``s``, a 127th of its largest magnitude; the results, rounded half to even, are the integers ``a``.  With the integer
weights ``w`` the product is ``scale * s * (w a) + bias``.  Sums of integers stay below 2^24, so they are exact in
32-bit floating point, whatever their order.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from newsroom import decode, windows
from newsroom.network import EPSILON, EXITED
from newsroom.pieces import Pieces
from newsroom.quantised import HEAD

_SMALLEST = 1e-30
"""Stands for the largest magnitude of a row of zeros."""


@dataclass
class Read:
    """What one pass says of a window, before softmax."""

    tags: np.ndarray
    """Scores of each word, ``[words, tags]``."""
    polarities: np.ndarray
    """Scores of each target, ``[targets, polarities]``."""


class Engine:
    """One profile of the model in a folder."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        for name, entry in self.manifest["files"].items():
            data = (folder / name).read_bytes()
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                raise ValueError(f"{folder / name} is not the file that model.json names; export again")
        own = self.manifest["profiles"][profile]
        self.calibration = decode.Calibration(own["temperature"]["tags"], own["shift"])
        self.pieces = Pieces(folder / "tokenizer.json")
        self._pooled_after: int = own["pooled_after"]
        self._exits_after: list[int] = own["exits_after"]
        self._unseen_after: int = own["unseen_after"]
        self._table = load_file(folder / "pieces.safetensors")
        self._tensors = load_file(folder / own["weights"])
        # Integers in floating point, so that the products run at a bearable speed.
        for name, tensor in self._tensors.items():
            if tensor.dtype == torch.int8:
                self._tensors[name] = tensor.float()
        self._layers = sum(name.endswith(".qkv.weight") for name in self._tensors)

    def _norm(self, states: Tensor, name: str) -> Tensor:
        weight, bias = (self._tensors[f"{name}.{part}"] for part in ("weight", "bias"))
        return functional.layer_norm(states, states.shape[-1:], weight, bias, EPSILON)

    def _linear(self, states: Tensor, name: str) -> Tensor:
        weight, bias = (self._tensors[f"{name}.{part}"] for part in ("weight", "bias"))
        return states @ weight.T + bias

    def _product(self, states: Tensor, name: str) -> Tensor:
        weight, scale, bias, smoothing = (self._tensors[f"{name}.{part}"] for part in ("weight", "scale", "bias", "smoothing"))
        smoothed = states * smoothing
        step = smoothed.abs().amax(-1, keepdim=True).clamp(min=_SMALLEST) / 127
        return (torch.round(smoothed / step) @ weight.T) * (step * scale) + bias

    def _layer(self, states: Tensor, staying: Tensor, name: str) -> Tensor:
        """Returns the next states of the rows that are ``staying``, which look at all ``states``."""
        query, key, value = self._product(states, f"{name}.qkv").view(len(states), 3, -1, HEAD).permute(1, 2, 0, 3)
        mixed = torch.softmax(query[:, staying] @ key.transpose(1, 2), -1) @ value
        mixed = self._product(mixed.transpose(0, 1).flatten(1), f"{name}.attended")
        states = self._norm(states[staying] + mixed, f"{name}.attended_norm")
        grown = functional.gelu(self._product(states, f"{name}.inner"))
        return self._norm(states + self._product(grown, f"{name}.outer"), f"{name}.outer_norm")

    @torch.inference_mode()
    def layer_states(self, window: windows.Window) -> tuple[list[Tensor], Tensor]:
        """Returns the states of the pieces of ``window`` after each layer, ``[rows, hidden]``, and which stay to the end.

        See ``word_states`` for the rows.
        """
        ids = torch.tensor(window.pieces)
        vectors = self._table["weight"][ids].float() * self._table["scale"][ids, None]
        states = self._norm(vectors + self._tensors["positions.weight"][: len(ids)], "norm")
        found = []
        staying = torch.ones(len(states), dtype=torch.bool)
        for index in range(self._layers):
            if index and index == self._pooled_after:
                states = states[torch.tensor(window.rows())]
                staying = torch.ones(len(states), dtype=torch.bool)
            if index in self._exits_after:
                stays = self._linear(states, "exit")[:, self._exits_after.index(index)] > 0
                stays[[0, -1]] = True
                staying = staying & stays
            seen = torch.ones_like(staying) if index < self._unseen_after or not self._exits_after else staying
            states = states.clone()
            states[staying] = self._layer(states[seen], staying[seen], f"layers.{index}")
            found.append(states)
        return found, staying

    def word_states(self, window: windows.Window, states: Tensor) -> Tensor:
        """Returns the rows of ``states`` that speak for the words of ``window``, ``[words, hidden]``."""
        pooled = len(states) == len(window.words) + 2
        return states[1:-1] if pooled else states[torch.tensor(window.firsts)]

    @torch.inference_mode()
    def read(self, window: windows.Window) -> Read:
        """Reads ``window``."""
        found, staying = self.layer_states(window)
        states = found[-1]
        pooled = self._pooled_after > 0
        tags = self._linear(self.word_states(window, states), "tags")
        if self._exits_after:
            tags[~staying[1:-1]] = EXITED
        tags = tags.numpy()
        if not window.targets:
            return Read(tags, np.zeros((0, len(self.manifest["polarities"])), np.float32))
        means = torch.stack([states[span.start : span.stop].mean(0) for span in window.target_rows(pooled)])
        return Read(tags, self._linear(torch.tanh(self._linear(means, "target")), "polarity").numpy())

    def sentence_scores(self, sentences: list[list[str]]) -> list[np.ndarray]:
        """Returns the tag scores of the words of ``sentences``, which follow each other."""
        scores = [self.read(window).tags for window in windows.cut([{"words": words} for words in sentences], self.pieces)]
        laid = np.concatenate(scores) if scores else np.zeros((0, len(self.manifest["tags"])), np.float32)
        ends = np.cumsum([len(words) for words in sentences])
        return np.split(laid, ends[:-1]) if sentences else []

    def names(self, sentences: list[list[str]]) -> list[list[tuple[int, int, str, float]]]:
        """Returns the names in each of ``sentences``, with their confidences."""
        return [decode.names(scores, self.calibration) for scores in self.sentence_scores(sentences)]
