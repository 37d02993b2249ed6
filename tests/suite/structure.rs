//! The map in `src/lib.rs`: arrows point one way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The files below `src`, but for those of tests, by the path of their module: `crate::core::text`.
fn modules() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.to_str().unwrap().contains("tests") {
                let relative = path.strip_prefix(&root).unwrap().with_extension("");
                let module = relative.to_str().unwrap().replace(['/', '\\'], "::");
                let module = module.strip_suffix("::mod").unwrap_or(&module).to_owned();
                modules.insert(format!("crate::{module}"), without_tests(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    modules
}

fn without_tests(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The modules whose files a file names, also by `super::` and by the name of a child.
fn imports(module: &str, source: &str, modules: &BTreeMap<String, String>) -> BTreeSet<String> {
    let parent = module.rsplit_once("::").unwrap().0;
    let source = source.replace("super::{", &format!("{parent}::{{")).replace("super::", &format!("{parent}::"));
    let mut found = BTreeSet::new();
    for (at, _) in source.match_indices("crate::") {
        let path: String = source[at..].chars().take_while(|&c| c.is_alphanumeric() || c == '_' || c == ':').collect();
        let mut path = path.trim_end_matches(':');
        while !modules.contains_key(path) {
            let Some((shorter, _)) = path.rsplit_once("::") else { break };
            path = shorter;
        }
        found.insert(path.to_owned());
    }
    let children = modules.keys().filter_map(|child| Some((child, child.strip_prefix(module)?.strip_prefix("::")?)));
    for (child, name) in children.filter(|(_, name)| !name.contains("::")) {
        if source.contains(&format!(" {name}::")) || source.contains(&format!("({name}::")) {
            found.insert(child.clone());
        }
    }
    found.remove(module);
    found.retain(|import| modules.contains_key(import));
    found
}

#[test]
fn no_two_files_import_each_other() {
    let modules = modules();
    assert!(modules.len() > 60, "{}", modules.len());
    let imports: BTreeMap<_, _> =
        modules.iter().map(|(module, source)| (module, imports(module, source, &modules))).collect();
    assert!(imports[&"crate::cli".to_owned()].contains("crate::cli::signals"), "{imports:?}");
    for (module, imported) in &imports {
        for other in imported {
            assert!(!imports[other].contains(*module), "{module} and {other} import each other");
        }
    }
}

/// In which of these a file may be named by another.
const ORDER: [&[&str]; 4] = [
    &[
        "core_dump",
        "environment",
        "error",
        "expiry",
        "guard",
        "misplaced",
        "name",
        "platform",
        "quote",
        "reporter",
        "secret",
        "session",
        "text",
    ],
    &["ask", "block", "clients", "code", "command", "file", "ini", "source", "sts", "turn"],
    &["clear", "doctor", "exec", "export", "init", "list", "register", "renew"],
    &["cli", "mcp"],
];

#[test]
fn arrows_point_from_the_layers_to_the_vocabulary() {
    let modules = modules();
    let rank = |module: &str| {
        let path = module.strip_prefix("crate::core::").or(module.strip_prefix("crate::"))?;
        let room = path.split("::").next().unwrap();
        ORDER.iter().position(|rooms| rooms.contains(&room))
    };
    for (module, source) in &modules {
        for import in imports(module, source, &modules) {
            if let (Some(from), Some(to)) = (rank(module), rank(&import)) {
                assert!(to <= from, "{module} imports {import}");
            }
        }
    }
    let rooms: BTreeSet<_> =
        modules.keys().filter_map(|module| module.strip_prefix("crate::core::")?.split("::").next()).collect();
    let known: BTreeSet<_> = ORDER[..3].iter().flat_map(|rooms| rooms.iter().copied()).collect();
    assert_eq!(rooms, known, "each entry of core has its place in the order");
}
