//! The text of a client's file with the entry and without it. What is made is read again before it counts.

use crate::core::clients::client::{Client, Format};
use crate::core::clients::entry::Entry;
use crate::core::clients::{json, toml};

/// Why a file cannot take the entry, in words that follow its name.
#[derive(Debug, PartialEq, Eq)]
pub struct Unusable(pub String);

/// What becomes of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Edited {
    Unchanged,
    Text(String),
    /// There was no file before the entry.
    Removed,
}

/// The file with the entry; `None` if there is no file yet.
pub fn with(client: Client, text: Option<&str>, entry: &Entry) -> Result<Edited, Unusable> {
    let (mark, body) = split_mark(text.unwrap_or_default());
    let new = match client.format() {
        Format::Json { section } => json::with(body, section, &entry.json(client))?,
        Format::Toml => toml::with(body, entry)?,
    };
    // What was no file gets a last line end, what was an empty one does not: so they are told apart later.
    Ok(match new {
        None => Edited::Unchanged,
        Some(new) if text.is_none() => Edited::Text(format!("{}\n", new.trim_end())),
        Some(new) if body.is_empty() => Edited::Text(format!("{mark}{}", new.trim_end())),
        Some(new) => Edited::Text(format!("{mark}{new}")),
    })
}

/// The file as it was before the entry.
pub fn without(client: Client, text: &str) -> Result<Edited, Unusable> {
    let (mark, body) = split_mark(text);
    let (new, nothing) = match client.format() {
        Format::Json { section } => (json::without(body, section)?, "\n"),
        Format::Toml => (toml::without(body)?, ""),
    };
    Ok(match new {
        None => Edited::Unchanged,
        Some(new) if body.ends_with('\n') && new == nothing => Edited::Removed,
        Some(new) => Edited::Text(format!("{mark}{new}")),
    })
}

/// The byte order mark, and the rest.
fn split_mark(text: &str) -> (&str, &str) {
    text.split_at(if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 })
}

/// The line end of the file.
pub(super) fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        let text = |text: &str| text.to_owned();
        Entry {
            program: text(r"C:\Program Files\updsts.exe"),
            arguments: vec![text("mcp"), text("--mcp-server")],
            variables: vec![(text("DISPLAY"), text(":0"))],
            left_out: Vec::new(),
        }
    }

    #[track_caller]
    fn there_and_back(client: Client, old: &str) {
        let Edited::Text(new) = with(client, Some(old), &entry()).unwrap() else { panic!("unchanged: {old:?}") };
        assert_eq!(with(client, Some(&new), &entry()), Ok(Edited::Unchanged), "{new}");
        assert_eq!(without(client, &new), Ok(Edited::Text(old.to_owned())), "{old:?} became {new:?}");
        assert_eq!(without(client, old), Ok(Edited::Unchanged), "{old:?}");
    }

    #[test]
    fn first_3_an_entry_comes_out_of_json_of_any_layout_as_it_went_in() {
        let between = [
            "",
            " ",
            "\n",
            "\n  ",
            "\r\n\t",
            " // c, {\n",
            "/* , } */",
            " /* a\n b */ ",
            "\n\n  // \"updsts\": {}\n  ",
        ];
        let servers =
            ["", r#""a": {}"#, r#""a": {"b": [1, {"c": null}]}"#, r#""a": {}, "b": {"mcpServers": {"updsts": {}}}"#];
        for before in between {
            for after in between {
                for servers in servers {
                    let comma = if servers.is_empty() { "" } else { "," };
                    for own in [servers.to_owned(), format!("{servers}{comma}")] {
                        let list = format!("{{{before}{own}{after}}}");
                        there_and_back(Client::Cursor, &list);
                        there_and_back(Client::Cursor, &format!("{{{before}\"mcpServers\":{after}{list}{before}}}"));
                        there_and_back(
                            Client::Cursor,
                            &format!("{{{before}\"x\": 1,{after}\"mcpServers\": {list}{after},\"y\": {{}}}}\n"),
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn first_3_an_entry_comes_out_of_toml_of_any_layout_as_it_went_in() {
        let parts = [
            "",
            "a = 1",
            "[t]\nb = [\n  [1],\n]",
            "[mcp_servers.x]\ncommand = \"[mcp_servers.updsts]\"",
            "# c",
            "[[u]]\n[[u]]",
        ];
        for first in parts {
            // A key or a table stands in a file once.
            for second in parts.into_iter().filter(|second| *second != first || second.is_empty()) {
                for (middle, end) in [("\n", ""), ("\n\n", "\n"), ("\n", "\n\n"), ("\n\n\n", "\n  \n")] {
                    let text = format!("{first}{middle}{second}{end}");
                    there_and_back(Client::Codex, &text);
                    there_and_back(Client::Codex, &text.replace('\n', "\r\n"));
                }
            }
        }
    }

    #[test]
    fn first_3_an_entry_that_the_client_wrote_anew_comes_out_too() {
        let (own, other) = (r#""updsts": {"command": "u"}"#, r#""a": {}"#);
        for list in [
            format!("{other}, {own}"),
            format!("{own}, {other}"),
            format!("{other},\n{own}\n"),
            format!("\n{own},\n{other}"),
        ] {
            let text = format!("{{\"x\": 1, \"mcpServers\": {{{list}}}}}");
            let Ok(Edited::Text(without)) = without(Client::Cursor, &text) else { panic!("{text}") };
            let read: serde_json::Value = serde_json::from_str(&without).unwrap();
            assert_eq!(read, serde_json::json!({"x": 1, "mcpServers": {"a": {}}}), "{text}");
        }
        let text = "[mcp_servers.updsts.env]\nA = \"b\"\n[z]\nc = 1\n[mcp_servers.updsts]\ncommand = \"u\"\n[y]\n";
        assert_eq!(without(Client::Codex, text), Ok(Edited::Text("[z]\nc = 1\n[y]\n".into())));
    }
}
