import json
import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from helpers import models
from helpers.errors import DataNotFound, InputError, UnknownName
from helpers.models.architectures import HandSetDetector, NarrowEmbedder, NarrowResNet18
from tests.networks import pictures, small_network


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "own.safetensors"
    models.save(small_network(), path)
    return path


def test_saving_and_loading_keeps_the_logits_to_half_precision(saved: Path) -> None:
    before, after = small_network(), models.load(saved)
    with torch.no_grad():
        torch.testing.assert_close(after(pictures()), before(pictures()), rtol=0.01, atol=0.01)
    assert not after.training
    assert after.conv1.weight.dtype == torch.float32
    assert all(each.dtype != torch.float32 for each in load_file(saved).values())


def test_a_loaded_network_knows_its_classes_its_size_and_its_layer(saved: Path) -> None:
    network = models.load(str(saved))
    assert network.classes == ("Male", "Female", "Unsure")
    assert network.input_size == (48, 48)
    assert (network.layer, network.width, network.card) == ("layer4", 8, {})
    assert network.version == 1


def test_the_version_of_a_training_stands_in_the_card_and_in_the_file(saved: Path) -> None:
    network = models.load(saved)
    network.card = {"version": 3}
    models.save(network, saved)
    assert models.load(saved).version == 3, "without a card, the file tells"
    saved.with_suffix(".json").write_text(json.dumps({"name": "own", "version": 4}))
    found = models.load(saved)
    assert (found.version, found.card["version"]) == (4, 4)
    for wrong in (0, "two", 1.5, True, None):
        saved.with_suffix(".json").write_text(json.dumps({"version": wrong}))
        with pytest.raises(InputError, match=r"version of own\.safetensors is .* whole number"):
            models.load(saved)
    network.card = {"version": "two"}
    with pytest.raises(InputError, match="version of own"):
        models.save(network, saved)


def test_a_networks_own_normalisation_is_saved_with_it(tmp_path: Path) -> None:
    network = NarrowResNet18("ab", width=4, mean=(0.1, 0.2, 0.3), std=(0.4, 0.5, 0.6))
    models.save(network, tmp_path / "own.safetensors")
    loaded = models.load(tmp_path / "own.safetensors")
    assert torch.equal(loaded.normalise.mean, network.normalise.mean)
    assert torch.equal(loaded.normalise.std, network.normalise.std)


def test_saving_returns_the_hash_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    assert models.save(small_network(), path) == models.file_hash(path)


def test_a_file_that_is_not_the_one_of_its_card_is_refused(saved: Path) -> None:
    card = {"name": "own", "sha256": models.file_hash(saved)}
    saved.with_suffix(".json").write_text(json.dumps(card))
    assert models.load(saved).card == card
    content = bytearray(saved.read_bytes())
    content[-1] ^= 1
    saved.write_bytes(content)
    with pytest.raises(
        InputError, match=r"card .*own\.json is not .*sha256 differs.*move it away or write this"
    ):
        models.load(saved)
    card["sha256"] = models.file_hash(saved).upper()
    saved.with_suffix(".json").write_text(json.dumps(card))
    assert models.load(saved).card == card, "capitals are the same number"


@pytest.mark.parametrize("path", ["sha256 of this", None, 5, Path("none"), Path(__file__).parent])
def test_what_is_no_file_has_no_hash(path: object) -> None:
    with pytest.raises(InputError, match="does not exist|give the name|is a folder"):
        models.file_hash(path)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 200_000, "\ud800"])
def test_a_card_that_cannot_be_read_is_refused(saved: Path, text: str) -> None:
    saved.with_suffix(".json").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match="own.json"):
        models.load(saved)


class Bomb:
    """What a stranger can put into a pickle: it writes a file when it is opened."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.victim,)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".PT"])
def test_pickles_are_never_opened(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "boom")))
    with pytest.raises(InputError, match=r"run code .* load the \.safetensors file"):
        models.load(path)
    assert not (tmp_path / "boom").exists()


def test_a_pickle_that_calls_itself_safetensors_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "boom")))
    with pytest.raises(InputError, match="does not hold a network of this course"):
        models.load(path)
    assert not (tmp_path / "boom").exists()


def test_a_missing_file_and_an_unknown_name_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataNotFound, match=r"absent\.safetensors does not exist"):
        models.load(tmp_path / "absent.safetensors")
    with pytest.raises(UnknownName, match="no model 'gender-farface'"):
        models.load("gender-farface")


def test_an_empty_or_cut_file_is_refused(saved: Path) -> None:
    whole = saved.read_bytes()
    for length in (0, 5, 200, len(whole) - 7):
        saved.write_bytes(whole[:length])
        with pytest.raises(InputError, match="does not hold a network of this course"):
            models.load(saved)


def test_other_peoples_safetensors_are_refused(saved: Path, tmp_path: Path) -> None:
    weights = load_file(saved)
    about = {
        "architecture": "narrow-resnet18",
        "classes": '["a", "b", "c"]',
        "width": "8",
        "input_size": "[48, 48]",
        "mean": "[0, 0, 0]",
        "std": "[1, 1, 1]",
    }
    foreign = [
        (weights, None),
        (weights, about | {"architecture": "vgg"}),
        (weights, about | {"width": "4"}),
        (weights, about | {"input_size": "48"}),
        (weights, about | {"classes": "a, b, c"}),
        (weights, about | {"classes": '"abc"'}),
        (weights, about | {"classes": "[1, 2, 3]"}),
        (weights, about | {"classes": '["a", "b"]'}),
        (weights, about | {"input_size": "[48]"}),
        (weights, about | {"input_size": '"big"'}),
        (weights, about | {"input_size": "[48, 0]"}),
        (weights, about | {"input_size": "[48, 1e9]"}),
        (weights, about | {"std": "[0, 1, 1]"}),
        (weights, about | {"std": "[1, 1, -1]"}),
        (weights, about | {"mean": "[0, 0]"}),
        (weights, about | {"mean": "[NaN, 0, 0]"}),
        (weights, about | {"width": "1000000"}),
        (weights, about | {"width": "-8"}),
        (weights, about | {"width": "8.0"}),
        (weights, about | {"depth": "18"}),
        (weights, about | {"architecture": "narrow-embedder"}),
        (weights, about | {"architecture": "hand-set-detector"}),
        (weights, about | {"width": "[" * 100_000}),
        ({"weight": torch.zeros(2)}, about),
    ]
    path = tmp_path / "foreign.safetensors"
    for tensors, description in foreign:
        save_file(tensors, path, description)
        with pytest.raises(InputError, match="does not hold a network of this course"):
            models.load(path)
    save_file(weights, path, about)
    assert models.load(path).classes == ("a", "b", "c")


def test_a_recogniser_is_saved_with_the_size_of_its_embeddings(tmp_path: Path) -> None:
    before = NarrowEmbedder(embedding_size=12, width=4, input_size=(48, 48)).eval()
    models.save(before, tmp_path / "recogniser.safetensors")
    after = models.load(tmp_path / "recogniser.safetensors")
    assert (after.embedding_size, after.classes, after.input_size) == (12, (), (48, 48))
    with torch.no_grad():
        torch.testing.assert_close(after(pictures()), before(pictures()), rtol=0.01, atol=0.01)


def test_a_hand_set_network_is_saved_with_what_was_written_down(tmp_path: Path) -> None:
    written = {"colour": (0.0, 1.0, 0.0), "threshold": 0.25, "window": (0.0, 0.0, 0.5, 1.0)}
    before = HandSetDetector("ab", **written, least=0.125, gain=2.0, input_size=(8, 8))
    models.save(before, tmp_path / "written.safetensors")
    after = models.load(tmp_path / "written.safetensors")
    green = torch.zeros(2, 3, 8, 8)
    green[0, 1, :4] = 0.75  # 0.5 over the threshold everywhere in the window
    green[1, 1, 4:] = 1.0  # below the window
    assert after(green).tolist() == [[0.0, 0.75], [0.0, -0.25]]
    assert after.options() == before.options()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (None, "the model is None: give the name"),
        (3, "the model is 3: give the name"),
        (b"x", "the model is b'x'"),
        (["gender-fairface"], "give the name of a file"),
        (small_network(), "is a network already"),
        ("", "cannot be the name"),
        ("a\0b.safetensors", "cannot be the name"),
        ("~nosuchuser/x.safetensors", "no user of that name"),
        ("x" * 5000 + ".safetensors", "file name too long"),
        ("timm", "no model 'timm': Known: gender-fairface"),
    ],
    ids=lambda each: each[:24] if isinstance(each, str) else type(each).__name__,
)
def test_whatever_is_no_name_of_a_model_is_refused(name: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        models.load(name)  # type: ignore[arg-type]


def test_folders_pipes_and_locked_files_are_no_weights(tmp_path: Path) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    os.mkfifo(tmp_path / "pipe.safetensors")
    with pytest.raises(DataNotFound, match="is a folder"):
        models.load(tmp_path / "folder.safetensors")
    with pytest.raises(DataNotFound, match="is a pipe"):
        models.load(tmp_path / "pipe.safetensors")


def test_the_ending_may_be_in_capitals(saved: Path) -> None:
    other = saved.rename(saved.with_name("OWN.SAFETENSORS"))
    assert models.load(other).classes == ("Male", "Female", "Unsure")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_of_nan_or_infinity_are_refused_and_named(saved: Path, value: float) -> None:
    from safetensors import safe_open

    with safe_open(saved, framework="pt") as file:
        about = file.metadata()
    weights = load_file(saved)
    weights["fc.bias"][1] = value
    save_file(weights, saved, about)
    with pytest.raises(InputError, match=r"NaN or infinite numbers \(fc\.bias\)"):
        models.load(saved)


# -- saving


def test_missing_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "own.safetensors"
    models.save(small_network(), path)
    assert models.load(path).width == 8


@pytest.mark.parametrize("name", ["own.pt", "own", "own.safetensors.bak"])
def test_a_name_that_load_would_refuse_is_refused_when_saving(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"must end in \.safetensors"):
        models.save(small_network(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_only_networks_of_the_course_are_saved(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"narrow-resnet18.*not a Linear.*state_dict"):
        models.save(torch.nn.Linear(2, 2), tmp_path / "own.safetensors")  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [float("nan"), 1e6])
def test_what_half_precision_cannot_hold_is_not_saved_and_the_old_file_stays(
    saved: Path, value: float
) -> None:
    before = saved.read_bytes()
    network = small_network(1)
    with torch.no_grad():
        network.fc.weight[0, 0] = value
    with pytest.raises(InputError, match=r"fc\.weight would hold NaN or infinity"):
        models.save(network, saved)
    assert saved.read_bytes() == before


def test_a_failed_save_leaves_the_old_file_whole(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full_disk(_weights: object, path: Path, _about: object) -> None:
        Path(path).write_bytes(b"half")
        raise SafetensorError("I/O error: No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full_disk)
    with pytest.raises(InputError, match="could not be written: .*No space left"):
        models.save(small_network(1), saved)
    assert saved.read_bytes() == before
    assert [each.name for each in saved.parent.iterdir()] == [saved.name]


def test_a_folder_or_a_pipe_is_nowhere_to_save(tmp_path: Path) -> None:
    (tmp_path / "folder.safetensors").mkdir()
    os.mkfifo(tmp_path / "pipe.safetensors")
    for name in ("folder", "pipe"):
        with pytest.raises(InputError, match=f"is a {name}"):
            models.save(small_network(), tmp_path / f"{name}.safetensors")


@pytest.mark.parametrize("name", ["gender-fairface", "synthetic-recogniser"])
def test_loading_a_network_draws_no_random_number(name: str) -> None:
    before = torch.random.get_rng_state()
    models.load(name)
    assert torch.equal(torch.random.get_rng_state(), before)
