//! The next step for the file that `-c` names: the commands that hints print would otherwise work on another one.

use std::path::Path;

use crate::core::error::Error;
use crate::core::quote::posix;

pub fn for_the_file(error: Error, file: Option<&Path>) -> Error {
    let hint = in_the_file(error.hint(), file);
    error.with_hint(hint)
}

/// The same for a hint that is no error's.
pub fn in_the_file(hint: &str, file: Option<&Path>) -> String {
    let Some(file) = file else { return hint.to_owned() };
    let file = file.display().to_string();
    let file = posix(&file);
    let hint = hint.replace("`updsts ", &format!("`updsts -c {file} "));
    hint.replace("`aws ", &format!("`AWS_SHARED_CREDENTIALS_FILE={file} aws "))
}
