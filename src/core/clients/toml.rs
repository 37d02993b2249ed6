//! An entry in Codex's `config.toml`: tables of its own after everything else.

use std::ops::Range;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use crate::core::clients::entry::{Entry, SERVER};
use crate::core::clients::text::{Unusable, line_end};

const SECTION: &str = "mcp_servers";

/// The file with the entry; `None` if it has it already. Other keys of the entry are the user's and stay.
pub fn with(text: &str, entry: &Entry) -> Result<Option<String>, Unusable> {
    let document = parsed(text)?;
    let Some(old) = document.get(SECTION).and_then(|servers| servers.get(SERVER)) else {
        return appended(text, entry).map(Some);
    };
    if holds(old, entry) {
        return Ok(None);
    }
    let ranges = tables(text);
    let Some(whole) = ranges.first().zip(ranges.last()).map(|(first, last)| first.start..last.end) else {
        return Err(written_otherwise());
    };
    let mut own = parsed(&text[whole.clone()])?;
    let table = own.get_mut(SECTION).and_then(|servers| servers.get_mut(SERVER)).and_then(Item::as_table_mut);
    set(table.ok_or_else(written_otherwise)?, entry);
    let new = own.to_string().replace("\r\n", "\n").replace('\n', line_end(text));
    checked(text, [&text[..whole.start], &new, &text[whole.end..]].concat(), true).map(Some)
}

/// The file without the entry; `None` if it has none.
pub fn without(text: &str) -> Result<Option<String>, Unusable> {
    let document = parsed(text)?;
    if document.get(SECTION).and_then(|servers| servers.get(SERVER)).is_none() {
        return Ok(None);
    }
    let mut new = text.to_owned();
    for range in tables(text).into_iter().rev() {
        // The line end of a last line that had none, and the empty line.
        let ends = if range.end == new.len() && !text.ends_with('\n') { 2 } else { 1 };
        let mut start = range.start;
        for _ in 0..ends {
            let before = new[..start].strip_suffix('\n').unwrap_or(&new[..start]);
            let before = before.strip_suffix('\r').unwrap_or(before);
            if ends == 2 || before.is_empty() || before.ends_with('\n') {
                start = before.len();
            }
        }
        new.replace_range(start..range.end, "");
    }
    checked(text, new, false).map(Some)
}

fn parsed(text: &str) -> Result<DocumentMut, Unusable> {
    text.parse::<DocumentMut>().map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Unusable(format!("is not valid TOML (line {line})"))
    })
}

fn written_otherwise() -> Unusable {
    Unusable(format!("writes `{SECTION}` in a form that cannot be edited safely"))
}

fn holds(old: &Item, entry: &Entry) -> bool {
    let text = |item: Option<&Item>| item.and_then(Item::as_str).map(str::to_owned);
    let arguments = old.get("args").and_then(Item::as_array).map(|args| {
        args.iter().map(|arg| arg.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>().unwrap_or_default()
    });
    let variable = |name: &str| text(old.get("env").and_then(|variables| variables.get(name)));
    text(old.get("command")).as_ref() == Some(&entry.program)
        && arguments.unwrap_or_default() == entry.arguments
        && entry.variables.iter().all(|(name, value)| variable(name).as_ref() == Some(value))
}

fn set(table: &mut Table, entry: &Entry) {
    table.insert("command", toml_edit::value(&*entry.program));
    table.insert("args", toml_edit::value(entry.arguments.iter().collect::<Array>()));
    if entry.variables.is_empty() {
        return;
    }
    let variables = table.entry("env").or_insert_with(|| Item::Value(Value::InlineTable(InlineTable::new())));
    if let Some(variables) = variables.as_table_like_mut() {
        for (name, value) in &entry.variables {
            variables.insert(name, toml_edit::value(&**value));
        }
    }
}

fn appended(text: &str, entry: &Entry) -> Result<String, Unusable> {
    let mut table = Table::new();
    set(&mut table, entry);
    if let Some(Item::Value(Value::InlineTable(variables))) = table.remove("env") {
        table.insert("env", Item::Table(variables.into_table()));
    }
    let mut servers = Table::new();
    servers.set_implicit(true);
    servers.insert(SERVER, Item::Table(table));
    let mut document = DocumentMut::new();
    document.insert(SECTION, Item::Table(servers));
    let own = document.to_string();
    let new = match text {
        "" => own,
        text if text.ends_with('\n') => format!("\n{own}"),
        // The last line has no end, and then the new last one has none.
        _ => format!("\n\n{}", own.trim_end()),
    };
    checked(text, format!("{text}{}", new.replace('\n', line_end(text))), true)
}

/// The ranges of the entry's tables, from the header to the end of the last line with a value.
fn tables(text: &str) -> Vec<Range<usize>> {
    let own = format!("{SECTION}.{SERVER}");
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let (mut at, mut is_own) = (0, false);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim();
        if line.starts_with('[') {
            let name: String = line.chars().filter(|c| !" \t\"'[]".contains(*c)).collect();
            is_own = name == own || name.starts_with(&format!("{own}."));
            match ranges.last_mut() {
                _ if !is_own => {}
                Some(last) if text[last.end..start].trim().is_empty() => last.end = at,
                _ => ranges.push(start..at),
            }
        } else if is_own && !line.is_empty() && !line.starts_with('#') {
            ranges.last_mut().expect("a table of the entry has begun").end = at;
        }
    }
    ranges
}

/// The new text, if nothing but the entry reads otherwise.
fn checked(old: &str, new: String, has_entry: bool) -> Result<String, Unusable> {
    let values = |text: &str| {
        let mut values = Vec::new();
        flatten("", parsed(text)?.as_item(), &mut values);
        let own = format!(".{SECTION}.{SERVER}.");
        let (own, others): (Vec<_>, Vec<_>) = values.into_iter().partition(|(path, _)| path.starts_with(&own));
        Ok((others, !own.is_empty()))
    };
    let (before, _) = values(old)?;
    let (after, has) = values(&new).map_err(|_| written_otherwise())?;
    if before == after && has == has_entry { Ok(new) } else { Err(written_otherwise()) }
}

fn flatten(path: &str, item: &Item, values: &mut Vec<(String, String)>) {
    match item {
        Item::Table(table) => table.iter().for_each(|(key, item)| flatten(&format!("{path}.{key}"), item, values)),
        Item::ArrayOfTables(tables) => tables.iter().enumerate().for_each(|(number, table)| {
            table.iter().for_each(|(key, item)| flatten(&format!("{path}.{number}.{key}"), item, values));
        }),
        item => values.push((path.to_owned(), item.to_string().trim().to_owned())),
    }
}
