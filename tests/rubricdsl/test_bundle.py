"""Reading a bundle: nothing in it is trusted."""

import hashlib
import json

import pytest

from rubricdsl import ir_json
from rubricdsl.bundle import BundleError, open_bundle


@pytest.fixture
def make(mole, tmp_path):
    """A small bundle; `change` may spoil its manifest."""

    def run(change=lambda manifest: None, files=None):
        files = {
            "ir/mole.json": ir_json.dump(mole),
            "rows.jsonl": b'{"a": 1}\n{"a": 2}\n',
            **(files or {}),
        }
        for name, data in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(data)
        manifest = {
            "format": 1,
            "rubrics": [
                {
                    "name": mole.name,
                    "version": mole.version,
                    "status": mole.status,
                    "purpose": mole.purpose,
                    "hash": ir_json.semantic_hash(mole),
                    "path": "ir/mole.json",
                }
            ],
            "files": {
                name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                for name, data in files.items()
            },
        }
        change(manifest)
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        return tmp_path

    return run


def test_a_good_bundle(make, mole):
    bundle = open_bundle(make())
    assert bundle.rubrics() == (mole,)
    assert list(bundle.rows("rows.jsonl")) == [{"a": 1}, {"a": 2}]
    assert bundle.text("rows.jsonl").startswith('{"a"')
    assert bundle.path("rows.jsonl").is_file()
    assert "rows.jsonl" in bundle
    assert "other" not in bundle


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda m: m.update(format=2), "has format 2"),
        (lambda m: m.update(format=True), "not the manifest"),
        (lambda m: m.pop("files"), "lacks fields"),
        (lambda m: m.update(files=[]), "lacks fields"),
        (lambda m: m["rubrics"][0].pop("hash"), "lacks fields"),
        (lambda m: m["rubrics"][0].update(name=3), "not texts"),
        (lambda m: m["rubrics"][0].update(path="ir/other.json"), "not among its files"),
        (lambda m: m["files"].update({"../x": m["files"]["rows.jsonl"]}), "inside the folder"),
        (lambda m: m["files"].update({"/etc/x": m["files"]["rows.jsonl"]}), "inside the folder"),
        (lambda m: m["files"]["rows.jsonl"].update(bytes=-1), "not sizes"),
        (lambda m: m["files"]["rows.jsonl"].update(bytes="9"), "not sizes"),
    ],
)
def test_a_bad_manifest(make, change, reason):
    with pytest.raises(BundleError, match=reason) as caught:
        open_bundle(make(change))
    assert caught.value.file.name == "manifest.json"


def test_no_bundle_at_all(tmp_path):
    with pytest.raises(BundleError, match="no such folder"):
        open_bundle(tmp_path / "none")
    with pytest.raises(BundleError, match=r"no manifest\.json"):
        open_bundle(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(BundleError, match="not JSON"):
        open_bundle(tmp_path)


def test_a_file_that_is_not_the_one_described(make):
    root = make()
    (root / "rows.jsonl").write_bytes(b'{"a": 1}\n{"a": 3}\n')
    with pytest.raises(BundleError, match="not the file that the manifest describes"):
        list(open_bundle(root).rows("rows.jsonl"))
    (root / "rows.jsonl").write_bytes(b"x" * 1000)
    with pytest.raises(BundleError, match="not the file that the manifest describes"):
        open_bundle(root).path("rows.jsonl")
    (root / "rows.jsonl").unlink()
    with pytest.raises(BundleError, match="No such file"):
        open_bundle(root).text("rows.jsonl")


def test_a_link_out_of_the_bundle(make, tmp_path_factory):
    root = make()
    outside = tmp_path_factory.mktemp("outside") / "rows.jsonl"
    outside.write_bytes((root / "rows.jsonl").read_bytes())
    (root / "rows.jsonl").unlink()
    (root / "rows.jsonl").symlink_to(outside)
    with pytest.raises(BundleError, match="leads out"):
        open_bundle(root).text("rows.jsonl")


def test_a_file_that_is_not_listed(make):
    bundle = open_bundle(make())
    for path in ("manifest.json", "../secret", "nothing.txt"):
        with pytest.raises(BundleError, match="not part of the bundle"):
            bundle.text(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b'{"a": 1}\n{"a"', "line 2 is not JSON"), (b"[1]\n", "line 1 is not an object")],
)
def test_rows_that_are_none(make, data, reason):
    bundle = open_bundle(make(files={"rows.jsonl": data}))
    with pytest.raises(BundleError, match=reason):
        list(bundle.rows("rows.jsonl"))


def test_a_rubric_that_is_not_the_one_named(make, mole):
    bundle = open_bundle(make(lambda m: m["rubrics"][0].update(name="other")))
    with pytest.raises(BundleError, match="is not other as the manifest knows it"):
        bundle.rubrics()
    bundle = open_bundle(make(files={"ir/mole.json": b"{}"}))
    with pytest.raises(BundleError, match="ir_version"):
        bundle.rubrics()
    bundle = open_bundle(make(lambda m: m["rubrics"][0].update(path=None)))
    with pytest.raises(BundleError, match="--target ir"):
        bundle.rubrics()
