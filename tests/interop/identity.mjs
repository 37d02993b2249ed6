// Who AWS says that the profile of `AWS_PROFILE` is, by the AWS SDK for JavaScript.
// Arguments: the folder that holds its package, how many times to ask.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, times] = process.argv.slice(2);
const require = createRequire(folder + "/");
const { STSClient, GetCallerIdentityCommand } = await import(pathToFileURL(require.resolve("@aws-sdk/client-sts")).href);

const client = new STSClient({});
for (let count = 0; count < Number(times); count += 1) {
  const who = await client.send(new GetCallerIdentityCommand({}));
  console.log(who.Arn);
}
