// The MCP server with the official client of npm, which checks structured content against its schema.
// Arguments: the folder that holds the package, updsts, a credentials file, the URL of mock-sts.
// Prints a line of JSON for each check.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, updsts, file, url] = process.argv.slice(2);
const require = createRequire(folder + "/");
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { Client } = await load("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = await load("@modelcontextprotocol/sdk/client/stdio.js");

const check = (what, holds, detail) => console.log(JSON.stringify({ what, holds: Boolean(holds), detail: String(detail) }));
const client = new Client({ name: "interop", version: "1.0.0" });
const transport = new StdioClientTransport({
  command: updsts,
  args: ["-c", file, "mcp", "--mcp-server"],
  env: { HOME: process.env.HOME, AWS_ENDPOINT_URL_STS: url },
});
await client.connect(transport);
check("introduces itself", client.getServerVersion().name === "updsts", JSON.stringify(client.getServerVersion()));
check("gives instructions", client.getInstructions().includes("ExpiredToken"), client.getInstructions());
const { tools } = await client.listTools();
check("three tools", tools.length === 3, JSON.stringify(tools));
const call = (name, args) => client.callTool({ name, arguments: args });

const list = await call("updsts_get_credential_info_list", {});
check("the list", list.structuredContent.result.length === 1, JSON.stringify(list));
const without = await call("updsts_update_sts_credential", { profile_name: "default", totp_token: "" });
check("an error for the model", without.isError && without.content[0].text.includes("code_unavailable"), JSON.stringify(without));
const updated = await call("updsts_update_sts_credential", { profile_name: "default", totp_token: "123456" });
check("the update", !updated.isError && updated.structuredContent.result.refreshed, JSON.stringify(updated));
const info = await call("updsts_get_credential_info", { profile_name: "default_sts" });
check("the session", info.structuredContent.result.status === "valid", JSON.stringify(info));
const nobody = await call("updsts_get_credential_info", { profile_name: "nobody" });
check("nobody", nobody.structuredContent.result === null, JSON.stringify(nobody));
await client.close();
