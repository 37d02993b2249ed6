//! Where the `--` goes in a line of `updsts exec` that lacks it (REN-3).

use std::ffi::OsString;

use clap::{Arg, Command};

use crate::core::quote;

/// The line with `--` before what looks like the command. `is_hidden` says which words are not repeated.
pub fn with_dashes(arguments: &[OsString], exec: &Command, is_hidden: impl Fn(&str) -> bool) -> Option<String> {
    let words: Vec<_> =
        arguments.iter().skip_while(|word| *word != "exec").skip(1).map(|w| w.to_string_lossy()).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).take_while(|word| *word != "--").collect();
    let begin = begin(&words, exec)?;
    let shown = |word: &&str| if is_hidden(word) { "…".to_owned() } else { quote::word(word).into_owned() };
    let before = words[..begin].iter().map(shown);
    let command = if is_hidden(words[begin]) { "COMMAND".to_owned() } else { quote::word(words[begin]).into_owned() };
    let more = (begin + 1 < words.len()).then(|| "…".to_owned());
    let line = ["updsts".to_owned(), "exec".to_owned()].into_iter().chain(before);
    Some(line.chain(["--".to_owned(), command]).chain(more).collect::<Vec<_>>().join(" "))
}

/// The first word that is neither an option of `exec`, nor its value, nor the one NAME.
fn begin(words: &[&str], exec: &Command) -> Option<usize> {
    let mut is_named = words.iter().any(|word| word.starts_with("-n") || word.starts_with("--profile"));
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if !word.starts_with('-') {
            if is_named {
                return Some(at);
            }
            is_named = true;
            at += 1;
            continue;
        }
        let Some(option) = exec.get_arguments().find(|argument| is_of(argument, word)) else { return Some(at) };
        let takes_next = option.get_action().takes_values() && is_whole(word);
        at += 1 + usize::from(takes_next);
    }
    None
}

/// Whether the word is this option, with or without a value behind it.
fn is_of(argument: &Arg, word: &str) -> bool {
    match word.strip_prefix("--") {
        Some(long) => {
            let long = long.split('=').next();
            argument.get_long() == long
                || argument.get_all_aliases().unwrap_or_default().into_iter().any(|a| Some(a) == long)
        }
        None => argument.get_short() == word.chars().nth(1),
    }
}

fn is_whole(word: &str) -> bool {
    if word.starts_with("--") { !word.contains('=') } else { word.chars().count() == 2 }
}
