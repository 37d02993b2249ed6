//! Where windows open: the displays, and what a program finds there that updsts was not given.

use std::ffi::OsString;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::path::PathBuf;

use crate::core::environment::Environment;

/// A window must open in front of the person who uses updsts. The error says why none can.
pub fn check(environment: &Environment) -> Result<(), &'static str> {
    let display = environment.var("DISPLAY");
    if is_remote(environment) {
        // A display without a host is the one of the machine that the person is not at.
        let is_forwarded = display.is_some_and(|display| !display.starts_with(':') && !display.starts_with("unix:"));
        return is_forwarded.then_some(()).ok_or("over SSH no display is forwarded for a dialog");
    }
    let is_there = display.is_some() || environment.var_os("WAYLAND_DISPLAY").is_some();
    is_there.then_some(()).ok_or("there is no display for a dialog (neither `DISPLAY` nor `WAYLAND_DISPLAY` is set)")
}

pub fn is_remote(environment: &Environment) -> bool {
    environment.var_os("SSH_CONNECTION").is_some()
}

/// The Windows Subsystem for Linux, also if updsts was started with few variables.
pub fn is_wsl(environment: &Environment) -> bool {
    environment.var_os("WSL_DISTRO_NAME").is_some() || Path::new("/proc/sys/fs/binfmt_misc/WSLInterop").exists()
}

/// The variables of the user's session that are missing, because MCP clients pass few on. Without a session bus,
/// GTK and Qt would start one with daemons that outlive the window.
///
/// Source: <https://www.freedesktop.org/software/systemd/man/latest/pam_systemd.html>
#[cfg(target_os = "linux")]
pub fn missing_variables(environment: &Environment) -> Vec<(&'static str, OsString)> {
    let mut missing = Vec::new();
    let mut runtime = environment.var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    if runtime.is_none() {
        let usual = PathBuf::from(format!("/run/user/{}", rustix::process::getuid().as_raw()));
        runtime = usual.is_dir().then_some(usual);
        missing.extend(runtime.clone().map(|usual| ("XDG_RUNTIME_DIR", usual.into())));
    }
    if environment.var_os("DBUS_SESSION_BUS_ADDRESS").is_none() {
        let bus = runtime.map(|directory| directory.join("bus")).filter(|bus| bus.exists());
        let mut address = OsString::from(if bus.is_some() { "unix:path=" } else { "disabled:" });
        address.push(bus.unwrap_or_default());
        missing.push(("DBUS_SESSION_BUS_ADDRESS", address));
    }
    missing
}

#[cfg(not(target_os = "linux"))]
pub fn missing_variables(_environment: &Environment) -> Vec<(&'static str, OsString)> {
    Vec::new()
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ask_3_a_session_bus_is_found_in_the_runtime_folder_and_none_is_started() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::fixed([("XDG_RUNTIME_DIR", folder.path())]);
        assert_eq!(missing_variables(&environment), [("DBUS_SESSION_BUS_ADDRESS", "disabled:".into())]);
        std::fs::write(folder.path().join("bus"), "").unwrap();
        let address = format!("unix:path={}/bus", folder.path().display());
        assert_eq!(missing_variables(&environment), [("DBUS_SESSION_BUS_ADDRESS", address.into())]);
        let environment = Environment::fixed([("XDG_RUNTIME_DIR", "/nowhere"), ("DBUS_SESSION_BUS_ADDRESS", "x")]);
        assert!(missing_variables(&environment).is_empty());
    }
}
