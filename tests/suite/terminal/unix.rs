//! A pseudo-terminal.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Pid;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

pub const END_OF_INPUT: &str = "\u{4}";

pub struct Terminal {
    child: Child,
    side: File,
    program_side: File,
}

impl Terminal {
    pub fn with(command: &mut Command) -> Self {
        let side = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&side).unwrap();
        unlockpt(&side).unwrap();
        let name = ptsname(&side, Vec::new()).unwrap();
        let program_side = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let stream = || Stdio::from(program_side.try_clone().unwrap());
        let child = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().unwrap();
        rustix::io::ioctl_fionbio(&side, true).unwrap();
        Self { child, side: side.into(), program_side }
    }

    pub fn press(&mut self, keys: &str) {
        self.side.write_all(keys.as_bytes()).unwrap();
    }

    /// What was shown since it was last looked at.
    pub fn shown(&mut self) -> String {
        let (mut shown, mut buffer) = (String::new(), [0; 4096]);
        while let Ok(length) = self.side.read(&mut buffer) {
            shown.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        shown
    }

    /// The prompt is shown before the terminal stops to echo.
    pub fn await_prompt(&self) {
        while self.modes().contains(LocalModes::ECHO) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn end(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn modes(&self) -> LocalModes {
        tcgetattr(&self.program_side).unwrap().local_modes
    }
}
