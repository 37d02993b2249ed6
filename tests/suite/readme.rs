//! The manual's examples work, and both languages say the same.

use std::collections::BTreeSet;

use serde_json::Value;
use strum::VariantArray;
use updsts::core::error::ErrorCode;

use super::commands::script;
use super::sandbox::{Run, SOURCE, Sandbox, path_with};

pub const ENGLISH: &str = include_str!("../../README.md");
const JAPANESE: &str = include_str!("../../README_ja.md");

/// The fenced blocks of a language.
pub fn fenced<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let blocks = text.split("\n```").skip(1).step_by(2);
    blocks
        .filter_map(|block| block.split_once('\n').filter(|(name, _)| *name == language))
        .map(|(_, code)| code)
        .collect()
}

/// The text of a part, from its heading to the next one of the same rank.
pub fn part<'a>(text: &'a str, heading: &str) -> &'a str {
    let rank = heading.split(' ').next().unwrap();
    let (_, rest) = text.split_once(&format!("\n{heading}\n")).unwrap();
    rest.split(&format!("\n{rank} ")).next().unwrap()
}

/// The text without its fenced blocks.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect()
}

/// What stands between backticks, blanks made one.
fn code_spans(text: &str) -> BTreeSet<String> {
    let prose = prose(text);
    prose.split('`').skip(1).step_by(2).map(|span| span.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn without_comments(block: &str) -> Vec<&str> {
    block.lines().map(|line| line.split_once(" #").map_or(line, |(code, _)| code).trim_end()).collect()
}

/// A home in which a block of commands makes sense: one with a session, unless the text gives it another file.
fn sandbox_for(block: &str) -> Sandbox {
    if block.contains("get base ") {
        return Sandbox::new()
            .credentials(fenced(part(ENGLISH, "### Without `AWS_PROFILE`"), "ini")[0].to_owned() + "\n");
    }
    if block.contains("--adopt") {
        let session =
            "[default]\naws_access_key_id = ASIA\naws_secret_access_key = s\naws_session_token = t\nexpiration = x\n";
        return Sandbox::new().credentials(SOURCE.replace("[default]", "[default-long-term]") + session);
    }
    let sandbox = Sandbox::new();
    sandbox.get([]).succeeds();
    sandbox
}

/// What `exec` runs need not be installed here.
fn with_stand_ins(sandbox: Sandbox) -> Sandbox {
    for program in ["bin/aws", "bin/terraform"] {
        script(&sandbox, program, "", "");
    }
    let path = path_with(&sandbox.path("bin"));
    sandbox.env("PATH", path)
}

#[test]
fn every_command_of_the_manual_works() {
    let mut commands = 0;
    for block in fenced(ENGLISH, "sh") {
        let sandbox = with_stand_ins(sandbox_for(block));
        for line in without_comments(block).into_iter().filter(|line| line.starts_with("updsts ")) {
            let line = line.split_once(" > ").map_or(line, |(command, _)| command);
            sandbox.run(line.split_whitespace().skip(1)).succeeds();
            commands += 1;
        }
    }
    assert!(commands >= 16, "{commands}");
}

#[cfg_attr(
    windows,
    ignore = "the manual shows a shell of Unix; its lines for Windows are compared with the program's words elsewhere"
)]
#[test]
fn what_the_manual_shows_of_a_prompt_is_what_get_prints() {
    let labels = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains("  "));
        lines.map(|line| line.split("  ").next().unwrap().to_owned()).collect()
    };
    let used = |text: &str| text.lines().find(|line| line.starts_with("use it ")).unwrap().to_owned();
    let role = fenced(part(ENGLISH, "## Roles"), "ini")[0];
    for (heading, name) in [("## First use", "default"), ("## Roles", "admin")] {
        let shown = fenced(part(ENGLISH, heading), "console")[0];
        let printed = Sandbox::new().config(role).run(["get", name, "-t", "123456"]).succeeds().stdout;
        assert_eq!((labels(shown), used(shown)), (labels(&printed), used(&printed)));
        assert!(shown.contains("MFA code for `default` (arn:aws:iam::123456789012:mfa/user): "));
    }
}

#[test]
fn each_snippet_for_a_client_is_json_that_starts_the_server() {
    let sandbox = Sandbox::new();
    let snippets = fenced(part(ENGLISH, "### Register the server"), "json");
    assert_eq!(snippets.len(), 2);
    for snippet in snippets {
        let snippet: Value = serde_json::from_str(snippet).unwrap();
        let servers = snippet.get("mcpServers").or_else(|| snippet.get("servers")).unwrap();
        let server = &servers["updsts"];
        assert!(server["command"].as_str().unwrap().starts_with('/'));
        assert!(server["env"].as_object().unwrap().values().all(Value::is_string));
        let arguments: Vec<String> = serde_json::from_value(server["args"].clone()).unwrap();
        let here = sandbox.credentials_path().display().to_string();
        let arguments = arguments.into_iter().map(|text| if text.starts_with('/') { here.clone() } else { text });
        Run::of(sandbox.command(arguments).write_stdin("").output().unwrap()).succeeds();
    }
    assert!(ENGLISH.contains("claude mcp add --scope user updsts -- updsts mcp --mcp-server"));
    assert!(ENGLISH.contains("codex mcp add updsts -- updsts mcp --mcp-server"));
}

#[test]
fn the_block_of_the_manual_is_one_that_updsts_finds() {
    let block = fenced(ENGLISH, "ini").into_iter().find(|block| block.contains("${{{")).unwrap();
    let source = fenced(ENGLISH, "ini").into_iter().find(|block| block.contains("[default]")).unwrap();
    let sandbox = Sandbox::new().credentials(format!("{source}\n{block}\n"));
    sandbox.get([]).succeeds();
    assert_eq!(sandbox.read().matches("${{{").count(), 1);
    assert!(!sandbox.read().contains('…'));
}

#[test]
fn both_languages_name_the_same_commands_options_and_tools() {
    let (english, japanese) = (code_spans(ENGLISH), code_spans(JAPANESE));
    assert_eq!(english.symmetric_difference(&japanese).collect::<Vec<_>>(), Vec::<&String>::new());
    for language in ["sh", "bash", "fish", "powershell", "bat", "json", "ini", "console"] {
        let code = |text| fenced(text, language).into_iter().map(without_comments).collect::<Vec<_>>();
        assert_eq!(code(ENGLISH), code(JAPANESE), "{language}");
    }
    let headings =
        |text: &str| text.lines().filter(|line| line.starts_with('#')).map(|l| l.matches('#').count()).collect();
    let (english, japanese): (Vec<_>, Vec<_>) = (headings(&prose(ENGLISH)), headings(&prose(JAPANESE)));
    assert_eq!(english, japanese);
}

#[test]
fn the_manual_explains_every_error_and_names_every_command() {
    let spans = code_spans(ENGLISH);
    for code in ErrorCode::VARIANTS.iter().copied() {
        assert!(spans.contains(code.as_str()), "{code}");
    }
    let help = Sandbox::new().run(["--help"]).stdout;
    let commands = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()) {
        assert!(ENGLISH.contains(&format!("\nupdsts {command} ")), "{command}");
    }
}
