//! One question in a window with a short time, for `scripts/desktop-dialogs`.
//!
//! `dialog SECONDS PROFILE [ASKER [FILE]]` prints `text TEXT`, `declined`, `nobody` or `not shown`.

use std::io::{ErrorKind, Write as _};
use std::time::Duration;

use tokio::time::Instant;
use updsts::core::ask::dialog::Dialog;
use updsts::core::ask::person::{Answer, Channel as _, Question};
use updsts::core::environment::Environment;
use updsts::core::name::ProfileName;
use updsts::core::secret::ExposeSecret as _;
use updsts::core::session::{SerialNumber, SessionDuration};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).expect("a number of seconds");
    let question = Question {
        profile: ProfileName::parse(&arguments.next().expect("a profile")).expect("a name"),
        device: SerialNumber::parse("arn:aws:iam::123456789012:mfa/user").expect("an ARN"),
        duration: SessionDuration::parse("1h").expect("a duration"),
        asker: arguments.next(),
        file: arguments.next(),
        problem: None,
        until: Instant::now() + Duration::from_secs(seconds),
    };
    let answer = match Dialog::find(&Environment::process()) {
        Ok(dialog) => dialog.ask(&question).await,
        Err(reason) => Err(std::io::Error::new(ErrorKind::Unsupported, reason)),
    };
    let answer = match answer {
        Ok(Answer::Text(text)) => format!("text {}", text.expose_secret().trim_end()),
        Ok(Answer::Declined) => "declined".to_owned(),
        Ok(Answer::Nobody) => "nobody".to_owned(),
        Err(error) if error.kind() == ErrorKind::Unsupported => "not shown".to_owned(),
        Err(error) => format!("error: {error}"),
    };
    writeln!(std::io::stdout(), "{answer}").expect("stdout");
}
