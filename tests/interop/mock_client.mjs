// One call by the AWS SDK for JavaScript, version 3. Argument: the folder that holds its packages. Standard input: JSON
// with `service`, `operation`, `parameters`; for a profile `profile` and `tokenCode`, too. Prints {"result"}, or
// {"code", "message"} of a refusal.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.argv[2] + "/");
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { service, operation, parameters, profile, tokenCode } = JSON.parse(readFileSync(0, "utf8"));
const sdk = await load(`@aws-sdk/client-${service}`);
const { fromIni } = await load("@aws-sdk/credential-providers");

const prompts = [];
const mfaCodeProvider = async (serial) => (prompts.push(serial), tokenCode);
const credentials = profile && fromIni({ profile, mfaCodeProvider });
const client = new sdk[`${service.toUpperCase()}Client`](credentials ? { credentials } : {});
try {
  const { $metadata, ...result } = await client.send(new sdk[`${operation}Command`](parameters));
  console.log(JSON.stringify({ result, prompts }));
} catch (error) {
  console.log(JSON.stringify({ code: error.Code ?? error.name, message: error.message, prompts }));
}
