//! The manual followed to the letter: what it lets people type, and what updsts then tells them to, works as it stands.

use serde_json::Value;

use super::readme::{ENGLISH, fenced, part};
use super::sandbox::{Run, SOURCE, Sandbox};

#[test]
fn what_claude_code_is_told_works() {
    let settings: Value = serde_json::from_str(fenced(part(ENGLISH, "### Claude Code and AWS"), "json")[0]).unwrap();
    let sandbox = Sandbox::new().credentials(format!("{SOURCE}mfa_process = echo 123456\n")).in_the_path(&[]);
    let refresh = settings["awsAuthRefresh"].as_str().unwrap();
    let (shell, run) = if cfg!(windows) { ("cmd.exe", "/c") } else { ("sh", "-c") };
    Run::of(sandbox.other(shell, &[run, refresh]).output().unwrap()).succeeds();
    assert_eq!(settings["env"]["AWS_PROFILE"], "default_sts");
    assert!(sandbox.read().contains("[default_sts]"));
    let tools = Sandbox::new().run(["mcp", "--json"]).json();
    let reading = |name: &str| {
        let tool = tools["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == name).cloned().unwrap();
        tool["annotations"]["readOnlyHint"] == true
    };
    for rule in settings["permissions"]["allow"].as_array().unwrap() {
        assert!(reading(rule.as_str().unwrap().strip_prefix("mcp__updsts__").unwrap()), "{rule}");
    }
}

/// What needs `sh`, bash, fish, or a pseudo-terminal.
#[cfg(target_os = "linux")]
mod unix {
    use serde_json::Value;

    use super::super::readme::{ENGLISH, fenced, part};
    use super::super::sandbox::{Run, SOURCE, Sandbox, skipped};
    use super::super::terminal::Session;

    /// The commands that a block of a terminal shows.
    fn typed(block: &str) -> impl Iterator<Item = &str> {
        block.lines().filter_map(|line| line.strip_prefix("$ "))
    }

    #[test]
    fn get_14_a_first_use_to_the_letter_works_in_a_fresh_home() {
        let (first, roles) = (part(ENGLISH, "## First use"), part(ENGLISH, "## Roles"));
        let sandbox = Sandbox::new().credentials(fenced(first, "ini")[0].to_owned() + "\n");
        let sandbox = sandbox.config("[default]\nregion = eu-west-1\n").in_the_path(&[("aws", STAND_IN)]);
        let run = |line: &str| {
            let mut session = Session::of(sandbox.other("setsid", &["--ctty", "--wait", "sh", "-c", line]));
            if line.starts_with("updsts ") {
                session.answer("mfa/user): ", "123456\r");
            }
            assert_eq!(session.end(), Some(0), "{line}: {:?}", session.seen());
            session.seen().replace('\r', "")
        };
        let mut commands = 0;
        for (text, config) in [(first, ""), (roles, fenced(roles, "ini")[0])] {
            let sandbox_config = std::fs::read_to_string(sandbox.path(".aws/config")).unwrap();
            std::fs::write(sandbox.path(".aws/config"), format!("{sandbox_config}\n{config}\n")).unwrap();
            for line in fenced(text, "console").into_iter().flat_map(typed) {
                let printed = run(line);
                if let Some(used) = printed.lines().find_map(|line| line.strip_prefix("use it ")) {
                    run(used.trim());
                }
                commands += 1;
            }
        }
        assert_eq!(commands, 4);
    }

    /// An AWS CLI that only wants to know whether it would have a session and a region. `just interop` has the real one.
    const STAND_IN: &str = r#"#!/bin/sh
[ "$1 $2" = 'sts get-caller-identity' ] || exit 2
while [ $# -gt 0 ]; do [ "$1" = --profile ] && AWS_PROFILE=$2; shift; done
[ -n "$AWS_PROFILE" ] && updsts list --check "$AWS_PROFILE" || exit 1
sed -n "/^\[\(profile \)*$AWS_PROFILE\]/,/^\[/p" ~/.aws/config ~/.aws/credentials | grep -q '^region = .'
"#;

    #[test]
    fn the_manuals_lines_for_bash_work() {
        for program in ["bash", "jq"] {
            if std::process::Command::new(program).arg("--version").output().is_err() {
                return skipped(&format!("{program} is not installed"));
            }
        }
        let other = SOURCE.replace("[default]", "[other]").replace("mfa/user", "mfa/user\nmfa_process = echo 123456");
        let sandbox = Sandbox::new().credentials(SOURCE.to_owned() + &other).in_the_path(&[]);
        let [every_profile, prompt] = fenced(ENGLISH, "bash")[..] else { panic!("{:?}", fenced(ENGLISH, "bash")) };
        sandbox.get([]).succeeds();
        Run::of(sandbox.other("bash", &["-c", every_profile]).output().unwrap()).succeeds();
        assert!(sandbox.read().contains("[other_sts]"));
        assert_eq!(sandbox.sts().request_count(), 2);
        let shown = |profile: &str| {
            let mut bash = sandbox.other("bash", &["-c", &format!("PS1='> '\n{prompt}\necho \"${{PS1@P}}\"")]);
            Run::of(bash.env("AWS_PROFILE", profile).output().unwrap()).succeeds().stdout
        };
        assert_eq!(shown("other_sts"), "aws:other_sts > \n");
        assert_eq!(shown("nobody"), "> \n");
        let export: Value = serde_json::from_str(fenced(part(ENGLISH, "### Claude Code and AWS"), "json")[1]).unwrap();
        let export = export["awsCredentialExport"].as_str().unwrap();
        let document = Run::of(sandbox.other("sh", &["-c", export]).output().unwrap()).succeeds().json();
        let keys: Vec<_> = document["Credentials"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["AccessKeyId", "SecretAccessKey", "SessionToken"]);
    }

    #[test]
    #[ignore = "needs fish; `just shells` runs it"]
    fn the_manuals_lines_for_fish_work() {
        let sandbox = Sandbox::new().credentials(format!("{SOURCE}mfa_process = echo 123456\n")).in_the_path(&[]);
        let lines = fenced(ENGLISH, "fish")[0];
        let script = format!("{lines}\necho $AWS_PROFILE $AWS_ACCESS_KEY_ID; complete -C 'updsts get d'");
        let run = Run::of(sandbox.other("fish", &["-c", &script]).output().unwrap()).succeeds();
        assert!(run.stdout.contains("default_sts ASIA"), "{run:?}");
        assert!(run.stdout.lines().any(|line| line.starts_with("default")), "{run:?}");
    }
}

#[cfg(any(target_os = "linux", windows))]
#[test]
fn cli_4_renewing_the_only_account_takes_two_words_six_digits_and_enter_twice() {
    for name in ["default", "work"] {
        let sandbox = Sandbox::new().credentials(SOURCE.replace("default", name)).in_the_path(&[]);
        let mut shell = super::terminal::Shell::of(sandbox);
        shell.type_line("updsts get");
        shell.session.answer("mfa/user): ", "123456\r");
        assert_eq!(shell.status(), "0");
        assert!(shell.sandbox.read().contains(&format!("[{name}_sts]")), "{}", shell.session.seen());
    }
}
