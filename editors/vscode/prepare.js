// Brings in what the extension shares with the rest: node prepare.js [FOLDER]
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..", "..");
const folder = process.argv[2] ?? __dirname;

fs.mkdirSync(path.join(folder, "syntaxes"), { recursive: true });
for (const [from, to] of [
  ["grammars/rubric.tmLanguage.json", "syntaxes/rubric.tmLanguage.json"],
  ["LICENSE", "LICENSE"],
]) {
  fs.copyFileSync(path.join(root, from), path.join(folder, to));
}
