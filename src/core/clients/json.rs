//! An entry in a JSON file with comments and trailing commas. It is inserted as the first member, and where there is none
//! before the closing brace, so cutting it out gives back the file byte for byte.

use std::ops::Range;

use jsonc_parser::ast::{self, Object, ObjectProp};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast, parse_to_serde_value};
use serde_json::{Map, Value, json};

use crate::core::clients::entry::SERVER;
use crate::core::clients::text::{Unusable, line_end};

const LENIENT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The file with the entry; `None` if it has it already. Other members of the entry are the user's and stay.
pub fn with(text: &str, section: &str, entry: &Map<String, Value>) -> Result<Option<String>, Unusable> {
    let whole = || json!({section: {SERVER: entry}});
    if text.trim().is_empty() {
        return Ok(Some(format!("{text}{}", Layout::of(text).pretty(&whole(), ""))));
    }
    let root = root(text)?;
    let layout = Layout::of(text);
    let new = match object_in(&root, section)? {
        None => layout.inserted(&root, section, &json!({SERVER: entry})),
        Some((_, servers)) => match object_in(servers, SERVER)? {
            None => layout.inserted(servers, SERVER, &Value::Object(entry.clone())),
            Some((_, old)) => {
                let range = old.range.start..old.range.end;
                let before = value(&text[range.clone()])?;
                let after = merged(before.clone(), entry);
                if after == before {
                    return Ok(None);
                }
                layout.spliced(range.clone(), &layout.pretty(&after, layout.indent_at(range.start)))
            }
        },
    };
    checked(text, new, section, true).map(Some)
}

/// The file without the entry; `None` if it has none.
pub fn without(text: &str, section: &str) -> Result<Option<String>, Unusable> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let root = root(text)?;
    let layout = Layout::of(text);
    let Some((list, servers)) = object_in(&root, section)? else { return Ok(None) };
    let Some((own, _)) = object_in(servers, SERVER)? else { return Ok(None) };
    let new = if servers.properties.len() == 1 && layout.is_on_lines_of_its_own(servers, own) {
        // The list came with the entry.
        if root.properties.len() == 1 && layout.is_on_lines_of_its_own(&root, list) {
            let (start, end) = (root.range.start, root.range.end);
            return Ok(Some(layout.spliced(start..end, "")));
        }
        layout.cut(&root, list)
    } else {
        layout.cut(servers, own)
    };
    checked(text, new, section, false).map(Some)
}

fn root(text: &str) -> Result<Object<'_>, Unusable> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &LENIENT).map_err(|error| {
        Unusable(format!("is not valid JSON (line {})", text[..error.range().start].matches('\n').count() + 1))
    })?;
    match parsed.value {
        Some(ast::Value::Object(root)) => Ok(root),
        _ => Err(Unusable("is not a JSON object".into())),
    }
}

/// The only member with that name, which must be an object.
fn object_in<'o, 't>(
    object: &'o Object<'t>,
    name: &str,
) -> Result<Option<(&'o ObjectProp<'t>, &'o Object<'t>)>, Unusable> {
    let mut members = object.properties.iter().filter(|member| member.name.as_str() == name);
    match (members.next(), members.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(Unusable(format!("has `{name}` twice"))),
        (Some(member), None) => match &member.value {
            ast::Value::Object(object) => Ok(Some((member, object))),
            _ => Err(Unusable(format!("has a `{name}` that is not an object"))),
        },
    }
}

fn value(text: &str) -> Result<Value, Unusable> {
    parse_to_serde_value(text, &LENIENT).map_err(|_| Unusable("is not valid JSON".into()))
}

/// The entry with what the server needs now.
fn merged(old: Value, entry: &Map<String, Value>) -> Value {
    let Value::Object(mut old) = old else { return Value::Object(entry.clone()) };
    for (name, value) in entry {
        match (old.get_mut(name), value) {
            (Some(Value::Object(variables)), Value::Object(new)) => variables.extend(new.clone()),
            _ => {
                old.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(old)
}

/// The new text, if nothing but the entry reads otherwise.
fn checked(old: &str, new: String, section: &str, has_entry: bool) -> Result<String, Unusable> {
    let strip = |text: &str| {
        let mut document = value(text)?;
        let servers = document.get_mut(section).and_then(Value::as_object_mut);
        let had = servers.is_some_and(|servers| servers.shift_remove(SERVER).is_some());
        if document.get(section).and_then(Value::as_object).is_some_and(Map::is_empty) {
            document.as_object_mut().map(|document| document.shift_remove(section));
        }
        // The order of members means nothing.
        Ok((document, had))
    };
    let ((before, _), (after, had)) = (strip(old)?, strip(&new)?);
    if before == after && had == has_entry {
        return Ok(new);
    }
    Err(Unusable("cannot be edited safely".into()))
}

/// How a file is laid out.
struct Layout<'a> {
    text: &'a str,
    line_end: &'static str,
    unit: &'a str,
}

impl<'a> Layout<'a> {
    fn of(text: &'a str) -> Self {
        let indented = text.lines().find(|line| line.starts_with([' ', '\t']) && line.trim_start().starts_with('"'));
        let unit = indented.map_or("  ", blanks);
        Self { text, line_end: line_end(text), unit }
    }

    /// The blanks at the beginning of the line of this place.
    fn indent_at(&self, at: usize) -> &'a str {
        blanks(&self.text[self.text[..at].rfind('\n').map_or(0, |end| end + 1)..])
    }

    fn spliced(&self, range: Range<usize>, new: &str) -> String {
        [&self.text[..range.start], new, &self.text[range.end..]].concat()
    }

    /// The value as text that begins in a line with that indentation.
    fn pretty(&self, value: &Value, indent: &str) -> String {
        let mut lines = Vec::new();
        let printed = serde_json::to_string_pretty(value).expect("a value has no keys that are not strings");
        for (number, line) in printed.lines().enumerate() {
            let depth = blanks(line).len() / 2;
            let indent = if number == 0 { "" } else { indent };
            lines.push(format!("{indent}{}{}", self.unit.repeat(depth), line.trim_start()));
        }
        lines.join(self.line_end)
    }

    /// The text with a new member of the object.
    fn inserted(&self, object: &Object<'_>, name: &str, value: &Value) -> String {
        let outer = self.indent_at(object.range.start);
        let inner = match object.properties.first() {
            Some(first) if self.is_first_in_line(first.start()) => self.indent_at(first.start()).to_owned(),
            _ => format!("{outer}{}", self.unit),
        };
        let Some(first) = object.properties.first() else {
            let member = format!("\"{name}\": {}", self.pretty(value, outer));
            return self.spliced(object.range.end - 1..object.range.end - 1, &member);
        };
        let member = format!("\"{name}\": {},", self.pretty(value, &inner));
        let after_brace = object.range.start + 1;
        // A comment in the line of the brace stays there.
        match self.text[after_brace..first.start()].find('\n') {
            Some(end) => {
                let end = after_brace + end;
                let end = if self.text[..end].ends_with('\r') { end - 1 } else { end };
                if self.text[after_brace..end].contains("/*") && !self.text[after_brace..end].contains("*/") {
                    return self.spliced(after_brace..after_brace, &member);
                }
                self.spliced(end..end, &format!("{}{inner}{member}", self.line_end))
            }
            None => self.spliced(after_brace..after_brace, &member),
        }
    }

    fn is_first_in_line(&self, at: usize) -> bool {
        self.text[..at].trim_end_matches([' ', '\t']).ends_with('\n')
    }

    /// Whether nothing but line ends and blanks is between the braces and the only member.
    fn is_on_lines_of_its_own(&self, object: &Object<'_>, only: &ObjectProp<'_>) -> bool {
        let around = [object.range.start + 1..only.start(), only.end()..object.range.end - 1];
        around.into_iter().all(|range| {
            let between = &self.text[range];
            between.contains('\n') && between.trim().is_empty()
        })
    }

    /// The text without a member of the object, and without what was inserted with it.
    fn cut(&self, object: &Object<'_>, member: &ObjectProp<'_>) -> String {
        let mut start = member.start();
        if self.is_first_in_line(start) {
            start = self.text[..start].trim_end_matches([' ', '\t']).len() - 1;
            start -= usize::from(self.text[..start].ends_with('\r'));
        }
        let rest = &self.text[member.end()..];
        let comma = rest.len() - rest.trim_start().len();
        if rest[comma..].starts_with(',') {
            return self.spliced(start..member.end() + comma + 1, "");
        }
        let is_alone = object.properties.len() == 1;
        if is_alone && rest.starts_with('}') {
            return self.spliced(member.start()..member.end(), "");
        }
        let without = self.spliced(start..member.end(), "");
        // The last of several: the comma before it goes, too.
        let previous = object.properties.iter().rev().find(|other| other.end() <= start).map(Ranged::end);
        match previous.and_then(|end| Some(end + without[end..start.max(end)].find(',')?)) {
            Some(comma) => [&without[..comma], &without[comma + 1..]].concat(),
            None => without,
        }
    }
}

fn blanks(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
