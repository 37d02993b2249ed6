//! Many writers of one file at once (FILE-5).

use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Child, Command, Stdio};

use super::sandbox::{SOURCE, Sandbox};

const WRITERS: usize = 24;

fn sources() -> String {
    let profile = |n: usize| SOURCE.replace("[default]", &format!("# of {n}\n[p{n}]"));
    (0..WRITERS).map(profile).collect()
}

fn start(sandbox: &Sandbox, profile: usize) -> Child {
    start_with(sandbox, &["get", "-n", &format!("p{profile}"), "-t", "123456"])
}

fn start_with(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let prepared = sandbox.command([""; 0]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_updsts"));
    command.args(arguments).env_clear();
    command.envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn expect_all(children: Vec<Child>) {
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The file without its managed blocks, and how many there are.
fn without_blocks(file: &str) -> (String, usize) {
    let mut outside = true;
    let mut blocks = 0;
    let mut rest = String::new();
    for line in file.lines() {
        if line.starts_with("# ${{{") {
            outside = false;
            blocks += 1;
        }
        if outside {
            rest.push_str(line);
            rest.push('\n');
        }
        outside |= line.starts_with("# $}}}");
    }
    (rest, blocks)
}

#[test]
fn file_5_no_update_of_many_at_once_is_lost() {
    let sandbox = Sandbox::new().credentials(sources());
    for _ in 0..2 {
        expect_all((0..WRITERS).map(|n| start(&sandbox, n)).collect());
        assert_eq!(without_blocks(&sandbox.read()), (sources(), WRITERS));
    }
    sandbox.expect_no_leftovers();
    assert_eq!(sandbox.sts().request_count(), 2 * WRITERS as u64);
}

#[test]
fn file_5_many_at_once_beside_a_program_that_appends_without_a_lock() {
    let sandbox = Sandbox::new().credentials(sources());
    let children: Vec<_> = (0..WRITERS).map(|n| start(&sandbox, n)).collect();
    let mut appended = 0;
    let path = sandbox.credentials_path();
    for _ in 0..100 {
        // Open, append, close, as a careless script does; what it appends to may be renamed away
        // between its open and its write, so it looks whether its line is in the file.
        let line = format!("# foreign {appended:03}\n");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(line.as_bytes()).unwrap();
        appended += 1;
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    expect_all(children);
    let (rest, blocks) = without_blocks(&sandbox.read());
    assert_eq!(blocks, WRITERS);
    let found = rest.lines().filter(|line| line.starts_with("# foreign")).count();
    eprintln!("{found} of {appended} foreign lines are in the file");
    // Between the last comparison and the rename nothing can notice a write.
    assert!(found * 10 >= appended * 9, "{found} of {appended}");
    let own: Vec<_> = rest.lines().filter(|line| !line.starts_with("# foreign")).collect();
    assert_eq!(own, sources().lines().collect::<Vec<_>>());
}

#[test]
fn get_7_of_many_callers_of_one_profile_one_asks_aws() {
    let sandbox = Sandbox::new();
    let arguments = ["get", "-n", "default", "-t", "123456", "--min-validity", "10m"];
    expect_all((0..WRITERS).map(|_| start_with(&sandbox, &arguments)).collect());
    assert_eq!(sandbox.sts().request_count(), 1);
}

#[test]
fn get_7_of_many_callers_of_one_profile_one_is_refused_for_all() {
    let sandbox = Sandbox::with(
        mock_sts::MockSts::builder()
            .fault(mock_sts::Fault::Latency(std::time::Duration::from_millis(1500)), None)
            .start(),
    );
    let arguments = ["get", "-n", "default", "-t", "000000", "--min-validity", "10m"];
    let children: Vec<_> = (0..8).map(|_| start_with(&sandbox, &arguments)).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(4) && stderr.contains("error[code_refused]"), "{stderr}");
        assert!(stderr.contains("the code is spent"), "{stderr}");
    }
    assert_eq!(sandbox.sts().request_count(), 1);
    sandbox.run(["get", "-n", "default", "-t", "000000", "--min-validity", "10m"]).fails("code_refused", 4);
    assert_eq!(sandbox.sts().request_count(), 2, "a later caller asks for itself");
}
