//! `docs/SPEC.md` names tests that exist.

use std::fs;
use std::path::Path;

/// The sources in which a module of the tests may stand.
fn source_of(module: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    let candidates = match module.strip_prefix("mock_sts::") {
        Some(module) => vec![format!("mock-sts/tests/mock_sts/{module}.rs")],
        None => vec![format!("tests/suite/{module}.rs"), format!("src/{module}.rs")],
    };
    for candidate in candidates {
        text.push_str(&fs::read_to_string(root.join(candidate)).unwrap_or_default());
    }
    for entry in fs::read_dir(root.join("src").join(module)).into_iter().flatten() {
        text.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
    }
    text
}

#[test]
fn every_test_that_the_specification_names_exists() {
    let spec = include_str!("../../docs/SPEC.md");
    // The first paragraph explains the form by an example.
    let clauses = &spec[spec.find("## CLI").unwrap()..];
    let mut named = 0;
    for test in clauses.split('`').filter(|text| text.contains("::")) {
        let (module, name) = test.rsplit_once("::").unwrap();
        assert!(source_of(module).contains(&format!("fn {name}(")), "{test} does not exist");
        named += 1;
    }
    assert!(named > 100, "{named}");
}

#[test]
fn every_clause_stands_in_the_specification() {
    let spec = include_str!("../../docs/SPEC.md");
    for (theme, last) in [("CLI", 14), ("GET", 15), ("BLK", 10), ("FILE", 7), ("MCP", 12), ("EXP", 2), ("MOCK", 7)] {
        for number in 1..=last {
            assert!(spec.contains(&format!("- **{theme}-{number}** ")), "{theme}-{number}");
        }
    }
}
