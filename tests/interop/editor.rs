//! The editor and its second reading, driven by `editor.py`: a JSON request a line, a JSON answer a line.
//!
//! `{"do": "read" | "update" | "clear", "file": …, "source": …, "session": …, "token": …}`; a file is text of a
//! character for each byte.

use std::io::{BufRead as _, Write as _};

use serde_json::{Map, Value, json};
use updsts::core::block::change::Change;
use updsts::core::block::edit::ManagedBlock;
use updsts::core::block::layout::Layout;
use updsts::core::ini::botocore::Reading;
use updsts::core::secret::SecretString;
use updsts::core::session::SessionCredentials;

fn main() {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
        let file = text("file").chars().map(|c| u8::try_from(c).expect("a byte")).collect::<Vec<_>>();
        let answer = match text("do").as_str() {
            "read" => read(&file),
            "update" => result(update(&file, &text("source"), &text("session"), &text("token"))),
            _ => result(clear(&file, &text("source"))),
        };
        writeln!(out, "{answer}").and_then(|()| out.flush()).expect("stdout");
    }
}

fn update(file: &[u8], source: &str, session_profile: &str, token: &str) -> Result<Vec<u8>, String> {
    let expiration = "2026-11-24T12:43:07+09:00";
    let credentials = SessionCredentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"),
        session_token: SecretString::from(token),
        expiration: expiration.parse().expect("a time stamp"),
    };
    let block = ManagedBlock::new(source.as_bytes(), session_profile, &credentials, expiration);
    Change::write(&Layout::of(file), &block).map(|change| change.file.to_vec()).map_err(|error| error.to_string())
}

fn clear(file: &[u8], source: &str) -> Result<Vec<u8>, String> {
    let layout = Layout::of(file);
    let block = layout.block_of(source.as_bytes()).ok_or("no block")?;
    Change::remove(&layout, block).map(|change| change.file.to_vec()).map_err(|error| error.to_string())
}

fn read(file: &[u8]) -> Value {
    let reading = Reading::of(file);
    if let Some(fault) = reading.faults.first() {
        return json!({"rejected": fault.kind.to_string()});
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let sections = reading.sections.iter().map(|section| {
        let keys = section.entries.iter().chain(&reading.defaults.entries).map(|entry| &entry.key);
        let entries = keys.filter_map(|key| Some((key.to_string(), text(&reading.entry(section, key)?.value).into())));
        (text(section.name), Value::from(entries.collect::<Map<_, _>>()))
    });
    json!({"sections": sections.collect::<Map<_, _>>()})
}

fn result(result: Result<Vec<u8>, String>) -> Value {
    match result {
        Ok(file) => json!({"file": file.into_iter().map(char::from).collect::<String>()}),
        Err(error) => json!({"error": error}),
    }
}
