//! A line of bash that is being typed: its words, and how a completed word goes on from there (CLI-12).
//!
//! Names come from a file that anybody may have edited. What is put on the line is quoted so that bash neither runs nor
//! expands it.

use std::borrow::Cow;

use crate::core::quote;

/// The line up to the cursor.
#[derive(Debug, PartialEq, Eq)]
pub struct BashLine {
    /// The words as the program would get them; the last one is being typed and may be empty.
    pub words: Vec<String>,
    /// The quote that is still open at the cursor.
    open: Option<char>,
}

impl BashLine {
    /// `None` if the last word is one that bash would expand, or the cursor is in a redirection or another command.
    pub fn parse(line: &str) -> Option<Self> {
        let (mut words, mut open, mut expands, mut in_word) = (vec![String::new()], None, false, false);
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            let last = words.last_mut()?;
            let was_in_word = std::mem::replace(&mut in_word, true);
            match (open, c) {
                (Some(quote), c) if c == quote => open = None,
                (None, '\'' | '"') => open = Some(c),
                (None, '\\') => last.push(chars.next()?),
                (Some('"'), '\\') if chars.peek().is_some_and(|c| r#"\"$`"#.contains(*c)) => last.extend(chars.next()),
                (None, ' ' | '\t') => {
                    if was_in_word {
                        words.push(String::new());
                    }
                    (in_word, expands) = (false, false);
                }
                (None, ';' | '&' | '|' | '<' | '>' | '(' | ')' | '\n') => return None,
                (_, c) => {
                    expands |= match open {
                        None => "$`*?[{!".contains(c) || c == '~' && !was_in_word && chars.peek() != Some(&'/'),
                        Some(quote) => quote == '"' && "$`!".contains(c),
                    };
                    last.push(c);
                }
            }
        }
        (!expands).then_some(Self { words, open })
    }

    /// The text that turns `typed`, the end of the line, into the whole of `word`. `None` if the word does not continue
    /// the one on the line, or cannot be written behind what was typed. Readline closes an open quote itself, unless
    /// the text ends with one.
    pub fn completed(&self, typed: &str, word: &str) -> Option<String> {
        let rest = word.strip_prefix(self.words.last()?.as_str())?;
        let rest: Cow<'_, str> = match self.open {
            None if rest.is_empty() => "".into(),
            None => quote::posix(rest),
            Some('\'') => {
                let inner = rest.strip_suffix('\'').unwrap_or(rest).replace('\'', r"'\''");
                (inner + if rest.ends_with('\'') { r"'\'" } else { "" }).into()
            }
            Some(_) if rest.contains(['"', '$', '`', '\\', '!']) => return None,
            Some(_) => rest.into(),
        };
        Some(format!("{typed}{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Option<Vec<String>> {
        BashLine::parse(line).map(|line| line.words)
    }

    fn completed(line: &str, typed: &str, word: &str) -> Option<String> {
        BashLine::parse(line)?.completed(typed, word)
    }

    #[test]
    fn cli_12_a_line_is_read_as_bash_reads_it() {
        assert_eq!(words("updsts get  -n de").unwrap(), ["updsts", "get", "-n", "de"]);
        assert_eq!(words("updsts get -n ").unwrap(), ["updsts", "get", "-n", ""]);
        assert_eq!(words(r#"u '' "a \"b" c\ d'e 'f"#).unwrap(), ["u", "", "a \"b", "c de f"]);
        assert_eq!(words("u $HOME `x` * ~/a").unwrap(), ["u", "$HOME", "`x`", "*", "~/a"]);
        for expanded in ["u $H", "u \"$H", "u `", "u a*", "u {a", "u !", "u ~r", "u a > b", "u; v", "u a\\", "u $(a"] {
            assert_eq!(words(expanded), None, "{expanded}");
        }
    }

    #[test]
    fn cli_12_a_completed_word_is_quoted_from_where_it_was_typed() {
        let cases = [
            ("u ", "", "dev", Some("dev")),
            ("u ", "", "a b", Some("'a b'")),
            ("u ", "", "$(x)", Some("'$(x)'")),
            ("u ", "", "it's", Some(r"'it'\''s'")),
            ("u a", "a", "a b", Some("a' b'")),
            (r"u a\ ", r"a\ ", "a b", Some(r"a\ b")),
            ("u x:", "", "x:y", Some("y")),
            ("u 'a", "a", "a b", Some("a b")),
            ("u 'a", "a", "a'b'", Some(r"a'\''b'\'")),
            ("u \"a", "a", "a b'", Some("a b'")),
            ("u \"a", "a", "a!b", None),
            ("u b", "b", "a", None),
        ];
        for (line, typed, word, expected) in cases {
            assert_eq!(completed(line, typed, word).as_deref(), expected, "{line} {word}");
        }
    }
}
