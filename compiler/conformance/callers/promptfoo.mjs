// Runs assertions with promptfoo's own code: a request per line of JSON, a reply per line.
// node promptfoo.mjs PATH-OF-PROMPTFOO/dist/src/index.js
import readline from "node:readline";
import { pathToFileURL } from "node:url";

const { assertions } = (await import(pathToFileURL(process.argv[2]))).default;

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { test, answers, environment } = JSON.parse(line);
  Object.assign(process.env, environment);
  const results = await Promise.all(
    answers.map((output) =>
      assertions.runAssertions({ prompt: "", test, vars: test.vars, providerResponse: { output } }),
    ),
  );
  process.stdout.write("\nrubricc " + JSON.stringify(results) + "\n");
}
process.exit(0);
