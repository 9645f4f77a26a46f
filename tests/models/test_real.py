"""Networks that others trained: found, fetched when asked, never opened blindly, and equal."""

import hashlib
import io
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import nn

from helpers import explain, models
from helpers.datasets.places import VARIABLE
from helpers.errors import DataNotFound, DownloadFailed, InputError, UnknownName
from helpers.models import releases, resnet, tracing
from tests.loopback import Page, Server
from tests.networks import awaken, pictures

IMAGES = pictures(2, side=64)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is found on this machine, and nothing is left on it."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    return tmp_path / "data" / "models"


def saved(network: nn.Module) -> bytes:
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    return file.getvalue()


def theirs(name: str, outputs: int) -> Any:
    """torchvision's own network with random weights and statistics."""
    torch.manual_seed(0)
    network = getattr(torchvision.models, name)(num_classes=outputs)
    awaken(network)
    return network.eval()


def answers(network: nn.Module) -> torch.Tensor:
    """What a network of torchvision's answers to images that are normalised as it needs them."""
    normalise = models.load("resnet18", weights="random", classes=("a",)).normalise
    with torch.no_grad():
        return network(normalise(IMAGES))


def serve(
    monkeypatch: pytest.MonkeyPatch, server: Server, name: str, file: str, data: bytes
) -> None:
    """Let a model's release lie on the server of this machine."""
    server.pages[f"/{file}"] = Page(data)
    known = releases.MODELS[name]
    release = replace(known.release, file=file, url=f"{server.url}/{file}")
    monkeypatch.setitem(releases.MODELS, name, replace(known, release=release))


# -- the table


def test_the_table_says_what_each_model_is_and_where_it_comes_from() -> None:
    assert list(models.REAL.columns) == ["what", "licence", "megabytes", "source"]
    assert {"mobilefacenet", "fairface-resnet34", "vgg-face", "resnet18"} <= set(models.REAL.index)
    assert (models.REAL[["what", "licence", "source"]] != "").all().all()
    assert not set(models.REAL.index) & set(models.available()), "those come with the package"


def test_an_unknown_name_lists_the_shipped_and_the_real_ones() -> None:
    with pytest.raises(
        UnknownName, match=r"did you mean 'mobilefacenet'.*gender-fairface.*resnet50"
    ):
        models.load("mobilfacenet")


def test_options_belong_to_the_models_of_others() -> None:
    with pytest.raises(InputError, match="weights: options are for the models of others"):
        models.load("gender-fairface", weights="random")
    with pytest.raises(UnknownName, match="no option of mobilefacenet 'head'"):
        models.load("mobilefacenet", head="gender")


# -- the same network as the one the weights were made for


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_our_resnets_compute_exactly_what_torchvisions_do(name: str) -> None:
    original = theirs(name, 5)
    ours = getattr(resnet, name)("abcde").eval()
    ours.load_state_dict(original.state_dict())
    with torch.no_grad():
        assert torch.equal(ours(IMAGES), original(ours.normalise(IMAGES)))


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "fairface-resnet34", "mobilefacenet"])
def test_every_activation_is_a_module_of_its_own_and_nothing_works_in_place(name: str) -> None:
    network = models.load(name, weights="random")
    seen = tracing.trace(network, network, torch.rand(2, 3, *network.input_size))
    assert (seen.reused, seen.functional) == ((), ())
    assert tracing.in_place_modules(network) == []
    assert network.layer in dict(network.named_modules())


def test_an_untrained_network_is_always_the_same_and_says_so() -> None:
    state = torch.get_rng_state()
    first, second = (models.load("resnet18", weights="random") for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first.fc.weight, second.fc.weight)
    assert "untrained" in first.card["weights"]
    assert "sha256" not in first.card
    assert first.classes[0] == "tench"
    assert len(first.classes) == 1000
    assert not first.training


# -- FairFace's heads


@pytest.fixture(scope="module")
def fairface(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.Tensor]:
    """Weights in the release's layout, and their 18 answers."""
    network = theirs("resnet34", 18)
    path = tmp_path_factory.mktemp("fairface") / "res34_fair_align_multi_7_20190809.pt"
    path.write_bytes(saved(network))
    return path, answers(network)


@pytest.mark.parametrize(
    ("head", "outputs", "classes"),
    [
        ("race", slice(0, 7), ("White", "Middle Eastern")),
        ("race4", slice(0, 4), ("White", "Indian")),
        ("gender", slice(7, 9), ("Male", "Female")),
        ("age", slice(9, 18), ("0-2", "more than 70")),
    ],
)
def test_a_head_of_fairface_answers_with_its_own_outputs(
    fairface: tuple[Path, torch.Tensor], head: str, outputs: slice, classes: tuple[str, str]
) -> None:
    path, whole = fairface
    network = models.load("fairface-resnet34", weights=path, head=head)
    with torch.no_grad():
        torch.testing.assert_close(network(IMAGES), whole[:, outputs])
    assert (network.classes[0], network.classes[-1]) == classes
    assert len(network.classes) == network.fc.out_features == whole[:, outputs].shape[1]
    assert network.input_size == (224, 224)


def test_fairfaces_default_head_is_gender_and_it_can_be_explained(
    fairface: tuple[Path, torch.Tensor],
) -> None:
    network = models.load("fairface-resnet34", weights=str(fairface[0]))
    assert network.classes == ("Male", "Female")
    assert explain.explain(network, IMAGES, "Female", "hirescam").shape == (2, 64, 64)
    with pytest.raises(UnknownName, match="no head 'rase': did you mean 'race'"):
        models.load("fairface-resnet34", weights=fairface[0], head="rase")


def test_fairfaces_weights_have_no_address_and_the_message_says_how_to_get_them() -> None:
    for download in (False, True):
        with pytest.raises(
            DataNotFound, match=r"Google Drive.*dchen236/FairFace.*weights=\"\.\.\."
        ) as told:
            models.load("fairface-resnet34", download=download)
        assert "res34_fair_align_multi_7_20190809.pt" in str(told.value)
    with pytest.raises(DataNotFound, match=r"fairface_alldata_4race_20191111\.pt was looked for"):
        models.load("fairface-resnet34", head="race4")


# -- downloads


def test_nothing_is_fetched_unless_it_is_asked_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, server, "resnet18", "resnet18.pth", b"")
    with pytest.raises(DataNotFound, match=r"not on this machine.*download=True\) fetches 47 MB"):
        models.load("resnet18")
    assert server.requests == []


def test_a_released_file_is_fetched_once_and_computes_what_it_did(
    server: Server, monkeypatch: pytest.MonkeyPatch, own_folder: Path
) -> None:
    original = theirs("resnet18", 1000)
    data = saved(original)
    digits = hashlib.sha256(data).hexdigest()
    file = f"resnet18-{digits[:8]}.pth"
    serve(monkeypatch, server, "resnet18", file, data)
    server.pages[f"/{file}"].break_after = [len(data) // 2]
    network = models.load("resnet18", download=True)
    with torch.no_grad():
        torch.testing.assert_close(network(IMAGES), answers(original))
    assert network.card["sha256"] == digits
    assert f"begins with {digits[:8]}" in network.card["sha256_note"]
    assert (own_folder / "torchvision" / file).is_file()
    requests = len(server.requests)
    assert requests >= 2, "the line broke half way"
    models.load("resnet18")
    assert len(server.requests) == requests


def test_a_file_that_does_not_hash_to_its_name_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch, own_folder: Path
) -> None:
    serve(monkeypatch, server, "resnet18", "resnet18-f37072fd.pth", b"not what was promised")
    with pytest.raises(DownloadFailed, match="does not begin with f37072fd"):
        models.load("resnet18", download=True)
    assert list(own_folder.rglob("*.pth*")) == []


def test_a_file_with_another_hash_than_the_known_one_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch, own_folder: Path
) -> None:
    other = saved(models.load("mobilefacenet", weights="random"))
    serve(monkeypatch, server, "mobilefacenet", "mobilefacenet.pt", other)
    with pytest.raises(DownloadFailed, match="instead of 90a00ba1"):
        models.load("mobilefacenet", download=True)
    (own_folder / "mobilefacenet").mkdir(parents=True, exist_ok=True)
    (own_folder / "mobilefacenet" / "mobilefacenet.pt").write_bytes(other)
    with pytest.raises(InputError, match="is not the file that this course was made with"):
        models.load("mobilefacenet")


def test_an_address_is_an_order_to_fetch(server: Server, own_folder: Path) -> None:
    original = theirs("resnet18", 2)
    server.pages["/mine.pth"] = Page(saved(original))
    network = models.load("resnet18", weights=f"{server.url}/mine.pth", classes=("yes", "no"))
    with torch.no_grad():
        torch.testing.assert_close(network(IMAGES), answers(original))
    assert network.classes == ("yes", "no")
    assert (own_folder / "torchvision" / "mine.pth").is_file()
    assert "publish none" in network.card["sha256_note"]


def test_without_a_network_a_sentence_says_so(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, server, "resnet50", "resnet50.pth", b"")
    server.stop()
    with pytest.raises(DownloadFailed, match="cannot be reached: is this machine connected"):
        models.load("resnet50", download=True)


# -- files that are not what they should be


def spoilt(name: str) -> bytes:
    class Bomb:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
            return exec, ("raise SystemExit('a stranger ran code')",)

    whole = saved(nn.Linear(2, 2))
    return {
        "bomb": pickle.dumps(Bomb()),
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "page": b"<html>log in first</html>",
    }[name]


@pytest.mark.parametrize("name", ["bomb", "cut", "empty", "page"])
def test_what_is_no_plain_file_of_weights_is_never_opened(tmp_path: Path, name: str) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(spoilt(name))
    with pytest.raises(InputError, match="not a plain file of weights"):
        models.load("mobilefacenet", weights=path)


@pytest.mark.parametrize("content", [{}, [torch.zeros(2)], {"epoch": 3}, torch.zeros(2)])
def test_what_holds_no_weights_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "weights.pt"
    torch.save(content, path)
    with pytest.raises(InputError, match="is no state_dict"):
        models.load("mobilefacenet", weights=path)


def test_weights_of_another_network_are_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(saved(theirs("resnet18", 18)))
    with pytest.raises(InputError, match=r"another network: missing: layer1\.2\.conv1\.weight"):
        models.load("fairface-resnet34", weights=path)
    path.write_bytes(saved(theirs("resnet34", 9)))
    with pytest.raises(InputError, match=r"of another shape: fc\.weight is \(9, 512\) instead"):
        models.load("fairface-resnet34", weights=path)


def test_a_head_of_another_size_needs_names(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(saved(theirs("resnet18", 2)))
    with pytest.raises(InputError, match="has 2 outputs, but 1000 classes are named"):
        models.load("resnet18", weights=path)


def test_checkpoints_of_training_scripts_are_unwrapped(tmp_path: Path) -> None:
    weights = theirs("resnet18", 2).state_dict()
    path = tmp_path / "checkpoint.pth"
    spread = {f"module.{name}": each for name, each in weights.items()}
    torch.save({"epoch": 7, "state_dict": spread}, path)
    network = models.load("resnet18", weights=path, classes=("a", "b"))
    assert torch.equal(network.fc.weight, weights["fc.weight"])


def test_safetensors_are_read_too(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    weights = theirs("resnet18", 2).state_dict()
    save_file(weights, tmp_path / "mine.safetensors")
    network = models.load("resnet18", weights=tmp_path / "mine.safetensors", classes=("a", "b"))
    assert torch.equal(network.fc.weight, weights["fc.weight"])
    (tmp_path / "mine.safetensors").write_bytes(b"short")
    with pytest.raises(InputError, match=r"no whole \.safetensors file"):
        models.load("resnet18", weights=tmp_path / "mine.safetensors", classes=("a", "b"))


def test_a_path_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataNotFound, match=r"absent\.pt does not exist"):
        models.load("mobilefacenet", weights=tmp_path / "absent.pt")


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (3, "the path is 3"),
        ("~nosuchuser/x.pt", "no user of that name"),
        ("x" * 5000, "file name too long"),
        ("/", "is a folder"),
        ("/dev/zero", "is a pipe or a device"),
        (["a"], "give the name of a file"),
    ],
    ids=lambda each: str(each)[:16],
)
def test_whatever_is_no_file_of_weights_is_refused(weights: object, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        models.load("mobilefacenet", weights=weights)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("timm/resnet18", {"foo": 1}, r"no option of timm/resnet18 'foo': Known: weights"),
        ("hf-hub:a/b", {"head": "race"}, "no option of hf-hub:a/b 'head'"),
        ("timm/resnet18", {"classes": "ab"}, "classes is 'ab': give a list of names"),
        ("resnet18", {"classes": "ab"}, "classes is 'ab': give a list of names"),
        ("resnet18", {"classes": ()}, "give a list of names"),
        ("resnet18", {"classes": [1, 2]}, "give a list of names"),
        ("resnet18", {"classes": 3}, "classes is 3"),
        ("fairface-resnet34", {"head": ["race"]}, "no head"),
        ("fairface-resnet34", {"head": None}, "no head 'None'"),
        ("vgg-face", {"names": "/"}, "is a folder"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    name: str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        models.load(name, weights="random", **options)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_of_nan_or_infinity_are_refused(tmp_path: Path, value: float) -> None:
    network = theirs("resnet18", 2)
    with torch.no_grad():
        network.fc.weight[1, 2] = value
    path = tmp_path / "weights.pt"
    path.write_bytes(saved(network))
    with pytest.raises(InputError, match=r"damaged.*NaN or infinite.*\(fc\.weight\)"):
        models.load("resnet18", weights=path, classes=("a", "b"))


# -- timm and the hub


def hub(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", server.url)


def as_safetensors(network: nn.Module) -> bytes:
    from safetensors.torch import save

    return save(network.state_dict())


def test_without_timm_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(
        InputError, match="timm, which is not installed here: run `pip install timm`"
    ):
        models.load("timm/resnet18.a1_in1k")


def test_a_network_of_timms_is_fetched_and_computes_what_it_did(
    server: Server, monkeypatch: pytest.MonkeyPatch, own_folder: Path
) -> None:
    timm = pytest.importorskip("timm")
    hub(server, monkeypatch)
    original = timm.create_model("test_resnet.r160_in1k", pretrained=False).eval()
    address = "/timm/test_resnet.r160_in1k/resolve/main/model.safetensors"
    server.pages[address] = Page(as_safetensors(original))
    with pytest.raises(DataNotFound, match="download=True"):
        models.load("timm/test_resnet.r160_in1k")
    network = models.load("timm/test_resnet.r160_in1k", download=True)
    about = original.pretrained_cfg
    assert network.input_size == tuple(about["input_size"][1:])
    mean, std = (torch.tensor(about[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    images = pictures(2, side=network.input_size[0])
    with torch.no_grad():
        torch.testing.assert_close(network(images), original((images - mean) / std))
    assert explain.explain(network, images).shape == images[:, 0].shape
    assert network.card["sha256"]
    assert [method for method, path, _ in server.requests if path == address] == ["HEAD", "GET"]


def test_a_recogniser_of_the_hub_is_fetched_with_its_description(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    timm = pytest.importorskip("timm")
    hub(server, monkeypatch)
    original = timm.create_model("test_resnet", num_classes=0).eval()
    config = {
        "architecture": "test_resnet",
        "num_classes": 0,
        "pretrained_cfg": {"input_size": [3, 64, 64], "mean": [0.5] * 3, "std": [0.5] * 3},
    }
    where = "/someone/faces/resolve/v2"
    server.pages[f"{where}/config.json"] = Page(json.dumps(config).encode())
    server.pages[f"{where}/model.safetensors"] = Page(as_safetensors(original))
    network = models.load("hf-hub:someone/faces@v2", download=True)
    with torch.no_grad():
        expected = original(2 * IMAGES - 1)
        torch.testing.assert_close(network(IMAGES), expected)
    assert (network.classes, network.input_size) == ((), (64, 64))
    assert network.embedding_size == expected.shape[1]
    assert models.similarity(network, IMAGES, IMAGES).tolist() == pytest.approx([1, 1])
    again = models.load("hf-hub:someone/faces@v2")
    assert again.card == network.card


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"model_type": "bert"}, "names no architecture"),
        ({"architecture": "test_resnt"}, "no timm model 'test_resnt': did you mean 'test_resnet'"),
        (
            {"architecture": "test_resnet", "model_args": {"checkpoint_path": "/etc/passwd"}},
            "asks for checkpoint_path",
        ),
        ({"architecture": "test_resnet", "model_args": {"depth": "x"}}, "timm cannot build"),
    ],
)
def test_a_description_that_cannot_be_trusted_is_refused(
    server: Server, monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], sentence: str
) -> None:
    pytest.importorskip("timm")
    hub(server, monkeypatch)
    server.pages["/a/b/resolve/main/config.json"] = Page(json.dumps(config).encode())
    with pytest.raises(InputError, match=sentence):
        models.load("hf-hub:a/b", download=True)


def test_names_that_are_no_timm_or_hub_names_are_refused() -> None:
    pytest.importorskip("timm")
    with pytest.raises(UnknownName, match="no timm model 'resnet18.a9_in1k'|no timm model 'resnt'"):
        models.load("timm/resnt")
    with pytest.raises(InputError, match="write hf-hub:owner/name"):
        models.load("hf-hub:nobody")
