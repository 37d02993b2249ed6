//! The server in the configuration of MCP clients (FIRST-3).

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use strum::VariantArray;
use updsts::core::clients::client::Client;

use crate::sandbox::{Sandbox, proxy_variable};

/// The client of a fixture: what its name begins with.
fn fixtures() -> Vec<(Client, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let client = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        *Client::VARIANTS.iter().find(|client| name.starts_with(client.id())).unwrap()
    };
    files.map(|path| (client(&path), path)).collect()
}

fn place(sandbox: &Sandbox, client: Client) -> PathBuf {
    client.file(&sandbox.environment()).unwrap()
}

fn put(sandbox: &Sandbox, client: Client, bytes: &[u8]) -> PathBuf {
    let path = place(sandbox, client);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// The entry in a file that has no comments.
fn entry(path: &Path) -> Value {
    let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let servers = if document["servers"].is_null() { &document["mcpServers"] } else { &document["servers"] };
    servers["updsts"].clone()
}

#[test]
fn first_3_the_entry_goes_into_every_file_and_comes_out_again_byte_for_byte() {
    assert!(fixtures().len() >= 14);
    for (client, fixture) in fixtures() {
        let original = fs::read_to_string(&fixture).unwrap();
        let crlf = original.replace('\n', "\r\n");
        for text in [original.clone(), crlf, format!("\u{feff}{original}"), original.trim_end().to_owned()] {
            let sandbox = Sandbox::new();
            let path = put(&sandbox, client, text.as_bytes());
            sandbox
                .run(["mcp", "--install", client.id()])
                .succeeds()
                .prints(&format!("{:<15} registered in", client.name()));
            let with = fs::read_to_string(&path).unwrap();
            assert!(with.contains("--mcp-server") && with.len() > text.len(), "{}: {with}", fixture.display());
            assert!(!text.contains("\r\n") || !with.replace("\r\n", "").contains('\n'), "{with:?}");
            let lines = text.lines().filter(|line| line.contains([':', '/', '#']) && !line.contains("mcpServers"));
            assert!(lines.into_iter().all(|line| with.contains(line)), "{}: {with}", fixture.display());
            sandbox.run(["mcp", "--install", client.id()]).succeeds().prints("has the server already");
            assert_eq!(fs::read_to_string(&path).unwrap(), with);
            sandbox.run(["mcp", "--uninstall", client.id()]).succeeds().prints("removed in");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "{}: {with}", fixture.display());
            sandbox.run(["mcp", "--uninstall", client.id()]).succeeds().prints("does not have the server");
        }
    }
}

#[test]
fn first_3_a_file_that_is_not_there_is_made_for_the_user_alone_and_goes_again() {
    for client in Client::VARIANTS {
        let sandbox = Sandbox::new();
        let path = place(&sandbox, *client);
        sandbox.run(["mcp", "--install", client.id()]).succeeds();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        if *client == Client::Codex {
            assert!(fs::read_to_string(&path).unwrap().starts_with("[mcp_servers.updsts]\ncommand = "));
        } else {
            let kind = entry(&path)["type"].take();
            assert_eq!(kind == json!("stdio"), client.names_kind(), "{client:?}");
            assert_eq!(entry(&path)["args"], json!(["mcp", "--mcp-server"]));
            assert!(Path::new(entry(&path)["command"].as_str().unwrap()).is_absolute());
        }
        sandbox.run(["mcp", "--uninstall", client.id()]).succeeds();
        assert!(!path.exists(), "{client:?}");
        // An empty file is a file.
        for empty in ["", "\n"] {
            put(&sandbox, *client, empty.as_bytes());
            sandbox.run(["mcp", "--install", client.id()]).succeeds();
            sandbox.run(["mcp", "--uninstall", client.id()]).succeeds();
            assert_eq!(fs::read_to_string(&path).unwrap(), empty, "{client:?}");
        }
    }
}

#[test]
fn first_3_a_damaged_file_is_refused_and_left_alone() {
    let cases: &[(Client, &[u8])] = &[
        (Client::Cursor, b"{"),
        (Client::Cursor, b"{\"mcpServers\": {\"a\": {}}"),
        (Client::Cursor, b"[]"),
        (Client::Cursor, b"null"),
        (Client::Cursor, b"{\"mcpServers\": []}"),
        (Client::Cursor, b"{\"mcpServers\": {\"updsts\": 7}}"),
        (Client::Cursor, b"{\"mcpServers\": {}, \"mcpServers\": {}}"),
        (Client::Cursor, b"{\"canary\" \"x\"}"),
        (Client::Cursor, b"{\"a\": \"\xff\"}"),
        (Client::Codex, b"model = \n"),
        (Client::Codex, b"mcp_servers = {docs = {url = \"x\"}}\n"),
        (Client::Codex, b"[mcp_servers]\nupdsts = 7\n"),
    ];
    for (client, bytes) in cases {
        let sandbox = Sandbox::new();
        let path = put(&sandbox, *client, bytes);
        let run = sandbox.run(["mcp", "--install", client.id()]).fails("client_config_unusable", 6);
        assert_eq!(fs::read(&path).unwrap(), *bytes);
        assert!(!run.stderr.contains("canary"), "{}", run.stderr);
        let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1);
    }
    let sandbox = Sandbox::new();
    fs::create_dir_all(place(&sandbox, Client::Kiro)).unwrap();
    sandbox.run(["mcp", "--install", "kiro"]).fails("client_config_unusable", 6);
}

#[test]
fn first_3_one_damaged_file_does_not_keep_the_others_from_the_server() {
    let sandbox = Sandbox::new();
    put(&sandbox, Client::Cursor, b"{");
    let kiro = put(&sandbox, Client::Kiro, b"{}");
    sandbox.run(["mcp", "--install"]).fails("client_config_unusable", 6);
    assert!(entry(&kiro).is_object());
    // Only clients that are there.
    assert!(!place(&sandbox, Client::Windsurf).exists());
}

#[test]
fn first_3_the_variables_that_the_server_needs_go_with_it_but_no_password() {
    let sandbox = Sandbox::new()
        .env("DISPLAY", ":0")
        .env("XAUTHORITY", "/run/user/1000/x auth")
        .env("AWS_CA_BUNDLE", "/etc/ssl/corp.pem")
        .env("HTTPS_PROXY", "http://me:canary@proxy:8080")
        .env("http_proxy", "me:canary@proxy:8080")
        .env("NO_PROXY", "localhost,.corp")
        .env("AWS_SECRET_ACCESS_KEY", "canary");
    let path = place(&sandbox, Client::Windsurf);
    let credentials = "~/other credentials";
    let run = sandbox.run(["-c", credentials, "mcp", "--install", "windsurf", "--refuse-cred-file"]).succeeds();
    let run = run
        .says("`HTTPS_PROXY` holds a password")
        .says(&format!("`{}` holds a password", proxy_variable("http_proxy")));
    let variables = json!({
        "DISPLAY": ":0",
        "XAUTHORITY": "/run/user/1000/x auth",
        "AWS_CA_BUNDLE": "/etc/ssl/corp.pem",
        "NO_PROXY": "localhost,.corp",
    });
    assert_eq!(entry(&path)["env"], variables);
    let file = sandbox.path("other credentials");
    assert_eq!(entry(&path)["args"], json!(["-c", file, "mcp", "--mcp-server", "--refuse-cred-file"]));
    assert!(!format!("{}{}{}", run.stdout, run.stderr, entry(&path)).contains("canary"));
}

#[test]
fn first_3_an_older_entry_is_brought_up_to_date_and_what_the_user_added_stays() {
    let sandbox = Sandbox::new().env("DISPLAY", ":0");
    let old = json!({"mcpServers": {"updsts": {
        "command": "/old/updsts", "args": ["mcp"], "env": {"AWS_REGION": "eu-west-1"}, "autoApprove": ["x"]}}});
    let path = put(&sandbox, Client::Kiro, old.to_string().as_bytes());
    sandbox.run(["mcp", "--install", "kiro"]).succeeds().prints("registered in");
    let entry = entry(&path);
    assert_eq!(entry["env"], json!({"AWS_REGION": "eu-west-1", "DISPLAY": ":0"}));
    assert_eq!((&entry["autoApprove"], &entry["args"]), (&json!(["x"]), &json!(["mcp", "--mcp-server"])));

    let old = "[mcp_servers.updsts]\ncommand = \"/old\" # mine\nargs = []\nenabled = false\n\n[tui]\na = 1\n";
    let path = put(&sandbox, Client::Codex, old.replace('\n', "\r\n").as_bytes());
    sandbox.run(["mcp", "--install", "codex"]).succeeds();
    let text = fs::read_to_string(&path).unwrap();
    for part in ["enabled = false\r\n", "\r\n\r\n[tui]\r\na = 1\r\n", "DISPLAY = \":0\"", "\"--mcp-server\""] {
        assert!(text.contains(part), "{part}: {text}");
    }
    sandbox.run(["mcp", "--install", "codex"]).succeeds().prints("has the server already");
}

#[test]
fn first_3_a_dry_run_shows_the_entry_and_nothing_of_the_others() {
    let sandbox = Sandbox::new();
    let fixture = fixtures().into_iter().find(|(client, _)| *client == Client::ClaudeDesktop).unwrap();
    let bytes = fs::read(fixture.1).unwrap();
    let path = put(&sandbox, Client::ClaudeDesktop, &bytes);
    let run = sandbox.run(["mcp", "--install", "--dry-run"]).succeeds();
    let run = run.prints("Claude Desktop  would register in").prints("\"--mcp-server\"");
    assert!(!run.stdout.contains("canary") && fs::read(&path).unwrap() == bytes, "{}", run.stdout);
    sandbox.run(["mcp", "--install", "claude-desktop"]).succeeds();
    let with = fs::read(&path).unwrap();
    sandbox.run(["mcp", "--uninstall", "--dry-run"]).succeeds().prints("would remove in");
    assert_eq!(fs::read(&path).unwrap(), with);
}

#[test]
fn first_3_where_no_client_is_there_it_says_which_there_are() {
    let sandbox = Sandbox::new();
    sandbox.run(["mcp", "--install"]).succeeds().says("none of the clients was found").says("claude-code");
    sandbox.run(["mcp", "--install", "emacs"]).fails("usage", 2).says("windsurf");
    sandbox.run(["mcp", "--install", "--mcp-server"]).fails("usage", 2);
}

/// A client's command that writes its own file, and notes what it was told.
const CLIENT: [&str; 2] = if cfg!(windows) {
    [
        "claude.cmd",
        "@echo off\r\necho %*>>\"%USERPROFILE%\\log\"\r\nif %2==remove echo {}>\"%USERPROFILE%\\.claude.json\"\r\n\
         if %2==add copy /y \"%USERPROFILE%\\prepared\" \"%USERPROFILE%\\.claude.json\" >nul\r\nexit /b 0\r\n",
    ]
} else {
    [
        "claude",
        "#!/bin/sh\necho \"$@\" >> ~/log\n[ \"$2\" = remove ] && echo '{}' > ~/.claude.json\n\
         [ \"$2\" = add ] && cp ~/prepared ~/.claude.json\nexit 0\n",
    ]
};
const FAILS: &str = if cfg!(windows) { "@exit /b 3\r\n" } else { "#!/bin/sh\nexit 3\n" };

#[test]
fn first_3_a_client_with_a_command_is_told_by_it() {
    // What the command is to write, made without it.
    let prepared = Sandbox::new();
    prepared.run(["mcp", "--install", "claude-code"]).succeeds();
    let entry = fs::read_to_string(place(&prepared, Client::ClaudeCode)).unwrap();
    let [name, script] = CLIENT;
    let sandbox = Sandbox::new().in_the_path(&[(name, script)]);
    fs::write(sandbox.path("prepared"), &entry).unwrap();
    let log = || fs::read_to_string(sandbox.path("log")).unwrap_or_default().replace(['\r', '"'], "");
    sandbox
        .run(["mcp", "--install", "--dry-run"])
        .succeeds()
        .prints("would register by `claude mcp add --scope user updsts");
    assert_eq!(log(), "");
    sandbox.run(["mcp", "--install"]).succeeds().prints("registered by `claude mcp add");
    let told = log();
    let program =
        told.strip_prefix("mcp add --scope user updsts -- ").and_then(|rest| rest.strip_suffix(" mcp --mcp-server\n"));
    assert!(program.is_some_and(|program| Path::new(program).is_absolute()), "{told}");
    sandbox.run(["mcp", "--install"]).succeeds().prints("has the server already");
    assert_eq!(log().lines().count(), 1);
    // Another entry is removed first: the command does not replace one.
    fs::write(sandbox.path(".claude.json"), entry.replace("--mcp-server", "--old")).unwrap();
    sandbox.run(["mcp", "--install"]).succeeds().prints("`claude mcp remove --scope user updsts` and `claude mcp add");
    sandbox.run(["mcp", "--uninstall"]).succeeds().prints("removed by `claude mcp remove");
    assert_eq!(
        log().lines().map(|line| line.split(' ').nth(1).unwrap()).collect::<Vec<_>>(),
        ["add", "remove", "add", "remove"]
    );
    fs::write(sandbox.path("prepared"), "{}").unwrap();
    sandbox.run(["mcp", "--install"]).fails("client_config_unusable", 6).says("own command should have written");
    fs::write(sandbox.path("bin").join(name), FAILS).unwrap();
    crate::sandbox::set_mode(&sandbox.path("bin").join(name), 0o755);
    sandbox.run(["mcp", "--install"]).fails("client_config_unusable", 6).says("run it by hand to see why");
}
