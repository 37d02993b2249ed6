//! The manual's examples work, and both languages say the same.

use std::collections::BTreeSet;

use serde_json::Value;
use strum::VariantArray;
use updsts::core::error::ErrorCode;

use super::sandbox::{Run, Sandbox};

const ENGLISH: &str = include_str!("../../README.md");
const JAPANESE: &str = include_str!("../../README_ja.md");

/// The fenced blocks of a language.
fn fenced<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let blocks = text.split("\n```").skip(1).step_by(2);
    blocks
        .filter_map(|block| block.split_once('\n').filter(|(name, _)| *name == language))
        .map(|(_, code)| code)
        .collect()
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

#[test]
fn every_command_of_the_manual_works() {
    let mut commands = 0;
    for block in fenced(ENGLISH, "sh") {
        let sandbox = Sandbox::new();
        sandbox.get([]).succeeds();
        for line in without_comments(block).into_iter().filter(|line| line.starts_with("updsts ")) {
            let line = line.split_once(" > ").map_or(line, |(command, _)| command);
            sandbox.run(line.split_whitespace().skip(1)).succeeds();
            commands += 1;
        }
    }
    assert!(commands >= 16, "{commands}");
}

#[test]
fn what_the_manual_shows_of_a_prompt_is_what_get_prints() {
    let shown = fenced(ENGLISH, "console")[0];
    let printed = Sandbox::new().get([]).succeeds().stdout;
    let labels = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains("  "));
        lines.map(|line| line.split("  ").next().unwrap().to_owned()).collect()
    };
    assert_eq!(labels(shown), labels(&printed));
    assert!(shown.contains("MFA code for `default` (arn:aws:iam::123456789012:mfa/user): "));
}

#[test]
fn each_snippet_for_a_client_is_json_that_starts_the_server() {
    let sandbox = Sandbox::new();
    let snippets = fenced(ENGLISH, "json");
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
    for language in ["sh", "json", "ini", "console"] {
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
