"""A client of the Language Server Protocol: it starts `rubricc lsp` and speaks JSON-RPC with it
over standard input and output."""

import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

# -P: where this runs from a checkout, the folder `rubricdsl` in it is not the installed package.
MAIN = "from rubricdsl.compiler.cli import main; raise SystemExit(main())"
SERVER = [sys.executable, "-P", "-c", MAIN, "lsp"]
PATIENCE = 60


class LspError(Exception):
    """The server answered a request with an error."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code = error["code"]


class Client:
    """A session. Use as a context: it is initialized at the beginning and shut down at the end."""

    def __init__(self, folder=None, encodings=None, arguments=(), before=""):
        command = [*SERVER[:3], before + MAIN, "lsp", *arguments]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.folder, self.encodings = folder, encodings
        self.number, self.versions = 0, {}
        self.answers, self.notices, self.said = {}, queue.Queue(), []
        self.log = []
        self._arrived = threading.Condition()
        self.threads = [threading.Thread(target=self._listen), threading.Thread(target=self._note)]
        for thread in self.threads:
            thread.start()

    def __enter__(self):
        capabilities = {
            "textDocument": {"rename": {"prepareSupport": True}},
            "workspace": {
                "codeLens": {"refreshSupport": True},
                "didChangeWatchedFiles": {"dynamicRegistration": True},
            },
        }
        if self.encodings is not None:
            capabilities["general"] = {"positionEncodings": self.encodings}
        folders = [{"uri": uri(self.folder), "name": "rubrics"}] if self.folder else None
        self.server = self.ask(
            "initialize",
            {"processId": None, "rootUri": None, "capabilities": capabilities,
             "workspaceFolders": folders},
        )  # fmt: skip
        self.tell("initialized", {})
        return self

    def __exit__(self, *_):
        try:
            if self.process.poll() is None:
                self.ask("shutdown", None)
                self.tell("exit", None)
            self.code = self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            for thread in self.threads:
                thread.join(PATIENCE)
            for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
                pipe.close()

    # Messages

    def send(self, message):
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def tell(self, method, params):
        self.send({"method": method, **({} if params is None else {"params": params})})

    def ask(self, method, params):
        """The result of a request. Raises `LspError`."""
        self.number += 1
        number = self.number
        rest = {} if params is None else {"params": params}
        self.send({"id": number, "method": method, **rest})
        with self._arrived:
            if not self._arrived.wait_for(lambda: number in self.answers, PATIENCE):
                raise TimeoutError(f"no answer to {method}: {''.join(self.log)}")
            answer = self.answers.pop(number)
        if "error" in answer:
            raise LspError(answer["error"])
        return answer["result"]

    def _listen(self):
        while True:
            length = 0
            while (line := self.process.stdout.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not line:
                return
            message = json.loads(self.process.stdout.read(length))
            if "method" in message:
                if "id" in message:
                    self.send({"id": message["id"], "result": None})
                self.said.append(message)
                if message["method"] == "textDocument/publishDiagnostics":
                    self.notices.put(message["params"])
            else:
                with self._arrived:
                    self.answers[message["id"]] = message
                    self._arrived.notify_all()

    def _note(self):
        for line in self.process.stderr:
            self.log.append(line.decode("utf-8", "replace"))

    # Documents

    def open(self, path, text=None):
        text = Path(path).read_bytes().decode() if text is None else text
        self.versions[uri(path)] = 1
        item = {"uri": uri(path), "languageId": "rubric", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})

    def change(self, path, *changes):
        """Each change is a text, or a text with the range that it replaces."""
        self.versions[uri(path)] += 1
        content = [
            {"text": change}
            if isinstance(change, str)
            else {"text": change[0], "range": {"start": point(change[1]), "end": point(change[2])}}
            for change in changes
        ]
        document = {"uri": uri(path), "version": self.versions[uri(path)]}
        params = {"textDocument": document, "contentChanges": content}
        self.tell("textDocument/didChange", params)

    def close(self, path):
        self.tell("textDocument/didClose", {"textDocument": {"uri": uri(path)}})

    def findings(self, path):
        """What is said about the latest version of a document."""
        while True:
            found = self.notices.get(timeout=PATIENCE)
            if found["uri"] == uri(path) and found.get("version") == self.versions[uri(path)]:
                return found["diagnostics"]

    def hears(self, method, words):
        """Wait until the server has said something with these words."""
        end = time.monotonic() + PATIENCE
        while not any(m["method"] == method and words in json.dumps(m) for m in self.said[:]):
            if time.monotonic() > end:
                raise TimeoutError(f"the server never said {words}: {''.join(self.log)}")
            time.sleep(0.01)

    def at(self, method, path, place, **more):
        """A request about a place of a document."""
        params = {"textDocument": {"uri": uri(path)}, "position": point(place), **more}
        return self.ask(f"textDocument/{method}", params)

    def about(self, method, path, **more):
        """A request about a document."""
        return self.ask(f"textDocument/{method}", {"textDocument": {"uri": uri(path)}, **more})


def uri(path):
    text = str(path)
    return text if text.startswith("untitled:") else Path(path).absolute().as_uri()


def point(place):
    return {"line": place[0], "character": place[1]}


def place_of(text, word, encoding="utf-16", skip=0):
    """Where a word begins, as the protocol counts it."""
    at = -1
    for _ in range(skip + 1):
        at = text.index(word, at + 1)
    before = text[:at]
    line = before.replace("\r\n", "\n").count("\n")
    start = before[before.rfind("\n") + 1 :]
    size = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    units = len(start.encode({"utf-8": "utf-8", "utf-16": "utf-16-le"}.get(encoding, "utf-32-le")))
    return line, units // size
