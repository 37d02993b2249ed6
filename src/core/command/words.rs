//! The words of a command as the shell that runs it splits them, without what it would expand.

use std::iter::Peekable;
use std::str::Chars;

/// The word that names the program, however quoted.
pub fn program(command: &str) -> Option<String> {
    if cfg!(windows) { program_for_cmd(command) } else { program_for_sh(command) }
}

fn program_for_sh(command: &str) -> Option<String> {
    let mut characters = command.chars().peekable();
    std::iter::from_fn(|| word_for_sh(&mut characters)).find(|word| !is_assignment(word))
}

/// `NAME=VALUE` before a command.
fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map(|(name, _)| name);
    name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

fn word_for_sh(characters: &mut Peekable<Chars<'_>>) -> Option<String> {
    while characters.next_if(|c| c.is_whitespace()).is_some() {}
    characters.peek()?;
    let mut word = String::new();
    let mut quote = None;
    while let Some(c) = characters.next_if(|c| quote.is_some() || !c.is_whitespace() && !";&|<>()".contains(*c)) {
        match c {
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            '\\' if quote != Some('\'') => word.extend(characters.next()),
            _ => word.push(c),
        }
    }
    if word.is_empty() {
        characters.next();
    }
    Some(word)
}

/// `call` and `@` stand before a command. Not only spaces separate words.
///
/// Source: <https://learn.microsoft.com/windows-server/administration/windows-commands/cmd>
fn program_for_cmd(command: &str) -> Option<String> {
    let mut characters = command.chars().peekable();
    loop {
        let word = word_for_cmd(&mut characters);
        if !word.eq_ignore_ascii_case("call") {
            return Some(word).filter(|word| !word.is_empty());
        }
    }
}

fn word_for_cmd(characters: &mut Peekable<Chars<'_>>) -> String {
    while characters.next_if(|c| c.is_whitespace() || ",;=@(".contains(*c)).is_some() {}
    let mut word = String::new();
    let mut is_quoted = false;
    while let Some(c) = characters.next_if(|c| is_quoted || !c.is_whitespace() && !",;=&|<>()".contains(*c)) {
        match c {
            '"' => is_quoted = !is_quoted,
            '^' if !is_quoted => word.extend(characters.next()),
            _ => word.push(c),
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_2_the_program_of_a_command_is_the_word_that_each_shell_takes() {
        for (command, sh, cmd) in [
            ("pass show x", "pass", "pass"),
            ("A=b C='d e' pass x", "pass", "A"),
            ("'a b' x", "a b", "'a"),
            ("\"a b/c\" x", "a b/c", "a b/c"),
            ("'C:\\a b\\c.exe' x", "C:\\a b\\c.exe", "'C:\\a"),
            ("C:\\a\\c.exe;x", "C:ac.exe", "C:\\a\\c.exe"),
            (" @call  \"a\"b,c", "@call", "ab"),
            ("CALL call ^a^&b&c", "CALL", "a&b"),
            ("(x & y)", "", "x"),
            ("A=b", "", "A"),
            ("a>b", "a", "a"),
        ] {
            assert_eq!(program_for_sh(command).as_deref().unwrap_or_default(), sh, "{command}");
            assert_eq!(program_for_cmd(command).as_deref(), Some(cmd), "{command}");
        }
        for nothing in ["", " ", "\"\"", "call", "@"] {
            assert_eq!(program_for_cmd(nothing), None, "{nothing}");
        }
    }
}
