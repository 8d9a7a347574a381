"""`rubricc lsp`, spoken with over standard input and output as an editor does."""

import json

import pytest

from ..lsp_client import Client, LspError, place_of, point, uri
from ..sample import CORE, SAMPLE

pytest.importorskip("pygls")

WIDE = "\U0001f9d1\u200d\u2695\ufe0f"
"""A sign of four characters, one of them beyond the first plane."""
OPTIONS = {"tabSize": 2, "insertSpaces": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rubrics")
    for name, text in (("core/basics", CORE), ("dermatology/sample", SAMPLE)):
        path = folder / f"{name}.rubric"
        path.parent.mkdir()
        path.write_text(text)
    return folder


@pytest.fixture(scope="module")
def client(folder):
    with Client(folder) as client:
        yield client
    assert client.code == 0
    assert "Traceback" not in "".join(client.log)


@pytest.fixture
def sample(client, folder):
    path = folder / "dermatology/sample.rubric"
    client.open(path, SAMPLE)
    assert client.findings(path) == []
    yield path
    client.close(path)


def written(text, edits):
    """The text after edits, in UTF-16."""
    lines = text.split("\n")

    def offset(place):
        before = "".join(line + "\n" for line in lines[: place["line"]])
        units = lines[place["line"]].encode("utf-16-le")[: 2 * place["character"]]
        return len(before) + len(units.decode("utf-16-le"))

    for edit in sorted(edits, key=lambda e: offset(e["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


def test_what_the_server_can_do(client):
    can = client.server["capabilities"]
    assert can["positionEncoding"] == "utf-16"
    assert can["textDocumentSync"]["change"] == 2
    assert can["textDocumentSync"]["openClose"] is True
    assert can["renameProvider"] == {"prepareProvider": True}
    assert can["executeCommandProvider"] == {"commands": ["rubricc.runTest"]}
    for name in ("hover", "definition", "references", "documentSymbol", "workspaceSymbol",
                 "completion", "documentFormatting", "documentRangeFormatting", "foldingRange",
                 "codeAction", "codeLens", "semanticTokens", "inlayHint",
                 "documentHighlight"):  # fmt: skip
        assert can[f"{name}Provider"], name
    assert client.server["serverInfo"]["name"] == "rubricc"


def test_findings_follow_the_keys(client, sample):
    line, character = place_of(SAMPLE, "veto home")
    client.change(sample, ("i", (line, character + 1), (line, character + 2)))
    (found,) = client.findings(sample)
    assert (found["code"], found["severity"], found["source"]) == ("R0107", 1, "rubricc")
    assert found["message"] == "`vito` is not understood here\nhelp: did you mean `veto`?"
    assert found["range"] == {
        "start": point((line, character)), "end": point((line, character + 4)),
    }  # fmt: skip
    assert found["codeDescription"]["href"].endswith("codes.md#r0107")
    client.change(sample, ("e", (line, character + 1), (line, character + 2)))
    assert client.findings(sample) == []


def test_several_changes_come_at_once(client, sample):
    client.change(
        sample,
        SAMPLE.replace('"0.1.0"', f'"{WIDE}"', 1),
        ("", (0, 0), (1, 0)),
        ("0.2.0", (0, 35), (0, 40)),
    )
    assert client.findings(sample) == []


def test_a_quick_fix_mends_the_finding(client, sample):
    text = SAMPLE.replace("cites ng12", "cites ng13")
    client.change(sample, text)
    (found,) = client.findings(sample)
    (action,) = client.about(
        "codeAction", sample, range=found["range"], context={"diagnostics": [found]}
    )
    assert (action["title"], action["kind"]) == ("write `ng12`", "quickfix")
    assert action["isPreferred"] is True
    assert action["diagnostics"][0]["code"] == "R0806"
    assert written(text, action["edit"]["changes"][uri(sample)]) == SAMPLE
    other = client.about(
        "codeAction", sample, range=found["range"],
        context={"diagnostics": [found], "only": ["refactor"]},
    )  # fmt: skip
    assert other == []


def test_hover_and_definition_across_files(client, sample, folder):
    place = place_of(SAMPLE, "harm called")
    found = client.at("hover", sample, place)
    assert "**forbids** Does harm." in found["contents"]["value"]
    assert found["contents"]["kind"] == "markdown"
    made = client.at("definition", sample, place)
    assert made["uri"] == uri(folder / "core/basics.rubric")
    assert made["range"]["start"] == point(place_of(CORE, "harm"))
    assert client.at("hover", sample, place_of(SAMPLE, "home.")) is None


def test_references_and_highlights(client, sample, folder):
    place = place_of(SAMPLE, "home_removal")
    found = client.at("references", sample, place, context={"includeDeclaration": True})
    assert len(found) == 4
    assert {entry["uri"] for entry in found} == {uri(sample)}
    marked = client.at("documentHighlight", sample, place)
    assert [mark["kind"] for mark in marked] == [3, 2, 2, 2]
    harm = client.at(
        "references", sample, place_of(SAMPLE, "harm called"), context={"includeDeclaration": False}
    )
    assert len(harm) == 1


def test_a_new_name_in_two_files(client, sample, folder):
    place = place_of(SAMPLE, "harm called")
    assert client.at("prepareRename", sample, place) == {
        "start": point(place), "end": point((place[0], place[1] + 4)),
    }  # fmt: skip
    edit = client.at("rename", sample, place, newName="damage")
    texts = {uri(sample): SAMPLE, uri(folder / "core/basics.rubric"): CORE}
    assert set(edit["changes"]) == set(texts)
    for name, edits in edit["changes"].items():
        assert "harm" not in written(texts[name], edits).replace("does_harm", "").replace(
            "Does harm", "")  # fmt: skip


def test_a_name_that_is_taken_is_refused_with_the_reason(client, sample):
    with pytest.raises(LspError, match="already the name") as refused:
        client.at("rename", sample, place_of(SAMPLE, "referral"), newName="signs")
    assert refused.value.code == -32803
    with pytest.raises(LspError, match="nothing here"):
        client.at("prepareRename", sample, place_of(SAMPLE, "forbids"))


def test_completion_replaces_the_word(client, sample):
    text = SAMPLE.replace("cites ng12", f'note "{WIDE}" cites n', 1)
    client.change(sample, text)
    client.findings(sample)
    line, character = place_of(text, "cites n")
    found = client.at("completion", sample, (line, character + 7))
    (item,) = [item for item in found["items"] if item["label"] == "ng12"]
    assert item["textEdit"]["range"]["start"] == point((line, character + 6))
    assert "ng12" in written(text, [item["textEdit"]])


def test_formatting_whole_and_in_part(client, sample, folder):
    edits = client.about("formatting", sample, options=OPTIONS)
    styled = written(SAMPLE, edits)
    assert styled != SAMPLE
    client.change(sample, styled)
    assert client.findings(sample) == []
    assert client.about("formatting", sample, options=OPTIONS) == []
    messy = styled.replace("  bonus worry", "        bonus worry")
    client.change(sample, messy)
    client.findings(sample)
    line, _ = place_of(messy, "bonus worry")
    part = {"start": point((line, 0)), "end": point((line, 5))}
    edits = client.about("rangeFormatting", sample, range=part, options=OPTIONS)
    assert written(messy, edits) == styled
    client.change(sample, messy.replace('"Next."', '"Next.'))
    assert client.findings(sample)
    assert client.about("formatting", sample, options=OPTIONS) == []


def test_outline_folding_and_search(client, sample):
    parts = client.about("documentSymbol", sample)
    assert [part["name"] for part in parts][:3] == ["dermatology.sample", "core", "ng12"]
    assert [part["name"] for part in parts[7]["children"]] == ["referral", "signs"]
    line, _ = place_of(SAMPLE, "safety {")
    folds = client.about("foldingRange", sample)
    assert {"startLine": line, "endLine": place_of(SAMPLE, "}\n\nproficiency")[0] - 1,
            "kind": "region"} in folds  # fmt: skip
    found = client.ask("workspace/symbol", {"query": "removal"})
    assert [entry["name"] for entry in found] == ["home_removal"]
    assert found[0]["containerName"] == "dermatology.sample"


def test_highlighting_is_in_code_units(client, sample):
    text = SAMPLE.replace("title ", f"# {WIDE}\ntitle ", 1).replace("cites ng12",
        f'tag "{WIDE}" cites ng12', 1)  # fmt: skip
    client.change(sample, text)
    client.findings(sample)
    data = client.about("semanticTokens/full", sample)["data"]
    legend = client.server["capabilities"]["semanticTokensProvider"]["legend"]["tokenTypes"]
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    line = character = 0
    words = []
    for at in range(0, len(data), 5):
        down, right, length, kind, _ = data[at : at + 5]
        line, character = line + down, right if down else character + right
        piece = lines[line][2 * character : 2 * (character + length)].decode("utf-16-le")
        words.append((piece, legend[kind]))
    assert (f"# {WIDE}", "comment") in words
    assert (f'"{WIDE}"', "string") in words
    assert words.count(("ng12", "variable")) == 2
    whole = {"start": point((0, 0)), "end": point((9999, 0))}
    assert client.about("semanticTokens/range", sample, range=whole)["data"] == data


def test_weights_show_their_share(client, sample):
    whole = {"start": point((0, 0)), "end": point((9999, 0))}
    found = client.about("inlayHint", sample, range=whole)
    assert [hint["label"] for hint in found] == ["94.3 %", "5.7 %", "96.4 %"]


def test_a_test_is_run_from_its_lens(client, sample):
    everything, one = client.about("codeLens", sample)
    assert (everything["command"]["title"], one["command"]["title"]) == (
        "run all tests", "run test",
    )  # fmt: skip
    ask = {key: one["command"][key] for key in ("command", "arguments")}
    result = client.ask("workspace/executeCommand", ask)
    assert result == {"ran": True, "passed": 2, "failed": []}
    assert client.findings(sample) == []
    assert client.about("codeLens", sample)[1]["command"]["title"] == "✓ 2 passed"
    text = SAMPLE.replace("expect plain has signs: 1", "expect plain has signs: 2")
    client.change(sample, text)
    assert client.findings(sample) == []
    assert client.about("codeLens", sample)[1]["command"]["title"] == "run test"
    result = client.ask("workspace/executeCommand", ask)
    assert result["failed"] == [{"test": "a plain answer wins", "found": "`plain` has signs: 1"}]
    (found,) = client.findings(sample)
    assert found["code"] == "R0705"
    assert client.about("codeLens", sample)[1]["command"]["title"].startswith("✗ 1 of 2 failed")
    assert any(message["method"] == "workspace/codeLens/refresh" for message in client.said)


def test_an_open_include_counts_before_the_disk(client, sample, folder):
    core = folder / "core/basics.rubric"
    client.open(core, CORE.replace("veto harm ", "veto hurt "))
    client.findings(core)
    (found,) = client.findings(sample)
    assert found["code"] == "R0305"
    client.close(core)
    assert client.findings(sample) == []


def test_a_file_that_changes_on_the_disk_is_seen(client, sample, folder):
    core = folder / "core/basics.rubric"
    core.write_text(CORE.replace("veto harm ", "veto hurts "))
    client.tell("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(core), "type": 2}]})
    assert [found["code"] for found in client.findings(sample)] == ["R0305"]
    core.write_text(CORE)
    client.tell("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri(core), "type": 2}]})
    assert client.findings(sample) == []
    (watch,) = [m for m in client.said if m["method"] == "client/registerCapability"]
    assert "**/*.rubric" in json.dumps(watch)


def test_places_elsewhere_point_into_their_file(client, sample, folder):
    bad = folder / "bad.rubric"
    bad.write_text(CORE.replace("core.basics", "bad").replace('"Does harm."', '"  "'))
    client.change(sample, SAMPLE.replace("include core.basics", "include bad"))
    found = next(d for d in client.findings(sample) if d["code"] == "R0307")
    (related,) = found["relatedInformation"]
    assert related["location"]["uri"] == uri(bad)
    assert related["location"]["range"]["start"] == point(place_of(bad.read_text(), '"  "'))
    bad.unlink()


def test_a_document_that_is_no_file(client):
    client.open("untitled:Untitled-1", SAMPLE.replace("core.basics", "nowhere", 1))
    codes = [found["code"] for found in client.findings("untitled:Untitled-1")]
    assert codes[0] == "R0301"
    assert client.about("documentSymbol", "untitled:Untitled-1")
    client.close("untitled:Untitled-1")


def test_crlf_and_other_line_ends(client, sample):
    text = SAMPLE.replace("\n", "\r\n").replace("Next.", "Next.\u2028 One.")
    line, character = place_of(text, "reward promedical")
    client.change(sample, text)
    client.findings(sample)
    client.change(sample, ("promedicel", (line, character + 7), (line, character + 17)))
    found = [d for d in client.findings(sample) if d["code"] == "R0604"]
    assert found[0]["range"]["start"] == point((line, character + 7))
    symbols = client.about("documentSymbol", sample)
    assert symbols[-1]["range"]["start"] == point(place_of(text, 'test "a plain'))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_are_counted_as_agreed(folder, encoding):
    path = folder / "wide.rubric"
    text = SAMPLE.replace("forbids ", f'note "{WIDE}" forbids ', 1).replace("Next.", WIDE)
    text = text.replace("cites ng12", f'tag "é€{WIDE}" cites ng13', 1)
    with Client(folder, encodings=[encoding]) as client:
        assert client.server["capabilities"]["positionEncoding"] == encoding
        client.open(path, text)
        found = next(d for d in client.findings(path) if d["code"] == "R0806")
        line, character = place_of(text, "ng13", encoding)
        assert found["range"] == {
            "start": point((line, character)), "end": point((line, character + 4)),
        }  # fmt: skip
        client.change(path, ("12", (line, character + 2), (line, character + 4)))
        assert client.findings(path) == []
        hover = client.at("hover", path, (line, character))
        assert "Suspected cancer" in hover["contents"]["value"]
        assert client.about("formatting", path, options=OPTIONS)
    assert client.code == 0


def test_a_client_that_asks_for_nothing_gets_utf_16(folder):
    with Client(folder, encodings=["ucs-2"]) as client:
        assert client.server["capabilities"]["positionEncoding"] == "utf-16"


FAILING = """
import rubricdsl.editor.hover as module
def broken(*_):
    raise ZeroDivisionError("broken on purpose")
module.hover = broken
import rubricdsl.passes.check as check
real = check.tests
check.tests = lambda scope: broken() if "break here" in scope.source.text else real(scope)
"""


def test_a_fault_of_ours_is_told_and_the_server_lives_on(folder):
    path = folder / "dermatology/sample.rubric"
    with Client(folder, before=FAILING) as client:
        client.open(path, SAMPLE)
        assert client.findings(path) == []
        with pytest.raises(LspError, match="broken on purpose"):
            client.at("hover", path, (3, 3))
        client.change(path, SAMPLE + "# break here\n")
        with pytest.raises(LspError, match="broken on purpose"):
            client.about("documentSymbol", path)
        client.hears("window/showMessage", "broken on purpose")
        client.change(path, SAMPLE)
        assert client.findings(path) == []
        assert client.about("documentSymbol", path)
    assert client.code == 0
    assert "ZeroDivisionError" in "".join(client.log)


def test_requests_about_what_is_not_open_are_answered(client, folder):
    missing = folder / "missing.rubric"
    assert client.about("documentSymbol", missing) == []
    assert client.at("completion", missing, (3, 3))["items"] == []
    with pytest.raises(LspError):
        client.ask("workspace/executeCommand", {"command": "rubricc.runTest", "arguments": []})
    with pytest.raises(LspError):
        client.ask("no/such/method", {})
    client.tell(
        "textDocument/didChange",
        {"textDocument": {"uri": uri(missing), "version": 2}, "contentChanges": [{"text": "x"}]},
    )
    assert client.about("documentSymbol", missing) == []


def test_without_the_extra_the_command_says_what_to_install(monkeypatch, capsys):
    from rubricdsl.compiler.cli import main

    monkeypatch.setattr("rubricdsl.compiler.commands.lsp.find_spec", lambda _: None)
    assert main(["lsp"]) == 2
    assert "pip install 'rubricdsl[lsp]'" in capsys.readouterr().err
