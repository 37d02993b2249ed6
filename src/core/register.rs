//! The use case of `mcp --install` and `mcp --uninstall`: the server in the configuration of a client (FIRST-3).

use std::fs;
use std::path::{Path, PathBuf};

use crate::core::clients::by_command::{self, adding, removing, shown};
use crate::core::clients::client::Client;
use crate::core::clients::entry::Entry;
use crate::core::clients::text::{Edited, Unusable, with, without};
use crate::core::environment::{Environment, HOME};
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::reporter::Reporter;
use crate::core::secret::SecretBytes;
use crate::core::text;

/// What is wanted.
#[derive(Clone, Copy)]
pub enum Act<'a> {
    Add(&'a Entry),
    Remove,
}

/// What was done, or would be.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
    Nothing,
    /// By the client's own commands, as lines for a shell.
    ByCommand(Vec<String>),
    InFile(PathBuf),
}

/// Adds the server to a client, or removes it; with `is_dry` only says how.
pub async fn register(
    client: Client,
    act: Act<'_>,
    is_dry: bool,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<Done> {
    let path = client.file(environment).ok_or_else(no_home)?;
    let target = ClientFile { client, act, file: CredentialsFile::of_client(path.clone(), environment), path };
    let found = target.read()?;
    let text = found.as_ref().map(|found| target.text(&found.bytes)).transpose()?;
    let is_removed = match target.edited(text)? {
        Edited::Unchanged => return Ok(Done::Nothing),
        Edited::Text(_) => false,
        Edited::Removed => true,
    };
    if let Some(program) = client.program(environment) {
        let is_there = text.is_some_and(|text| without(client, text) != Ok(Edited::Unchanged));
        return target.by_command(&program, is_there, is_dry).await;
    }
    if !is_dry {
        target.write(found, is_removed, reporter).await?;
    }
    Ok(Done::InFile(target.path))
}

struct ClientFile<'a> {
    client: Client,
    act: Act<'a>,
    path: PathBuf,
    file: CredentialsFile,
}

impl ClientFile<'_> {
    /// `None` if there is no file.
    fn read(&self) -> Result<Option<Snapshot>> {
        match self.file.read() {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.code() == ErrorCode::FileMissing && !self.path.is_symlink() => Ok(None),
            Err(error) => Err(unusable(error.message().to_owned(), &self.path)),
        }
    }

    fn text<'b>(&self, bytes: &'b [u8]) -> Result<&'b str> {
        std::str::from_utf8(bytes).map_err(|_| self.unusable(&Unusable("is not UTF-8 text".into())))
    }

    fn edited(&self, text: Option<&str>) -> Result<Edited> {
        let edited = match (self.act, text) {
            (Act::Add(entry), text) => with(self.client, text, entry),
            (Act::Remove, Some(text)) => without(self.client, text),
            (Act::Remove, None) => Ok(Edited::Unchanged),
        };
        edited.map_err(|fault| self.unusable(&fault))
    }

    fn unusable(&self, Unusable(what): &Unusable) -> Error {
        unusable(format!("`{}` {what}", text::path(&self.path)), &self.path)
    }

    async fn by_command(&self, program: &Path, is_there: bool, is_dry: bool) -> Result<Done> {
        let mut commands = Vec::new();
        // Not every client replaces an entry.
        if is_there {
            commands.push(removing(self.client));
        }
        if let Act::Add(entry) = self.act {
            commands.push(adding(self.client, entry));
        }
        for command in commands.iter().filter(|_| !is_dry) {
            by_command::run(self.client, program, command).await?;
        }
        let lines = commands.iter().map(|command| shown(self.client, command)).collect();
        if is_dry {
            return Ok(Done::ByCommand(lines));
        }
        let after = self.read()?;
        match self.edited(after.as_ref().map(|after| self.text(&after.bytes)).transpose()?)? {
            Edited::Unchanged => Ok(Done::ByCommand(lines)),
            _ => {
                Err(self.unusable(&Unusable("does not hold what the client's own command should have written".into())))
            }
        }
    }

    async fn write(&self, found: Option<Snapshot>, is_removed: bool, reporter: &dyn Reporter) -> Result<()> {
        if is_removed {
            // Nobody else's entry goes with ours.
            if self.read()?.map(|now| now.bytes) != found.map(|found| found.bytes) {
                let message = format!("`{}` was changed in the meantime", text::path(&self.path));
                return Err(Error::new(ErrorCode::FileChanged, message, "run the command again"));
            }
            return fs::remove_file(&self.path).map_err(|error| {
                let message = format!("`{}` cannot be removed: {}", text::path(&self.path), text::os_error(&error));
                Error::new(ErrorCode::NotWritable, message, "remove it by hand: nothing else is in it")
            });
        }
        let is_new = found.is_none();
        let checked = match found {
            Some(found) => found,
            None => self.created()?,
        };
        self.file.check_replaceable(&checked)?;
        let mut edit = |now: &Snapshot| {
            let text = Some(self.text(&now.bytes)?).filter(|text| !(is_new && text.is_empty()));
            Ok(match self.edited(text)? {
                Edited::Text(new) => Some(SecretBytes::new(new.into_bytes())),
                Edited::Unchanged | Edited::Removed => None,
            })
        };
        let replaced = self.file.replace(&checked, &mut edit, reporter).await?;
        replaced.warnings.iter().for_each(|warning| reporter.notice(&format!("warning: {warning}")));
        Ok(())
    }

    /// The file, newly created and empty.
    fn created(&self) -> Result<Snapshot> {
        if let Some(above) = self.path.parent().and_then(Path::parent) {
            // What cannot be created is the error of the file itself.
            let _ = fs::create_dir_all(above);
        }
        self.file.create()?;
        self.file.read()
    }
}

fn unusable(message: String, path: &Path) -> Error {
    let hint = format!("correct `{}`, or register the server by hand: `updsts mcp` shows how", text::path(path));
    Error::new(ErrorCode::ClientConfigUnusable, message, hint)
}

fn no_home() -> Error {
    let message = "the home directory is not known, where clients keep their configuration";
    let hint = format!("set `{HOME}`");
    Error::new(ErrorCode::ClientConfigUnusable, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::reporter::Silent;

    #[tokio::test]
    async fn first_3_a_file_that_got_an_entry_of_somebody_else_in_the_meantime_is_not_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcp.json");
        let file = CredentialsFile::of_client(path.clone(), &Environment::fixed([("HOME", folder.path())]));
        let target = ClientFile { client: Client::Cursor, act: Act::Remove, path: path.clone(), file };
        for (now, is_removed) in [("theirs", false), ("ours", true)] {
            fs::write(&path, "ours").unwrap();
            let found = target.read().unwrap();
            fs::write(&path, now).unwrap();
            let removed = target.write(found, true, &Silent).await;
            assert_eq!(removed.is_ok(), is_removed);
            assert_eq!(fs::read_to_string(&path).ok(), (!is_removed).then(|| now.to_owned()));
        }
    }
}
