//! Constraints on parameters, with AWS's words for those that a value violates.

use crate::refusal::Refusal;

/// The violations of one request.
#[derive(Default)]
pub(crate) struct Violations(Vec<String>);

impl Violations {
    fn add(&mut self, value: &str, name: &str, constraint: &str) {
        self.0.push(format!("Value '{value}' at '{name}' failed to satisfy constraint: Member must {constraint}"));
    }

    /// A parameter that must be there.
    pub(crate) fn required<'a>(&mut self, name: &str, value: Option<&'a str>) -> &'a str {
        if value.is_none() {
            self.0.push(format!("Value null at '{name}' failed to satisfy constraint: Member must not be null"));
        }
        value.unwrap_or_default()
    }

    pub(crate) fn duration(&mut self, text: &str, shortest: i32, longest: i32) -> i32 {
        let name = "durationSeconds";
        let Ok(seconds) = text.parse() else {
            self.add(text, name, "be an integer");
            return shortest;
        };
        if seconds < shortest {
            self.add(text, name, &format!("have value greater than or equal to {shortest}"));
        }
        if seconds > longest {
            self.add(text, name, &format!("have value less than or equal to {longest}"));
        }
        seconds
    }

    pub(crate) fn length(&mut self, name: &str, value: &str, shortest: usize, longest: usize) {
        let length = value.chars().count();
        if length < shortest {
            self.add(value, name, &format!("have length greater than or equal to {shortest}"));
        }
        if length > longest {
            self.add(value, name, &format!("have length less than or equal to {longest}"));
        }
    }

    /// `\\w` in AWS's patterns and these characters.
    pub(crate) fn words(&mut self, name: &str, value: &str, others: &str, pattern: &str) {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || others.contains(c);
        if !value.chars().all(fits) {
            self.add(value, name, &format!("satisfy regular expression pattern: {pattern}"));
        }
    }

    pub(crate) fn digits(&mut self, name: &str, value: &str) {
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            self.add(value, name, r"satisfy regular expression pattern: [\d]*");
        }
    }

    pub(crate) fn into_result(self) -> Result<(), Refusal> {
        let number = self.0.len();
        if number == 0 {
            return Ok(());
        }
        let errors = if number == 1 { "error" } else { "errors" };
        Err(Refusal::validation(format!("{number} validation {errors} detected: {}", self.0.join("; "))))
    }
}
