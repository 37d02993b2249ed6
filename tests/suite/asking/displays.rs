//! Which programs are looked for on a display and in WSL, and what they get there (ASK-3, ASK-4).

use std::fs;

use serde_json::{Value, json};

use crate::limits::under;
use crate::sandbox::{Run, SOURCE, Sandbox, path_with};
use crate::stand_in::{arguments, ends, prints, put, runs, sandbox_with, starts, variable};

/// A display, and these programs in the sandbox's home, which is the first directory of the PATH.
fn on_display(programs: &[(&str, &Value)]) -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, part) in programs {
        put(&sandbox, name, part);
    }
    let path = path_with(sandbox.home());
    sandbox.env("DISPLAY", "localhost:99").env("PATH", path)
}

/// Every program that is looked for, so that the machine's own ones are not found. Those that are not named fail.
fn all_but_failing(named: &[(&str, &Value)]) -> Sandbox {
    let failing = ends(1);
    let all = ["pinentry", "pinentry-qt", "pinentry-gnome3", "pinentry-gtk-2", "zenity", "kdialog"];
    on_display(&all.map(|name| (name, &failing)).iter().chain(named).copied().collect::<Vec<_>>())
}

#[test]
fn ask_3_the_first_program_that_opens_a_window_asks() {
    let of_a_terminal = json!({ "pinentry": { "flavor": "curses", "pin": "654321" } });
    for failure in [json!({ "complains": "no display\n", "status": 1 }), json!({ "aborts": true }), ends(255)] {
        let named = [("pinentry", &of_a_terminal), ("zenity", &failure), ("kdialog", &prints("123456"))];
        let sandbox = all_but_failing(&named);
        sandbox.run(["get"]).succeeds();
        assert_eq!(runs(&sandbox), 6);
        let sandbox = all_but_failing(&[("zenity", &failure), ("kdialog", &failure)]);
        sandbox.run(["get"]).fails("code_unavailable", 3).says("could be shown");
        // Nobody was asked, so there is no pause.
        put(&sandbox, "zenity", &prints("123456"));
        sandbox.run(["get"]).succeeds();
    }
}

#[test]
fn ask_4_over_ssh_the_window_opens_on_a_forwarded_display() {
    let sandbox = all_but_failing(&[("zenity", &prints("123456"))]).env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22");
    sandbox.run(["get"]).succeeds();
    let run = sandbox.command(["get"]).env("PATH", sandbox.path(".aws")).output().unwrap();
    Run::of(run).fails("code_unavailable", 3).says("there is no program for a dialog (pinentry, zenity or kdialog)");
}

#[test]
fn ask_3_a_program_for_windows_gets_the_session_and_no_core_file() {
    let sandbox = sandbox_with("ask", &prints("123456"));
    let runtime = sandbox.path("run");
    fs::create_dir(&runtime).unwrap();
    let sandbox = sandbox.env("XDG_RUNTIME_DIR", &runtime);
    under("ulimit -S -c $(ulimit -H -c)", &sandbox, "get -n default").succeeds();
    assert_eq!(variable(&sandbox, "DBUS_SESSION_BUS_ADDRESS"), "disabled:");
    let limits = starts(&sandbox)[0]["limits"].as_str().unwrap().to_owned();
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).unwrap();
    assert_eq!(limit.split_whitespace().next(), Some("0"), "{limits}");
    fs::write(runtime.join("bus"), "").unwrap();
    sandbox.run(["get"]).succeeds();
    assert_eq!(variable(&sandbox, "DBUS_SESSION_BUS_ADDRESS"), format!("unix:path={}/bus", runtime.display()));
}

#[test]
fn ask_3_in_wsl_a_form_of_windows_asks() {
    let name = "a \"b\" $(x) %PATH% ü開発";
    for (part, code) in [
        (json!({ "prints": ["123456\r\n"] }), ""),
        (ends(3), "declined"),
        (ends(5), "code_unavailable"),
        (ends(1), "code_unavailable"),
    ] {
        let sandbox = all_but_failing(&[("powershell.exe", &part)]);
        let sandbox = sandbox.credentials(SOURCE.replace("default", name)).env("WSL_DISTRO_NAME", "Debian");
        let run = sandbox.command(["get", name, "-sn", "x"]).env_remove("DISPLAY").output().unwrap();
        let run = Run::of(run);
        if code.is_empty() {
            run.succeeds()
        } else {
            run.fails(code, 3)
        };
        let text = variable(&sandbox, "UPDSTS_TEXT");
        assert!(text.contains(&format!("\tProfile: {name}\tDevice: ")), "{text}");
        assert_eq!(variable(&sandbox, "WSLENV"), "UPDSTS_TITLE/w:UPDSTS_TEXT/w:UPDSTS_SECONDS/w");
        assert!(!arguments(&sandbox).concat().contains("$(x)"));
    }
    // Where Windows programs cannot run, those of the display are next.
    let sandbox = all_but_failing(&[("zenity", &prints("123456")), ("powershell.exe", &ends(126))]);
    sandbox.env("WSL_DISTRO_NAME", "Debian").run(["get"]).succeeds();
}
