//! The program: on its own, and around a command.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
#[cfg(unix)]
use std::time::{Duration, Instant};

use mock_sts::MockSts;

use crate::raw::RawRequest;

fn mock_sts(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mock-sts"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = mock_sts(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// What a script prints that runs in the program, in the words of this system's shell.
fn script(arguments: &[&str], sh: &str, cmd: &str) -> (Option<i32>, String, String) {
    let shell = if cfg!(windows) { ["--", "cmd.exe", "/c", cmd] } else { ["--", "/bin/sh", "-c", sh] };
    output(&[arguments, &shell].concat())
}

/// A program that was started without a command, with its URL.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = mock_sts(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        assert_eq!(url.pop(), Some('\n'));
        Self { child, url }
    }

    fn address(&self) -> SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// A figure of its memory: `VmRSS:` is what is resident now, `VmHWM:` the most that ever was. 0 where the system does not
    /// say.
    fn mebibytes(&self, name: &str) -> u64 {
        let Ok(status) = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())) else { return 0 };
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// Ends it as a service is ended.
    fn stop(self) -> (Option<i32>, String) {
        self.stop_by("TERM")
    }

    #[cfg(unix)]
    fn stop_by(self, signal: &str) -> (Option<i32>, String) {
        send(signal, &self.child);
        self.end()
    }

    /// Windows has no signals.
    #[cfg(windows)]
    fn stop_by(mut self, _signal: &str) -> (Option<i32>, String) {
        self.child.kill().unwrap();
        self.end()
    }

    /// Exit code and what came on stderr.
    fn end(mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code(), stderr)
    }
}

#[cfg(unix)]
fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn the_first_line_is_the_url_and_help_goes_to_stderr() {
    for signal in ["INT", "TERM"] {
        let running = Running::start(&[]);
        assert!(TcpStream::connect(running.address()).is_ok());
        let url = running.url.clone();
        let (code, stderr) = running.stop_by(signal);
        assert_eq!(code, Some(i32::from(cfg!(windows))));
        assert!(stderr.contains(&format!("export AWS_ENDPOINT_URL_STS={url}\n")), "{stderr}");
        assert!(stderr.contains("export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n"), "{stderr}");
        assert!(stderr.contains("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\n"));
    }
}

#[test]
fn secrets_that_were_given_are_not_shown() {
    let running = Running::start(&["--secret-access-key", "a-secret", "--totp-secret", "JBSWY3DPEHPK3PXP"]);
    let (_, stderr) = running.stop();
    assert!(!stderr.contains("a-secret") && !stderr.contains("JBSWY3DPEHPK3PXP"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_command_finds_its_credentials_and_nothing_of_aws_beside() {
    let shown = "env | grep -E '^AWS_|^NO_PROXY|^no_proxy' | cut -d= -f1 | sort; \
                 stat -c %a \"$(dirname \"$AWS_SHARED_CREDENTIALS_FILE\")\" \"$AWS_SHARED_CREDENTIALS_FILE\"; \
                 cat \"$AWS_SHARED_CREDENTIALS_FILE\" \"$AWS_CONFIG_FILE\"; echo $AWS_REGION $NO_PROXY";
    let output = mock_sts(&["--", "/bin/sh", "-c", shown])
        .envs([("AWS_PROFILE", "other"), ("AWS_SESSION_TOKEN", "x"), ("NO_PROXY", "a.example"), ("no_proxy", "")])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "AWS_CONFIG_FILE\nAWS_ENDPOINT_URL_IAM\nAWS_ENDPOINT_URL_STS\nAWS_REGION\nAWS_SHARED_CREDENTIALS_FILE\nNO_PROXY\nno_proxy\n\
         700\n600\n\
         [default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
         aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
         mfa_device_arn = arn:aws:iam::123456789012:mfa/user\n\
         [default]\nregion = us-east-1\nmfa_serial = arn:aws:iam::123456789012:mfa/user\n\n[profile default_sts]\nregion = us-east-1\n\
         us-east-1 a.example,127.0.0.1,localhost,::1\n"
    );
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[cfg(windows)]
#[test]
fn a_command_finds_its_credentials_and_nothing_of_aws_beside() {
    let shown = "set&type \"%AWS_SHARED_CREDENTIALS_FILE%\" \"%AWS_CONFIG_FILE%\"";
    let mut command = mock_sts(&["--", "cmd.exe", "/c"]);
    std::os::windows::process::CommandExt::raw_arg(&mut command, shown);
    let output = command
        .envs([("Aws_Profile", "other"), ("AWS_SESSION_TOKEN", "x"), ("no_proxy", "a.example")])
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    let names = shown.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name.to_ascii_uppercase());
    let of_aws: Vec<_> = names.filter(|name| name.starts_with("AWS_") && !name.contains(' ')).collect();
    let expected = [
        "AWS_CONFIG_FILE",
        "AWS_ENDPOINT_URL_IAM",
        "AWS_ENDPOINT_URL_STS",
        "AWS_REGION",
        "AWS_SHARED_CREDENTIALS_FILE",
    ];
    assert_eq!(of_aws, expected);
    assert!(shown.contains("=a.example,127.0.0.1,localhost,::1"), "{shown}");
    assert!(shown.contains("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"), "{shown}");
    assert!(shown.contains("mfa_serial = arn:aws:iam::123456789012:mfa/user\n"), "{shown}");
}

#[test]
fn the_exit_code_is_the_commands() {
    assert_eq!(script(&[], "exit 0", "exit 0"), (Some(0), String::new(), String::new()));
    assert_eq!(script(&[], "exit 43", "exit 43").0, Some(43));
    #[cfg(unix)]
    assert_eq!(script(&[], "kill -KILL $$", "").0, Some(128 + 9));
    let (code, stdout, stderr) = output(&["--", "/no/such/program"]);
    assert_eq!((code, stdout.as_str()), (Some(127), ""));
    assert!(stderr.starts_with("error: cannot run /no/such/program: "), "{stderr}");
    let folder = std::env::temp_dir();
    assert_eq!(output(&["--", folder.to_str().unwrap()]).0, Some(126));
}

#[test]
fn the_private_folder_goes_with_the_command() {
    let has_gone = |file: &str| {
        let file = Path::new(file.trim());
        assert!(file.is_absolute() && !file.parent().unwrap().exists(), "{}", file.display());
    };
    has_gone(&script(&[], "echo \"$AWS_SHARED_CREDENTIALS_FILE\"", "echo %AWS_SHARED_CREDENTIALS_FILE%").1);
    #[cfg(unix)]
    has_gone(&script(&[], "echo \"$AWS_SHARED_CREDENTIALS_FILE\"; kill -TERM $PPID; sleep 10", "").1);
}

#[cfg(unix)]
#[test]
fn signals_reach_the_command() {
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let start = Instant::now();
        let trap = format!("trap 'exit 7' {name}; echo ready; sleep 30 & wait");
        let mut child = mock_sts(&["--", "/bin/sh", "-c", &trap]).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        send(name, &child);
        assert_eq!(child.wait().unwrap().code(), Some(7), "{name}");

        let mut child = mock_sts(&["--", "/bin/sh", "-c", "echo ready; exec sleep 30"]);
        let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        send(name, &child);
        assert_eq!(child.wait().unwrap().code(), Some(128 + number), "{name}");
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}

#[test]
fn several_users_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.toml");
    std::fs::write(
        &path,
        "[[users]]\nname = \"alice\"\npartition = \"aws-cn\"\nmfa_serial = \"GAHT12345678\"\n\
         [[users.keys]]\naccess_key_id = \"AKIAALICE\"\nsecret_access_key = \"one\"\n\
         [[users]]\nname = \"bob\"\n[[users.keys]]\naccess_key_id = \"AKIABOB\"\nsecret_access_key = \"two\"\n",
    )
    .unwrap();
    let (code, stdout, _) = script(
        &["--config", path.to_str().unwrap()],
        "cat \"$AWS_SHARED_CREDENTIALS_FILE\"; echo $AWS_REGION",
        "type %AWS_SHARED_CREDENTIALS_FILE%&echo %AWS_REGION%",
    );
    assert_eq!(code, Some(0));
    assert_eq!(
        stdout.replace('\r', ""),
        "[default]\naws_access_key_id = AKIAALICE\naws_secret_access_key = one\nmfa_device_arn = GAHT12345678\n\n\
         [bob]\naws_access_key_id = AKIABOB\naws_secret_access_key = two\ncn-north-1\n"
    );

    std::fs::write(&path, "[[users]]\nname = \"alice\"\nkey = 1\n").unwrap();
    let (code, stdout, stderr) = output(&["--config", path.to_str().unwrap()]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.starts_with(&format!("error: {}:3: unknown field `key`", path.display())), "{stderr}");
    assert!(stderr.contains("\nhint: "));
}

#[test]
fn wrong_options_end_with_two_and_a_next_step() {
    let sts = MockSts::start();
    let taken = sts.address().to_string();
    for arguments in [
        ["--fault", "explode"],
        ["--fault", "error=NoSuchThing"],
        ["--listen", "nowhere"],
        ["--listen", &taken],
        ["--totp-secret", "1"],
        ["--token-code", "12345"],
        ["--access-key-id", ""],
        ["--config", "/no/such/file"],
    ] {
        let (code, stdout, stderr) = output(&arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr.starts_with("error: "), "{stderr}");
    }
    assert!(output(&["--listen", &taken]).2.contains("hint: choose another `--listen`"));
}

#[test]
fn the_admin_endpoint_can_be_turned_off() {
    for (arguments, status) in [([].as_slice(), "200"), (&["--no-admin"], "403")] {
        let running = Running::start(arguments);
        let mut connection = TcpStream::connect(running.address()).unwrap();
        connection.write_all(b"GET /_mock/health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        running.stop();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{answer}");
    }
}

#[test]
fn listening_beyond_loopback_is_warned_about() {
    let running = Running::start(&["--listen", "0.0.0.0:0"]);
    assert!(running.url.starts_with("http://127.0.0.1:"));
    let (_, stderr) = running.stop();
    assert!(stderr.starts_with("warning: --listen 0.0.0.0:0 is open to other machines"), "{stderr}");
}

#[test]
fn memory_does_not_grow_with_the_number_of_requests() {
    let running = Running::start(&[]);
    let resident_mebibytes = || running.mebibytes("VmRSS:");
    let address = running.address();
    // A request that were kept would weigh 60 kB.
    let padding = ["x-padding-1", "x-padding-2", "x-padding-3", "x-padding-4"].map(|name| (name, "x".repeat(15_000)));
    let request = RawRequest { unsigned: padding.to_vec(), ..RawRequest::default() };
    let send = |times| (0..times).for_each(|_| assert_eq!(request.send_to(address).status(), 200));
    send(200);
    let before = resident_mebibytes();
    send(1_000);
    let growth = resident_mebibytes().saturating_sub(before);
    running.stop();
    assert!(growth < 30, "{growth} MiB");
}

#[test]
fn a_flood_leaves_it_small_and_answering() {
    const HEAD: &str = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    let running = Running::start(&[]);
    let address = running.address();
    let open = |text: &str| {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(text.as_bytes()).unwrap();
        connection
    };
    // The mock closes the oldest; here are kept more of them than it keeps.
    let mut half_open = std::collections::VecDeque::new();
    for number in 0..3_000 {
        let started = match number % 3 {
            0 => "POST / HT".to_owned(),
            1 => format!("{HEAD}x-padding: {}", "x".repeat(30_000)),
            _ => format!("{HEAD}content-length: 1000000\r\n\r\n{}", "x".repeat(30_000)),
        };
        half_open.push_back(open(&started));
        if half_open.len() > 500 {
            half_open.pop_front();
        }
    }
    let large = || {
        let mut connection = open(&format!("{HEAD}content-length: 500000000\r\n\r\n"));
        let part = vec![b'x'; 1_000_000];
        while connection.write_all(&part).is_ok() && !has_answer(&connection) {}
    };
    let whole =
        RawRequest::with_body(&format!("Action=GetCallerIdentity&Version=2011-06-15&A={}", "a".repeat(1_000_000)));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(large);
        }
        for _ in 0..16 {
            scope.spawn(|| (0..4).for_each(|_| assert!([200, 503].contains(&whole.send_to(address).status()))));
        }
        for _ in 0..32 {
            scope.spawn(|| (0..63).for_each(|_| assert_eq!(RawRequest::default().send_to(address).status(), 200)));
        }
    });
    let (most, now) = (running.mebibytes("VmHWM:"), running.mebibytes("VmRSS:"));
    let (_, stderr) = running.stop();
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(most < 64, "{most} MiB, now {now}");
}

/// Whether something can be read, without waiting for it.
fn has_answer(connection: &TcpStream) -> bool {
    connection.set_nonblocking(true).unwrap();
    let peeked = connection.peek(&mut [0]);
    connection.set_nonblocking(false).unwrap();
    peeked.is_ok()
}

#[test]
fn a_client_that_goes_away_half_way_harms_nothing() {
    let running = Running::start(&[]);
    let address = running.address();
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc").unwrap();
    drop(connection);
    assert_eq!(RawRequest::default().send_to(address).status(), 200);
    let (_, stderr) = running.stop();
    assert!(!stderr.contains("panicked"), "{stderr}");
}
