//! `docs/SPEC.md` names tests that exist.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// All of the repository's code.
fn sources() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    let mut folders: Vec<_> =
        ["src", "tests/suite", "mock-sts/src", "mock-sts/tests"].map(|folder| root.join(folder)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    sources
}

/// The name of every test of the repository.
fn tests() -> HashSet<String> {
    sources().iter().flat_map(|source| tests_in(source)).collect()
}

/// The functions that the test harness runs.
fn tests_in(source: &str) -> impl Iterator<Item = String> {
    let mut is_test = false;
    source.lines().filter_map(move |line| {
        let line = line.trim_start().trim_start_matches("async ");
        is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        let name = line.strip_prefix("fn ")?.split(['(', '<']).next()?;
        std::mem::take(&mut is_test).then(|| name.to_owned())
    })
}

#[test]
fn every_test_that_the_specification_names_exists() {
    let spec = include_str!("../../docs/SPEC.md");
    // The first paragraph explains the form by an example.
    let clauses = &spec[spec.find("## CLI").unwrap()..];
    let tests = tests();
    let mut named = 0;
    for test in clauses.split('`').filter(|text| text.contains("::")) {
        let name = test.rsplit("::").next().unwrap();
        assert!(tests.contains(name), "{test} does not exist");
        named += 1;
    }
    assert!(named > 100, "{named}");
}

#[test]
fn every_clause_stands_in_the_specification() {
    let spec = include_str!("../../docs/SPEC.md");
    for (theme, last) in [
        ("CLI", 16),
        ("GET", 15),
        ("ROLE", 1),
        ("BLK", 11),
        ("FILE", 9),
        ("MCP", 12),
        ("EXP", 2),
        ("REN", 3),
        ("KEY", 2),
        ("FIRST", 3),
        ("ASK", 7),
        ("MOCK", 10),
    ] {
        for number in 1..=last {
            assert!(spec.contains(&format!("- **{theme}-{number}** ")), "{theme}-{number}");
        }
    }
}

/// `just windows` compares the list with both builds; this is seen at once.
#[test]
fn ship_5_what_windows_leaves_out_exists_and_has_a_reason() {
    let (sources, tests) = (sources(), tests());
    let mut has_reason = false;
    for line in include_str!("../windows-left-out").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(path) = line.strip_prefix("    ") else {
            has_reason = true;
            continue;
        };
        let (_, name) = path.rsplit_once("::").unwrap();
        let module = sources
            .iter()
            .any(|source| source.contains(&format!("mod {name};")) || source.contains(&format!("mod {name} {{")));
        assert!(has_reason && (module || tests.contains(name)), "{path}");
    }
}
