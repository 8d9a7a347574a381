// Starts `rubricc lsp` for .rubric files; all that it knows is in the server.
const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function activate() {
  const [command, ...args] = workspace.getConfiguration("rubric").get("server");
  client = new LanguageClient(
    "rubric",
    "Rubric",
    { command, args },
    { documentSelector: [{ language: "rubric" }] },
  );
  try {
    await client.start();
  } catch (error) {
    const settings = "Settings";
    const chosen = await window.showErrorMessage(
      `Rubric: \`${command}\` could not be started (${error.message}). ` +
        "Install it with pip install 'rubricdsl[lsp]', or set `rubric.server` to its path.",
      settings,
    );
    if (chosen === settings) {
      await commands.executeCommand("workbench.action.openSettings", "rubric.server");
    }
  }
}

function deactivate() {
  return client?.isRunning() ? client.stop() : undefined;
}

module.exports = { activate, deactivate };
