//! The prompt for a code: on the terminal of standard input, with a mark for each digit (GET-5).

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
#[cfg(unix)]
use std::sync::Mutex;

use crate::core::ask::person::{Person, Prompt};
use crate::core::environment::Environment;
use crate::core::secret::SecretString;

/// The terminal's settings before a prompt changed them.
#[cfg(unix)]
static BEFORE: Mutex<Option<rustix::termios::Termios>> = Mutex::new(None);

struct Terminal;

/// Whether a person can be asked, and if not, why.
pub fn person(no_input: bool, environment: &Environment) -> Person {
    if no_input {
        Person::Absent("`--no-input` forbids a prompt".into())
    } else if environment.var_os("CI").is_some() {
        Person::Absent("`CI` is set, so nobody is asked".into())
    } else if !io::stdin().is_terminal() {
        Person::Absent("standard input is not a terminal".into())
    } else {
        Person::Present(Arc::new(Terminal))
    }
}

impl Prompt for Terminal {
    fn ask(&self, question: &str) -> io::Result<SecretString> {
        let mut stderr = io::stderr();
        write!(stderr, "{}", crate::core::text::clean(question))?;
        stderr.flush()?;
        #[cfg(unix)]
        if let (Ok(settings), Ok(mut before)) = (rustix::termios::tcgetattr(io::stdin()), BEFORE.lock()) {
            *before = Some(settings);
        }
        let config = rpassword::ConfigBuilder::new().password_feedback_mask('*').output_writer(io::stderr());
        #[cfg(unix)]
        let config = config.input_file_path("/dev/stdin");
        let answer = rpassword::read_password_with_config(config.build());
        #[cfg(unix)]
        if let Ok(mut before) = BEFORE.lock() {
            *before = None;
        }
        if answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::UnexpectedEof) {
            // What follows gets a line of its own.
            writeln!(stderr)?;
        }
        answer.map(SecretString::from)
    }
}

/// Restores the terminal if the program ends in the middle of a prompt.
pub fn restore_terminal() {
    #[cfg(unix)]
    if let Ok(mut before) = BEFORE.lock()
        && let Some(settings) = before.take()
    {
        // If the terminal is gone, there is nothing to restore.
        let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, &settings);
        let _ = writeln!(io::stderr());
    }
}
