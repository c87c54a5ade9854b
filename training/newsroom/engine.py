"""Runs the exported files, as the service does but with onnxruntime."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from newsroom import decode, windows
from newsroom.pieces import Pieces


@dataclass
class Read:
    """What one pass says of a window: tag scores of its words, and the sums needed for its targets."""

    tags: np.ndarray
    means: np.ndarray


class Engine:
    """The model in a folder."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        for name, entry in self.manifest["files"].items():
            data = (folder / name).read_bytes()
            if hashlib.sha256(data).hexdigest() != entry["sha256"]:
                raise ValueError(f"{folder / name} is not the file that model.json names; export again")
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = threads
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._encoder = onnxruntime.InferenceSession(str(folder / "encoder.onnx"), settings, ["CPUExecutionProvider"])
        self._sentiment = onnxruntime.InferenceSession(str(folder / "sentiment.onnx"), settings, ["CPUExecutionProvider"])
        self.pieces = Pieces(folder / "tokenizer.json")

    def read(self, window: windows.Window) -> Read:
        """Returns tag scores of the words of ``window`` and the mean states of its targets."""
        pieces = np.array([window.pieces], np.int32)
        states, tags = self._encoder.run(["states", "tags"], {"pieces": pieces})
        means = [states[0, start:end].mean(0) for start, end, _ in window.targets]
        return Read(tags[0, window.firsts], np.array(means, np.float32).reshape(-1, states.shape[2]))

    def polarity_scores(self, means: np.ndarray) -> np.ndarray:
        """Returns the scores before softmax of targets with these mean states."""
        if not len(means):
            return np.zeros((0, 3), np.float32)
        return self._sentiment.run(["polarities"], {"means": means})[0]

    def sentence_scores(self, sentences: list[list[str]]) -> list[np.ndarray]:
        """Returns the tag scores of the words of ``sentences``, which follow each other."""
        scores = [self.read(window).tags for window in windows.cut([{"words": words} for words in sentences], self.pieces)]
        laid = np.concatenate(scores) if scores else np.zeros((0, 7), np.float32)
        ends = np.cumsum([len(words) for words in sentences])
        return np.split(laid, ends[:-1]) if sentences else []

    def names(self, sentences: list[list[str]]) -> list[list[tuple[int, int, str, float]]]:
        """Returns the names in each of ``sentences``, with their confidences."""
        temperature = self.manifest["temperature"]["tags"]
        return [decode.names(scores, temperature) for scores in self.sentence_scores(sentences)]
