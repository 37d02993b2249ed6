// A session for a code, with the AWS SDK for JavaScript. Run it against the mock:
//
//     npm install @aws-sdk/client-sts
//     mock-sts -- node session.mjs

import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from "@aws-sdk/client-sts";

const SerialNumber = "arn:aws:iam::123456789012:mfa/user";

const sts = new STSClient({});
const { Credentials } = await sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode: "123456" }));
const session = new STSClient({
  credentials: {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  },
});
console.log((await session.send(new GetCallerIdentityCommand({}))).Arn);

try {
  await sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode: "654321" }));
} catch (error) {
  console.log(error.name);
}
