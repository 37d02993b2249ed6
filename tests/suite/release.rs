//! What packages updsts for others agrees with the crate, and with whoever reads it (SHIP-7).

use std::collections::BTreeSet;
#[cfg(unix)]
use std::fs;

use serde_json::Value;
use strum::VariantArray;
use updsts::mcp::tools::ToolName;

use super::readme::ENGLISH;
use super::sandbox::{Run, Sandbox};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const INSTALLER: &str = include_str!("../../pkg/install.sh");
const SERVER: &str = include_str!("../../server.json");
const BUNDLE: &str = include_str!("../../pkg/mcpb/manifest.json");
const WORKFLOW: &str = include_str!("../../.github/workflows/release.yml");
const TEMPLATES: [&str; 2] =
    [include_str!("../../pkg/homebrew/updsts.rb"), include_str!("../../pkg/scoop/updsts.json")];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn expect_valid(schema: &str, document: &Value) {
    let schema = jsonschema::validator_for(&json(schema)).unwrap();
    let errors: Vec<_> = schema.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

/// The end of the standard input ends the server.
fn starts_the_server(arguments: &[&str]) {
    Run::of(Sandbox::new().command(arguments.iter().copied()).write_stdin("").output().unwrap()).succeeds();
}

#[test]
fn ship_7_every_file_has_the_version_of_the_crate() {
    let (server, bundle) = (json(SERVER), json(BUNDLE));
    for version in [&server["version"], &server["packages"][0]["version"], &bundle["version"]] {
        assert_eq!(version, VERSION);
    }
    assert!(INSTALLER.contains(&format!("\nversion={VERSION}\n")));
    assert!(include_str!("../../pyproject.toml").contains("dynamic = [\"version\"]"));
    let newest = include_str!("../../CHANGELOG.md").lines().find_map(|line| line.strip_prefix("## ")).unwrap();
    assert!(newest.starts_with(&format!("{VERSION}, ")), "{newest}");
}

#[test]
fn ship_7_every_file_names_the_repository_of_the_crate() {
    let repository = env!("CARGO_PKG_REPOSITORY");
    let owner = repository.strip_prefix("https://github.com/").unwrap().strip_suffix("/updsts").unwrap();
    for text in [INSTALLER, SERVER, BUNDLE, TEMPLATES[0], TEMPLATES[1]] {
        let named: BTreeSet<_> = text.split("https://github.com/").skip(1).map(|rest| rest.split('/').next()).collect();
        assert_eq!(named, [Some(owner)].into());
    }
    assert!(include_str!("../../Cargo.toml").contains(&format!("<{owner}@users.noreply.github.com>")));
    assert!(include_str!("../../flake.nix").contains(&format!("github:{owner}/updsts")));
    // The MCP registry looks for the name in what PyPI shows, which is the README.
    let name = json(SERVER)["name"].as_str().unwrap().to_owned();
    assert_eq!(name, format!("io.github.{owner}/updsts"));
    assert!(ENGLISH.contains(&format!("<!-- mcp-name: {name} -->")));
}

#[test]
fn ship_7_the_mcp_registry_takes_server_json_and_its_arguments_start_the_server() {
    let server = json(SERVER);
    expect_valid(include_str!("../schemas/mcp-server.schema.json"), &server);
    let arguments = server["packages"][0]["packageArguments"].as_array().unwrap();
    let words = arguments.iter().map(|one| one.get("value").unwrap_or(&one["name"]).as_str().unwrap());
    starts_the_server(&words.collect::<Vec<_>>());
    assert_eq!(server["packages"][0]["identifier"], "updsts");
}

#[test]
fn ship_7_the_bundle_for_claude_desktop_is_valid_and_names_the_tools_that_there_are() {
    let bundle = json(BUNDLE);
    expect_valid(include_str!("../schemas/mcpb-manifest.schema.json"), &bundle);
    let named: BTreeSet<_> =
        bundle["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(named, ToolName::VARIANTS.iter().map(|tool| tool.as_str()).collect());
    let server = &bundle["server"]["mcp_config"];
    let words: Vec<_> = server["args"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
    starts_the_server(&words);
    let settings = bundle["user_config"].as_object().unwrap();
    let used: BTreeSet<_> = server["env"].as_object().unwrap().values().map(|value| value.as_str().unwrap()).collect();
    assert_eq!(
        used,
        settings
            .keys()
            .map(|name| format!("${{user_config.{name}}}"))
            .collect::<BTreeSet<_>>()
            .iter()
            .map(String::as_str)
            .collect()
    );
    // A setting that nobody has touched must not arrive as the words that stand for it.
    assert!(settings.values().all(|setting| setting["default"].is_string()));
}

#[test]
fn ship_7_what_homebrew_scoop_and_the_installer_fetch_is_built_by_the_workflow() {
    let mut targets = BTreeSet::new();
    for (at, _) in TEMPLATES.concat().match_indices("updsts-@VERSION@-") {
        let rest = &TEMPLATES.concat()[at + "updsts-@VERSION@-".len()..];
        let name: String = rest.chars().take_while(|&c| c.is_ascii_alphanumeric() || "-_.".contains(c)).collect();
        targets.insert(name.trim_end_matches(".tar.gz").trim_end_matches(".zip").to_owned());
    }
    for processor in ["x86_64", "aarch64"] {
        for system in ["unknown-linux-musl", "apple-darwin"] {
            targets.insert(format!("{processor}-{system}"));
            assert!(INSTALLER.contains(&format!("echo \"$processor-{system}\"")));
        }
    }
    assert_eq!(targets.len(), 5, "{targets:?}");
    let built: BTreeSet<_> = WORKFLOW
        .lines()
        .filter_map(|line| line.trim().strip_prefix("targets: "))
        .flat_map(|names| names.split(' ').map(str::to_owned))
        .collect();
    assert!(built.is_superset(&targets), "{built:?} {targets:?}");
}

#[test]
fn ship_7_the_workflow_names_actions_by_their_commits_and_grants_little() {
    for line in WORKFLOW.lines().filter_map(|line| line.split_once("uses: ")) {
        let (_, commit) = line.1.split_once('@').unwrap();
        let commit = commit.split(' ').next().unwrap();
        assert!(commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()), "{}", line.1);
    }
    assert!(WORKFLOW.contains("\npermissions:\n  contents: read\n\n"));
    assert_eq!(WORKFLOW.matches(": write").count(), 4);
    assert!(!WORKFLOW.contains("secrets."));
}

#[test]
fn ship_7_mock_sts_has_the_license_too() {
    assert_eq!(include_str!("../../LICENSE"), include_str!("../../mock-sts/LICENSE"));
}

/// What needs the shell, and a release's files as another machine would have made them.
#[cfg(unix)]
mod scripts {
    use std::collections::HashMap;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::process::{Command, Output};

    use sha2::{Digest, Sha256};
    use tempfile::TempDir;

    use super::*;

    const ROOT: &str = env!("CARGO_MANIFEST_DIR");

    fn ends(command: &mut Command, with: i32) -> String {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = String::from_utf8([stdout, stderr].concat()).unwrap();
        assert_eq!(status.code(), Some(with), "{text}");
        text
    }

    fn sum(bytes: &[u8]) -> String {
        Sha256::digest(bytes)
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
            .collect()
    }

    /// The folders that `just dist` leaves on the machines of these targets.
    #[cfg(target_os = "linux")]
    fn built(targets: &[&str]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for target in targets {
            let name = format!("updsts-{VERSION}-{target}");
            fs::create_dir(folder.path().join(target)).unwrap();
            fs::write(folder.path().join(target).join(&name), target).unwrap();
            let line = format!("{}  {name}\n", sum(target.as_bytes()));
            fs::write(folder.path().join(target).join("SHA256SUMS"), line).unwrap();
        }
        folder
    }

    #[cfg(target_os = "linux")]
    fn gather(from: &std::path::Path, to: &std::path::Path) -> Command {
        let mut command = Command::new("bash");
        command.arg(format!("{ROOT}/scripts/gather")).arg(VERSION).args([from, to]);
        command
    }

    const FETCHED: [&str; 5] = [
        "aarch64-apple-darwin.tar.gz",
        "aarch64-unknown-linux-musl.tar.gz",
        "x86_64-apple-darwin.tar.gz",
        "x86_64-pc-windows-msvc.zip",
        "x86_64-unknown-linux-musl.tar.gz",
    ];

    #[test]
    #[cfg(target_os = "linux")]
    fn ship_7_the_release_has_all_files_their_sums_and_filled_templates() {
        let (from, to) = (built(&FETCHED), TempDir::new().unwrap());
        ends(&mut gather(from.path(), &to.path().join("release")), 0);
        let read = |name: &str| fs::read_to_string(to.path().join("release").join(name)).unwrap();
        let scoop = json(&read("updsts.json"));
        assert_eq!(scoop["version"], VERSION);
        assert_eq!(scoop["architecture"]["64bit"]["hash"], sum(FETCHED[3].as_bytes()));
        let formula = read("updsts.rb");
        for name in FETCHED.into_iter().filter(|name| name.ends_with("gz")) {
            let url = format!(
                "/releases/download/{VERSION}/updsts-{VERSION}-{name}\"\n      sha256 \"{}\"",
                sum(name.as_bytes())
            );
            assert!(formula.contains(&url), "{formula}");
        }
        let sums = read("SHA256SUMS");
        for name in ["install.sh", "server.json", "updsts.json", "updsts.rb"] {
            assert!(sums.contains(&format!("{}  {name}\n", sum(read(name).as_bytes()))), "{sums}");
        }
        assert_eq!(sums.lines().count(), FETCHED.len() + 4);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn ship_7_a_release_without_one_of_its_files_or_with_another_one_is_none() {
        let to = TempDir::new().unwrap();
        let told = ends(&mut gather(built(&FETCHED[1..]).path(), &to.path().join("release")), 1);
        assert!(told.contains("pkg/homebrew/updsts.rb wants a file that no platform has made"), "{told}");
        let changed = built(&FETCHED);
        fs::write(changed.path().join(FETCHED[2]).join(format!("updsts-{VERSION}-{}", FETCHED[2])), "other").unwrap();
        ends(&mut gather(changed.path(), &to.path().join("release")), 1);
    }

    #[test]
    fn ship_7_the_text_of_a_release_is_its_part_of_the_changelog() {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("scripts")).unwrap();
        fs::copy(format!("{ROOT}/scripts/changelog"), folder.path().join("scripts/changelog")).unwrap();
        let changes = "# Changes\n\nText.\n\n## 1.1.0, not yet released\n\n- New.\n\n## 1.0.10, 2026-12-02\n\n- Later.\n\n## 1.0.1, 2026-12-01\n\n- First.\n  More.\n";
        fs::write(folder.path().join("CHANGELOG.md"), changes).unwrap();
        let section = |version: &str, status| {
            ends(Command::new("bash").arg(folder.path().join("scripts/changelog")).arg(version), status)
        };
        assert_eq!(section("1.0.1", 0).trim(), "- First.\n  More.");
        assert_eq!(section("1.0.10", 0).trim(), "- Later.");
        assert!(section("1.1.0", 1).contains("nothing under `## 1.1.0, YYYY-MM-DD`"));
        section("1.0", 1);
    }

    /// Answers on loopback with these files, until the test ends.
    fn serve(files: HashMap<String, Vec<u8>>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let first = lines.next().unwrap_or_default();
                lines.take_while(|line| !line.is_empty()).for_each(drop);
                let body = first.split(' ').nth(1).and_then(|path| files.get(path.trim_start_matches('/')));
                let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
                let body = body.map_or(&[][..], Vec::as_slice);
                let _ =
                    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all(body);
            }
        });
        url
    }

    struct Installation {
        home: TempDir,
        url: String,
    }

    impl Installation {
        /// From a server that has an archive for each platform, and these sums, in which `SUM` stands for the right one.
        fn of(sums: &str) -> Self {
            let home = TempDir::new().unwrap();
            let mut files = HashMap::new();
            let mut lines = String::new();
            for target in FETCHED.into_iter().filter_map(|name| name.strip_suffix(".tar.gz")) {
                let name = format!("updsts-{VERSION}-{target}");
                let program = home.path().join(&name).join("updsts");
                fs::create_dir(home.path().join(&name)).unwrap();
                fs::write(&program, format!("#!/bin/sh\necho updsts {VERSION}\n")).unwrap();
                ends(Command::new("tar").current_dir(home.path()).args(["-czf", "archive", &name]), 0);
                let archive = fs::read(home.path().join("archive")).unwrap();
                lines += &sums.replace("SUM", &sum(&archive)).replace("NAME", &format!("{name}.tar.gz"));
                files.insert(format!("{name}.tar.gz"), archive);
            }
            files.insert("SHA256SUMS".to_owned(), lines.into_bytes());
            Self { home, url: serve(files) }
        }

        fn installer(&self, status: i32) -> String {
            let mut command = Command::new("sh");
            command
                .arg(format!("{ROOT}/pkg/install.sh"))
                .env("HOME", self.home.path())
                .env("UPDSTS_BASE_URL", &self.url);
            for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "UPDSTS_INSTALL_DIR"] {
                command.env_remove(name);
            }
            ends(&mut command, status)
        }

        fn installed(&self) -> bool {
            self.home.path().join(".local/bin").exists()
        }
    }

    #[test]
    fn ship_7_the_installer_puts_the_program_into_the_users_own_directory() {
        let right = Installation::of("SUM  NAME\n");
        for _ in 0..2 {
            let told = right.installer(0);
            let program = right.home.path().join(".local/bin/updsts");
            assert!(told.contains(&format!("installed updsts {VERSION} as {}", program.display())), "{told}");
            assert!(told.contains("not in your PATH"), "{told}");
            assert_eq!(ends(&mut Command::new(program), 0), format!("updsts {VERSION}\n"));
            assert_eq!(fs::read_dir(right.home.path().join(".local/bin")).unwrap().count(), 1);
        }
    }

    #[test]
    fn ship_7_the_installer_refuses_an_archive_with_another_sum_or_with_none() {
        let wrong = Installation::of(&format!("{}  NAME\n", "0".repeat(64)));
        let told = wrong.installer(1);
        assert!(told.contains("does not have the sum that SHA256SUMS has for it; nothing was installed"), "{told}");
        assert!(!wrong.installed());
        for sums in ["SUM  NAME.sig\n", ""] {
            let unnamed = Installation::of(sums);
            assert!(unnamed.installer(1).contains("SHA256SUMS has no line for updsts-"));
            assert!(!unnamed.installed());
        }
    }

    #[test]
    fn ship_7_the_installer_says_what_it_could_not_download() {
        let mut right = Installation::of("SUM  NAME\n");
        right.url += "/elsewhere";
        assert!(right.installer(1).contains(&format!("cannot download {}/SHA256SUMS", right.url)));
        assert!(!right.installed());
    }
}
