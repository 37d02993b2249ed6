//! The next step for the file that `-c` names: the commands that hints print would otherwise work on another one.

use std::path::Path;

use crate::core::error::Error;
use crate::core::quote::posix;

pub fn for_the_file(error: Error, file: Option<&Path>) -> Error {
    let Some(file) = file else { return error };
    let file = file.display().to_string();
    let file = posix(&file);
    let hint = error.hint().replace("`updsts ", &format!("`updsts -c {file} "));
    let hint = hint.replace("`aws ", &format!("`AWS_SHARED_CREDENTIALS_FILE={file} aws "));
    error.with_hint(hint)
}
