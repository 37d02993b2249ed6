//! A window with a masked field, by the first program that is available (ASK-3).

mod desktop;
mod pinentry;
mod program;
mod script;
mod text;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::core::ask::person::{Answer, Asked, Channel, Question};
use crate::core::command::lookup;
use crate::core::environment::Environment;

/// The programs that are looked for on a display, in order: first the one that the user or the distribution chose.
const PROGRAMS: [&str; 6] = ["pinentry", "pinentry-qt", "pinentry-gnome3", "pinentry-gtk-2", "zenity", "kdialog"];
const POWERSHELL: &str = "powershell.exe";

pub struct Dialog {
    /// The first one that opens a window is used.
    programs: Vec<PathBuf>,
    environment: Environment,
}

impl Dialog {
    /// `UPDSTS_DIALOG`, else what the desktop has. The error says why no window can open.
    pub fn find(environment: &Environment) -> Result<Self, String> {
        let programs = match environment.var_os("UPDSTS_DIALOG") {
            Some(named) => {
                vec![on_path(&named, environment).ok_or("the program that `UPDSTS_DIALOG` names was not found")?]
            }
            None => programs(environment)?,
        };
        Ok(Self { programs, environment: environment.clone() })
    }
}

fn programs(environment: &Environment) -> Result<Vec<PathBuf>, String> {
    let found = |name: &str| on_path(name.as_ref(), environment);
    if cfg!(any(windows, target_os = "macos")) {
        if desktop::is_remote(environment) {
            return Err("over SSH no window opens".to_owned());
        }
        let program = if cfg!(windows) { powershell(environment) } else { found("osascript") };
        return program.map(|program| vec![program]).ok_or_else(|| "there is no program for a dialog".to_owned());
    }
    let of_windows = desktop::is_wsl(environment) && !desktop::is_remote(environment);
    let of_windows = of_windows.then(|| powershell(environment)).flatten();
    let on_display = desktop::check(environment).map(|()| PROGRAMS.iter().filter_map(|name| found(name)));
    let programs: Vec<_> = match (of_windows, on_display) {
        (None, Err(reason)) => return Err(reason.to_owned()),
        (program, on_display) => program.into_iter().chain(on_display.into_iter().flatten()).collect(),
    };
    if programs.is_empty() {
        return Err("there is no program for a dialog (pinentry, zenity or kdialog)".to_owned());
    }
    Ok(programs)
}

fn on_path(name: &OsStr, environment: &Environment) -> Option<PathBuf> {
    lookup::on_path(name, environment.var_os("PATH"), "/".as_ref())
}

fn powershell(environment: &Environment) -> Option<PathBuf> {
    let usual = || {
        let windows = environment.var_os("SystemRoot").unwrap_or_else(|| OsString::from("/mnt/c/Windows"));
        let program = Path::new(&windows).join("System32/WindowsPowerShell/v1.0").join(POWERSHELL);
        program.is_file().then_some(program)
    };
    on_path(POWERSHELL.as_ref(), environment).or_else(usual)
}

impl Channel for Dialog {
    fn ask<'a>(&'a self, question: &'a Question) -> Asked<'a> {
        Box::pin(self.ask_by_first(question))
    }

    fn opens_a_window(&self) -> bool {
        true
    }
}

impl Dialog {
    async fn ask_by_first(&self, question: &Question) -> io::Result<Answer> {
        let mut reason = io::ErrorKind::Unsupported.into();
        for program in &self.programs {
            let name = program.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            let asked = if name.starts_with("pinentry") {
                pinentry::ask(program, question, &self.environment).await
            } else {
                program::ask(program, question, &self.environment).await
            };
            match asked {
                Err(error) => reason = error,
                answer => return answer,
            }
        }
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }
}
