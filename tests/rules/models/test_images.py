"""Pictures of any depth, size and soundness become features."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fairhand.compute.assistants.contract import AssistantError
from fairhand.compute.models import efficientnet
from fairhand.compute.models.images import GridEmbedder, NetworkEmbedder, read_picture, to_rgb
from fairhand.compute.models.torch_file import read_torch_file
from tests.rules.models.things import photo, picture, raw_picture


def test_the_network_knows_a_cat_and_a_cup_of_espresso() -> None:
    import onnxruntime

    weights = read_torch_file(efficientnet.weights_path())
    content = efficientnet.write_network(weights, classify=True)
    network = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = []
    for name in ("chelsea", "coffee"):
        small = np.asarray(photo(name).resize((224, 224)), dtype=np.float32)
        given = ((small - 127) / 128).transpose(2, 0, 1)[None]
        found.append(int(network.run(None, {"pictures": given})[0].argmax()))
    assert found == [285, 967]  # Egyptian cat, espresso


def test_the_network_written_is_one_that_the_standard_accepts() -> None:
    import onnx

    model = onnx.load_from_string(
        efficientnet.write_network(read_torch_file(efficientnet.weights_path()))
    )
    onnx.checker.check_model(model, full_check=True)


def test_two_views_of_a_thing_lie_nearer_than_two_things() -> None:
    cat, cup = photo("chelsea"), photo("coffee")
    items = [picture(1, cat), picture(2, cat.crop((60, 20, 440, 290)), "JPEG"), picture(3, cup)]
    rows = NetworkEmbedder().embed(items)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.15


def test_deep_greys_are_stretched_and_not_cut_off() -> None:
    ramp = np.linspace(1_000, 9_000, 64 * 64).reshape(64, 64).astype(np.uint16)
    for deep in (Image.fromarray(ramp), Image.fromarray(ramp.astype(np.float32))):
        shown = np.asarray(to_rgb(deep))
        assert shown.min() == 0
        assert shown.max() == 255
        assert len(np.unique(shown)) > 200
    flat = np.asarray(to_rgb(Image.fromarray(np.full((8, 8), 700, dtype=np.uint16))))
    assert (flat == 128).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_three_channels(mode: str) -> None:
    made = Image.new("I;16", (20, 10), 900) if mode == "I;16" else Image.new("RGB", (20, 10), "red")
    made = made if mode == "I;16" else made.convert(mode)
    item = picture(1, made, "TIFF" if mode == "CMYK" else "PNG")
    assert read_picture(item, 64).mode == "RGB"
    assert GridEmbedder().embed([item]).any()


def test_what_is_clear_becomes_white() -> None:
    clear = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    assert np.asarray(to_rgb(clear)).min() == 255


def test_a_large_picture_is_read_no_finer_than_is_needed() -> None:
    large = Image.fromarray(np.random.default_rng(0).integers(0, 255, (1500, 3000, 3), np.uint8))
    assert max(read_picture(picture(1, large), 192).size) <= 1_000
    assert max(read_picture(picture(1, large, "JPEG"), 192).size) < 1_600


def test_a_picture_that_unfolds_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairhand.compute.models.images.MOST_PIXELS", 100)
    with pytest.raises(AssistantError, match="20 x 20 pixels are too many"):
        read_picture(picture(1, Image.new("L", (20, 20))), 64)


def test_a_broken_picture_has_no_features_and_the_others_keep_theirs() -> None:
    sound = picture(1, Image.new("RGB", (50, 50), "orange"))
    assert sound.media is not None
    cut = raw_picture(2, sound.media()[:60])
    for embedder in (NetworkEmbedder(), GridEmbedder()):
        rows, problems = embedder.embed_readable([sound, cut, sound, raw_picture(3, b"")])
        assert sorted(problems) == [1, 3]
        assert rows.any(axis=1).tolist() == [True, False, True, False]
        np.testing.assert_allclose(rows[0], rows[2], rtol=1e-4, atol=1e-5)


class Evil:
    """Something that runs when it is unpickled."""

    def __reduce__(self) -> tuple[type[SystemExit], tuple[()]]:
        return SystemExit, ()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04zip", pickle.dumps(Evil()), b"\x80\x02."])
def test_a_file_of_anything_but_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(AssistantError, match="not a file of weights"):
        read_torch_file(path)


def test_code_among_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
    rest = [pickle.dumps(1001, protocol=2), pickle.dumps({}, protocol=2)]
    path.write_bytes(b"".join([magic, *rest, pickle.dumps({"w": Evil()}, protocol=2)]))
    with pytest.raises(AssistantError, match="not a file of weights"):
        read_torch_file(path)


def test_weights_that_lack_a_layer_are_refused() -> None:
    with pytest.raises(AssistantError, match="weights lack"):
        efficientnet.write_network({})
