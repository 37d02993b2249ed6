//! A window with a masked field, by the first program that is available (ASK-3).

mod pinentry;
mod program;
mod text;

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;

use program::Dialect;

use crate::core::ask::person::{Answer, Asked, Channel, Question};
use crate::core::environment::Environment;

/// The programs that are looked for, in order.
const PROGRAMS: [&str; 6] = ["pinentry-qt", "pinentry-gnome3", "pinentry-gtk-2", "pinentry", "zenity", "kdialog"];

pub struct Dialog {
    /// The first one that opens a window is used.
    programs: Vec<PathBuf>,
}

impl Dialog {
    /// `UPDSTS_DIALOG`, else what the desktop has. The error says why no window can open.
    pub fn find(environment: &Environment) -> Result<Self, String> {
        let on_path = |name: &OsStr| which::which_in(name, environment.var_os("PATH"), "/").ok();
        if let Some(named) = environment.var_os("UPDSTS_DIALOG") {
            let found = on_path(&named).ok_or("the program that `UPDSTS_DIALOG` names was not found")?;
            return Ok(Self { programs: vec![found] });
        }
        check_display(environment)?;
        let programs: Vec<_> = PROGRAMS.iter().filter_map(|name| on_path(name.as_ref())).collect();
        if programs.is_empty() {
            return Err("there is no program for a dialog (pinentry, zenity or kdialog)".to_owned());
        }
        Ok(Self { programs })
    }
}

/// A window must open in front of the person who uses updsts.
fn check_display(environment: &Environment) -> Result<(), &'static str> {
    let display = environment.var("DISPLAY");
    if environment.var_os("SSH_CONNECTION").is_some() {
        // A display without a host is the one of the machine that the person is not at.
        let is_forwarded = display.is_some_and(|display| !display.starts_with(':') && !display.starts_with("unix:"));
        return is_forwarded.then_some(()).ok_or("over SSH no display is forwarded for a dialog");
    }
    let is_there = display.is_some() || environment.var_os("WAYLAND_DISPLAY").is_some();
    is_there.then_some(()).ok_or("there is no display for a dialog (neither `DISPLAY` nor `WAYLAND_DISPLAY` is set)")
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
            let asked = match program.file_name().and_then(OsStr::to_str).unwrap_or_default() {
                name if name.starts_with("pinentry") => pinentry::ask(program, question).await,
                "zenity" => program::ask(program, Dialect::Zenity, question).await,
                "kdialog" => program::ask(program, Dialect::Kdialog, question).await,
                _ => program::ask(program, Dialect::Askpass, question).await,
            };
            match asked {
                Err(error) => reason = error,
                answer => return answer,
            }
        }
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }
}
