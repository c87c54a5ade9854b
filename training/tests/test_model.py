"""The whole way from a packed file to an exported model, with a network of a few hundred weights."""

import json
import random
import struct
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import distil
import export
import train
from newsroom import decode, graph, labels, network, quantised, renaming, scores, student, weights, windows
from newsroom.engine import Engine
from newsroom.pieces import LONGEST, Pieces, write_tokenizer
from newsroom.weights import Shape

SHAPE = Shape(hidden=64, layers=2, heads=2, head=32, inner=64, pieces=200, positions=512)


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -3.0)]
    vocabulary += [(chr(code), -5.0) for code in range(33, 127)]
    vocabulary += [(f"▁{chr(code)}", -4.0) for code in range(33, 127)]
    path = tmp_path / "tokenizer.json"
    write_tokenizer(vocabulary, path)
    return path


def sentences() -> list[dict]:
    """Sentences in which a capital tells a name, and the word after it how it fares."""
    chance = random.Random(5)
    made = []
    for _ in range(60):
        good = chance.random() < 0.5
        words = ["then", chance.choice("XYZ"), "wins" if good else "loses", "it"]
        made.append({"source": "newsmtsc", "words": words, "tags": ["O", "B-PER", "O", "O"], "targets": [[1, 3, 2 * good]]})
    return made


def let_some_exit(model: network.Network) -> None:
    """Has about half of all words exit, none of them by a hair."""
    with torch.no_grad():
        model.exit.weight.normal_(0, 10)
        model.exit.bias.zero_()


def test_unpacking(tmp_path: Path) -> None:
    pieces = [b"<s>", b"<pad>"]
    offsets = np.cumsum([0] + [len(piece) for piece in pieces]).astype("<u4")
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 1, 64, 2, 4, 2, 1e-12, 32)
    head += struct.pack("<5iQ", 2, 0, 2, 1, 3, int(offsets[-1])) + offsets.tobytes()
    head += np.array([0.0, -1.5], "<f4").tobytes() + b"".join(pieces) + struct.pack("<iI", 0, 0) + struct.pack("<i", 2)
    size = len(head) + sum(2 + len(name) + struct.calcsize("<BIQQ") for name in ("a", "b.w"))
    full = np.array([1.0, 2.0], "<f4").tobytes()
    packed = np.array([0.5], "<f2").tobytes() + bytes([0x19] * 16)
    head += struct.pack("<H", 1) + b"a" + struct.pack("<BIQQ", 0, 2, size, len(full))
    head += struct.pack("<H", 3) + b"b.w" + struct.pack("<BIQQ", 1, 32, size + len(full), len(packed))
    start = weights.unpack(head + full + packed)
    assert start.shape == Shape(32, 1, 1, 32, 64, 2, 4)
    assert start.pieces == [("<s>", 0.0), ("<pad>", -1.5)]
    assert start.tensors["a"].tolist() == [1.0, 2.0]
    assert start.tensors["b.w"].tolist() == [0.5] * 16 + [-3.5] * 16
    with pytest.raises(ValueError, match="magic"):
        weights.unpack(b"0000" + head)


def test_windows_hold_every_word(tokenizer: Path) -> None:
    pieces = Pieces(tokenizer)
    chance = random.Random(1)
    text = [{"words": ["word" * chance.randint(1, 9)] * chance.randint(1, 300)} for _ in range(20)]
    made = windows.cut(text, pieces)
    assert sum(len(window.firsts) for window in made) == sum(len(sentence["words"]) for sentence in text)
    assert all(len(window.pieces) <= windows.MOST_PIECES and len(window.firsts) <= windows.MOST_WORDS for window in made)
    assert len(pieces.of("x" * 48)) == LONGEST and pieces.of("\u200b")
    for group in windows.batches(made, 1024, chance):
        batch = windows.collate(group)
        assert batch.pieces.shape[1] in windows.LENGTHS and batch.pieces.size <= 1024


def words_of(read: tuple[torch.Tensor, torch.Tensor], window: windows.Window) -> tuple[np.ndarray, np.ndarray]:
    """The scores of ``window`` without those that fill up the batch."""
    tags, polarities = read
    return tags[: len(window.words)].numpy(), polarities[: len(window.targets)].numpy()


def near(found: np.ndarray, exact: np.ndarray) -> bool:
    """Whether scores agree as well as seven bits let them."""
    return bool(np.abs(found - exact).max() < 0.1 * np.abs(exact).max() + 0.1)


def test_training_distilling_export_and_engine_agree(tokenizer: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    pieces = Pieces(tokenizer)
    made = sentences()
    chance = random.Random(2)
    plan = [group for _ in range(40) for group in windows.batches(windows.cut(made[:40], pieces, 8), 256, chance)]
    taught = tmp_path / "network.safetensors"
    train.train(network.Network(SHAPE), plan, minutes=5, out=taught, rate=2e-3)
    teacher = network.load(taught)
    documents = [{"source": "x", "sentences": made[40:]}]
    measured = train.measure(teacher, documents, made[40:], pieces)
    assert measured["names"] > 90 and measured["targets"] > 55

    texts = windows.cut(made[:40], pieces, 8)
    small = student.cut_down(teacher, (0, 1), 1, 32, 1, (1,), 1, texts[:8])
    assert [sum(part.numel() for part in layer.parameters()) for layer in small.layers] < [
        sum(part.numel() for part in layer.parameters()) for layer in teacher.layers
    ]
    assert torch.equal(small.pieces.weight, teacher.pieces.weight)
    let_some_exit(small)

    models = {"default": small.eval(), "accurate": teacher}
    folder = tmp_path / "model"
    profiles = export.export(models, tokenizer, texts, folder)
    (window,) = windows.cut([made[50]], pieces)
    for name, model in models.items():
        with torch.inference_mode():
            exact = words_of(model(windows.collate([window], bool(model.shape.pooled_after))), window)
        read = Engine(folder, name).read(window)
        assert near(read.tags, exact[0]) and near(read.polarities, exact[1])
    assert Engine(folder, "accurate").names([sentence["words"] for sentence in made[:3]])[2][0][:3] == (1, 2, "PER")

    export.calibrate(folder, profiles, models, documents, made[40:])
    manifest = json.loads((folder / "model.json").read_text())
    assert manifest["format"] == export.FORMAT and manifest["profiles"] == profiles
    assert manifest["profiles"]["default"]["pooled_after"] == 1
    kept = (folder / "accurate.safetensors").read_bytes(), profiles["accurate"]
    again = export.export({"default": small}, tokenizer, texts[:4], folder)
    assert kept == ((folder / "accurate.safetensors").read_bytes(), again["accurate"])
    assert again["default"] != profiles["default"] and Engine(folder, "accurate")
    (folder / "accurate.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match="accurate.safetensors"):
        Engine(folder, "default")


def test_a_student_comes_nearer_to_its_teacher(tokenizer: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    pieces = Pieces(tokenizer)
    chance = random.Random(3)
    shape = Shape(hidden=64, layers=6, heads=2, head=32, inner=64, pieces=200, positions=512)
    teacher = network.Network(shape).eval()
    # Layers of the small teacher, as distil.LAYERS are of the real one.
    texts = windows.cut(sentences(), pieces, 8)
    network.save(teacher, tmp_path / "teacher.safetensors")
    distil.ask(tmp_path / "teacher.safetensors", texts, tmp_path, layers=(3, 5), readers=1)
    lessons = distil.read_lessons(texts, tmp_path)
    assert len(lessons.tags) == sum(len(window.words) for window in texts) == len(lessons.states)
    small = student.cut_down(teacher, range(6), 1, 32, 1, (2, 3), 4, texts[:8])
    pool = renaming.names((lesson.words, lesson.tags) for lesson in lessons.windows)
    groups = windows.batches([distil.changed(lesson, pieces, pool, chance) for lesson in lessons.windows], 512, chance)
    before = distil.loss_of(small, groups[0], lessons)[0].item()
    out = tmp_path / "student.safetensors"
    train.train(small, groups * 20, 5, out, 2e-3, pace=1.0, loss=lambda model, group: distil.loss_of(model, group, lessons))
    taught = network.load(out, dropout=0.0)
    assert distil.loss_of(taught, groups[0], lessons)[0].item() < 0.7 * before

    # An exit that it does not have yet begins as one that lets names and targets pass and little else.
    moved = student.with_exits(taught, (2, 3), 4)
    assert torch.equal(moved.exit.weight, taught.exit.weight)
    moved = student.with_exits(taught, (1, 3), 4)
    sure = replace(lessons, tags=20 * np.eye(len(labels.TAGS))[np.concatenate([text.tags for text in lessons.windows])])
    distil.fit_exits(moved, sure, sure.windows)
    assert torch.equal(moved.exit.weight[1], taught.exit.weight[1])
    for place, window in enumerate(sure.windows[:20]):
        passes = moved.layer_states(windows.collate([window], pooled=True))[1][0, 1 : len(window.words) + 1, 0] > 0
        needed = distil.needed_of([window], torch.from_numpy(sure.tags[window.words_at :][: len(window.words)])) > 0.5
        assert torch.equal(passes, needed), (place, window.words)


def test_recasing_keeps_words_and_targets(tokenizer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = Pieces(tokenizer)
    text = [{"words": ["Ama", "left", "Accra"], "targets": [[2, 3, 1]]}, {"words": ["Then", "it", "rained"]}]
    (window,) = windows.cut(text, pieces)
    assert window.starts == [0, 3] and window.rows() == [0, *window.firsts, len(window.pieces) - 1]
    lesson = distil.Lesson(**vars(window))
    monkeypatch.setattr(distil, "RECASED", (0.0, 1.0, 0.0))
    monkeypatch.setattr(distil, "RENAMED", 0.0)
    other = distil.changed(lesson, pieces, {}, random.Random(1))
    assert other.words == ["AMA", "LEFT", "ACCRA", "THEN", "IT", "RAINED"] and other.targets == window.targets
    assert [other.pieces[place] for place in other.firsts] == [pieces.of(word)[0] for word in other.words]


def test_names_are_swapped_for_others_of_their_kind(tokenizer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = "Ama Mensah met Jo Li of Acme in Accra . Ama Mensah left".split()
    marks = "B-PER I-PER O B-PER I-PER O B-ORG O B-LOC O B-PER I-PER O".split()
    tags = [labels.TAG_IDS[mark] for mark in marks]
    pool = renaming.names([(words, tags), (["BBC"], [labels.TAG_IDS["B-LOC"]])])
    assert pool == {("PER", 2): [("Ama", "Mensah"), ("Jo", "Li")], ("LOC", 1): [("Accra",)]}
    renamed = renaming.rename(words, tags, pool | {("LOC", 1): [("Oslo",)], ("PER", 2): [("Kofi", "Ray")]}, random.Random(1))
    assert " ".join(renamed) == "Kofi Ray met Kofi Ray of Acme in Oslo . Kofi Ray left"
    (window,) = windows.cut([{"words": words, "tags": marks}], Pieces(tokenizer))
    monkeypatch.setattr(distil, "RENAMED", 1.0)
    monkeypatch.setattr(distil, "RECASED", (0.0, 0.0, 0.0))
    lesson = distil.changed(distil.Lesson(**vars(window)), Pieces(tokenizer), {("LOC", 1): [("Oslo",)]}, random.Random(1))
    assert lesson.words[8] == "Oslo" and lesson.renamed and lesson.tags == tags


def test_two_of_three_settle_a_word() -> None:
    tags = ["O", "O|B-PER", "B-PER|O", "B-PER|O", "B-ORG|B-PER", "B-ORG|B-PER"]
    own = ["B-PER", "B-PER", "O", "B-PER", "B-PER", "B-LOC"]
    ids = np.array([(labels.TAG_IDS | labels.SPLIT_IDS)[tag] for tag in tags])
    settled = labels.settle(ids, np.array([labels.TAG_IDS[tag] for tag in own]))
    assert [labels.TAGS[tag] if tag >= 0 else "?" for tag in settled] == ["O", "B-PER", "?", "B-PER", "B-PER", "?"]


def test_partners_meet_in_the_middle(tmp_path: Path) -> None:
    first, second = network.Network(SHAPE), network.Network(SHAPE)
    train.freeze(first, 1)
    train.freeze(second, 1)
    middle = (first.layers[1].inner.weight + second.layers[1].inner.weight) / 2
    frozen = second.layers[0].inner.weight.clone()
    train.meet(first, tmp_path / "first.met", tmp_path / "second.met")
    train.meet(second, tmp_path / "second.met", tmp_path / "first.met")
    assert torch.allclose(second.layers[1].inner.weight, middle)
    assert torch.equal(second.layers[0].inner.weight, frozen)


def test_files_restore_the_network(tokenizer: Path) -> None:
    torch.manual_seed(1)
    pieces = Pieces(tokenizer)
    texts = windows.cut(sentences(), pieces, 20)
    teacher = network.Network(replace(SHAPE, layers=4)).eval()
    small = student.cut_down(teacher, range(4), 1, 32, 1, (1, 2), 3, texts[:4]).eval()
    let_some_exit(small)
    moved = student.with_exits(small, (2, 3), 3)
    assert torch.equal(moved.exit.weight[0], small.exit.weight[1]) and not moved.exit.weight[1].any()
    for model in (teacher, small):
        tensors = quantised.profile(model, quantised.even_out(model, texts[:8]))
        assert {str(tensor.dtype) for tensor in tensors.values()} == {"int8", "float32"}
        restored, divisors = quantised.restore(quantised.table(model), tensors, asdict(model.shape))
        again = quantised.profile(restored, divisors)
        assert all(np.allclose(tensors[name], again[name], rtol=1e-4, atol=1e-6) for name in tensors)
        graphs = graph.encoder(restored, divisors), graph.sentiment(restored)
        sessions = [onnxruntime.InferenceSession(made.SerializeToString()) for made in graphs]
        window = texts[0]
        inputs = {"pieces": np.array([window.pieces], np.int32)}
        if model.shape.pooled_after:
            inputs["rows"] = np.array(window.rows(), np.int32)
        states, tags = (values[0] for values in sessions[0].run(["states", "tags"], inputs))
        pooled = bool(model.shape.pooled_after)
        means = np.stack([states[span.start : span.stop].mean(0) for span in window.target_rows(pooled)])
        with torch.inference_mode():
            exact = words_of(model(windows.collate([window], pooled)), window)
        exited = (exact[0] == network.EXITED.numpy()).all(1)
        assert 0 < exited.sum() < len(exited) if model is small else not exited.any()
        assert near(tags[1:-1] if pooled else tags[window.firsts], exact[0])
        assert near(sessions[1].run(["polarities"], {"means": means})[0], exact[1])


def test_words_exit_in_order_and_before_the_last_layer() -> None:
    shape = replace(SHAPE, layers=4, pooled_after=1, exits_after=(1, 2), unseen_after=3)
    assert network.Network(shape).exit.out_features == 2
    wrong_shapes = {"exits_after": (2, 2)}, {"exits_after": (3, 2)}, {"unseen_after": 1}, {"unseen_after": 4}, {"pooled_after": 0}
    for wrong in wrong_shapes:
        with pytest.raises(ValueError, match="exit"):
            network.Network(replace(shape, **wrong))


def test_names_begin_before_they_continue() -> None:
    rows = np.zeros((3, len(labels.TAGS)), np.float32)
    for row, tag in zip(rows, ("I-ORG", "I-ORG", "O"), strict=True):
        row[labels.TAG_IDS[tag]] = 5
    assert decode.best_tags(rows) in (["B-ORG", "I-ORG", "O"], ["O", "O", "O"])
    ((start, end, kind, confidence),) = decode.names(rows[[0, 1]] + np.eye(7)[labels.TAG_IDS["B-ORG"]] * 4)
    assert (start, end, kind) == (0, 2, "ORG") and 0.9 < confidence <= 1


def test_scores() -> None:
    found = scores.names([([(0, 1, "PER"), (2, 3, "LOC")], [(0, 1, "PER"), (2, 3, "ORG")])])
    assert found["PER"].f1 == 100 and found["all"].f1 == 50 and found["LOC"].f1 == 0
    assert scores.polarities([0, 1, 2, 2], [0, 1, 2, 1])[1] == 75


def test_the_rate_rises_and_falls() -> None:
    assert train.rate_at(train.WARM_UP) == 1 and train.rate_at(0) == 0 and train.rate_at(1) == 0


def test_scores_are_shifted_to_how_common_polarities_are() -> None:
    """A head that was trained on balanced data must not doubt the common answer on news that is not."""
    chance = np.random.default_rng(5)
    wanted = chance.choice(3, 3000, p=[0.2, 0.7, 0.1])
    scores = 2 * (2 * np.eye(3)[wanted] + chance.normal(size=(3000, 3)))
    temperature, shift = export.fit_polarities(scores, wanted.tolist())
    assert shift[1] > shift[0] > shift[2]
    assert ((scores + shift).argmax(-1) == wanted).mean() > (scores.argmax(-1) == wanted).mean()
    assert temperature > 0


def test_confidences_come_to_what_is_right() -> None:
    """Scores that are too sure, and of one kind more so, become the chances that they are."""
    chance = np.random.default_rng(6)
    odds = chance.normal(1, 1, 4000)
    kinds = chance.choice(len(labels.KINDS), 4000)
    right = chance.random(4000) < 1 / (1 + np.exp(-odds + 2 * (kinds == 1)))
    judged = [(labels.KINDS[kind], 3 * value, bool(own)) for kind, value, own in zip(kinds, odds, right, strict=True)]
    temperature, shift = export.fit_names([judged[:1000], judged[1000:]])
    assert 2.5 < temperature < 3.5
    assert abs(shift["PER"]) < 0.3 and abs(shift["ORG"] + 2) < 0.3
    assert 0.4 < decode.Calibration(temperature, shift).chance("ORG", 6.0) < 0.6
